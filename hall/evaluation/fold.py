"""How events change an evaluation. Nothing here refuses or reads a clock: `at` is the row's receipt time."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, assert_never

from hall.evaluation import events as e
from hall.evaluation.state import (
    Correction,
    Draw,
    EvaluationState,
    Item,
    Member,
    Motion,
    Place,
    Prepared,
    Question,
    Sheet,
)

T = TypeVar("T")


def evolve(state: EvaluationState, event: e.Event, at: int) -> EvaluationState:
    """The evaluation after `event`."""
    match event:
        case (
            e.BidsReceived()
            | e.ExpertsAsked()
            | e.ExpertsListed()
            | e.RepresentativesNamed()
            | e.CommitteeDrawOpened()
            | e.CommitteeDrawRepeated()
            | e.CommitteeCommitted()
            | e.CommitteeCommitsClosed()
            | e.CommitteeRevealed()
            | e.CommitteeDrawn()
        ):
            return _drawn(state, event, at)
        case (
            e.SeatAccepted()
            | e.SeatLeft()
            | e.MemberReplaced()
            | e.ChairVoted()
            | e.ChairElected()
            | e.CriteriaRead()
            | e.EvaluationBegun()
        ):
            return _seated(state, event, at)
        case e.MotionMade() | e.MotionDiscussed() | e.MotionVoted() | e.MotionDecided():
            return _moved(state, event, at)
        case e.BidderAsked() | e.BidderAnswered() | e.QuestionLapsed():
            return _asked(state, event, at)
        case e.EvaluationSuspended(by):
            since = state.suspended_at if state.suspended else at
            return replace(state, suspended=by, suspended_at=since)
        case e.EvaluationResumed(by):
            return _later(replace(state, suspended=""), by)
        case _:
            return _worked(state, event, at)


def _drawn(
    state: EvaluationState,
    event: e.BidsReceived
    | e.ExpertsAsked
    | e.ExpertsListed
    | e.RepresentativesNamed
    | e.CommitteeDrawOpened
    | e.CommitteeDrawRepeated
    | e.CommitteeCommitted
    | e.CommitteeCommitsClosed
    | e.CommitteeRevealed
    | e.CommitteeDrawn,
    at: int,
) -> EvaluationState:
    """What leads to the seats of a committee."""
    match event:
        case e.BidsReceived():
            return replace(state, received=event)
        case e.ExpertsAsked():
            return replace(state, asked=state.asked + 1)
        case e.ExpertsListed(experts, digest):
            people = {**state.people, **{one.expert.party: one.expert.person for one in experts}}
            skills = {**state.skills, **{one.expert.party: one.expert.specialities for one in experts}}
            listed = state.asked + 1
            return replace(
                state, listed=listed, pool=experts, pool_digest=digest, people=people, skills=skills
            )
        case e.RepresentativesNamed(parties):
            return replace(state, representatives=parties)
        case e.CommitteeDrawOpened() | e.CommitteeDrawRepeated():
            return replace(state, draws=(*state.draws, Draw(event, event.commit_by)))
        case e.CommitteeCommitted(_, party, commitment):
            draw = state.draws[-1]
            return _last(state, replace(draw, commitments={**draw.commitments, party: commitment}))
        case e.CommitteeCommitsClosed(reveal_by=reveal_by):
            return _last(state, replace(state.draws[-1], reveal_by=reveal_by))
        case e.CommitteeRevealed(_, party, secret):
            draw = state.draws[-1]
            return _last(state, replace(draw, secrets={**draw.secrets, party: secret}))
        case e.CommitteeDrawn(order=order, called=called):
            state = _last(state, replace(state.draws[-1], done=event))
            standby = tuple(party for party in order if party not in {one.party for one in called})
            return replace(_call(state, at, *called), standby=standby)
        case _:
            assert_never(event)


def _seated(
    state: EvaluationState,
    event: e.SeatAccepted
    | e.SeatLeft
    | e.MemberReplaced
    | e.ChairVoted
    | e.ChairElected
    | e.CriteriaRead
    | e.EvaluationBegun,
    at: int,
) -> EvaluationState:
    """What the members do before they work, and who takes whose place."""
    match event:
        case e.SeatAccepted(number):
            return _change(state, number, place=Place.SEATED)
        case e.SeatLeft(number, next=following) | e.MemberReplaced(number, next=following):
            state = _change(state, number, place=Place.GONE)
            chair = 0 if state.chair == number else state.chair
            state = replace(state, chair=chair)
            return state if following is None else _call(state, at, following)
        case e.ChairVoted(number, choice):
            return _change(state, number, chair=choice)
        case e.ChairElected(number):
            return replace(state, chair=number)
        case e.CriteriaRead(number):
            return _change(state, number, read=True)
        case e.EvaluationBegun():
            return replace(state, begun=True)
        case _:
            assert_never(event)


def _moved(
    state: EvaluationState,
    event: e.MotionMade | e.MotionDiscussed | e.MotionVoted | e.MotionDecided,
    at: int,
) -> EvaluationState:
    if isinstance(event, e.MotionMade):
        return replace(state, motions=(*state.motions, Motion(event, at)))
    motion = state.motions[event.motion - 1]
    match event:
        case e.MotionDiscussed():
            motion = replace(motion, messages=(*motion.messages, (event, at)))
        case e.MotionVoted(member=member):
            motion = replace(motion, votes={**motion.votes, member: (event, at)})
        case e.MotionDecided():
            motion = replace(motion, decided=event, decided_at=at)
        case _:
            assert_never(event)
    return replace(state, motions=_put(state.motions, event.motion, motion))


def _asked(
    state: EvaluationState, event: e.BidderAsked | e.BidderAnswered | e.QuestionLapsed, at: int
) -> EvaluationState:
    if isinstance(event, e.BidderAsked):
        return replace(state, questions=(*state.questions, Question(event, at, event.answer_by)))
    question = state.questions[event.question - 1]
    if isinstance(event, e.BidderAnswered):
        question = replace(question, answered=event, answered_at=at)
    else:
        question = replace(question, lapsed=True)
    return replace(state, questions=_put(state.questions, event.question, question))


def _worked(
    state: EvaluationState,
    event: e.BidAccessed
    | e.FindingsNoted
    | e.ItemReviewed
    | e.ItemScored
    | e.SheetSigned
    | e.SheetsRevealed
    | e.ErrorFound
    | e.SheetCorrected
    | e.CorrectionCountersigned
    | e.ReportPrepared
    | e.ReportSigned
    | e.ReportDissented
    | e.EvaluationDone
    | e.MembersRevealed,
    at: int,
) -> EvaluationState:
    match event:
        case e.BidAccessed():
            return replace(state, accesses=(*state.accesses, (event, at)))
        case e.FindingsNoted(findings):
            return replace(state, findings=findings)
        case e.ItemReviewed(member, lot, bidder, criterion, passed, reason):
            return _said(state, member, Item(lot, bidder, criterion, passed, None, reason, at))
        case e.ItemScored(member, lot, bidder, criterion, points, reason):
            return _said(state, member, Item(lot, bidder, criterion, None, points, reason, at))
        case e.SheetSigned(member, sheet):
            signed = replace(state.sheets[member], signed_at=at, digest=sheet)
            return replace(state, sheets={**state.sheets, member: signed})
        case e.SheetsRevealed():
            return replace(state, revealed=True)
        case e.ErrorFound():
            return replace(state, corrections=(*state.corrections, Correction(event, at)))
        case e.SheetCorrected():
            return _corrected(state, event)
        case e.CorrectionCountersigned(number):
            done = replace(state.corrections[number - 1], countersigned=event)
            return replace(state, corrections=_put(state.corrections, number, done))
        case e.ReportPrepared(sign_by=sign_by):
            return replace(state, prepared=Prepared(event, at, sign_by))
        case e.ReportSigned(member) | e.ReportDissented(member):
            assert state.prepared is not None  # a report is said something about after it was prepared
            voices = {**state.prepared.voices, member: (event, at)}
            return replace(state, prepared=replace(state.prepared, voices=voices))
        case e.EvaluationDone():
            return replace(state, done=event)
        case e.MembersRevealed(persons):
            return replace(state, persons=persons)
        case _:
            assert_never(event)


def _said(state: EvaluationState, member: int, item: Item) -> EvaluationState:
    """An item given again takes the place of the earlier one: until it is signed, a sheet is its member's own."""
    sheet = state.sheets.get(member, Sheet())
    kept = [item if one.key == item.key else one for one in sheet.items]
    items = tuple(kept) if item in kept else (*kept, item)
    return replace(state, sheets={**state.sheets, member: replace(sheet, items=items)})


def _corrected(state: EvaluationState, event: e.SheetCorrected) -> EvaluationState:
    correction = state.corrections[event.correction - 1]
    found = correction.found
    sheet = state.sheets[found.member]
    key = (found.lot, found.bidder, found.criterion)
    items = tuple(replace(one, points=event.after) if one.key == key else one for one in sheet.items)
    sheet = replace(sheet, items=items, digest=event.sheet, version=event.edition)
    corrections = _put(state.corrections, event.correction, replace(correction, corrected=event))
    return replace(state, sheets={**state.sheets, found.member: sheet}, corrections=corrections)


def _later(state: EvaluationState, by: int) -> EvaluationState:
    """Every limit that ran while the procedure stood still is later by as long."""
    questions = tuple(replace(q, answer_by=q.answer_by + by) if q.open else q for q in state.questions)
    state = replace(state, questions=questions)
    if (draw := state.draw) is not None:
        reveal_by = None if draw.reveal_by is None else draw.reveal_by + by
        state = _last(state, replace(draw, commit_by=draw.commit_by + by, reveal_by=reveal_by))
    if state.prepared is not None:
        state = replace(state, prepared=replace(state.prepared, sign_by=state.prepared.sign_by + by))
    return state


def _call(state: EvaluationState, at: int, *called: e.Called) -> EvaluationState:
    new = tuple(Member(one.number, one.kind, one.party, at=at) for one in called)
    parties = {one.party for one in called}
    left = tuple(party for party in state.standby if party not in parties)
    return replace(state, members=(*state.members, *new), standby=left)


def _change(
    state: EvaluationState,
    number: int,
    *,
    place: Place | None = None,
    chair: int | None = None,
    read: bool | None = None,
) -> EvaluationState:
    def changed(one: Member) -> Member:
        return replace(
            one,
            place=one.place if place is None else place,
            chair=one.chair if chair is None else chair,
            read=one.read if read is None else read,
        )

    members = tuple(changed(one) if one.number == number else one for one in state.members)
    return replace(state, members=members)


def _last(state: EvaluationState, draw: Draw) -> EvaluationState:
    return replace(state, draws=(*state.draws[:-1], draw))


def _put(items: tuple[T, ...], number: int, item: T) -> tuple[T, ...]:
    """With the item of this number (from 1) replaced."""
    return (*items[: number - 1], item, *items[number:])
