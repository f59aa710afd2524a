"""Which acts somebody could send now, so that a screen offers nothing that would be refused. Pure.

What may not live here: the rules themselves; `decide` has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hall.evaluation.acts import DRAWERS, RIGHTS
from hall.evaluation.deciding import TO_COMPETE, unanswered
from hall.evaluation.scoring import next_item
from hall.evaluation.state import EvaluationState, Member, Place, Sheet, Stage
from hall.procurement.evaluation import CriterionKind
from hall.procurement.matter import Look
from hall.procurement.parties import Role


def here(state: EvaluationState, look: Look) -> Look:
    """Somebody as this tender knows it: the office of a procuring entity counts in its own tenders alone."""
    if Role.PROCURING_ENTITY not in look.roles or state.is_owner(look.party):
        return look
    return replace(look, roles=look.roles - {Role.PROCURING_ENTITY})


def may(state: EvaluationState, look: Look) -> list[str]:
    """The acts, in the order of the table of rights."""
    look = here(state, look)
    if state.received is None or state.suspended or state.done is not None:
        return []
    open_now = {*_house(state, look), *_drawing(state, look), *_asked(state, look)}
    if (member := state.member_of(look.party)) is not None:
        open_now |= set(_member(state, member))
    return [act for act, allowed in RIGHTS.items() if act in open_now and not allowed.isdisjoint(look.roles)]


def draw_part(state: EvaluationState, look: Look) -> tuple[str, str]:
    """(role in which somebody takes part in the draw under way, what it is waited for: commit, reveal or "")."""
    draw = state.draw
    mine = [role.value for role in DRAWERS if role in look.roles][:1]
    if draw is None or not mine or mine[0] not in draw.opened.parties:
        return "", ""
    party = mine[0]
    if draw.reveal_by is None:
        return party, "" if party in draw.commitments else "commit"
    return party, "reveal" if party in draw.commitments and party not in draw.secrets else ""


def _house(state: EvaluationState, look: Look) -> Iterator[str]:
    if state.draw is not None or state.revealed:
        return
    if state.vacant > 0:
        yield "open_committee_draw"
        if not state.wants_experts:
            yield "list_experts"
    if not state.members:
        yield "name_representatives"
    if state.active:
        yield "replace_member"


def _drawing(state: EvaluationState, look: Look) -> Iterator[str]:
    part = draw_part(state, look)[1]
    if part:
        yield f"{part}_committee_draw"


def _asked(state: EvaluationState, look: Look) -> Iterator[str]:
    if any(question.asked.bidder == look.party for question in unanswered(state)):
        yield "answer_bid_question"


def _member(state: EvaluationState, member: Member) -> Iterator[str]:
    if not state.revealed and state.draw is None:
        yield "leave_seat"
    if member.place is Place.CALLED:
        yield "accept_seat"
        return
    if state.stage is Stage.REPORT:
        if state.prepared is not None and member.number not in state.prepared.voices:
            yield from ("sign_report", "dissent_from_report")
        return
    yield "elect_chair"
    if not member.read:
        yield "read_criteria"
    if not state.begun:
        return
    yield from ("propose_interpretation", "propose_rejection")
    if any(0 < len(state.valid(lot)) < TO_COMPETE for lot in state.given.lots):
        yield "propose_failure"
    undecided = [motion for motion in state.motions if motion.decided is None]
    if undecided:
        yield "discuss_motion"
    if any(member.number not in motion.votes for motion in undecided):
        yield "vote_motion"
    if member.number == state.chair:
        yield "ask_bidder"
    if state.stage is Stage.REVIEW:
        yield from _review(state, member)
    elif member.read:
        yield from _sheet(state, member)


def _sheet(state: EvaluationState, member: Member) -> Iterator[str]:
    sheet = state.sheets.get(member.number, Sheet())
    if sheet.signed_at is not None:
        return
    following = next_item(state, member.number)
    kinds = {one.key: one.kind for one in state.rules.criteria}
    given = {kinds[item.criterion] for item in sheet.items}
    if following is None:
        yield "sign_sheet"
    else:
        given.add(kinds[following[2]])
    if CriterionKind.REVIEW in given:
        yield "review_item"
    if CriterionKind.SCORED in given:
        yield "score_item"


def _review(state: EvaluationState, member: Member) -> Iterator[str]:
    yield "find_error"
    for one in state.corrections:
        owner = one.found.member
        if one.corrected is None and owner == member.number:
            yield "correct_item"
        checks = member.number == state.chair or (owner == state.chair and member.number != owner)
        if one.corrected is not None and one.countersigned is None and checks and member.number != owner:
            yield "countersign_correction"
    idle = all(one.countersigned is not None for one in state.corrections) and not unanswered(state)
    if member.number == state.chair and idle and all(m.decided is not None for m in state.motions):
        yield "prepare_report"
