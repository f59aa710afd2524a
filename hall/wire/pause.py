"""Standstills, consultations and moved deadlines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckView:
    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class SplitView:
    """After three hours (clause 4.8 b). `group`: the viewer's: decrypted, undecrypted, or "" for staff."""

    opens_at: int | None
    closes_at: int | None
    continues_at: int | None
    venue: str
    group: str


@dataclass(frozen=True, slots=True)
class SuspensionView:
    """A standstill. `solve_by`: the end of the three hours, None where that clock does not apply; `reason_by`: until
    when the project owner's reason is awaited; `last_good`: how far back the start may lie; `checks`: the last test."""

    number: int
    kind: str
    clause: str
    reason: str
    since: int
    last_good: int
    at: int
    by_hall: bool
    reason_by: int | None
    reasoned: bool
    solve_by: int | None
    testing: bool
    checks: list[CheckView]
    passed: bool
    resumes_at: int | None
    split: SplitView | None
    adjourned_until: int | None
    ended: int | None


@dataclass(frozen=True, slots=True)
class StanceView:
    role: str
    stance: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConsultationView:
    """The three parties consult (clause 4.8). `about`: suspension, deadline or bid."""

    number: int
    about: str
    suspension: int
    lot: str
    bidder: str
    answer_by: int
    answers: list[StanceView]


@dataclass(frozen=True, slots=True)
class DeadlineChange:
    before: int
    after: int
    reason: str
