"""What is still open before the host can declare the end: the completeness check, with where each gap lies.

A gap blocks the close where the standard demands what is missing; the others are hints that nothing was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hall.errors import Refused
from hall.session import causes, external, faces
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.meeting import disagreements
from hall.session.register import FAULT_REPORTED, settled, unexplained
from hall.session.rules import RECORD_SIGNERS, LotStage
from hall.session.state import OpeningState
from hall.session.waits import running


@dataclass(frozen=True, slots=True)
class Gap:
    """`code`: what is missing, stable. `subject`: a bidder, a role, a text's key or a number, as the code says."""

    code: str
    lot: str
    subject: str
    blocking: bool = True


def gaps(state: OpeningState) -> tuple[Gap, ...]:
    """Every gap, in the order of the agenda; none before the bidders are announced, when nothing can be closed."""
    return tuple(_gaps(state)) if state.announced and state.leave_by is None else ()


def _gaps(state: OpeningState) -> Iterator[Gap]:
    for text in state.scheduled.texts:
        if text.key not in state.read:
            yield Gap("text_unread", "", text.key, blocking=False)
    if state.suspension is not None:
        yield Gap("suspended", "", str(state.suspension.number))
    for key in disagreements(state):
        if key not in state.read:
            yield Gap("disagreement_unread", "", key)  # clause 4.8: recorded and read out
    for lot in state.lots.values():
        yield from _of_lot(lot)
    yield from _of_room(state)
    for number in unexplained(state):
        yield Gap("incident_unexplained", "", str(number))  # clause 4.3
    if settled(state) and state.register is None:
        yield Gap("register_unsigned", "", "")
    yield from _of_record(state)


def _of_lot(lot: LotState) -> Iterator[Gap]:
    for objection in lot.objections:
        if objection.outcome is None:
            yield Gap("objection_unanswered", lot.lot, str(objection.objection))  # clause 5.5.2
    if lot.draws and (done := lot.draws[-1].done) is not None and not done.chosen:
        yield Gap("draw_without_result", lot.lot, str(done.draw), blocking=False)
    if lot.settled:
        return
    if lot.stage in (LotStage.LOCKED, LotStage.DISCLOSURE):
        for bidder in causes.open_causes(lot):
            yield Gap("cause_undecided", lot.lot, bidder)  # clauses 5.3.2, 5.3.4
    for bidder in lot.disclosed:
        if bidder not in lot.read_out:
            yield Gap("price_not_read_out", lot.lot, bidder)
        elif bidder not in lot.price_answers:
            yield Gap("price_unanswered", lot.lot, bidder)
    if (wait := running(lot)) is not None:
        yield Gap("draw_running" if wait.act.endswith("_draw") else "round_running", lot.lot, "")
    yield Gap("lot_unsettled", lot.lot, "")


def _of_room(state: OpeningState) -> Iterator[Gap]:
    clarified = [m.said.message for m in state.messages if m.said.channel is e.Channel.CLARIFICATION]
    for message in state.messages:
        if message.said.channel is e.Channel.QUESTION and message.said.message > max(clarified, default=0):
            yield Gap("question_unanswered", "", str(message.said.message), blocking=False)
    for bidder, checked in state.identities.items():
        if checked.result is not e.Check.SAME_PERSON:
            yield Gap("identity_unconfirmed", "", bidder, blocking=False)  # clause 5.3.7: a second chance
    for bidder in dict.fromkeys(bidder for bidder, _ in faces.due(state)):
        yield Gap(
            "identity_check_due", "", bidder, blocking=False
        )  # clause 5.3.7: in the middle of the opening
    for recording in external.owed(state):
        yield Gap("recording_unattached", "", recording, blocking=False)  # clause 6.1: its digest may follow
    if any(pause.adjourned is not None and not pause.away for pause in state.suspensions):
        for bidder in dict.fromkeys(b for lot in state.lots.values() for b in lot.bidders):
            if bidder not in state.identities:
                yield Gap(
                    "identity_unconfirmed", "", bidder, blocking=False
                )  # clause 4.8: proved again on return
    for incident in state.incidents:
        if incident.kind == FAULT_REPORTED and incident.incident not in state.explained:
            yield Gap("report_unexplained", "", str(incident.incident), blocking=False)


def _of_record(state: OpeningState) -> Iterator[Gap]:
    if state.record is None:
        if state.register is not None:
            yield Gap("record_not_prepared", "", "")
        return
    for role in RECORD_SIGNERS:
        if role.value not in state.record.settled:
            yield Gap("signature_missing", "", role.value)  # clause 5.5.3: may follow within 3 days
    if not state.record.completed and len(state.record.settled) == len(RECORD_SIGNERS):
        yield Gap("record_not_completed", "", "")


_LATER = ("signature_missing", "record_not_completed")
"""What a close with `record_later` leaves for the days after it."""


def _blocking(state: OpeningState, *, record_later: bool) -> Gap | None:
    return next((g for g in gaps(state) if g.blocking and not (record_later and g.code in _LATER)), None)


def check_complete(state: OpeningState, *, record_later: bool) -> None:
    """Raise Refused("incomplete", gap, lot, subject) for the first gap that blocks the close."""
    if (gap := _blocking(state, record_later=record_later)) is not None:
        raise Refused("incomplete", gap=gap.code, lot=gap.lot, subject=gap.subject)


def closable(state: OpeningState) -> bool:
    """Whether the host could close now, if need be with the record to follow."""
    return state.record is not None and _blocking(state, record_later=True) is None
