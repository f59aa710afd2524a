"""The limits of supervision as moments: what is due when, what is near, and what time itself does (clause 6.3).

Times are ms UTC; a limit holds before its moment. What may not live here: the days themselves (`terms.LIMITS`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hall.procurement.calendar import DAY
from hall.supervision import events as e
from hall.supervision.state import Case, Question, Supervision
from hall.supervision.terms import BIDDING, About, Kind, Stage, Step

LAPSED: Final = "期限届满"
"""What the row of a suspension that lapsed says: its longest time is over."""


def clock(state: Supervision, case: Case) -> tuple[Step, int] | None:
    """The limit that runs for a case: (step, due), or None."""
    limits, calendar = state.limits, state.calendar
    if case.kind is not Kind.COMPLAINT:
        if not case.open:
            return None
        return Step.ANSWER, _after(state, case.filed_at, limits.answer_days, limits.answer_working)
    if case.stage is Stage.FILED:
        return Step.ACCEPT, calendar.after(case.filed_at, limits.accept_days)
    if case.stage is Stage.DECIDED:
        return Step.FEED_BACK, calendar.after(case.decided_at, limits.feed_back_days)
    if not case.open or case.stopped:
        return None
    begin = case.filed_at if limits.decide_from_receipt else case.accepted_at
    stood = sum(calendar.between(start, end) for start, end in case.stops)
    return Step.DECIDE, calendar.after(begin, limits.decide_days + stood)


def question_due(state: Supervision, question: Question) -> int:
    """Until when a public question is to be answered."""
    return state.calendar.after(question.asked_at, state.limits.question_days)


def answer_due(state: Supervision, case: Case) -> int:
    """Until when the procuring entity has to answer what came to it."""
    return _after(state, case.filed_at, state.limits.answer_days, state.limits.answer_working)


def is_late(
    state: Supervision, kind: Kind, about: About, lot: str, knew_at: int, prior: Case | None, now: int
) -> bool:
    """Whether something is brought forward after the law's limit. Where the hall knows no limit it is not."""
    until = last_moment(state, kind, about, lot, knew_at, prior)
    return until is not None and now >= until


def last_moment(
    state: Supervision, kind: Kind, about: About, lot: str, knew_at: int, prior: Case | None
) -> int | None:
    """Before when something has to be brought forward; None where no limit is known."""
    limits = state.limits
    if kind is Kind.CHALLENGE:
        return state.calendar.after(knew_at, limits.raise_days)
    if kind is Kind.OBJECTION:
        if about is About.DOCUMENTS and state.bid_deadline:
            return state.bid_deadline - limits.documents_before * DAY
        if about is About.CANDIDATES and (times := publicity(state, lot)) is not None:
            return times[1]
        return None
    begin = knew_at
    if prior is not None:
        answered = prior.ended_at or answer_due(state, prior)
        # Bidding: the time of the objection's answer is not counted (art. 60); procurement: it counts from the answer.
        begin = knew_at + max(0, answered - prior.filed_at) if state.law == BIDDING else answered
    return _after(state, begin, limits.complain_days, limits.complain_working)


def publicity(state: Supervision, lot: str) -> tuple[int, int] | None:
    """(start, until) of a lot's candidates; without a lot, of the first to the last of all."""
    if lot in state.publicity:
        return state.publicity[lot]
    times = state.publicity.values()
    return (min(start for start, _ in times), max(until for _, until in times)) if times and not lot else None


def lapse_at(state: Supervision, case: Case) -> int | None:
    """When an ordered suspension ends by law, None where none does."""
    most = state.limits.suspend_most
    return case.standing_since + most * DAY if most and case.standing_since and case.open else None


def next_deadline(state: Supervision) -> int | None:
    """When time will do something by itself."""
    return min((moment for moment, _ in _ahead(state)), default=None)


def tick(state: Supervision, now: int) -> list[e.Event]:
    """What time has done by `now`, in the order in which it was due."""
    found = [(moment, event) for moment, event in _ahead(state) if moment <= now]
    return [event for _, event in sorted(found, key=lambda one: one[0])]


def _ahead(state: Supervision) -> Iterator[tuple[int, e.Event]]:
    warn = state.limits.warn_days * DAY
    for case in state.cases.values():
        if (lapse := lapse_at(state, case)) is not None:
            yield lapse, e.CaseSuspendsNoMore(case.number, LAPSED, "", None)
        if (running := clock(state, case)) is None:
            continue
        step, due = running
        if step not in case.passed:
            yield due, e.LimitPassed(case.number, 0, step, due)
            if step not in case.near:
                yield due - warn, e.LimitNear(case.number, 0, step, due)
    for number, question in state.questions.items():
        if question.open and not question.passed:
            due = question_due(state, question)
            yield due, e.LimitPassed(0, number, Step.ANSWER, due)
            if not question.near:
                yield due - warn, e.LimitNear(0, number, Step.ANSWER, due)


def _after(state: Supervision, moment: int, days: int, working: bool) -> int:
    if working:
        return state.calendar.after(moment, days)
    return state.calendar.after_calendar_days(moment, days)
