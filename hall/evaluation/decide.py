"""The rules of an evaluation: what follows from a command, and from time. Pure.

decide(state, command, actor, now) → events, or raises; what follows by itself from the state (all have committed, a
majority has voted, the last sheet is signed, a limit is over) is `consequence`, asked after every command and by time.
"""

from __future__ import annotations

from typing import assert_never

from hall.errors import NotPermitted, Refused
from hall.evaluation import commands as c
from hall.evaluation import committee, deciding, reporting, scoring
from hall.evaluation import events as e
from hall.evaluation.fold import evolve
from hall.evaluation.state import EvaluationState
from hall.procurement.parties import Actor, Role


def decide(state: EvaluationState, command: c.Command, actor: Actor | None, now: int) -> list[e.Event]:
    """What happens, or Refused, NotPermitted. `now`: ms UTC, when the command arrived."""
    if isinstance(command, c.NoteSuspension):
        return _with_consequences(state, _suspension(state, command, now), now)
    if isinstance(command, c.Note):
        return _with_consequences(state, _note(state, command), now)
    if state.received is None:
        raise Refused("no_bids_yet")
    if state.suspended:
        raise Refused("procedure_suspended", by=state.suspended)
    if state.done is not None and not isinstance(command, c.SignReport | c.Dissent):
        raise Refused("evaluation_done")
    if actor is not None and actor.role is Role.PROCURING_ENTITY and not state.is_owner(actor.party):
        raise NotPermitted("not_permitted")  # an office of the whole hall arranges nobody else's committee
    return _with_consequences(state, _act(state, command, actor, now), now)


def tick(state: EvaluationState, now: int) -> list[e.Event]:
    """What is due by `now`."""
    return _with_consequences(state, [], now)


def consequence(state: EvaluationState, now: int) -> e.Event | None:
    """The next thing that follows by itself, or None. A procedure that stands still does nothing."""
    if state.received is None or state.suspended or state.done is not None:
        return None
    return (
        committee.of_draw(state, now)
        or committee.of_seats(state)
        or deciding.of_motions(state)
        or deciding.of_questions(state, now)
        or scoring.of_sheets(state)
        or reporting.of_report(state, now)
    )


def next_deadline(state: EvaluationState) -> int | None:
    """When `tick` will next have something to say, ms UTC; limits include their end."""
    if state.received is None or state.suspended or state.done is not None:
        return None
    limits = [question.answer_by for question in deciding.unanswered(state)]
    if (draw := state.draw) is not None:
        limits.append(draw.commit_by if draw.reveal_by is None else draw.reveal_by)
    if state.prepared is not None:
        limits.append(state.prepared.sign_by)
    return min(limits) + 1 if limits else None


def is_last(event: e.Event) -> bool:
    """Whether the stream rests behind this: the list waits for people, and after the names are out nothing follows."""
    return isinstance(event, e.ExpertsListed | e.MembersRevealed)


def _with_consequences(state: EvaluationState, events: list[e.Event], now: int) -> list[e.Event]:
    told = list(events)
    for event in events:
        state = evolve(state, event, now)
    while (following := consequence(state, now)) is not None:
        told.append(following)
        state = evolve(state, following, now)
    return told


def _suspension(state: EvaluationState, command: c.NoteSuspension, now: int) -> list[e.Event]:
    if command.by == state.suspended or state.done is not None:
        return []
    if command.by:
        return [e.EvaluationSuspended(command.by)]
    return [e.EvaluationResumed(now - state.suspended_at)]


def _note(
    state: EvaluationState,
    command: c.ReceiveBids | c.ReceiveExperts | c.NoteAccess | c.NoteFindings | c.RevealMembers,
) -> list[e.Event]:
    if isinstance(command, c.ReceiveBids):
        return committee.receive_bids(state, command)
    if state.received is None:
        raise Refused("no_bids_yet")
    match command:
        case c.ReceiveExperts():
            return committee.receive_experts(state, command)
        case c.NoteAccess():
            if state.suspended:
                raise Refused("procedure_suspended", by=state.suspended)
            return committee.access(state, command)
        case c.NoteFindings(findings):
            return [] if findings == state.findings else [e.FindingsNoted(findings)]
        case c.RevealMembers():
            return committee.reveal_members(state, command)
        case _:
            assert_never(command)


def _act(
    state: EvaluationState,
    command: c.OfTheHouse | c.OfMembers | c.AnswerQuestion,
    actor: Actor | None,
    now: int,
) -> list[e.Event]:
    match command:
        case c.ListExperts():
            return committee.ask_experts(state, command)
        case c.NameRepresentatives():
            return committee.name_representatives(state, command)
        case c.OpenDraw():
            return committee.open_draw(state, command, now)
        case c.Commit():
            return committee.commit(state, command, _somebody(actor), now)
        case c.Reveal():
            return committee.reveal(state, command, _somebody(actor), now)
        case c.ReplaceMember():
            return committee.replace_member(state, command)
        case c.AcceptSeat():
            return committee.accept(state, command, actor)
        case c.LeaveSeat():
            return committee.leave(state, command, actor)
        case c.ElectChair():
            return committee.elect(state, command, actor)
        case c.ReadCriteria():
            return committee.read(state, command, actor)
        case _:
            return _work(state, command, actor, now)


def _work(
    state: EvaluationState,
    command: c.ReviewItem
    | c.ScoreItem
    | c.SignSheet
    | c.Propose
    | c.Discuss
    | c.Vote
    | c.AskBidder
    | c.AnswerQuestion
    | c.FindError
    | c.CorrectItem
    | c.Countersign
    | c.PrepareReport
    | c.SignReport
    | c.Dissent,
    actor: Actor | None,
    now: int,
) -> list[e.Event]:
    match command:
        case c.ReviewItem():
            return scoring.review(state, command, actor)
        case c.ScoreItem():
            return scoring.score(state, command, actor)
        case c.SignSheet():
            return scoring.sign(state, command, actor)
        case c.Propose():
            return deciding.propose(state, command, actor)
        case c.Discuss():
            return deciding.discuss(state, command, actor)
        case c.Vote():
            return deciding.vote(state, command, actor)
        case c.AskBidder():
            return deciding.ask(state, command, actor, now)
        case c.AnswerQuestion():
            return deciding.answer(state, command, actor, now)
        case c.FindError():
            return scoring.find_error(state, command, actor)
        case c.CorrectItem():
            return scoring.correct(state, command, actor)
        case c.Countersign():
            return scoring.countersign(state, command, actor)
        case c.PrepareReport():
            return reporting.prepare(state, command, actor, now)
        case c.SignReport():
            return reporting.sign(state, command, actor)
        case c.Dissent():
            return reporting.dissent(state, command, actor)
        case _:
            assert_never(command)


def _somebody(actor: Actor | None) -> Actor:
    if actor is None:
        raise Refused("not_in_this_draw")
    return actor
