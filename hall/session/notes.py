"""What follows from the hall's own notes: handed-over deposits, results of duties, presence, and the passing of time.

The other half of `decide`; the same rules hold. Peers can't send any of this.
"""

from __future__ import annotations

from typing import assert_never

from hall.errors import Refused
from hall.session import attempts, causes, custody, deadlines, floor, meeting, papers, rounds, standstill
from hall.session import commands as c
from hall.session import events as e
from hall.session.disclosure import may_disclose
from hall.session.lot import LotState
from hall.session.rules import CONTINUED_STAGES, RECORD_SIGNERS, LotStage, Stage
from hall.session.signatures import further_open, is_signer
from hall.session.state import OpeningState, evolve


def note(state: OpeningState, command: c.Note, now: int) -> list[e.Event]:
    """The events that a note of the hall causes at `now` (ms UTC). Raises Refused for a note that can't be true."""
    if isinstance(command, c.NoteFault):
        return _fault(state, command, now)
    if isinstance(command, c.AttemptNote):
        return attempts.note(state, command)
    if isinstance(command, c.FaultNote):
        return standstill.note(state, command, now)
    if isinstance(command, c.MediaNote):
        return floor.note(state, command, now)
    if isinstance(command, c.PaperNote):
        return papers.note_report(state, command)
    if isinstance(command, c.PeopleNote):
        return meeting.note(state, command, now)
    if isinstance(command, c.RoundNote):
        return rounds.note(state, command, now)
    match command:
        case c.ScheduleOpening(plan):
            return [] if state.plan is not None else [plan]
        case c.HandOverDeposits(manifest, deposits):
            if state.manifest is not None:
                return []
            if now < state.scheduled.bid_deadline:
                raise Refused("too_early")
            due = tick(state, now)
            if state.stage is Stage.HELD or any(isinstance(event, e.DeadlineHeld) for event in due):
                raise Refused("deadline_held")  # clause 4.7: nothing is closed while the deadline is held
            return [*due, e.DepositsHandedOver(manifest, deposits)]
        case c.NoteRecheck():
            return _recheck(state, command, now)
        case c.NoteBidOpened(lot, bidder, summary):
            owed = bidder in state.lots[lot].opening and bidder not in state.lots[lot].unconfirmed
            return [e.BidOpened(lot, bidder, summary)] if owed else []
        case c.NoteBidFailed(lot, bidder):
            return causes.failure(state, command) if bidder in state.lots[lot].opening else []
        case c.DisclosePrices():
            return _disclose(state, command, now)
        case c.NoteRecordPrepared(sha256, content, size, root):
            if state.record is not None:
                return []
            if not state.lots or not all(lot.settled for lot in state.lots.values()):
                raise Refused("not_now")
            if state.register is None:
                raise Refused("register_not_signed")
            return [e.RecordPrepared(sha256, content, size, root)]
        case c.NoteRecordSigned():
            return _record_signed(state, command, now)
        case c.NoteRecordCompleted(sha256, before):
            return _completed(state, sha256, before)
        case c.NoteRoomEmpty():
            return [e.RoomEmptied(now)] if state.stage is Stage.LEAVING else []
        case c.NoteRecordingHeads(heads, final):
            return [] if state.recorder_stopped else [e.RecordingHeads(heads, final)]
        case c.NotePresence():
            return [
                e.PresenceChanged(
                    command.participant,
                    command.connection,
                    command.state,
                    command.start,
                    command.end,
                    command.uncertainty,
                    command.cause,
                    command.confidence,
                    command.certificate,
                    command.proofs,
                )
            ]
        case c.NoteIncident(kind, clause, subject, detail):
            return [e.IncidentRecorded(len(state.incidents) + 1, kind, clause, subject, detail)]
        case c.Tick():
            return tick(state, now)
        case _:
            assert_never(command)


def _fault(state: OpeningState, command: c.NoteFault, now: int) -> list[e.Event]:
    """A fault is considered before the time that passed during it: what was due before it began has happened, and
    what became due since has not. So the first word after a restart is this note, and no window closes, and no deadline
    fires, through the hall's own absence (clauses 4.7, 4.8). The room lets in no tick before this command."""
    due = tick(state, min(command.start, now) - 1)
    for event in due:
        state = evolve(state, event, now)
    return [*due, *standstill.note(state, command, now)]


def tick(state: OpeningState, now: int) -> list[e.Event]:
    """What has become due by `now`. Limits that include their end fire one millisecond after it."""
    if state.plan is None:
        return []
    due: list[e.Event] = []
    if state.stage is Stage.SCHEDULED and now >= state.plan.sign_in_from:
        due.append(e.SignInOpened(state.plan.sign_in_from))
        if not state.recording:
            due.append(e.RecordingStarted(now))  # clause 4.11: by the machine, not by a button
    if state.stage in (Stage.SCHEDULED, Stage.SIGN_IN) and now >= state.plan.bid_deadline:
        # clause 4.7: a deadline does not fire through a platform fault
        due.extend(deadlines.held(state, now) or [e.DeadlinePassed(state.plan.bid_deadline)])
    due.extend(standstill.due(state, now))
    if state.suspension is not None:
        return due
    due.extend(floor.due(state, now))
    if state.continues_at is None:
        due.extend(meeting.due(state, now))
    for lot in state.lots.values():
        if not _waits(state, lot):
            due.extend((*_lot_due(lot, now), *rounds.due(state, lot, now)))
        due.extend(causes.due(lot, now))
        entries = sum(isinstance(event, e.IncidentRecorded) for event in due)
        due.extend(custody.due(state, lot, now, entries))
    return due


def _waits(state: OpeningState, lot: LotState) -> bool:
    """Whether the lot stands still until the decrypted go on (clause 4.8 b)."""
    return state.continues_at is not None and lot.stage in CONTINUED_STAGES


def _lot_due(lot: LotState, now: int) -> list[e.Event]:
    if lot.stage is LotStage.CHECK and lot.answer_by is not None and now > lot.answer_by:
        silent = [b for b in lot.bidders if b not in lot.answers]
        return [e.SealingAnswered(lot.lot, b, e.SealingAnswer.NO_ANSWER, None) for b in silent]
    if lot.stage is LotStage.DECRYPTION and lot.command is not None:
        closes_at = lot.closes_at or lot.command.closes_at
        late = now > closes_at
        if late or not lot.awaited:
            # clause 5.3.3: early only when every listed bidder is done or has declined by a signed act
            missing = tuple(b for b in lot.bidders if b not in lot.released)
            return [e.WindowClosed(lot.lot, closes_at if late else now, not late, missing)]
    if lot.stage is LotStage.READ_OUT and lot.price_answer_by is not None and now > lot.price_answer_by:
        silent = [b for b in lot.disclosed if b not in lot.price_answers]
        return [e.PriceAnswered(lot.lot, b, e.PriceAnswer.NO_ANSWER, None) for b in silent]
    return []


def next_deadline(state: OpeningState) -> int | None:
    """When `tick` will next have something to say, in ms UTC, or None. A moment in the past means: at once."""
    if state.plan is None:
        return None
    moments: list[int] = []
    if state.stage is Stage.SCHEDULED:
        moments.append(state.plan.sign_in_from)
    elif state.stage is Stage.SIGN_IN:
        moments.append(state.plan.bid_deadline)
    moments.extend(standstill.moments(state))
    if state.suspension is not None:
        return min(moments, default=None)
    moments.extend(floor.moments(state))
    if state.continues_at is None:
        moments.extend(meeting.moments(state))
    for lot in state.lots.values():
        moments.extend((*causes.moments(lot), *custody.moments(lot)))
        if _waits(state, lot):
            continue
        if lot.stage is LotStage.CHECK and lot.answer_by is not None and len(lot.answers) < len(lot.bidders):
            moments.append(lot.answer_by + 1)
        elif lot.stage is LotStage.DECRYPTION and lot.command is not None:
            moments.append((lot.closes_at or lot.command.closes_at) + 1 if lot.awaited else 0)
        elif lot.stage is LotStage.READ_OUT and lot.price_answer_by is not None:
            if any(b not in lot.price_answers for b in lot.disclosed):
                moments.append(lot.price_answer_by + 1)
        moments.extend(rounds.moments(lot))
    return min(moments, default=None)


def _recheck(state: OpeningState, command: c.NoteRecheck, now: int) -> list[e.Event]:
    lot = state.lots[command.lot]
    if lot.rechecked or lot.stage is not LotStage.CHECK or state.suspension is not None:
        return []
    # clause 4.2: the bidders' own check has its limit where no notary declares
    answer_by = None if state.notary else now + state.scheduled.rules.sealing_answer_limit
    damaged = [item for item in command.items if not item.intact]
    number = len(state.incidents)
    incidents = [
        e.IncidentRecorded(
            number + i, "ciphertext_damaged", "b", f"bidder-{item.bidder}", item.sha256, scope=(item.bidder,)
        )
        for i, item in enumerate(damaged, start=1)
    ]
    fresh = [] if command.fresh is None else [command.fresh]
    return [e.SealingRechecked(lot.lot, command.items, answer_by), *fresh, *incidents]


def _disclose(state: OpeningState, command: c.DisclosePrices, now: int) -> list[e.Event]:
    lot = state.lots[command.lot]
    if lot.stage is not LotStage.DISCLOSURE:
        return []
    if not may_disclose(state, lot):
        raise Refused("disclosure_locked")
    if {b.bidder for b in command.bids} != lot.opened.keys() - lot.causes.keys():
        raise Refused("disclosure_incomplete")
    return [e.PricesDisclosed(lot.lot, command.bids, now + state.scheduled.rules.price_answer_limit)]


def _record_signed(state: OpeningState, command: c.NoteRecordSigned, now: int) -> list[e.Event]:
    further = command.role not in {role.value for role in RECORD_SIGNERS}
    if state.record is None or not (further_open(state) if further else state.record_open):
        raise Refused("not_now")
    if state.record_by is not None and now > state.record_by:
        raise Refused("record_limit_passed", until=state.record_by)  # clause 5.5.3
    if not is_signer(state, command.role, command.certificate):
        raise Refused("not_appointed", role=command.role)
    if any(s.role == command.role for s in state.record.signed):
        raise Refused("signed_already")
    if state.record.sha256 != command.before:
        raise Refused("stale_revision")
    return [e.RecordSigned(command.role, command.name, command.certificate, command.sha256)]


def _completed(state: OpeningState, sha256: str, before: str) -> list[e.Event]:
    if state.record is None or state.record.sealed:
        return []
    if before and before != state.record.sha256:
        return []  # somebody signed meanwhile: the closing stamp is owed to that revision
    missing = [r for r in RECORD_SIGNERS if r.value not in state.record.settled]
    if missing:
        raise Refused("signatures_missing", role=missing[0].value)
    return [e.RecordCompleted(sha256)]
