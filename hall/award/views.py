"""What a viewer may know of an award: the secrecy boundary.

Until the candidates are published, nothing but the lot's status leaves for who may not see the report; findings are
for the supervisor and the committee at any time (clause 5.5.1); a rejected bidder learns its own reason.
"""

from __future__ import annotations

from hall import wire as w
from hall.award import events as e
from hall.award.rules import (
    CONTRACT_WITHIN,
    PUBLICITY_LEAST,
    PUBLISH_WITHIN,
    RIGHTS,
    SEES_FINDINGS,
    SEES_REPORT,
    LotStatus,
)
from hall.award.state import AwardState, Decided, Ended, LotAward
from hall.procurement.evaluation import Ranked, Rejection
from hall.procurement.findings import Finding
from hall.procurement.matter import Look, may
from hall.procurement.parties import Role


def view(state: AwardState, look: Look, now: int) -> w.AwardView:
    """The award as `look` may know it; now: ms UTC."""
    knows = look.has(*SEES_FINDINGS)
    return w.AwardView(
        reported=state.reported_at,
        report=state.report if sees_report(state, look) else "",
        suspended=state.suspended,
        law=state.law.value,
        limits=w.AwardLimits(
            publish_within=PUBLISH_WITHIN,
            publicity=state.publicity_days or PUBLICITY_LEAST,
            objection_answer=state.figures.answer,
            answer_working=state.figures.answer_working,
            complaint=state.figures.remedy_within,
            complaint_working=state.figures.remedy_working,
            contract=CONTRACT_WITHIN,
            report=state.figures.report_within,
            holidays=sorted(state.calendar.holidays),
            extra=sorted(state.calendar.extra),
        ),
        lots=[_lot(state, one, look, now) for one in state.lots.values()],
        checked=state.findings is not None,
        findings=[_finding(state, one) for one in state.findings or ()] if knows else [],
    )


def may_read(state: AwardState, look: Look, sha256: str) -> bool:
    """Notices are for the bidder whom they name, the procuring entity and who supervises; filed contracts for these."""
    inside = sees_report(state, look)
    for lot in state.lots.values():
        for paper in (paper for decided in lot.decisions for paper in decided.papers):
            own = bool(look.party) and look.has(Role.BIDDER) and paper.bidder == look.party
            if paper.sha256 == sha256 and (own or inside):
                return True
        if lot.contract is not None and lot.contract.sha256 == sha256 and inside:
            return True
    return False


def sees_report(state: AwardState, look: Look) -> bool:
    """Who may know the ranking before it is published: this tender's procuring entity, and who supervises."""
    return look.has(*SEES_REPORT) or is_owner(state, look)


def is_owner(state: AwardState, look: Look) -> bool:
    """Whether somebody acts for this tender's procuring entity."""
    return look.has(Role.PROCURING_ENTITY) and (not state.owners or look.party in state.owners)


def _lot(state: AwardState, lot: LotAward, look: Look, now: int) -> w.AwardLotView:
    inside = sees_report(state, look)
    public = bool(lot.start)
    last = lot.decided
    reasons = [_rejection(state, one) for one in state.rejections if one.lot == lot.lot]
    papers = [one for decided in lot.decisions for one in decided.papers]
    own = bool(look.party) and look.has(Role.BIDDER)
    told = own and bool(lot.start or lot.ends)
    return w.AwardLotView(
        lot=lot.lot,
        status=lot.status.value,
        publish_by=state.limit(state.reported_at, PUBLISH_WITHIN, now),
        start=lot.start,
        until=lot.until,
        left=_left(state, lot, now) if state.suspended else 0,
        candidates=[_candidate(state, lot, one) for one in lot.candidates],
        next=lot.left[0].bidder if public and lot.left else "",
        ranking=[_candidate(state, lot, one) for one in state.ranking if one.lot == lot.lot]
        if inside
        else [],
        rejections=reasons if inside else [one for one in reasons if told and one.bidder == look.party],
        objections=list(state.open_objections(lot.lot)),
        decision=None if last is None else _decision(state, lot, last, now),
        papers=[_paper(state, one) for one in papers if inside or (own and one.bidder == look.party)],
        contract=_contract(lot),
        ends=[_end(one) for one in lot.ends],
        own=_own(state, lot, look.party, reasons) if own else None,
        may=_may(state, lot, look),
    )


def _left(state: AwardState, lot: LotAward, now: int) -> int:
    """ms that are left, once the procedure goes on, of the limit that ran when it was stopped; 0 where none did."""
    decided = lot.decided
    match lot.status:
        case LotStatus.REPORTED:
            due = state.limit(state.reported_at, PUBLISH_WITHIN, now)
        case LotStatus.AWARDED if decided is not None:
            due = _contract_by(state, decided, now)
        case LotStatus.PUBLICITY:
            return max(lot.until - state.suspended_at, 0)
        case _:
            return 0
    return max(due - now, 0)


def _contract_by(state: AwardState, one: Decided, now: int) -> int:
    """The contract's days run from the notice of award (both laws' art. 46), which follows the decision at once."""
    return state.limit(one.papers_at or one.at, CONTRACT_WITHIN, now)


def _may(state: AwardState, lot: LotAward, look: Look) -> list[str]:
    """The acts that roles, stage and pauses permit now, so that a screen offers no button in vain."""
    if state.suspended:
        return []
    candidate = look.party in {one.bidder for one in lot.left}
    waits = bool(state.open_objections(lot.lot))
    decided = lot.decided
    open_to = {
        "publish_candidates": lot.status is LotStatus.REPORTED,
        "decide_award": lot.status in (LotStatus.DECIDING, LotStatus.VOIDED) and bool(lot.left) and not waits,
        "give_up_award": candidate
        and lot.status in (LotStatus.PUBLICITY, LotStatus.DECIDING, LotStatus.VOIDED, LotStatus.AWARDED)
        and (decided is None or decided.event.bidder == look.party),
        "void_award": decided is not None,
        "fail_lot": lot.status in _UNDECIDED,
        "order_retender": lot.status in (*_UNDECIDED, LotStatus.FAILED),
        "file_contract": lot.status is LotStatus.AWARDED,
    }
    mine = [act for act in may(RIGHTS, look) if open_to[act]]
    foreign = look.has(Role.PROCURING_ENTITY) and not is_owner(state, look) and not look.has(Role.REGULATOR)
    return [act for act in mine if not foreign or act == "give_up_award"]


_UNDECIDED = (LotStatus.REPORTED, LotStatus.NO_CANDIDATES, LotStatus.DECIDING, LotStatus.VOIDED)


def _entrant(state: AwardState, lot: str, bidder: str) -> e.Entrant:
    found = (one for one in state.entrants if (one.lot, one.bidder) == (lot, bidder))
    return next(found, e.Entrant(lot, bidder, bidder, "", "", "", ""))


def _candidate(state: AwardState, lot: LotAward, one: Ranked) -> w.CandidateView:
    read = _entrant(state, lot.lot, one.bidder)
    return w.CandidateView(
        bidder=one.bidder,
        name=one.name,
        rank=one.rank,
        price=one.price,
        points=one.points,
        period=read.period,
        quality=read.quality,
        manager=read.manager,
        out=lot.out.get(one.bidder, ""),
    )


def _rejection(state: AwardState, one: Rejection) -> w.RejectionView:
    name = _entrant(state, one.lot, one.bidder).name
    return w.RejectionView(one.bidder, name, one.reason.value, one.text, list(one.evidence))


def _decision(state: AwardState, lot: LotAward, one: Decided, now: int) -> w.DecisionView:
    event = one.event
    ranked = next(found for found in lot.candidates if found.bidder == event.bidder)
    return w.DecisionView(
        decision=event.decision,
        bidder=event.bidder,
        name=ranked.name,
        price=ranked.price,
        ground=event.ground.value,
        reason=event.reason,
        decided_at=one.at,
        contract_by=_contract_by(state, one, now),
        complain_by=state.complain_by(one.at),
        complain_as=state.figures.remedy.value,
    )


def _paper(state: AwardState, one: e.Paper) -> w.AwardPaper:
    name = next((found.name for found in state.entrants if found.bidder == one.bidder), one.bidder)
    return w.AwardPaper(one.bidder, name, one.kind, one.sha256, one.size)


def _contract(lot: LotAward) -> w.ContractView | None:
    if (found := lot.contract) is None:
        return None
    return w.ContractView(found.number, found.signed_on, lot.contract_at, found.sha256)


def _end(one: Ended) -> w.EndView:
    match one.event:
        case e.LotFailed(_, ground, reason):
            return w.EndView("failed", ground.value, reason, one.at, "")
        case e.RetenderOrdered(_, reason):
            return w.EndView("retender", "", reason, one.at, "")
        case e.AwardVoided(_, bidder, reason):
            return w.EndView("voided", "", reason, one.at, bidder)


def _own(state: AwardState, lot: LotAward, party: str, reasons: list[w.RejectionView]) -> w.OwnResult | None:
    """A bidder's own result: nothing of it before the candidates are published, its rejection told with them."""
    if party not in {one.bidder for one in state.entrants if one.lot == lot.lot}:
        return None
    ranked = next((one for one in state.ranking if (one.lot, one.bidder) == (lot.lot, party)), None)
    rejection = next((one for one in reasons if one.bidder == party), None)
    if not lot.start and not lot.ends:
        return w.OwnResult("pending", 0, 0, None)
    rank, points = (ranked.rank, ranked.points) if ranked else (0, 0)
    return w.OwnResult(_result(lot, party, rejection is not None), rank, points, rejection)


def _result(lot: LotAward, party: str, rejected: bool) -> str:
    if rejected:
        return "rejected"
    if party in lot.out:
        return lot.out[party]
    if lot.decided is not None:
        return "awarded" if lot.decided.event.bidder == party else "not_awarded"
    if lot.status in (LotStatus.FAILED, LotStatus.RETENDER):
        return "failed"
    return "candidate" if party in {one.bidder for one in lot.candidates} else "not_awarded"


def _finding(state: AwardState, one: Finding) -> w.FindingView:
    names = {found.bidder: found.name for found in state.entrants}
    return w.FindingView(
        lot=one.lot,
        bidder=one.bidder,
        name=names.get(one.bidder, one.bidder),
        reason=one.reason.value,
        code=one.code,
        others=list(one.others),
        other_names=[names.get(other, other) for other in one.others],
        facts={fact.key: fact.value for fact in one.facts},
    )
