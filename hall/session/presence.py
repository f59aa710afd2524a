"""Presence as evidence (clause 4.6): intervals with cause, confidence, uncertainty and proofs.

Pure: liveness comes as `mono` (seconds, monotonic), the law's time as `now` (ms UTC), the hall's own condition as
`Own`. One `Tracked` per participant. Online becomes suspect after 5 s of silence and offline after 10 s; offline begins
at the last proof of life. What may not live here: sockets, and any effect on a deadline or a release: presence is
evidence and no rule (offline alone never costs a bid).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from hall.session.commands import NotePresence
from hall.session.events import PresenceChanged

SUSPECT_AFTER: Final = 5.0
OFFLINE_AFTER: Final = 10.0
BEAT_EVERY: Final = 2.0
MEDIA_FRESH: Final = 5.0
TOGETHER: Final = 5.0
"""Seconds within which losses count as one."""

MASS: Final = 5
MASS_NETWORKS: Final = 3
"""A mass drop: so many connections from so many networks. A few who agree on it can't make one up."""

DOUBTFUL: Final = 3
"""So many at once are too many for chance and too few for a mass drop: the cause is for people to find."""

OWN_LAG: Final = 0.25
OWN_STALL: Final = 2.0
"""Seconds for which the hall stood still: from the first on it is no sure witness, from the second on the cause is its
own. Clients are asked every 2 s and give a line up after 6 s without a question: a shorter stall drives nobody away."""

BACK_WITHIN: Final = 20.0
"""Seconds after a start within which clients are back by themselves (watchdog 6 s, pause up to 10 s, a slow line)."""

ONLINE, SUSPECT, OFFLINE = "online", "suspect", "offline"
PLATFORM: Final = frozenset({"server_stall", "server_restart", "node_network", "mass_drop"})
"""Causes that lie with the platform (clause 4.7): the confidence is low, and no bidder is blamed."""

COUNTED: Final = frozenset({"mass_drop", "unknown"})
"""Causes that were found by counting who else was lost: they tell how many others there are."""

_SURE: Final = frozenset({"client_left", "removed", "takeover"})
_HINT_FRESH: Final = 5_000
_WOKE_COUNTS: Final = 5_000
_WOKE_WITHIN: Final = 60_000


@dataclass(frozen=True, slots=True)
class Own:
    """The hall's own condition: seconds that it stood still within a silence, its worst stall in it or shortly before,
    and whether its network was gone."""

    stalled: float = 0.0
    worst: float = 0.0
    network_lost: bool = False


OWN_WELL: Final = Own()


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits where: one connection of a participant, the certificate that proved it, the network it comes from."""

    participant: str
    connection: int
    certificate: str
    network: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """One participant's current interval. `alive_*`: the last proof of life on the socket; `media_*`: last packet seen.

    `ended`: the interval that the present one ended; `gap`: the last silence that is over. Both may be noted once more
    when evidence about them comes in later. `was`: why the participant was away before the hall itself went.
    """

    seat: Seat
    state: str
    since: int
    alive_mono: float
    alive_at: int
    cause: str = ""
    confidence: str = "high"
    uncertainty: int = 0
    proofs: tuple[str, ...] = ()
    media_mono: float | None = None
    media_at: int = 0
    hint: str = ""
    hint_at: int = 0
    was: str = "unknown"
    ended: NotePresence | None = None
    gap: NotePresence | None = None

    @property
    def participant(self) -> str:
        """The id that media and journal use."""
        return self.seat.participant


Change = tuple[Tracked, list[NotePresence]]
"""The tracked participant afterwards, and what is to be journalled."""


def arrived(
    seat: Seat, before: Tracked | None, *, mono: float, now: int, own: Own = OWN_WELL, proof: str = ""
) -> Change:
    """A connection took its place: the old interval ends, an online one begins.

    proof: what let it take the place of a connection that was still live, such as a signed takeover; empty for the same
    page that came back, and where nobody was live. own: the hall's condition since the old one's last proof of life.
    """
    fresh = Tracked(seat, ONLINE, now, mono, now)
    if before is None:
        return fresh, [_open(fresh)]
    fresh = replace(fresh, media_mono=before.media_mono, media_at=before.media_at)
    if before.state != ONLINE:
        gap = _gap(before, now)
        return replace(fresh, gap=gap), [gap, _open(fresh)]
    ended = replace(_close(before, now), cause="takeover", proofs=(proof,))
    if not proof:  # the same page lost its line and is back before the hall noticed
        cause, confidence = _judge(before, "transport_closed", mono, own)
        doubt = max(0, now - before.alive_at)
        evidence = _evidence(before, own)
        ended = replace(ended, cause=cause, confidence=confidence, uncertainty=doubt, proofs=evidence)
    return fresh, [ended, _open(fresh)]


def beat(tracked: Tracked, *, mono: float, now: int) -> Change:
    """A proof of life came in. A silence that did not last ends, and online begins anew."""
    alive = replace(tracked, alive_mono=mono, alive_at=now)
    if tracked.state == ONLINE:
        return alive, []
    gap = _gap(tracked, now)
    back = Tracked(
        tracked.seat,
        ONLINE,
        now,
        mono,
        now,
        media_mono=tracked.media_mono,
        media_at=tracked.media_at,
        hint=tracked.hint,
        hint_at=tracked.hint_at,
        gap=gap,
    )
    return back, [gap, _open(back)]


def media_seen(tracked: Tracked, *, mono: float, now: int) -> Tracked:
    """A packet of the representative's picture or sound: a second signal, no proof of the socket."""
    return replace(tracked, media_mono=mono, media_at=now)


def hinted(tracked: Tracked, kind: str, gap_ms: int, *, now: int) -> Change:
    """The page told something of itself. A client's word alone makes no interval: it explains one, to its own debit.

    `freeze` explains the silence that follows, `woke` (the machine slept for `gap_ms`) the one that has just ended.
    """
    told = replace(tracked, hint=kind, hint_at=now)
    gap = tracked.gap
    if kind != "woke" or gap_ms < _WOKE_COUNTS or gap is None or gap.end is None:
        return told, []
    if now - gap.end > _WOKE_WITHIN or gap.cause in PLATFORM:
        return told, []
    explained = replace(gap, confidence="high", proofs=(*gap.proofs, f"woke:{gap_ms}"))
    return replace(told, gap=None), [explained]


def swept(tracked: Tracked, *, mono: float, now: int, own: Own) -> Change:
    """Time passed. own: the hall's condition since the last proof of life; while it stood still it heard nobody."""
    silence = mono - tracked.alive_mono - own.stalled
    if tracked.state == ONLINE and silence >= SUSPECT_AFTER:
        return _fell(tracked, SUSPECT, "heartbeat_timeout", tracked.alive_at, mono, own)
    if tracked.state == SUSPECT and silence >= OFFLINE_AFTER:
        return _fell(tracked, OFFLINE, tracked.cause, tracked.since, mono, own)
    if tracked.cause == "transport_closed" and tracked.confidence == "medium":
        return _confirmed(tracked, mono, own)
    return tracked, []


def left(tracked: Tracked, cause: str, *, mono: float, now: int, own: Own) -> Change:
    """The connection ended: client_left (it said goodbye), transport_closed; removed, server_restart (by the hall)."""
    if tracked.state == OFFLINE:
        return tracked, []
    dead_before = tracked.state == SUSPECT and cause == "transport_closed"
    return _fell(tracked, OFFLINE, cause, tracked.since if dead_before else now, mono, own)


def judged(tracked: Tracked, cause: str) -> Change:
    """Others fell silent at the same time: the cause of a silence that goes on is seen anew (mass_drop, unknown).

    What the hall's own health explains, and what was said or signed, stays as it is.
    """
    if tracked.state == ONLINE or tracked.cause in _SURE | PLATFORM or tracked.cause == cause:
        return tracked, []
    confidence = "low" if cause in PLATFORM else "medium"
    ended = None if tracked.ended is None else replace(tracked.ended, cause=cause, confidence=confidence)
    again = replace(tracked, cause=cause, confidence=confidence, ended=ended)
    return again, [*([] if ended is None else [ended]), _open(again)]


def restored(interval: PresenceChanged, *, gone_at: int, uncertainty: int, mono: float) -> Change:
    """After a start of the hall: an interval that its going left open ends there, and its own absence begins.

    gone_at: the hall's last heartbeat, ms UTC; uncertainty: how much later it may have gone, ms.
    """
    before = _as_noted(interval)
    seat = Seat(before.participant, before.connection, before.certificate, "")
    at = max(before.start, gone_at)
    away = Tracked(seat, OFFLINE, at, mono, at, "server_restart", "low", uncertainty)
    if before.state != OFFLINE:
        ended = replace(before, end=at, cause="server_restart", confidence="low", uncertainty=uncertainty)
    elif before.cause != "server_restart":
        ended, away = replace(before, end=at), replace(away, was=before.cause)
    else:  # the hall had noted its own going, and is still away for this participant
        return replace(away, since=before.start, uncertainty=before.uncertainty), []
    return away, [ended, _open(away)]


def still_away(tracked: Tracked, *, boot: int, mono: float) -> Change:
    """Who is not back BACK_WITHIN seconds after the start: the hall answers for its absence, not for what came after.

    boot: the start, ms UTC; the tracker's last proof of life is the start's monotonic moment.
    """
    if tracked.cause != "server_restart" or mono - tracked.alive_mono < BACK_WITHIN:
        return tracked, []
    within = int(BACK_WITHIN * 1000)
    until = max(tracked.since, boot + within)
    after = replace(
        tracked, since=until, cause=tracked.was, confidence="medium", uncertainty=within, proofs=()
    )
    return after, [_close(tracked, until), _open(after)]


@dataclass(frozen=True, slots=True)
class Loss:
    """A connection that fell silent or was closed without a word, at its last proof of life."""

    participant: str
    network: str
    mono: float


def verdicts(losses: Iterable[Loss]) -> dict[Loss, str]:
    """What the losses around each say of its cause: mass_drop, unknown, or nothing (then it is not in the answer).

    One pass with a window of TOGETHER seconds: thousands may be lost at once. A party that comes and goes counts once.
    """
    row = sorted(losses, key=lambda loss: loss.mono)
    parties, networks = Counter[str](), Counter[str]()
    found: dict[Loss, str] = {}
    marked = {"mass_drop": 0, "unknown": 0}  # how far the row was marked with each
    end = 0
    for start, first in enumerate(row):
        while end < len(row) and row[end].mono - first.mono <= TOGETHER:
            parties[row[end].participant] += 1
            networks[row[end].network] += 1
            end += 1
        mass = len(parties) >= MASS and len(networks) >= MASS_NETWORKS
        if mass or len(parties) >= DOUBTFUL:
            cause = "mass_drop" if mass else "unknown"
            for loss in row[max(start, marked[cause]) : end]:
                found[loss] = cause if mass else found.get(loss, cause)
            marked[cause] = end
        _take(parties, first.participant)
        _take(networks, first.network)
    return found


def _take(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def _fell(tracked: Tracked, state: str, cause: str, at: int, mono: float, own: Own) -> Change:
    """Into silence. What was online ends where the silence begins; suspect becomes offline without a new beginning."""
    start = max(at, tracked.since)
    why, confidence = _judge(tracked, cause, mono, own)
    moved = replace(
        tracked,
        state=state,
        since=start,
        cause=why,
        confidence=confidence,
        uncertainty=_uncertainty(tracked, why, start, own),
        proofs=_evidence(tracked, own),
    )
    notes: list[NotePresence] = []
    if tracked.state == ONLINE:
        moved = replace(moved, ended=_inherit(_close(tracked, start), moved))
    elif start > tracked.since:
        notes, moved = [_close(tracked, start)], replace(moved, ended=None)
    elif moved.ended is not None:
        moved = replace(moved, ended=_inherit(moved.ended, moved))
    if moved.ended is not None and moved.ended != tracked.ended:
        notes = [moved.ended]
    return moved, [*notes, _open(moved)]


def _confirmed(tracked: Tracked, mono: float, own: Own) -> Change:
    """A closed line whose picture and sound are silent too by now: two witnesses."""
    cause, confidence = _judge(tracked, tracked.cause, mono, own)
    if (cause, confidence) != (tracked.cause, "high"):
        return tracked, []
    return (sure := replace(tracked, confidence=confidence)), [_open(sure)]


def _uncertainty(tracked: Tracked, cause: str, start: int, own: Own) -> int:
    """ms by which the silence may have begun earlier or later than `start`: what was said is exact, a beat is not."""
    if cause in _SURE or cause == "server_restart":
        return 0
    if start > tracked.alive_at:
        return start - tracked.alive_at
    return int((BEAT_EVERY + own.stalled) * 1000)


def _judge(tracked: Tracked, cause: str, mono: float, own: Own) -> tuple[str, str]:
    """Cause and confidence: high needs two silent witnesses and a healthy hall."""
    if cause == "client_left" and own.worst >= OWN_STALL:
        return "server_stall", "low"  # it left a hall that did not answer
    if cause in _SURE:
        return cause, "high"
    if cause in PLATFORM:
        return cause, "low"
    if own.network_lost:
        return "node_network", "low"
    if own.worst >= OWN_STALL:
        return "server_stall", "low"
    if cause == "unknown" or own.worst >= OWN_LAG:
        return cause, "medium"
    media_silent = tracked.media_mono is not None and mono - tracked.media_mono >= MEDIA_FRESH
    return cause, "high" if media_silent or _said_so(tracked) else "medium"


def _said_so(tracked: Tracked) -> bool:
    return tracked.hint == "freeze" and abs(tracked.alive_at - tracked.hint_at) <= _HINT_FRESH


def _evidence(tracked: Tracked, own: Own) -> tuple[str, ...]:
    found = [f"heartbeat:{tracked.alive_at}"]
    if tracked.media_mono is not None:
        found.append(f"media:{tracked.media_at}")
    if tracked.hint and abs(tracked.alive_at - tracked.hint_at) <= _HINT_FRESH:
        found.append(f"page:{tracked.hint}")
    if own.worst > 0:
        found.append(f"loop_lag:{int(own.worst * 1000)}")
    return tuple(found)


def _gap(tracked: Tracked, now: int) -> NotePresence:
    """A silence that is over. Picture or sound that went on arriving contradicts it: then it was the socket's alone."""
    gap = _close(tracked, now)
    went_on = tracked.media_at > tracked.since + int(MEDIA_FRESH * 1000)
    if tracked.cause in _SURE or not went_on:
        return gap
    confidence = "medium" if gap.confidence == "high" else gap.confidence
    return replace(gap, confidence=confidence, proofs=(*gap.proofs, f"media_went_on:{tracked.media_at}"))


def _inherit(ended: NotePresence, after: Tracked) -> NotePresence:
    """An interval ends for the reason for which the next begins."""
    return replace(
        ended,
        cause=after.cause,
        confidence=after.confidence,
        uncertainty=after.uncertainty,
        proofs=after.proofs,
    )


def _as_noted(interval: PresenceChanged) -> NotePresence:
    i = interval
    return NotePresence(
        i.participant,
        i.connection,
        i.state,
        i.start,
        i.end,
        i.uncertainty,
        i.cause,
        i.confidence,
        i.certificate,
        i.proofs,
    )


def _open(tracked: Tracked) -> NotePresence:
    return _note(tracked, None)


def _close(tracked: Tracked, end: int) -> NotePresence:
    return _note(tracked, end)


def _note(tracked: Tracked, end: int | None) -> NotePresence:
    seat = tracked.seat
    return NotePresence(
        seat.participant,
        seat.connection,
        tracked.state,
        tracked.since,
        end,
        tracked.uncertainty,
        tracked.cause,
        tracked.confidence,
        seat.certificate,
        tracked.proofs,
    )
