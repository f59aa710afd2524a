"""The state of a standstill and of a consultation, and how events change them (clause 4.8). Nothing here refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hall.session import events as e


@dataclass(frozen=True, slots=True)
class Suspension:
    """One standstill. `at`: receipt time of `Suspended`; `since`: start of the fault as it counts now; `left` and
    `returned`: the ciphertexts as hashed at an adjournment and on the return at `back`; `ended`: when the countdowns
    ran again, None while it lasts."""

    began: e.Suspended
    at: int
    since: int
    fault: int | None = None
    """Start of the system or network fault: the three hours count from here. None where there is no such fault."""
    extended: bool = False
    reason: e.SuspensionReasoned | None = None
    tests: int = 0
    stale: int = 0
    """Tests up to this number were asked for before the last fault and prove nothing about it."""
    test: e.ReliableTestDone | None = None
    resumption: e.ResumptionAnnounced | None = None
    split: e.SplitDeclared | None = None
    adjourned: e.Adjourned | None = None
    left: e.AdjournmentRechecked | None = None
    back: int | None = None
    returned: e.AdjournmentRechecked | None = None
    limits: tuple[e.Limit, ...] = ()
    ended: int | None = None

    @property
    def number(self) -> int:
        return self.began.suspension

    @property
    def reason_by(self) -> int | None:
        """Until when the project owner's reason is awaited; None where it came or none is needed (clause 4.8)."""
        return None if self.reason is not None or self.extended else self.began.reason_by

    @property
    def tested(self) -> bool:
        """Whether nothing stands against going on: a reliable test passed after the last fault, or there was none."""
        passed = self.test is not None and self.test.passed and self.test.test > self.stale
        return passed or self.fault is None

    @property
    def away(self) -> bool:
        """Adjourned, and the signed moment of return has not come: the room is empty and nothing is recorded."""
        return self.adjourned is not None and self.back is None


@dataclass(frozen=True, slots=True)
class Consultation:
    """The three parties' answers so far: role → answer (clause 4.8)."""

    opened: e.ConsultationOpened
    answers: Mapping[str, e.ConsultationAnswered] = field(default_factory=dict)


def evolve_suspension(
    last: Suspension,
    event: e.SuspensionExtended
    | e.SuspensionReasoned
    | e.SuspensionLifted
    | e.TestRequested
    | e.ReliableTestDone
    | e.ResumptionAnnounced
    | e.Resumed
    | e.SplitDeclared
    | e.SplitLapsed
    | e.Adjourned
    | e.AdjournmentEnded
    | e.AdjournmentRechecked,
) -> Suspension:
    """The standstill after `event`."""
    match event:
        case e.SuspensionExtended(since=since, began=began):
            fault = began if last.fault is None else min(last.fault, began)
            return replace(last, since=since, fault=fault, extended=True, stale=last.tests, resumption=None)
        case e.SuspensionReasoned(since=since):
            dated_back = None if last.fault is None else min(last.fault, since)
            return replace(last, reason=event, since=since, fault=dated_back)
        case e.TestRequested(test=test):
            return replace(last, tests=test)
        case e.ReliableTestDone():
            return replace(last, test=event)
        case e.ResumptionAnnounced():
            return replace(last, resumption=event)
        case e.SplitDeclared():
            return replace(last, split=event, resumption=None)
        case e.SplitLapsed():
            return replace(last, split=None)
        case e.Adjourned():
            return replace(
                last, adjourned=event, left=None, back=None, returned=None, resumption=None, split=None
            )
        case e.AdjournmentEnded(_, moment):
            return replace(last, back=moment)
        case e.AdjournmentRechecked(returned=returned):
            return replace(last, returned=event) if returned else replace(last, left=event)
        case e.Resumed(_, moment, limits) | e.SuspensionLifted(_, moment, limits):
            return replace(last, ended=moment, limits=limits)
