"""What somebody may know of an evaluation: the secrecy boundary (clauses 5.4.2, 5.4.3; Bidding Law art. 37, 38, 44).

Members see the work of the committee, and each other's sheets only when all are signed. A bidder sees its own
questions; who arranges the committee sees seats without names; the draw's parties the draw. Everybody else sees the
stage. The report is for the procuring entity, the trading centre and the regulator, once it is handed over.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from hall import wire
from hall.evaluation import events as e
from hall.evaluation.acts import DRAWERS
from hall.evaluation.agenda import draw_part, here, may
from hall.evaluation.ranking import Line, ranking
from hall.evaluation.scoring import awaited, next_item, sheet_digest
from hall.evaluation.state import (
    Correction,
    Draw,
    EvaluationState,
    Item,
    Member,
    Motion,
    Place,
    Question,
    Sheet,
    Stage,
)
from hall.procurement.evaluation import Ranked
from hall.procurement.matter import Look
from hall.procurement.parties import Role

_RECEIVES: Final = (Role.PROCURING_ENTITY, Role.TRADING_CENTRE, Role.REGULATOR)
"""To whom the finished report is handed over; the public reads its result in the award."""

_WATCHES: Final = (Role.SUPERVISOR, Role.REGULATOR)
"""Who sees which seat opened which bid, and when (clause 5.4.2)."""


def may_read(state: EvaluationState, look: Look, sha256: str) -> bool:
    """Files that motions and answers name: for the committee; a bidder's own for that bidder too."""
    if state.received is None or not sha256:
        return False
    inside = _sits(state, look)
    if inside and any(sha256 in motion.made.evidence for motion in state.motions):
        return True
    for question in state.questions:
        mine = Role.BIDDER in look.roles and question.asked.bidder == look.party
        if question.answered is not None and sha256 in question.answered.files and (inside or mine):
            return True
    return False


def view(state: EvaluationState, look: Look, now: int) -> wire.EvaluationView:
    """Everything that this viewer may know, and nothing else."""
    look = here(state, look)
    member = state.member_of(look.party) if _sits(state, look) else None
    inside = member is not None and member.place is Place.SEATED
    bidder = look.party if Role.BIDDER in look.roles else ""
    chair = member is not None and member.number == state.chair
    given = state.received
    rules = None if given is None else given.rules
    return wire.EvaluationView(
        tender="" if given is None else given.tender,
        stage=state.stage.value,
        now=now,
        you=wire.EvaluationYou(0 if member is None else member.number, chair, bidder, inside),
        method="" if rules is None else rules.method.value,
        size=0 if rules is None else rules.committee,
        representatives=0 if rules is None else rules.representatives,
        suspended=state.suspended if member is not None or look.has(*_RECEIVES) else "",
        may=may(state, look),
        draws=_draws(state, look),
        members=_members(state, look, member),
        chair=state.chair if member is not None or state.persons else 0,
        criteria=[] if rules is None or member is None else _criteria(state),
        price=None if rules is None or member is None else _price(state),
        criteria_digest="" if given is None or member is None else given.criteria,
        bids=[] if member is None else _bids(state),
        bids_digest="" if given is None or member is None else given.digest,
        sheet=_sheet(state, member.number) if inside and member is not None and state.begun else None,
        next=_next(state, member) if inside and member is not None else None,
        sheets=[_sheet(state, m.number) for m in state.active] if inside and state.revealed else [],
        motions=[_motion(m, member) for m in state.motions] if inside and member is not None else [],
        questions=[_question(q) for q in state.questions if inside or (bidder and q.asked.bidder == bidder)],
        findings=_findings(state) if inside else [],
        corrections=[_correction(state, one) for one in state.corrections] if inside else [],
        result=_result(state, inside=inside, look=look),
        accesses=_accesses(state) if look.has(*_WATCHES) and member is None else [],
    )


def _sits(state: EvaluationState, look: Look) -> bool:
    """To stand on the list is not to be drawn."""
    return state.received is not None and state.member_of(look.party) is not None


def _draws(state: EvaluationState, look: Look) -> list[wire.EvaluationDraw]:
    """For its parties alone. Who knows the list and the seed knows who was drawn: the seed waits for the names."""
    if not look.has(*DRAWERS):
        return []
    return [_draw(state, draw, look) for draw in state.draws]


def _draw(state: EvaluationState, draw: Draw, look: Look) -> wire.EvaluationDraw:
    outcome = "running" if draw.done is None else "done" if draw.done.seed else "failed"
    barred = Counter(one.barred.value for one in state.pool if one.barred is not e.Barred.NONE)
    return wire.EvaluationDraw(
        draw=draw.opened.draw,
        parties=list(draw.opened.parties),
        committed=list(draw.commitments),
        revealed=list(draw.secrets),
        commit_by=draw.commit_by,
        reveal_by=draw.reveal_by,
        pool=len(state.eligible),
        barred=dict(barred),
        vacant=draw.opened.vacant,
        digest=draw.opened.pool,
        seed=draw.done.seed if draw.done is not None and state.persons else "",
        outcome=outcome,
        yours=draw_part(state, look)[1] if draw.done is None else "",
    )


def _members(state: EvaluationState, look: Look, you: Member | None) -> list[wire.EvaluationMember]:
    """By number. The committee sees how far each is; who arranges it, whether the seats are taken."""
    named = {person.member: person for person in state.persons}
    if you is None and not named and not look.has(Role.PROCURING_ENTITY, Role.TRADING_CENTRE, Role.REGULATOR):
        return []
    inside = you is not None and you.place is Place.SEATED
    found: list[wire.EvaluationMember] = []
    for one in state.members if you is not None or look.has(*_RECEIVES) else state.active:
        person, sheet = named.get(one.number), state.sheets.get(one.number, Sheet())
        counts = inside and state.begun and one.place is not Place.GONE
        found.append(
            wire.EvaluationMember(
                number=one.number,
                kind=one.kind.value,
                state=one.place.value,
                chair=one.chair if inside else 0,
                read=one.read if inside else False,
                done=len(sheet.items) if counts else 0,
                total=len({*awaited(state), *(item.key for item in sheet.items)}) if counts else 0,
                signed=sheet.signed_at is not None if inside else False,
                name="" if person is None else person.name,
                unit="" if person is None else person.unit,
            )
        )
    return found


def _price(state: EvaluationState) -> wire.EvaluationPrice:
    rule = state.rules.price
    return wire.EvaluationPrice(rule.formula.value, rule.above, rule.below, rule.down, rule.trim)


def _criteria(state: EvaluationState) -> list[wire.EvaluationCriterion]:
    return [
        wire.EvaluationCriterion(one.key, one.title, one.kind.value, one.points, one.text)
        for one in state.rules.criteria
    ]


def _bids(state: EvaluationState) -> list[wire.EvaluationBid]:
    found: list[wire.EvaluationBid] = []
    for bid in state.given.bids:
        motion = state.rejection(bid.lot, bid.bidder)
        rejected = "" if motion is None else motion.made.reason
        columns = {said.key: said.value for said in bid.columns}
        found.append(
            wire.EvaluationBid(
                bid.lot, bid.bidder, bid.name, bid.price, columns, bid.sha256, bid.summary, rejected
            )
        )
    return found


def _next(state: EvaluationState, member: Member) -> wire.EvaluationNext | None:
    signed = state.sheets.get(member.number, Sheet()).signed_at is not None
    if state.stage is not Stage.SCORING or not member.read or signed:
        return None
    key = next_item(state, member.number)
    return None if key is None else wire.EvaluationNext(*key)


def _sheet(state: EvaluationState, number: int) -> wire.EvaluationSheet:
    sheet = state.sheets.get(number, Sheet())
    digest = sheet.digest or sheet_digest(state, number, sheet.items)
    items = [_item(item) for item in sheet.items]
    return wire.EvaluationSheet(number, items, digest, sheet.signed_at, sheet.version)


def _item(item: Item) -> wire.EvaluationItem:
    return wire.EvaluationItem(
        item.lot, item.bidder, item.criterion, item.passed, item.points, item.reason, item.at
    )


def _motion(motion: Motion, you: Member) -> wire.EvaluationMotion:
    made, decided = motion.made, motion.decided
    mine = motion.votes.get(you.number)
    return wire.EvaluationMotion(
        motion=made.motion,
        kind=made.kind.value,
        lot=made.lot,
        bidder=made.bidder,
        reason=made.reason,
        about=made.about,
        text=made.text,
        evidence=list(made.evidence),
        by=made.member,
        at=motion.at,
        messages=[wire.EvaluationMessage(said.member, said.text, at) for said, at in motion.messages],
        votes=[
            wire.EvaluationVote(n, vote.agrees, vote.reason, at) for n, (vote, at) in motion.votes.items()
        ],
        outcome="open" if decided is None else "adopted" if decided.adopted else "refused",
        decided_at=motion.decided_at,
        yours=None if mine is None else mine[0].agrees,
    )


def _question(question: Question) -> wire.EvaluationQuestion:
    """The same for committee and bidder: the question is the committee's, without who asked."""
    answered = question.answered
    outcome = "open" if question.open else "lapsed" if answered is None else "answered"
    return wire.EvaluationQuestion(
        question=question.asked.question,
        lot=question.asked.lot,
        bidder=question.asked.bidder,
        text=question.asked.text,
        asked_at=question.at,
        answer_by=question.answer_by,
        outcome=outcome,
        answer="" if answered is None else answered.text,
        files=[] if answered is None else list(answered.files),
        answered_at=question.answered_at,
    )


def _findings(state: EvaluationState) -> list[wire.EvaluationFinding]:
    return [
        wire.EvaluationFinding(
            one.lot,
            one.bidder,
            one.reason.value,
            one.code,
            list(one.others),
            {fact.key: fact.value for fact in one.facts},
        )
        for one in state.findings
    ]


def _correction(state: EvaluationState, one: Correction) -> wire.EvaluationCorrection:
    found, corrected = one.found, one.corrected
    sheet = state.sheets[found.member]
    key = (found.lot, found.bidder, found.criterion)
    points = next((item.points for item in sheet.items if item.key == key), None)
    stage = "found" if corrected is None else "corrected" if one.countersigned is None else "countersigned"
    return wire.EvaluationCorrection(
        correction=found.correction,
        member=found.member,
        lot=found.lot,
        bidder=found.bidder,
        criterion=found.criterion,
        before=(points or 0) if corrected is None else corrected.before,
        after=None if corrected is None else corrected.after,
        reason=found.reason,
        found_by=found.by,
        found_at=one.at,
        state=stage,
        version=sheet.version if corrected is None else corrected.edition,
        digest=sheet.digest if corrected is None else corrected.sheet,
    )


def _accesses(state: EvaluationState) -> list[wire.EvaluationAccess]:
    """Each reading of a bid, by the number of the seat."""
    found: list[wire.EvaluationAccess] = []
    for one, at in state.accesses:
        copy, _, pages = one.copy.partition("/")
        found.append(wire.EvaluationAccess(one.member, one.lot, one.bidder, pages, copy, at))
    return found


def _result(state: EvaluationState, *, inside: bool, look: Look) -> wire.EvaluationResult | None:
    prepared = state.prepared
    received = state.done is not None and look.has(*_RECEIVES)
    if prepared is None or not (inside or received):
        return None
    report = prepared.event.report
    lines = [line for lot in state.given.lots for line in ranking(state, lot)]
    return wire.EvaluationResult(
        ranking=[_rank(line.ranked, line) for line in lines],
        failed=list(report.failed),
        report=report.report,
        prepared_at=prepared.at,
        sign_by=prepared.sign_by,
        voices=[_voice(state, member) for member in state.active],
        final=state.done is not None,
    )


def _rank(one: Ranked, line: Line) -> wire.EvaluationRank:
    by_member = {str(number): points for number, points in line.by_member.items()}
    return wire.EvaluationRank(
        one.lot, one.bidder, one.name, one.price, one.points, one.rank, line.price_points, by_member
    )


def _voice(state: EvaluationState, member: Member) -> wire.EvaluationVoice:
    voices = {} if state.prepared is None else state.prepared.voices
    if (said := voices.get(member.number)) is not None:
        event, at = said
        dissents = isinstance(event, e.ReportDissented)
        reason = event.reason if isinstance(event, e.ReportDissented) else ""
        return wire.EvaluationVoice(member.number, "dissents" if dissents else "signed", reason, at)
    silent = state.done is not None and member.number in state.done.silent
    return wire.EvaluationVoice(member.number, "silent" if silent else "", "", None)
