"""How a standstill remembers reasons, faults and tests."""

from __future__ import annotations

import pytest

from hall.session import events as e
from hall.session.pause import Suspension, evolve_suspension
from hall.session.standstill import CHECKS
from tests.playbook import OWNER
from tests.scenarios.faultbook import FaultBook

AT = 10_000


def suspended(kind: e.SuspensionKind = e.SuspensionKind.SYSTEM, reason_by: int | None = None) -> Suspension:
    began = e.Suspended(1, kind, "a", "", AT, AT, 0, reason_by, None)
    timed = kind in (e.SuspensionKind.SYSTEM, e.SuspensionKind.NETWORK)
    return Suspension(began, AT, AT, AT if timed else None)


def outcome(number: int, *, passed: bool = True) -> e.ReliableTestDone:
    return e.ReliableTestDone(1, number, tuple(e.CheckResult(x, passed, "") for x in CHECKS), passed)


def test_a_reason_or_another_fault_ends_the_wait_for_a_reason() -> None:
    pause = suspended(reason_by=AT + 5)
    act = FaultBook().act(OWNER, "reason_suspension", reason="x", since=0)
    assert pause.reason_by == AT + 5
    assert evolve_suspension(pause, e.SuspensionReasoned(1, "x", AT, act)).reason_by is None
    assert evolve_suspension(pause, e.SuspensionExtended(1, 1, AT, AT)).reason_by is None


@pytest.mark.parametrize("kind", list(e.SuspensionKind))
def test_only_a_fault_asks_for_a_test(kind: e.SuspensionKind) -> None:
    assert suspended(kind).tested is (kind not in (e.SuspensionKind.SYSTEM, e.SuspensionKind.NETWORK))


def test_a_test_counts_for_the_faults_that_were_known_when_it_was_asked_for() -> None:
    act = FaultBook().act(OWNER, "request_test")
    pause = evolve_suspension(suspended(), e.TestRequested(1, 1, act))
    extended = evolve_suspension(pause, e.SuspensionExtended(1, 2, AT - 5, AT - 5))
    assert (extended.since, extended.fault) == (AT - 5, AT - 5)
    assert not evolve_suspension(extended, outcome(1)).tested
    assert evolve_suspension(pause, outcome(1)).tested
    assert not evolve_suspension(pause, outcome(1, passed=False)).tested
    assert evolve_suspension(evolve_suspension(extended, outcome(1)), outcome(2)).tested


def test_an_adjournment_takes_the_place_of_what_was_announced_or_declared() -> None:
    act = FaultBook().act(OWNER, "adjourn", reason="x", resumes_at=0)
    pause = evolve_suspension(suspended(), e.ResumptionAnnounced(1, 1, AT + 9, act))
    pause = evolve_suspension(pause, e.Adjourned(1, AT + 99, "", act))
    assert pause.resumption is None
    assert pause.away
    back = evolve_suspension(pause, e.AdjournmentEnded(1, AT + 99))
    assert not back.away
    assert back.back == AT + 99
