"""What an opening does about faults: held and moved deadlines, suspension, consultation, the reliable test, resumption
(clauses 4.1, 4.7, 4.8); the chapter's acts, notes and limits are shared out from here.

Pure, as `decide` is. While the opening is suspended only what stands here becomes due.
"""

from __future__ import annotations

from typing import Final, assert_never

from hall.errors import Refused
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import MINUTE, Mode
from hall.session import commands as c
from hall.session import consultation, continuation, countdowns, deadlines
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.media import SILENT
from hall.session.pause import Suspension
from hall.session.rules import Stage
from hall.session.state import OpeningState

CHECKS: Final = ("journal", "storage", "clock", "recorder", "sealing", "call")
"""The six checks of the reliable test (可靠测试, clause 4.8 a); each must pass."""

LONGEST_NOTICE: Final = 60
"""Most minutes of notice before the countdowns run again: a notice is no way to make an opening wait."""

IN_PROGRESS: Final = (Stage.DEADLINE, Stage.OPENING, Stage.RECORD)
FAULTS: Final = (e.SuspensionKind.SYSTEM, e.SuspensionKind.NETWORK)

NETWORK_KINDS: Final = frozenset({"node_network", "mass_drop"})
"""What the hall's detectors call a fault of the network; every other fault of theirs is one of the system."""


def act(state: OpeningState, command: c.FaultAct, actor: Actor, now: int) -> list[e.Event]:
    """The events that a party's act causes at `now` (ms UTC). Raises Refused."""
    match command:
        case c.MoveDeadline():
            return deadlines.move(state, command, now)
        case c.ConfirmDeadline():
            return deadlines.confirm(state, command)
        case c.Consult():
            return consultation.answer(state, command, actor)
        case c.Suspend():
            return _suspend(state, command, actor, now)
        case c.ReasonSuspension():
            return _reason(standing(state), command, _earliest(state))
        case c.RequestTest(signed):
            return _request_test(standing(state), signed)
        case c.Resume():
            return _resume(state, standing(state), command, now)
        case c.DeclareSplit():
            return continuation.split(state, standing(state), command, now)
        case c.Adjourn():
            return continuation.adjourn(state, command, now)
        case _:
            assert_never(command)


def note(state: OpeningState, command: c.FaultNote, now: int) -> list[e.Event]:
    """The events that a note of the hall causes at `now` (ms UTC)."""
    match command:
        case c.NoteFault():
            return _fault(state, command, now)
        case c.NoteFaultEnded(number, at):
            lasting = any(
                i.incident == number and i.end is None and i.start is not None for i in state.incidents
            )
            return [e.FaultEnded(number, min(at, now))] if lasting else []
        case c.NoteTest(number, test, checks):
            pause = state.suspension
            if pause is None or (number, test) != (pause.number, pause.tests) or _test_done(pause):
                return []
            passed = {x.name for x in checks if x.passed} - {x.name for x in checks if not x.passed}
            return [e.ReliableTestDone(number, test, checks, passed >= set(CHECKS))]
        case c.NoteAdjournmentRecheck():
            return continuation.rechecked(state, command, now)
        case _:
            assert_never(command)


def due(state: OpeningState, now: int) -> list[e.Event]:
    """What has become due by `now`."""
    found: list[e.Event] = [*consultation.due(state, now)]
    pause = state.suspension
    if pause is None:
        return found + continuation.due(state, now)
    if pause.reason_by is not None and now > pause.reason_by:
        found.append(_lifted(state, pause))
    elif pause.resumption is not None and now >= pause.resumption.resumes_at:
        found.append(continuation.resumed(state, pause, pause.resumption.resumes_at))
    else:
        found += continuation.due(state, now)
    return found


def moments(state: OpeningState) -> list[int]:
    """When `due` will next have something to say, ms UTC; 0 means at once."""
    found = consultation.moments(state)
    pause = state.suspension
    if pause is not None and pause.reason_by is not None:
        found.append(pause.reason_by + 1)
    elif pause is not None and pause.resumption is not None:
        found.append(pause.resumption.resumes_at)
    else:
        found += continuation.moments(state)
    return found


def open_to(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of this chapter's acts now, roles and stages being right already."""
    pause = state.suspension
    match act:
        case "move_deadline" | "confirm_deadline":
            return state.stage is not Stage.HELD or all(map(consultation.over, state.consultations))
        case "consult":
            return consultation.asks(state, viewer)
        case "suspend" | "adjourn":
            return True
        case "reason_suspension":
            return pause is not None and pause.reason is None
        case "request_test":
            present = pause is not None and (pause.adjourned is None or pause.returned is not None)
            return pause is not None and present and _test_done(pause)
        case "resume":
            return pause is not None and may_resume(state, pause)
        case "declare_split":
            return pause is not None and pause.fault is not None and pause.adjourned is None
        case _:
            return False


def standing(state: OpeningState) -> Suspension:
    """The standstill that lasts now. Raises Refused("not_suspended")."""
    if state.suspension is None:
        raise Refused("not_suspended")
    return state.suspension


def _earliest(state: OpeningState) -> int:
    """Before this moment no fault can have begun that still counts: the countdowns ran again then."""
    ended = [s.ended for s in state.suspensions if s.ended is not None]
    return max(ended, default=0)


# clause 4.8: suspension


def _suspend(state: OpeningState, command: c.Suspend, actor: Actor, now: int) -> list[e.Event]:
    """By the host, the project owner, or a signed order of the regulator, and by nobody else."""
    if (command.kind is e.SuspensionKind.ORDER) is not (actor.role is Role.REGULATOR):
        raise Refused("wrong_kind", kind=command.kind.value)
    evidence = _evidence(state) if command.kind in FAULTS else None
    earliest = _earliest(state)
    # Back to the detector's start, but never beyond the last moment at which all was well.
    last_good = min(max(command.last_good, earliest), now) if command.last_good else now
    since, incident = now, 0
    if evidence is not None and evidence.start is not None:
        since, incident = min(max(evidence.start, last_good), now), evidence.incident
    # The owner's act is its signed reason, an order needs none; a host has only said so without a detector's evidence.
    awaited = actor.role is Role.HOST and evidence is None
    suspended = e.Suspended(
        suspension=state.epoch + 1,
        kind=command.kind,
        clause=command.clause,
        reason=command.reason,
        since=since,
        last_good=min(last_good, since),
        incident=incident,
        reason_by=now + state.scheduled.rules.suspension_reason_limit if awaited else None,
        act=command.act,
    )
    return [suspended, *_consulted(state, suspended, now)]


def _evidence(state: OpeningState) -> e.IncidentRecorded | None:
    """A fault that a detector found and that still lasts."""
    lasting = [i for i in state.incidents if deadlines.is_platform_fault(i) and i.end is None]
    if state.media.standing:
        # clause 6.1: a recording made elsewhere has taken the silent recorder's place, and nothing suffers from that
        lasting = [i for i in lasting if i.kind != SILENT]
    return lasting[-1] if lasting else None


def _consulted(state: OpeningState, suspended: e.Suspended, now: int) -> list[e.Event]:
    if suspended.kind not in FAULTS:
        return []
    return [consultation.opened(state, e.About.SUSPENSION, now, suspension=suspended.suspension)]


def _fault(state: OpeningState, command: c.NoteFault, now: int) -> list[e.Event]:
    """A detector's finding. An opening in progress stands still at once, or stands still longer (clause 4.7)."""
    if state.stage in (Stage.NEW, Stage.LEAVING, Stage.CLOSED):
        return []
    if any((i.kind, i.start) == (command.kind, command.start) for i in state.incidents):
        return []
    incident = e.IncidentRecorded(
        incident=len(state.incidents) + 1,
        kind=command.kind,
        clause=command.clause,
        subject="",
        detail=command.detail,
        scope=command.scope,
        start=command.start,
        end=command.end,
    )
    earliest = _earliest(state)
    over = command.end is not None and command.end <= earliest
    if not command.suspends or state.stage not in IN_PROGRESS or over:
        return [incident]
    began = min(max(command.start, earliest), now)
    if (pause := state.suspension) is not None:
        return [
            incident,
            e.SuspensionExtended(pause.number, incident.incident, min(pause.since, began), began),
        ]
    suspended = e.Suspended(
        suspension=state.epoch + 1,
        kind=e.SuspensionKind.NETWORK if command.kind in NETWORK_KINDS else e.SuspensionKind.SYSTEM,
        clause=command.clause,
        reason=command.kind,
        since=began,
        last_good=min(max(command.last_good, earliest), began) if command.last_good else began,
        incident=incident.incident,
        reason_by=None,
        act=None,
    )
    return [incident, suspended, *_consulted(state, suspended, now)]


def _reason(pause: Suspension, command: c.ReasonSuspension, earliest: int) -> list[e.Event]:
    """The project owner's signed reason; it may date the fault back, at most to the last good moment."""
    if pause.reason is not None:
        raise Refused("reasoned_already")
    since = command.since or pause.since
    oldest = min(max(pause.began.last_good, earliest), pause.since)
    if not oldest <= since <= pause.since:
        raise Refused("bad_fault_start", earliest=oldest, latest=pause.since)
    return [e.SuspensionReasoned(pause.number, command.reason, since, command.act)]


def _lifted(state: OpeningState, pause: Suspension) -> e.SuspensionLifted:
    """No reason came in time: the countdowns run again with what they had left, and the ledger names who gained."""
    at = (pause.reason_by or pause.at) + 1
    limits = countdowns.thawed(continuation.running(state), pause.since, at)
    gained = tuple(
        e.LotBidder(limit.lot, bidder)
        for limit in limits
        if limit.name in (e.LimitName.DECRYPTION, e.LimitName.OWN_WINDOW)
        for bidder in ((limit.bidder,) if limit.bidder else state.lots[limit.lot].awaited)
    )
    return e.SuspensionLifted(pause.number, at, limits, gained)


# clause 4.8 a: the reliable test, and the host's act


def _test_done(pause: Suspension) -> bool:
    return pause.tests == (pause.test.test if pause.test is not None else 0)


def _request_test(pause: Suspension, signed: SignedAct) -> list[e.Event]:
    continuation.check_present(pause)
    if not _test_done(pause):
        raise Refused("test_running")
    return [e.TestRequested(pause.number, pause.tests + 1, signed)]


def may_resume(state: OpeningState, pause: Suspension) -> bool:
    """Whether nothing but time stands against the host's act: reason, test, consultation, hashes."""
    asked = [x for x in state.consultations if x.opened.suspension == pause.number]
    returned = pause.adjourned is None or pause.returned is not None
    ready = pause.reason_by is None and pause.resumption is None and pause.split is None
    return ready and returned and pause.tested and all(map(consultation.over, asked))


def _resume(state: OpeningState, pause: Suspension, command: c.Resume, now: int) -> list[e.Event]:
    rules = state.scheduled.rules
    continuation.check_present(pause)
    if pause.reason_by is not None:
        raise Refused("reason_awaited", until=pause.reason_by)
    if pause.resumption is not None:
        raise Refused("resumption_announced", at=pause.resumption.resumes_at)
    if pause.split is not None:
        raise Refused("split_declared", at=continuation.moment_of(pause.split))
    if pause.fault is not None and pause.adjourned is None and now - pause.fault > rules.fault_limit:
        # clause 4.8 a: exactly three hours still count as within
        raise Refused("over_three_hours", since=pause.fault)
    consultation.check_over(state, e.About.SUSPENSION, suspension=pause.number)
    if not pause.tested:
        raise Refused("test_not_passed")
    # A rehearsal may be shorter; nothing may make an opening wait for long by a notice.
    least = 0 if state.scheduled.mode is Mode.REHEARSAL else rules.resume_notice // MINUTE
    if not least <= command.minutes <= LONGEST_NOTICE:
        raise Refused("bad_notice", least=least, most=LONGEST_NOTICE)
    test = pause.test.test if pause.test is not None else 0
    return [e.ResumptionAnnounced(pause.number, test, now + command.minutes * MINUTE, command.act)]
