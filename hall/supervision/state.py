"""The supervision of one tender, and how events change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from hall.procurement.calendar import WorkingDays
from hall.supervision import events as e
from hall.supervision.commands import Officer
from hall.supervision.terms import BIDDING, LIMITS, OPEN, About, Kind, Limits, Reason, Result, Stage, Step


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken. reason: a code, "" for none; late: after its limit."""

    what: str
    at: int
    by: str = ""
    text: str = ""
    reason: str = ""
    files: tuple[str, ...] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One objection, challenge or complaint. ended_at: when it was decided, refused, withdrawn or merged, 0 before;
    standing_since: since when an order has the procedure stand still, 0 for no order; stops: when its clock stood
    still, the last one open-ended (end 0); near, passed: steps whose limit was warned of, and has passed."""

    filed: e.CaseFiled
    filed_at: int
    stage: Stage = Stage.FILED
    accepted_at: int = 0
    decided_at: int = 0
    ended_at: int = 0
    officers: tuple[Officer, ...] = ()
    reason: Reason | None = None
    result: Result | None = None
    basis: str = ""
    text: str = ""
    into: int = 0
    standing_since: int = 0
    stops: tuple[tuple[int, int], ...] = ()
    evidence: e.CaseEvidenceAttached | None = None
    evidence_at: int = 0
    bundle: e.CaseBundleMade | None = None
    added: tuple[str, ...] = ()
    held: bool | None = None
    freed: bool = False
    near: frozenset[Step] = frozenset()
    passed: frozenset[Step] = frozenset()
    steps: tuple[Taken, ...] = ()
    stars: int = 0
    rating: str = ""

    @property
    def number(self) -> int:
        return self.filed.case

    @property
    def kind(self) -> Kind:
        return self.filed.kind

    @property
    def id(self) -> str:
        """As other matters name it: `complaint-3`."""
        return f"{self.filed.kind}-{self.filed.case}"

    @property
    def files(self) -> tuple[str, ...]:
        """What its filer handed in, at first and later."""
        return (*self.filed.files, *self.added)

    @property
    def open(self) -> bool:
        return self.stage in OPEN

    @property
    def stopped(self) -> bool:
        """Whether its clock stands still."""
        return bool(self.stops) and self.stops[-1][1] == 0


@dataclass(frozen=True, slots=True)
class Question:
    asked: e.PublicQuestionAsked
    asked_at: int
    answered: e.PublicQuestionAnswered | None = None
    refused: e.PublicQuestionRefused | None = None
    at: int = 0
    near: bool = False
    passed: bool = False

    @property
    def open(self) -> bool:
        return self.answered is None and self.refused is None


@dataclass(frozen=True, slots=True)
class Supervision:
    """cases, questions: by number; publicity: lot → (start, until); objected: (lot, bidder) at the opening."""

    law: str = BIDDING
    bid_deadline: int = 0
    owners: tuple[str, ...] = ()
    calendar: WorkingDays = WorkingDays()  # noqa: RUF009 - frozen, and of two frozen sets
    cases: Mapping[int, Case] = field(default_factory=dict)
    questions: Mapping[int, Question] = field(default_factory=dict)
    calls: tuple[tuple[int, e.HotlineCallLogged], ...] = ()
    publicity: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    objected: frozenset[tuple[str, str]] = frozenset()

    def is_owner(self, party: str) -> bool:
        """Whether a procuring entity is this tender's; before one is known, whether it may be."""
        return not self.owners or party in self.owners

    @property
    def limits(self) -> Limits:
        return LIMITS[self.law]

    @property
    def suspended(self) -> str:
        """The id of the first case for which the law has the procedure stand still, "" if it goes on."""
        return next((case.id for case in self.cases.values() if suspends(self, case)), "")

    @property
    def result_objections(self) -> tuple[tuple[str, str, bool], ...]:
        """(id, lot, open) of every objection to the candidates that counts (Implementing Regulations art. 54)."""
        return tuple(
            (case.id, case.filed.lot, case.open)
            for case in self.cases.values()
            if case.kind is not Kind.COMPLAINT
            and case.filed.about is About.CANDIDATES
            and not case.filed.late
        )

    @property
    def at_rest(self) -> bool:
        """Whether nothing waits for a limit."""
        waits = (case.open or case.stage is Stage.DECIDED for case in self.cases.values())
        return not any(waits) and not any(question.open for question in self.questions.values())


_SUSPENDING: Final = frozenset({About.DOCUMENTS, About.CANDIDATES})


def suspends(state: Supervision, case: Case) -> bool:
    """Whether the procedure stands still for this case.

    By order of the regulator until it is lifted, lapses or the case ends; by the law alone for an objection in time to
    documents or candidates until it is answered (Implementing Regulations art. 22, 54). One that nobody signed counts
    from its acceptance: else anybody could stop any procedure.
    """
    if not case.open:
        return False
    if case.standing_since:
        return True
    filed = case.filed
    counts = filed.about in _SUSPENDING and not filed.late and state.law == BIDDING
    proved = filed.act is not None or case.stage is Stage.ACCEPTED
    return filed.kind is Kind.OBJECTION and counts and proved


def evolve(state: Supervision, event: e.Event, at: int) -> Supervision:
    """The state after `event`, received at `at` (ms UTC)."""
    match event:
        case e.CaseFiled():
            step = Taken("filed", at, files=event.files, late=event.late)
            return _with(state, Case(event, at, steps=(step,)))
        case e.HandlingRefused():
            return state
        case e.LimitNear() | e.LimitPassed():
            return _limit(state, event, at)
        case e.HotlineCallLogged():
            return replace(state, calls=(*state.calls, (at, event)))
        case e.PublicQuestionAsked(question=question):
            return replace(state, questions={**state.questions, question: Question(event, at)})
        case e.PublicQuestionAnswered(question=question):
            answered = replace(state.questions[question], answered=event, at=at)
            return replace(state, questions={**state.questions, question: answered})
        case e.PublicQuestionRefused(question=question):
            refused = replace(state.questions[question], refused=event, at=at)
            return replace(state, questions={**state.questions, question: refused})
        case e.WorkingDaysTaken(holidays, extra):
            return replace(state, calendar=WorkingDays(frozenset(holidays), frozenset(extra)))
        case e.LawNoted(law, bid_deadline, owners):
            return replace(state, law=law, bid_deadline=bid_deadline, owners=owners)
        case e.PublicityNoted(lot, start, until):
            return replace(state, publicity={**state.publicity, lot: (start, until)})
        case e.OpeningObjectionNoted(lot, bidder):
            return replace(state, objected=state.objected | {(lot, bidder)})
        case _:
            return _with(state, _case(state.cases[event.case], event, at))


_OfCase = (
    e.CaseAccepted
    | e.CaseRefused
    | e.CaseAssigned
    | e.CaseInvestigated
    | e.CaseSuspends
    | e.CaseSuspendsNoMore
    | e.CaseClockStopped
    | e.CaseClockRuns
    | e.CaseDecided
    | e.CaseFedBack
    | e.CaseArchived
    | e.CaseMerged
    | e.CaseWithdrawn
    | e.CaseRated
    | e.RecordingsHeldFor
    | e.RecordingsFreed
    | e.CaseEvidenceAttached
    | e.CaseBundleMade
    | e.CaseFilesAdded
)


def _case(case: Case, event: _OfCase, at: int) -> Case:
    match event:
        case e.CaseAccepted(_, text, by):
            moved = replace(case, stage=Stage.ACCEPTED, accepted_at=at)
            return _step(moved, Taken("accepted", at, by, text, late=Step.ACCEPT in case.passed))
        case e.CaseRefused(_, reason, text, by):
            moved = replace(case, stage=Stage.REFUSED, ended_at=at, reason=reason, text=text)
            return _step(moved, Taken("refused", at, by, text, str(reason), late=Step.ACCEPT in case.passed))
        case e.CaseAssigned(_, officers, text, by):
            stage = Stage.ASSIGNED if case.stage is Stage.ACCEPTED else case.stage
            return _step(replace(case, stage=stage, officers=officers), Taken("assigned", at, by, text))
        case e.CaseInvestigated(_, text, files, by):
            moved = replace(case, stage=Stage.INVESTIGATING)
            return _step(moved, Taken("investigated", at, by, text, files=files))
        case e.CaseSuspends(_, text, by):
            return _step(replace(case, standing_since=at), Taken("suspended", at, by, text))
        case e.CaseSuspendsNoMore(_, text, by, act):
            what = "resumed" if act is not None else "lapsed"
            return _step(replace(case, standing_since=0), Taken(what, at, by, text))
        case e.CaseClockStopped(_, text, by):
            return _step(replace(case, stops=(*case.stops, (at, 0))), Taken("stopped", at, by, text))
        case e.CaseClockRuns(_, text, by):
            stops = (*case.stops[:-1], (case.stops[-1][0], at))
            return _step(replace(case, stops=stops), Taken("runs", at, by, text))
        case e.CaseDecided(_, result, basis, text, files, by):
            moved = replace(case, stage=Stage.DECIDED, decided_at=at, ended_at=at)
            late = bool({Step.DECIDE, Step.ANSWER} & case.passed)
            decided = replace(moved, result=result, basis=basis, text=text, standing_since=0)
            return _step(decided, Taken("decided", at, by, text, str(result), files, late))
        case e.CaseFedBack(_, text, by):
            late = Step.FEED_BACK in case.passed
            return _step(replace(case, stage=Stage.FED_BACK), Taken("fed_back", at, by, text, late=late))
        case e.CaseArchived(_, number, by):
            return _step(replace(case, stage=Stage.ARCHIVED), Taken("archived", at, by, number))
        case e.CaseMerged(_, into, text, by):
            moved = replace(case, stage=Stage.MERGED, ended_at=at, into=into, standing_since=0)
            return _step(moved, Taken("merged", at, by, text))
        case e.CaseWithdrawn(_, text):
            moved = replace(case, stage=Stage.WITHDRAWN, ended_at=at, standing_since=0)
            return _step(moved, Taken("withdrawn", at, "", text))
        case e.CaseRated(_, stars, text):
            return replace(case, stars=stars, rating=text)
        case e.RecordingsHeldFor(_, held):
            return replace(case, held=held)
        case e.RecordingsFreed():
            return replace(case, freed=True)
        case e.CaseEvidenceAttached():
            return replace(case, evidence=event, evidence_at=at)
        case e.CaseFilesAdded(_, files):
            new = tuple(one for one in dict.fromkeys(files) if one not in case.files)
            return _step(replace(case, added=(*case.added, *new)), Taken("files_added", at, files=new))
        case e.CaseBundleMade():
            return replace(case, bundle=event)
        case _:
            assert_never(event)


def _limit(state: Supervision, event: e.LimitNear | e.LimitPassed, at: int) -> Supervision:
    passed = isinstance(event, e.LimitPassed)
    if event.question:
        question = state.questions[event.question]
        told = replace(question, near=True, passed=question.passed or passed)
        return replace(state, questions={**state.questions, event.question: told})
    case = state.cases[event.case]
    case = replace(case, near=case.near | {event.step})
    if passed:
        case = replace(case, passed=case.passed | {event.step})
    what = "limit_passed" if passed else "limit_near"
    return _with(state, _step(case, Taken(what, at, reason=str(event.step))))


def _step(case: Case, taken: Taken) -> Case:
    return replace(case, steps=(*case.steps, taken))


def _with(state: Supervision, case: Case) -> Supervision:
    return replace(state, cases={**state.cases, case.number: case})
