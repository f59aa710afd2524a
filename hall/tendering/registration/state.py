"""The state of a tender's registration, and how events change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from hall.procurement.documents import DAY
from hall.tendering.registration import events as e


@dataclass(frozen=True, slots=True)
class Question:
    """One question and, once it has one, its answer. Times in ms UTC, 0 for not yet."""

    asked: e.QuestionAsked
    asked_at: int
    answer: e.QuestionAnswered | None = None
    answered_at: int = 0


@dataclass(frozen=True, slots=True)
class Registrant:
    """A bidder that has registered. documents: what it acknowledged last."""

    registered: e.Registered
    at: int
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegistrationState:
    """taken: what the notice handed on; deadline: ms UTC, 0 while unknown; delivered: bidder → digests."""

    taken: e.DocumentsTaken | None = None
    deadline: int = 0
    delivered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    registrants: Mapping[str, Registrant] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    revealed: bool = False

    @property
    def digests(self) -> tuple[str, ...]:
        """Of all documents in force, sorted."""
        return () if self.taken is None else tuple(sorted(one.sha256 for one in self.taken.documents))

    @property
    def ask_until(self) -> int:
        """The first moment at which a question comes too late, ms UTC (Implementing Regulations art. 22)."""
        return self.deadline - (0 if self.taken is None else self.taken.rules.ask_days * DAY)

    @property
    def change_until(self) -> int:
        """The first moment at which no answer may bear on how bids are made any more, ms UTC (art. 21)."""
        return self.deadline - (0 if self.taken is None else self.taken.rules.change_days * DAY)

    def answer_due(self, question: Question) -> int:
        """Until when a question is to be answered, ms UTC (art. 22)."""
        return question.asked_at + (0 if self.taken is None else self.taken.rules.answer_days * DAY)

    def may_have(self, party: str) -> bool:
        """Whether a bidder may have the documents: anybody's right in an open tender, the invited ones' else."""
        return self.taken is not None and (self.taken.open_to_all or party in self.taken.invited)

    def gives_out(self, now: int) -> bool:
        """Whether who is not registered may have the documents now, by the notice's times."""
        return self.taken is not None and (
            self.taken.given_from <= now and (self.taken.given_until == 0 or now < self.taken.given_until)
        )

    def is_owner(self, party: str) -> bool:
        """Whether a party is the project owner; where the notice names none, its role alone says so."""
        return self.taken is None or not self.taken.owners or party in self.taken.owners


def evolve(state: RegistrationState, event: e.Event, at: int) -> RegistrationState:
    """The state after `event`, whose row was received at `at` (ms UTC)."""
    match event:
        case e.DocumentsTaken():
            return replace(state, taken=event)
        case e.DeadlineTaken(deadline):
            return replace(state, deadline=deadline)
        case e.DocumentDelivered(bidder, sha256):
            has = state.delivered.get(bidder, frozenset()) | {sha256}
            return replace(state, delivered={**state.delivered, bidder: has})
        case e.Registered(bidder, _, documents):
            new = Registrant(event, at, documents)
            return replace(state, registrants={**state.registrants, bidder: new})
        case e.DocumentsAcknowledged(bidder, documents):
            has_now = replace(state.registrants[bidder], documents=documents)
            return replace(state, registrants={**state.registrants, bidder: has_now})
        case e.QuestionAsked():
            return replace(state, questions=(*state.questions, Question(event, at)))
        case e.QuestionAnswered(number):
            told = tuple(
                replace(q, answer=event, answered_at=at) if q.asked.number == number else q
                for q in state.questions
            )
            return replace(state, questions=told)
        case e.RegistrationsRevealed():
            return replace(state, revealed=True)
        case _:
            assert_never(event)
