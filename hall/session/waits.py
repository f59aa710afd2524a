"""Whom the opening waits for, and since when: what the banner shows, and what makes a silent holder's deputy necessary.

One entry for each thing that is waited for, the most urgent first. `hall` stands for the hall itself or the passing
of time. Derived from the state alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hall.procurement.parties import CONSULTED, Role
from hall.session import alternatives, causes, consultation, continuation, custody, remedies, standstill
from hall.session.disclosure import may_disclose
from hall.session.lot import LotState
from hall.session.notary import bidders_check, silent
from hall.session.pause import Suspension
from hall.session.register import settled, unexplained
from hall.session.rules import CONTINUED_STAGES, RECORD_SIGNERS, LotStage, Stage
from hall.session.state import OpeningState

HALL = "hall"


@dataclass(frozen=True, slots=True)
class Wait:
    """`role` owes `act`, in `lot` where it names one, `until` the end of a limit, `since` (ms UTC)."""

    role: str
    act: str
    lot: str = ""
    until: int | None = None
    since: int = 0


def waits(state: OpeningState) -> tuple[Wait, ...]:
    """Everything that is waited for now."""
    return tuple(_waits(state))


def _waits(state: OpeningState) -> Iterator[Wait]:
    since = state.asked_at
    match state.stage:
        case Stage.NEW | Stage.CLOSED:
            return
        case Stage.SCHEDULED:
            yield Wait(HALL, "sign_in_opens", "", state.scheduled.sign_in_from)
        case Stage.SIGN_IN:
            yield Wait(Role.BIDDER, "sign_in", "", state.scheduled.bid_deadline)
        case Stage.HELD:
            asked = tuple(_consulted(state))
            yield from asked
            if not asked:
                yield Wait(Role.PROCURING_ENTITY, "confirm_deadline", since=since)
        case _ if state.suspension is not None:
            yield from _suspended(state, state.suspension)
        case Stage.DEADLINE if state.manifest is None:
            yield Wait(HALL, "closing_deposits")
        case Stage.RECORD:
            yield from _record(state)
        case Stage.LEAVING:
            yield Wait(Role.BIDDER, "leave", "", state.leave_by)
        case _:
            yield from _lots(state)


def _suspended(state: OpeningState, pause: Suspension) -> Iterator[Wait]:
    since, limit = state.asked_at, state.scheduled.rules.fault_limit
    if pause.reason_by is not None:
        yield Wait(Role.PROCURING_ENTITY, "reason_suspension", "", pause.reason_by, since)
    if pause.resumption is not None:
        yield Wait(HALL, "resuming", "", pause.resumption.resumes_at)
        return
    if pause.adjourned is not None and pause.away:
        yield Wait(HALL, "adjourned", "", pause.adjourned.resumes_at)
        return
    if pause.adjourned is not None and pause.returned is None:
        yield Wait(HALL, "rechecking")
        return
    over = None if pause.fault is None or pause.adjourned is not None else pause.fault + limit
    if standstill.may_resume(state, pause):
        yield Wait(Role.HOST, "resume", "", over, since)
    elif pause.tests > (pause.test.test if pause.test else 0):
        yield Wait(HALL, "testing")
    elif not pause.tested:
        yield Wait(Role.HOST, "request_test", "", over, since)
    yield from _consulted(state)
    if pause.split is not None:
        yield Wait(HALL, "resuming", "", continuation.moment_of(pause.split))
    elif over is not None:
        yield Wait(Role.PROCURING_ENTITY, "declare_split", since=over + 1)  # clause 4.8 b: after 3:00:00


def _consulted(state: OpeningState) -> Iterator[Wait]:
    """Of the three parties each that holds a post and has neither answered nor let its time pass (clause 4.8)."""
    for asked in state.consultations:
        if consultation.over(asked):
            continue
        until, present = asked.opened.answer_by, False
        for role in CONSULTED:
            if role in state.posts and role.value not in asked.answers:
                yield Wait(role, "consult", "", until, state.asked_at)
                present = True
        if not present:
            yield Wait(HALL, "consult", "", until)  # a vacant post gives no answer, and has its limit too


def _record(state: OpeningState) -> Iterator[Wait]:
    if unexplained(state):
        yield Wait(Role.PROCURING_ENTITY, "explain_incidents", since=state.asked_at)
    record = state.record
    if record is None:
        return
    unsigned = [role for role in RECORD_SIGNERS if role.value not in record.settled]
    if unsigned:
        # They sign one after another: the next one is waited for (clause 5.5.3).
        yield Wait(unsigned[0], "sign_record", since=state.asked_at)
    elif record.completed:
        yield Wait(Role.HOST, "close_opening", since=state.asked_at)
    else:
        yield Wait(HALL, "completing_record")


def _lots(state: OpeningState) -> Iterator[Wait]:
    idle = False
    for lot in state.lots.values():
        if lot.settled:
            continue
        wait = _continues(state, lot) or running(lot) or _lot(state, lot)
        if wait is not None:
            yield wait
        idle = idle or wait is None
    yield from _consulted(state)
    if idle:
        yield Wait(HALL, "other_lots")
    if not settled(state):
        return
    since = max(lot.asked_at for lot in state.lots.values())
    if state.register is not None:
        yield Wait(HALL, "preparing_record")
    else:
        act = "explain_incidents" if unexplained(state) else "sign_register"
        yield Wait(Role.PROCURING_ENTITY, act, since=since)


def _continues(state: OpeningState, lot: LotState) -> Wait | None:
    """After a split the decrypted wait until their moment has come (clause 4.8 b)."""
    if state.continues_at is None or lot.stage not in CONTINUED_STAGES:
        return None
    return Wait(HALL, "continuing", lot.lot, state.continues_at)


def running(lot: LotState) -> Wait | None:
    """What a running round of quotes or draw waits for, or None."""
    if lot.rounds and not lot.rounds[-1].disclosed:
        quotes = lot.rounds[-1]
        if quotes.closed is None:
            return Wait(Role.BIDDER, "offer_quote", lot.lot, quotes.quoted_by)
        return Wait(HALL, "disclosing_quotes", lot.lot)
    if lot.draws and lot.draws[-1].done is None:
        draw = lot.draws[-1]
        if draw.reveal_by is None:
            owing = _owing(draw.parties, draw.commitments)
            return Wait(owing, "commit_draw", lot.lot, draw.commit_by, lot.asked_at)
        owing = _owing(draw.commitments, draw.secrets)
        return Wait(owing, "reveal_draw", lot.lot, draw.reveal_by, lot.asked_at)
    return None


def _owing(parties: Collection[str], done: Collection[str]) -> Role:
    """Bidders, or the host where its part alone is missing."""
    return Role.BIDDER if set(parties) - set(done) - {Role.HOST.value} else Role.HOST


def _lot(state: OpeningState, lot: LotState) -> Wait | None:
    """Whom this lot waits for; None while it waits for the other lots."""

    def wait(role: Role | str, act: str, until: int | None = None, since: int = 0) -> Wait:
        return Wait(role, act, lot.lot, until, max(since, lot.asked_at, state.moved_at))

    match lot.stage:
        case LotStage.SEALED if not alternatives.may_be_announced(state, lot.lot):
            return None
        case LotStage.SEALED:
            return wait(Role.HOST, "announce_bidders", since=state.asked_at)
        case LotStage.LOCKED if causes.open_causes(lot):
            return wait(Role.PROCURING_ENTITY, "decide_cause")
        case LotStage.LOCKED if alternatives.main_of(state, lot.lot) is not None:
            return None
        case LotStage.LOCKED if any(not consultation.over(asked) for asked in state.consultations):
            return None
        case LotStage.LOCKED:
            return wait(Role.PROCURING_ENTITY, "fail_tender")
        case LotStage.CHECK if not lot.rechecked:
            return wait(HALL, "rechecking")
        case LotStage.CHECK if not bidders_check(lot):
            return wait(Role.NOTARY, "declare_sealing")
        case LotStage.CHECK if silent(lot):
            return wait(Role.BIDDER, "answer_sealing", lot.answer_by)
        case LotStage.CHECK:
            return wait(Role.HOST, "declare_sealing")
        case LotStage.CHECKED:
            return wait(Role.HOST, "command_decryption")
        case LotStage.DECRYPTION if lot.awaited:
            return wait(Role.BIDDER, "release", lot.closes_at)
        case LotStage.DECRYPTION:
            return wait(HALL, "opening_bids")
        case LotStage.RESULTS if (role := remedies.awaited(lot)) is not None:
            return wait(role, "answer_remedy")
        case LotStage.RESULTS if not lot.results_shown:
            return wait(HALL, "opening_bids")
        case LotStage.RESULTS if not bidders_check(lot):
            return wait(Role.NOTARY, "declare_results")
        case LotStage.RESULTS if silent(lot):
            return wait(Role.BIDDER, "answer_results", lot.results_by)
        case LotStage.RESULTS:
            return wait(Role.HOST, "declare_results")
        case LotStage.DISCLOSURE:
            return _disclosure(state, lot)
        case LotStage.READ_OUT if any(b not in lot.read_out for b in lot.disclosed):
            return wait(Role.ANNOUNCER, "read_out")
        case LotStage.READ_OUT if any(b not in lot.price_answers for b in lot.disclosed):
            return wait(Role.BIDDER, "confirm_price", lot.price_answer_by)
        case LotStage.READ_OUT:
            return wait(Role.HOST, "open_objections")
        case LotStage.OBJECTIONS if any(o.outcome is None for o in lot.objections):
            return wait(Role.PROCURING_ENTITY, "answer_objection")
        case _:
            until = lot.objections_not_before
            return wait(Role.HOST, "close_objections", until, until or 0)


def _disclosure(state: OpeningState, lot: LotState) -> Wait | None:
    owner = Role.PROCURING_ENTITY
    if causes.open_causes(lot):
        return Wait(owner, "decide_cause", lot.lot, since=lot.asked_at)
    own = [lot.own[b].closes_at for b in lot.own_running if not lot.has_released(b)]
    if own:
        return Wait(Role.BIDDER, "release", lot.lot, max(own))
    if (confirmer := remedies.awaited(lot)) is not None:
        return Wait(confirmer, "answer_remedy", lot.lot, since=lot.asked_at)
    if (role := custody.awaited(state, lot)) is not None:
        return Wait(role, "open_entrusted", lot.lot, since=max(lot.asked_at, state.moved_at))
    if lot.opening or may_disclose(state, lot):
        return Wait(HALL, "opening_bids", lot.lot)
    if causes.open_to(state, lot, "fail_tender"):
        return Wait(owner, "fail_tender", lot.lot, since=lot.asked_at)
    return None
