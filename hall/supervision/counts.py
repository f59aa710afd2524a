"""The statistics of supervision (clause 6.3): how many, with which end, in time or not, how long, how content."""

from __future__ import annotations

from collections.abc import Iterable

from hall.supervision.state import Case, Supervision
from hall.supervision.terms import Kind, Result
from hall.wire.supervision import CountView, SupervisionCounts


def counts(state: Supervision) -> SupervisionCounts:
    """Counts of all cases of a tender, by kind; they name nobody."""
    stars = [case.stars for case in state.cases.values() if case.stars]
    return SupervisionCounts(
        kinds=[_line(state, kind, [c for c in state.cases.values() if c.kind is kind]) for kind in Kind],
        calls=len(state.calls),
        questions=len(state.questions),
        questions_answered=sum(one.answered is not None for one in state.questions.values()),
        ratings=len(stars),
        stars=100 * sum(stars) // len(stars) if stars else 0,
    )


def _line(state: Supervision, kind: Kind, cases: list[Case]) -> CountView:
    decided = [case for case in cases if case.result is not None]
    late = [case for case in cases if case.passed]
    days = [state.calendar.between(case.filed_at, case.ended_at) for case in decided]
    return CountView(
        kind=kind,
        filed=len(cases),
        open=sum(case.open for case in cases),
        refused=sum(case.reason is not None for case in cases),
        withdrawn=_ended(cases, "withdrawn"),
        merged=sum(case.into > 0 for case in cases),
        upheld=sum(case.result is Result.UPHELD for case in decided),
        partly=sum(case.result is Result.PARTLY for case in decided),
        rejected=sum(case.result is Result.REJECTED for case in decided),
        on_time=sum(not case.open and not case.passed for case in cases),
        late=len(late),
        days=100 * sum(days) // len(days) if days else 0,
    )


def _ended(cases: Iterable[Case], what: str) -> int:
    """How many ended by this step, filed away or not."""
    return sum(any(step.what == what for step in case.steps) for case in cases)
