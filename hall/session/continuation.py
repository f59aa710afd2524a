"""How an opening goes on after a standstill: at an announced moment, in two groups after three hours, or on another day
(clauses 4.8 a, 4.8 b).

Pure, as `decide` is.
"""

from __future__ import annotations

from collections.abc import Iterator

from hall.errors import Refused
from hall.procurement.tender import Mode
from hall.session import commands as c
from hall.session import consultation, countdowns
from hall.session import events as e
from hall.session.countdowns import Countdown
from hall.session.lot import LotState
from hall.session.pause import Suspension
from hall.session.rules import LotStage
from hall.session.state import OpeningState

BEFORE_WINDOW = (LotStage.CHECK, LotStage.CHECKED, LotStage.DECRYPTION)


def running(state: OpeningState) -> list[Countdown]:
    """The countdowns that run again when the standstill ends; those of the decrypted wait longer after a split."""
    return [x for x in countdowns.limits(state) if not countdowns.waits(state, x)]


def resumed(state: OpeningState, pause: Suspension, at: int) -> e.Resumed:
    """The standstill ends at `at` (ms UTC): each countdown has what it had left when the fault began."""
    return e.Resumed(pause.number, at, countdowns.thawed(running(state), pause.since, at))


def check_present(pause: Suspension) -> None:
    """Nothing is tested or resumed before the signed moment of return and its hashes. Raises Refused."""
    if pause.adjourned is not None and pause.away:
        raise Refused("adjourned", until=pause.adjourned.resumes_at)
    if pause.adjourned is not None and pause.returned is None:
        raise Refused("recheck_not_done")


def due(state: OpeningState, now: int) -> list[e.Event]:
    """What has become due by `now`."""
    pause = state.suspension
    if pause is None:
        return _continued(state, now)
    if pause.adjourned is not None:
        over = pause.away and now >= pause.adjourned.resumes_at
        return [e.AdjournmentEnded(pause.number, pause.adjourned.resumes_at)] if over else []
    if pause.split is None or now < (moment := moment_of(pause.split)):
        return []
    # The window that all were told of does not open on a fault that nobody has proved solved.
    return [resumed(state, pause, moment) if pause.tested else e.SplitLapsed(pause.number, moment)]


def moments(state: OpeningState) -> list[int]:
    """When `due` will next have something to say, ms UTC."""
    pause = state.suspension
    if pause is None:
        return [] if state.continues_at is None or _windows_open(state) else [state.continues_at]
    if pause.adjourned is not None:
        return [pause.adjourned.resumes_at] if pause.away else []
    return [] if pause.split is None else [moment_of(pause.split)]


# clause 4.8 b: not solved within three hours


def split(state: OpeningState, pause: Suspension, command: c.DeclareSplit, now: int) -> list[e.Event]:
    """The undecrypted get a remote window first; the decrypted go on at its end or later, because prices stay sealed
    until every window is closed. The window is what they had left of the 60 minutes: nobody can shorten it."""
    rules = state.scheduled.rules
    check_present(pause)
    if pause.fault is None or pause.adjourned is not None:
        raise Refused("no_split_for_this", kind=pause.began.kind.value)
    if now - pause.fault <= rules.fault_limit:
        raise Refused("within_three_hours", until=pause.fault + rules.fault_limit)
    consultation.check_over(state, e.About.SUSPENSION, suspension=pause.number)
    if pause.split is not None:
        raise Refused("split_declared", at=moment_of(pause.split))
    decrypted, undecrypted = groups(state)
    opens = bool(undecrypted) or not decrypted
    notice = 0 if state.scheduled.mode is Mode.REHEARSAL else rules.resume_notice
    if opens is not (command.opens_at > 0) or bool(decrypted) is not (command.continues_at > 0):
        raise Refused("wrong_groups", decrypted=len(decrypted), undecrypted=len(undecrypted))
    closes_at = command.opens_at + _second_window(state, pause)
    first = command.opens_at if opens else command.continues_at
    if first < now + notice:
        raise Refused("too_soon", earliest=now + notice)
    if opens and decrypted and command.continues_at < closes_at:
        raise Refused("continues_before_window_ends", earliest=closes_at)
    return [
        e.SplitDeclared(
            suspension=pause.number,
            reading=rules.split_reading,
            decrypted=decrypted,
            undecrypted=undecrypted,
            opens_at=command.opens_at if opens else None,
            closes_at=closes_at if opens else None,
            continues_at=command.continues_at if decrypted else None,
            venue=rules.split_venue,
            act=command.act,
        )
    ]


def groups(state: OpeningState) -> tuple[tuple[e.LotBidder, ...], tuple[e.LotBidder, ...]]:
    """(decrypted, undecrypted) of the whole opening. Read per bidder each bid counts for itself; read per opening one
    undecrypted bid makes it a new remote opening for all, in which what was released stays released."""
    released: list[e.LotBidder] = []
    waiting: list[e.LotBidder] = []
    for lot in state.lots.values():
        open_to = set(_waiting(lot))
        part = lot.taking_part
        waiting += [e.LotBidder(lot.lot, b) for b in part if b in open_to]
        released += [e.LotBidder(lot.lot, b) for b in part if b in lot.released and b not in open_to]
    if state.scheduled.rules.split_reading == "opening" and waiting:
        return (), (*waiting, *released)
    return tuple(released), tuple(waiting)


def _waiting(lot: LotState) -> Iterator[str]:
    """Whose window stands still, or has not begun."""
    if lot.stage in BEFORE_WINDOW:
        yield from lot.awaited
    yield from (b for b in lot.own_running if not lot.has_released(b))


def _second_window(state: OpeningState, pause: Suspension) -> int:
    """How long the second group's window is, in ms: the longest rest; a window not yet commanded counts whole."""
    windows = (e.LimitName.DECRYPTION, e.LimitName.OWN_WINDOW)
    rests = [x.left(pause.since) for x in countdowns.limits(state) if x.name in windows]
    if not rests or any(lot.stage in BEFORE_WINDOW and lot.command is None for lot in state.lots.values()):
        rests.append(state.scheduled.rules.decryption_window)
    return max(0, *rests)


def moment_of(declared: e.SplitDeclared) -> int:
    """When the standstill ends after a split, ms UTC."""
    return declared.opens_at or declared.continues_at or 0


def _windows_open(state: OpeningState) -> bool:
    return any(lot.stage in BEFORE_WINDOW or lot.own_running for lot in state.lots.values())


def _continued(state: OpeningState, now: int) -> list[e.Event]:
    """The decrypted go on: the moment that was named has come, and the second group's windows are over."""
    if state.continues_at is None or now < state.continues_at or _windows_open(state):
        return []
    pause = [s for s in state.suspensions if s.split is not None][-1]
    waiting = [x for x in countdowns.limits(state) if countdowns.waits(state, x)]
    return [e.ContinuationBegan(pause.number, now, countdowns.thawed(waiting, pause.since, now))]


# over days


def adjourn(state: OpeningState, command: c.Adjourn, now: int) -> list[e.Event]:
    """To a signed moment; the opening, its journal and its sign-ins stay."""
    if command.resumes_at <= now:
        raise Refused("moment_past", earliest=now + 1)
    pause = state.suspension
    number = pause.number if pause is not None else state.epoch + 1
    adjourned = e.Adjourned(number, command.resumes_at, command.reason, command.act)
    if pause is not None:
        return [adjourned]
    suspended = e.Suspended(
        suspension=number,
        kind=e.SuspensionKind.ADJOURNMENT,
        clause="",
        reason=command.reason,
        since=now,
        last_good=now,
        incident=0,
        reason_by=None,
        act=command.act,
    )
    return [suspended, adjourned]


def rechecked(state: OpeningState, command: c.NoteAdjournmentRecheck, now: int) -> list[e.Event]:
    """The ciphertexts were hashed again. On the return the opening goes on by itself when nothing stands against it:
    all are intact, and a fault, if there was one, is proved solved."""
    pause = state.suspension
    if pause is None or pause.number != command.suspension or pause.adjourned is None:
        return []
    if (pause.returned if command.returned else pause.left) is not None or command.returned is pause.away:
        return []
    damaged = [item for lot in command.lots for item in lot.items if not item.intact]
    known = {i.detail for i in state.incidents if i.kind == "ciphertext_damaged"}
    fresh = [item for item in damaged if item.sha256 not in known]
    incidents = [
        e.IncidentRecorded(
            incident=len(state.incidents) + n,
            kind="ciphertext_damaged",
            clause="b",
            subject=f"bidder-{x.bidder}",
            detail=x.sha256,
            scope=(x.bidder,),
        )
        for n, x in enumerate(fresh, start=1)
    ]
    noted = e.AdjournmentRechecked(command.suspension, command.returned, command.lots)
    goes_on = command.returned and not damaged and pause.tested
    return [noted, *incidents, *([resumed(state, pause, now)] if goes_on else [])]
