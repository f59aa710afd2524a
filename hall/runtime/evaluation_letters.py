"""Whom an evaluation writes to: experts who were drawn, and bidders who are asked something.

What may not live here: the words, and any rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from hall.evaluation.state import EvaluationState
from hall.procurement.parties import Role
from hall.runtime.evaluation_matter import EVALUATION
from hall.runtime.letter import Letter
from hall.runtime.matter import States


def evaluation_letters(states: States) -> list[Letter]:
    """To each of them alone: who was drawn, and who was asked, is nobody else's business (clause 5.4.2)."""
    state = states.of(EVALUATION)
    path = f"/tenders/{states.tender}/evaluation"
    return [*_called(state, path), *_asked(state, path)]


def _called(state: EvaluationState, path: str) -> Iterator[Letter]:
    for member in state.members:
        key = f"seat {member.number}"
        yield Letter(key, member.party, Role.EVALUATOR.value, "evaluator_called", due_at=member.at, path=path)


def _asked(state: EvaluationState, path: str) -> Iterator[Letter]:
    for question in state.questions:
        asked = question.asked
        yield Letter(
            f"question {asked.question}",
            asked.bidder,
            Role.BIDDER.value,
            "bid_question",
            {"until": asked.answer_by},
            due_at=question.at,
            until=asked.answer_by,
            lot=asked.lot,
            path=path,
        )
