"""What the committee decides together: motions with discussion and vote, and questions to a bidder. Pure."""

from __future__ import annotations

from typing import Final

from hall.errors import NotPermitted, Refused
from hall.evaluation import commands as c
from hall.evaluation import events as e
from hall.evaluation.committee import MINUTE, seated
from hall.evaluation.state import EvaluationState, Member, Motion, Question, Stage
from hall.procurement.parties import Actor

TO_COMPETE: Final = 3
"""With fewer valid bids the committee may find that they compete too little (Bidding Law art. 42, Regulations 27)."""
MINUTES: Final = (10, 3 * 24 * 60)
"""Least and most that a bidder may be given to answer."""


def _deciding(state: EvaluationState, actor: Actor | None) -> Member:
    member = seated(state, actor)
    if state.stage not in (Stage.SCORING, Stage.REVIEW):
        raise Refused("not_evaluating", stage=state.stage.value)
    return member


def propose(state: EvaluationState, command: c.Propose, actor: Actor | None) -> list[e.Event]:
    """Clauses 5.4.1 and 5.5.1: any member may propose; the committee decides."""
    member = _deciding(state, actor)
    kind = command.kind
    if kind is not e.MotionKind.INTERPRETATION:
        _check_target(state, command)
    number = len(state.motions) + 1
    return [
        e.MotionMade(
            number,
            kind,
            command.lot,
            command.bidder,
            command.reason,
            command.about,
            command.text,
            command.evidence,
            member.number,
            command.act,
        )
    ]


def _check_target(state: EvaluationState, command: c.Propose) -> None:
    if command.lot not in state.given.lots:
        raise Refused("no_such_lot", lot=command.lot)
    if command.kind is e.MotionKind.REJECTION:
        if state.bid(command.lot, command.bidder) is None:
            raise Refused("no_such_bid")
        if all(bid.bidder != command.bidder for bid in state.valid(command.lot)):
            raise Refused("bid_rejected")
    elif (left := len(state.valid(command.lot))) >= TO_COMPETE or left == 0:
        raise Refused("enough_bids", left=left)
    same = (command.kind, command.lot, command.bidder)
    if any(m.decided is None and (m.made.kind, m.made.lot, m.made.bidder) == same for m in state.motions):
        raise Refused("motion_open")


def discuss(state: EvaluationState, command: c.Discuss, actor: Actor | None) -> list[e.Event]:
    """Words among the members, on record (clause 5.4.1)."""
    member = _deciding(state, actor)
    _motion(state, command.motion)
    return [e.MotionDiscussed(command.motion, member.number, command.text, command.act)]


def vote(state: EvaluationState, command: c.Vote, actor: Actor | None) -> list[e.Event]:
    """A vote is final; who votes against says why."""
    member = _deciding(state, actor)
    if 0 < command.motion <= len(state.motions):
        before = state.motions[command.motion - 1].votes.get(member.number)
        if before is not None and before[0].agrees is command.agrees:
            return []
    motion = _motion(state, command.motion)
    if member.number in motion.votes:
        raise Refused("voted_already")
    if not command.agrees and not command.reason:
        raise Refused("reason_missing")
    return [e.MotionVoted(command.motion, member.number, command.agrees, command.reason, command.act)]


def _motion(state: EvaluationState, number: int) -> Motion:
    if not 0 < number <= len(state.motions):
        raise Refused("no_such_motion", motion=number)
    if (motion := state.motions[number - 1]).decided is not None:
        raise Refused("motion_decided", motion=number)
    return motion


def of_motions(state: EvaluationState) -> e.Event | None:
    """More than half of all seats decide (clauses 5.4.1, 5.5.1); votes of members that left don't count."""
    if not state.begun:
        return None
    for motion in state.motions:
        if motion.decided is not None:
            continue
        votes = [vote.agrees for n, (vote, _) in motion.votes.items() if state.member(n) is not None]
        for agrees in (True, False):
            if 2 * votes.count(agrees) > state.rules.committee:
                return e.MotionDecided(motion.made.motion, agrees)
    return None


def ask(state: EvaluationState, command: c.AskBidder, actor: Actor | None, now: int) -> list[e.Event]:
    """In writing, by the chair, about what stands in the bid (Implementing Regulations art. 52)."""
    member = _deciding(state, actor)
    if member.number != state.chair:
        raise NotPermitted("not_the_chair")
    if all(bid.bidder != command.bidder for bid in state.valid(command.lot)):
        raise Refused("no_such_bid")
    least, most = MINUTES
    if not least <= command.minutes <= most:
        raise Refused("answer_time", least=least, most=most)
    number, answer_by = len(state.questions) + 1, now + command.minutes * MINUTE
    return [
        e.BidderAsked(
            number, command.lot, command.bidder, command.text, answer_by, member.number, command.act
        )
    ]


def answer(state: EvaluationState, command: c.AnswerQuestion, actor: Actor | None, now: int) -> list[e.Event]:
    """The bidder's own, in time, once; scope, substance and price stay what they are (Regulations art. 52)."""
    mine = [] if actor is None else [q for q in state.questions if q.asked.bidder == actor.party]
    question = next((q for q in mine if q.asked.question == command.question), None)
    if question is None:
        raise Refused("no_such_question", question=command.question)
    if question.answered is not None:
        raise Refused("answered_already")
    if question.lapsed or now > question.answer_by:
        raise Refused("answer_too_late", weighty=True)
    if state.stage not in (Stage.SCORING, Stage.REVIEW):
        raise Refused("not_evaluating", stage=state.stage.value)
    bid = state.bid(question.asked.lot, question.asked.bidder)
    if not command.unchanged:
        raise Refused("bid_changed")
    if bid is None or command.price != bid.price:
        raise Refused("price_changed", weighty=True)
    return [e.BidderAnswered(command.question, command.text, command.files, command.act)]


def of_questions(state: EvaluationState, now: int) -> e.Event | None:
    """A question whose time is over; its limit includes its end."""
    late = next((q for q in state.questions if q.open and now > q.answer_by), None)
    return None if late is None else e.QuestionLapsed(late.asked.question)


def unanswered(state: EvaluationState) -> tuple[Question, ...]:
    return tuple(question for question in state.questions if question.open)
