"""What follows from a command: events, or Refused. Pure, as every machine of the hall.

The order is the law's: the report, the candidates public for their days, every objection answered, the decision, the
notices. While the procedure is suspended nothing is signed and no clock runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from hall.award import commands as c
from hall.award import events as e
from hall.award.rules import PUBLICITY_LEAST, PUBLICITY_MOST, FailureGround, Ground, Law, LotStatus
from hall.award.state import AwardState, LotAward
from hall.errors import NotPermitted, Refused
from hall.procurement.acts import SignedAct
from hall.procurement.calendar import shanghai_day
from hall.procurement.evaluation import Ranked
from hall.procurement.parties import Actor, Role

_OPEN = (LotStatus.REPORTED, LotStatus.NO_CANDIDATES, LotStatus.DECIDING, LotStatus.VOIDED)


def decide(state: AwardState, command: c.Command, actor: Actor | None, now: int) -> Sequence[e.Event]:
    """What happens by `command`. Raises Refused, NotPermitted; nothing has happened then."""
    match command:
        case c.NoteChecks(entrants, findings):
            return [] if state.findings is not None else [e.BidsChecked(entrants, findings)]
        case c.ReceiveReport():
            return _receive(state, command)
        case c.NoteObjection(objection, lot, is_open):
            known = objection in state.objections
            return [] if known == is_open else [e.ObjectionNoted(objection, lot, is_open)]
        case c.NoteSuspension(by):
            return _suspend(state, by, now)
        case c.TakeCalendar(holidays, extra):
            kept = (state.calendar.holidays, state.calendar.extra)
            same = kept == (frozenset(holidays), frozenset(extra))
            return [] if same else [e.AwardDaysTaken(holidays, extra)]
        case c.TakeLaw(law):
            return [] if law is state.law else [e.AwardLawTaken(law)]
        case c.NoteNotices(lot, decision, papers):
            found = state.lots[lot].decided if lot in state.lots else None
            if found is None or found.papers or found.event.decision != decision:
                return []
            return [e.NoticesMade(lot, decision, papers)]
        case _:
            assert actor is not None, "acts come from somebody"
            return _act(state, command, actor, now)


def tick(state: AwardState, now: int) -> Sequence[e.Event]:
    """What has happened by the passing of time until `now`."""
    if state.suspended:
        return []
    over = [one for one in state.lots.values() if one.status is LotStatus.PUBLICITY and one.until <= now]
    return [e.PublicityEnded(one.lot, one.until) for one in over]


def next_deadline(state: AwardState) -> int | None:
    """When to let time in next (ms UTC): no clock runs while the procedure stands still."""
    if state.suspended:
        return None
    ends = [one.until for one in state.lots.values() if one.status is LotStatus.PUBLICITY]
    return min(ends, default=None)


def is_last(event: e.Event) -> bool:
    """Whether a stream that ends with this event waits for no moment, most likely."""
    return isinstance(
        event, e.BidsChecked | e.NoticesMade | e.ContractFiled | e.LotFailed | e.RetenderOrdered
    )


def _receive(state: AwardState, command: c.ReceiveReport) -> Sequence[e.Event]:
    if state.report:
        return []
    given = command.report
    return [
        e.ReportReceived(
            given.ranking,
            given.rejections,
            given.failed,
            given.report,
            max(command.candidates, 1),
            max(command.publicity_days, PUBLICITY_LEAST),
            command.entrants,
            command.owners,
        )
    ]


def _suspend(state: AwardState, by: str, now: int) -> Sequence[e.Event]:
    if by == state.suspended:
        return []
    if by:
        return [e.AwardSuspended(by)]
    # Each publicity that ran has, from now on, what it had left: its clock stood still.
    running = [one for one in state.lots.values() if one.status is LotStatus.PUBLICITY]
    stood = now - state.suspended_at
    carried = state.calendar.carried
    longer = [e.PublicityExtended(one.lot, one.until, carried(one.until + stood)) for one in running]
    return [e.AwardResumed(stood), *longer]


def _act(state: AwardState, command: c.Act, actor: Actor, now: int) -> Sequence[e.Event]:
    if (lot := state.lots.get(command.lot)) is None:
        raise Refused("award_not_begun", lot=command.lot)
    if actor.role is Role.PROCURING_ENTITY and state.owners and actor.party not in state.owners:
        raise NotPermitted("not_permitted", act=command.act.type)
    if state.suspended:
        raise Refused("procedure_suspended", by=state.suspended)
    match command:
        case c.PublishCandidates(_, days, act):
            return _publish(state, lot, days, act, now)
        case c.DecideAward():
            return _award(state, lot, command)
        case c.GiveUpAward(_, reason, act):
            return _give_up(lot, actor.party, reason, act)
        case c.VoidAward(_, reason, act):
            if lot.decided is None:
                raise Refused("no_award", lot=lot.lot)
            return [e.AwardVoided(lot.lot, lot.decided.event.bidder, reason, act)]
        case c.FailLot(_, ground, reason, act):
            return _fail(lot, ground, reason, act)
        case c.OrderRetender(_, reason, act):
            if lot.status not in (*_OPEN, LotStatus.FAILED):
                raise Refused("lot_not_open", lot=lot.lot, status=lot.status.value)
            return [e.RetenderOrdered(lot.lot, reason, act)]
        case c.FileContract():
            if lot.decided is None or lot.status is not LotStatus.AWARDED:
                raise Refused("no_award", lot=lot.lot)
            first, last = shanghai_day(lot.decided.at), shanghai_day(now)
            # Bidding Law art. 46: after the award, and it is signed already.
            if not first <= command.signed_on <= last:
                raise Refused("contract_day", first=first, last=last)
            return [
                e.ContractFiled(
                    lot.lot,
                    lot.decided.event.bidder,
                    command.number,
                    command.signed_on,
                    command.sha256,
                    command.act,
                )
            ]
        case _:
            assert_never(command)


def _publish(state: AwardState, lot: LotAward, days: int, act: SignedAct, now: int) -> Sequence[e.Event]:
    """The candidates stand in the committee's report: nobody picks them here (Bidding Law art. 40)."""
    if lot.status is not LotStatus.REPORTED:
        raise Refused("candidates_published" if lot.start else "no_candidates", lot=lot.lot)
    if not state.publicity_days <= days <= PUBLICITY_MOST:  # Implementing Regulations art. 54
        raise Refused("publicity_too_short", least=state.publicity_days, most=PUBLICITY_MOST)
    candidates = _candidates(state, lot.lot)
    until = state.calendar.after_calendar_days(now, days)  # Civil Code arts. 201, 203
    return [e.CandidatesPublished(lot.lot, candidates, now, until, act)]


def _candidates(state: AwardState, lot: str) -> tuple[Ranked, ...]:
    ranked = sorted((one for one in state.ranking if one.lot == lot), key=lambda one: one.rank)
    return tuple(ranked[: state.most_candidates])


def _award(state: AwardState, lot: LotAward, command: c.DecideAward) -> Sequence[e.Event]:
    if lot.status is LotStatus.PUBLICITY:
        raise Refused("publicity_runs", until=lot.until)
    if lot.status is LotStatus.REPORTED:
        raise Refused("candidates_not_published", lot=lot.lot)
    if lot.status not in (LotStatus.DECIDING, LotStatus.VOIDED) or not lot.left:
        raise Refused("lot_not_open", lot=lot.lot, status=lot.status.value)
    if waits := state.open_objections(lot.lot):  # Implementing Regulations art. 54
        raise Refused("result_objection_open", lot=lot.lot, count=len(waits))
    if command.bidder not in {one.bidder for one in lot.left}:  # Bidding Law arts. 40, 45
        raise Refused("not_a_candidate", lot=lot.lot)
    # Whom another's fall made the first that is left needs a ground too: people read why (art. 55).
    first = lot.candidates[0].bidder
    if command.bidder != first and command.ground is Ground.NONE:
        raise Refused("ground_missing", lot=lot.lot)
    if command.bidder == first and command.ground is not Ground.NONE:
        raise Refused("ground_not_needed", lot=lot.lot)
    # Implementing Regulations of the Government Procurement Law art. 43: in the order of the report.
    if state.law is Law.PROCUREMENT and command.ground is Ground.FREE_CHOICE:
        raise Refused("no_free_choice", lot=lot.lot)
    passed = [one for one in lot.left if one.rank < _rank(lot, command.bidder)]
    if (
        len(passed) > 1 and command.ground is not Ground.FREE_CHOICE
    ):  # one after another, in their order (art. 55)
        raise Refused("not_next_candidate", lot=lot.lot)
    number = len(lot.decisions) + 1
    return [e.AwardDecided(lot.lot, number, command.bidder, command.ground, command.reason, command.act)]


def _rank(lot: LotAward, bidder: str) -> int:
    return next(one.rank for one in lot.candidates if one.bidder == bidder)


def _give_up(lot: LotAward, party: str, reason: str, act: SignedAct) -> Sequence[e.Event]:
    if lot.out.get(party) == "gave_up":
        return []
    if party not in {one.bidder for one in lot.left}:
        raise Refused("not_a_candidate", lot=lot.lot)
    if lot.status in (LotStatus.CONTRACTED, LotStatus.FAILED, LotStatus.RETENDER):
        raise Refused("lot_not_open", lot=lot.lot, status=lot.status.value)
    if lot.decided is not None and lot.decided.event.bidder != party:
        raise Refused("awarded_to_another", lot=lot.lot)
    return [e.CandidateGaveUp(lot.lot, party, reason, act)]


def _fail(lot: LotAward, ground: FailureGround, reason: str, act: SignedAct) -> Sequence[e.Event]:
    if lot.status not in _OPEN:
        raise Refused("lot_not_open", lot=lot.lot, status=lot.status.value)
    empty = (FailureGround.ALL_REJECTED, FailureGround.NO_CANDIDATE_LEFT)
    if ground in empty and lot.status is not LotStatus.NO_CANDIDATES and not (lot.start and not lot.left):
        raise Refused("candidates_left", lot=lot.lot)
    return [e.LotFailed(lot.lot, ground, reason, act)]
