"""What the supervision of a tender answers to a command (clauses 6.2, 6.3).

The order of the steps is one way only: accept or refuse with a reason, assign, investigate, decide, feed back, file.
Nobody handles what concerns its own party.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from hall.errors import Malformed, NotPermitted, Refused
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role
from hall.supervision import clocks
from hall.supervision import commands as c
from hall.supervision import events as e
from hall.supervision.acts import MOST_FILES
from hall.supervision.state import Case, Supervision
from hall.supervision.terms import BIDDING, LIMITS, About, Against, Kind, Reason, Stage

MOST_OPEN_OF_ONE: Final = 20
MOST_OPEN: Final = 500
"""Cases, or questions, of one tender that wait at the same time: more is an attack, or another tender's."""

UNNAMED: Final = "投诉未写明投诉人名称与有效联系方式，依法不予受理；所述内容作为线索留存。"
OBJECTION_FIRST: Final = "依法应当先向招标人（采购人）提出异议（质疑）；所述内容作为线索留存。"
"""What the hall says where the law leaves no choice (Measures for complaints in bidding art. 12; Implementing
Regulations art. 60, MOF order 94 art. 17)."""

_HANDLED: Final = frozenset({Stage.ACCEPTED, Stage.ASSIGNED, Stage.INVESTIGATING})


def decide(state: Supervision, command: c.Command, *, actor: Actor | None, now: int) -> list[e.Event]:
    """The events that `command` causes at `now` (ms UTC). Raises Refused, NotPermitted or Malformed."""
    match command:
        case c.FileCase():
            return _filed(state, command, actor, now)
        case c.LogHotlineCall():
            return _called(state, command, _by(actor), now)
        case c.AskQuestion(statement, code):
            if sum(one.open for one in state.questions.values()) >= MOST_OPEN:
                raise Refused("too_many_waiting", most=MOST_OPEN)
            return [e.PublicQuestionAsked(len(state.questions) + 1, statement, code)]
        case c.AnswerQuestion(question, words, redacted, text, act):
            by = _answers(state, question, actor)
            return [e.PublicQuestionAnswered(question, words, redacted, text, by.name, act)]
        case c.RefuseQuestion(question, reason, text, act):
            by = _answers(state, question, actor)
            return [e.PublicQuestionRefused(question, reason, text, by.name, act)]
        case c.TakeCalendar(holidays, extra):
            if (state.calendar.holidays, state.calendar.extra) == (frozenset(holidays), frozenset(extra)):
                return []
            return [e.WorkingDaysTaken(holidays, extra, state.at_rest)]
        case c.NoteTender(law, bid_deadline, owners):
            if law not in LIMITS:
                raise Malformed("unknown_law", law=law[:40])
            known = (state.law, state.bid_deadline, state.owners) == (law, bid_deadline, owners)
            return [] if known else [e.LawNoted(law, bid_deadline, owners, state.at_rest)]
        case c.NotePublicity(lot, start, until):
            known = state.publicity.get(lot) == (start, until)
            return [] if known else [e.PublicityNoted(lot, start, until, state.at_rest)]
        case c.NoteOpeningObjection(lot, bidder):
            known = (lot, bidder) in state.objected
            return [] if known else [e.OpeningObjectionNoted(lot, bidder, state.at_rest)]
        case c.NoteHeld(number, held):
            case = _case(state, number)
            return [] if case.held is not None else [e.RecordingsHeldFor(number, held)]
        case c.NoteReleased(number):
            return [] if _case(state, number).freed else [e.RecordingsFreed(number)]
        case c.NoteEvidence(number, size, root, listing, files):
            case = _case(state, number)
            attached = e.CaseEvidenceAttached(number, size, root, listing, files)
            return [] if case.evidence is not None else [attached]
        case c.NoteBundle(number, sha256, size, rows):
            case = _case(state, number)
            return [] if case.bundle is not None else [e.CaseBundleMade(number, sha256, size, rows)]
        case c.AddFiles():
            return _added(_case(state, command.case), command, actor)
        case c.WithdrawCase() | c.RateCase():
            return [_by_its_own(_case(state, command.case), command, actor)]
        case _:
            return [_handled(state, command, _by(actor))]


def refusal(command: Any, actor: Actor | None, code: str) -> e.HandlingRefused | None:
    """What the journal holds of a weighty refusal."""
    act, number = getattr(command, "act", None), getattr(command, "case", None)
    if actor is None or act is None or number is None:
        return None
    return e.HandlingRefused(number, actor.key, code, act.body_digest)


# who brings something forward


def _filed(state: Supervision, command: c.FileCase, actor: Actor | None, now: int) -> list[e.Event]:
    _check_kind(state, command)
    if command.knew_at > now:
        raise Malformed("malformed_act", field="knew_at")
    party = actor.party if actor is not None else ""
    waiting = [case for case in state.cases.values() if case.open]
    mine = [case for case in waiting if party and case.filed.party == party]
    if len(waiting) >= MOST_OPEN or len(mine) >= MOST_OPEN_OF_ONE:
        raise Refused("too_many_waiting", most=MOST_OPEN_OF_ONE)
    prior = _prior(state, command, party, now)
    late = clocks.is_late(state, command.kind, command.about, command.lot, command.knew_at, prior, now)
    number = len(state.cases) + 1
    filed = e.CaseFiled(
        number,
        command.kind,
        command.about,
        command.against,
        command.against_party,
        command.lot,
        command.knew_at,
        command.prior,
        command.files,
        command.named or command.act is not None,
        late,
        party,
        command.statement,
        command.code,
        command.act,
    )
    if command.kind is not Kind.COMPLAINT:
        return [filed]
    if not filed.named:
        return [filed, e.CaseRefused(number, Reason.UNNAMED, UNNAMED, "", None)]
    if not _objected(state, command, party, prior):
        return [filed, e.CaseRefused(number, Reason.OBJECTION_FIRST, OBJECTION_FIRST, "", None)]
    return [filed]


def _check_kind(state: Supervision, command: c.FileCase) -> None:
    other = Kind.CHALLENGE if state.law == BIDDING else Kind.OBJECTION
    if command.kind is other:
        raise Refused("other_law", law=state.law)
    if command.kind is Kind.OBJECTION and command.about is About.OPENING:
        raise Refused("objection_on_the_spot")  # Implementing Regulations art. 44
    public = command.about is not About.CANDIDATES or clocks.publicity(state, command.lot) is not None
    if command.kind is Kind.OBJECTION and not public:
        # Its limit is their publicity (art. 54): without one it would be in time at any time, and stop the procedure.
        raise Refused("candidates_not_public", lot=command.lot)


def _prior(state: Supervision, command: c.FileCase, party: str, now: int) -> Case | None:
    """What came before a complaint: the filer's own, and answered or overdue."""
    if not command.prior:
        return None
    prior = state.cases.get(command.prior)
    if command.kind is not Kind.COMPLAINT or prior is None or prior.kind is Kind.COMPLAINT:
        raise Refused("no_such_case")
    if party != prior.filed.party:
        raise Refused("no_such_case")
    if prior.open and now < (due := clocks.answer_due(state, prior)):
        raise Refused("answer_awaited", until=due)
    return prior


def _objected(state: Supervision, command: c.FileCase, party: str, prior: Case | None) -> bool:
    """Whether the objection or challenge that the law wants first was there (Implementing Regulations art. 60)."""
    if state.law != BIDDING:
        return prior is not None
    if command.about is About.OTHER:
        return True
    if command.about is About.OPENING:
        spots = {lot for lot, bidder in state.objected if bidder == party}
        return bool(spots) and (not command.lot or command.lot in spots)
    return prior is not None and prior.filed.about is command.about


def _by_its_own(case: Case, command: c.WithdrawCase | c.RateCase, actor: Actor | None) -> e.Event:
    _check_own(case, command.act, actor)
    if isinstance(command, c.WithdrawCase):
        if not case.open:
            raise Refused("case_step_order", stage=case.stage)
        return e.CaseWithdrawn(case.number, command.text, command.act)
    if case.result is None:
        raise Refused("case_step_order", stage=case.stage)
    if case.stars:
        raise Refused("rated_already")
    return e.CaseRated(case.number, command.stars, command.text, command.act)


def _check_own(case: Case, act: SignedAct | None, actor: Actor | None) -> None:
    """Who brought it forward: by its certificate, or by the query code that the door has checked."""
    party = actor.party if actor is not None else ""
    if case.filed.party != party or (act is None) != (case.filed.act is None):
        raise NotPermitted("not_your_case")


def _added(case: Case, command: c.AddFiles, actor: Actor | None) -> list[e.Event]:
    _check_own(case, command.act, actor)
    if not case.open:
        raise Refused("case_step_order", stage=case.stage)
    new = [one for one in dict.fromkeys(command.files) if one not in case.files]
    if len(case.files) + len(new) > MOST_FILES:
        raise Refused("too_many_files", limit=MOST_FILES)
    return [e.CaseFilesAdded(case.number, command.files, command.act)] if new else []


# who handles it


def _handled(state: Supervision, command: Any, by: Actor) -> e.Event:
    case = _case(state, command.case)
    _check_handler(state, case, command, by)
    rule = _RULES[type(command)]
    return rule(state, case, command, by.name)


def _check_handler(state: Supervision, case: Case, command: Any, by: Actor) -> None:
    handler = Role.REGULATOR if case.kind is Kind.COMPLAINT else Role.PROCURING_ENTITY
    if by.role is not handler or not _is_here(state, by):
        raise NotPermitted("not_your_case")
    concerned = {case.filed.party} | ({case.filed.against_party} if handler is Role.REGULATOR else set())
    against = handler is Role.REGULATOR and case.filed.against is Against.REGULATOR
    away = isinstance(command, c.RefuseCase) and command.reason is Reason.NOT_OURS
    if by.party in concerned - {""} or (against and not case.filed.against_party and not away):
        raise Refused("own_case", weighty=True)
    if isinstance(command, c.AssignCase):
        if any(one.party in concerned - {""} for one in command.officers):
            raise Refused("own_case", weighty=True)
        return
    if case.officers and by.certificate not in {one.certificate for one in case.officers}:
        raise Refused("not_assigned", officers=[one.name for one in case.officers])


def _at(case: Case, *stages: Stage) -> None:
    if case.stage not in stages:
        raise Refused("case_step_order", stage=case.stage)


def _accept(state: Supervision, case: Case, command: c.AcceptCase, by: str) -> e.Event:
    _at(case, Stage.FILED)
    return e.CaseAccepted(case.number, command.text, by, command.act)


def _refuse(state: Supervision, case: Case, command: c.RefuseCase, by: str) -> e.Event:
    _at(case, Stage.FILED)
    return e.CaseRefused(case.number, command.reason, command.text, by, command.act)


def _assign(state: Supervision, case: Case, command: c.AssignCase, by: str) -> e.Event:
    _at(case, *_HANDLED)
    return e.CaseAssigned(case.number, command.officers, command.text, by, command.act)


def _investigate(state: Supervision, case: Case, command: c.Investigate, by: str) -> e.Event:
    _at(case, Stage.ASSIGNED, Stage.INVESTIGATING)
    return e.CaseInvestigated(case.number, command.text, command.files, by, command.act)


def _suspend(state: Supervision, case: Case, command: c.OrderSuspension, by: str) -> e.Event:
    _at(case, *_HANDLED)
    if case.standing_since:
        raise Refused("suspended_already")
    return e.CaseSuspends(case.number, command.text, by, command.act)


def _resume(state: Supervision, case: Case, command: c.LiftSuspension, by: str) -> e.Event:
    if not case.standing_since:
        raise Refused("not_suspended_by_it")
    return e.CaseSuspendsNoMore(case.number, command.text, by, command.act)


def _stop(state: Supervision, case: Case, command: c.StopCaseClock, by: str) -> e.Event:
    _at(case, Stage.ASSIGNED, Stage.INVESTIGATING)
    if case.stopped:
        raise Refused("clock_stands")
    return e.CaseClockStopped(case.number, command.text, by, command.act)


def _run(state: Supervision, case: Case, command: c.RunCaseClock, by: str) -> e.Event:
    if not case.stopped:
        raise Refused("clock_runs")
    return e.CaseClockRuns(case.number, command.text, by, command.act)


def _decide(state: Supervision, case: Case, command: c.DecideCase, by: str) -> e.Event:
    if case.kind is Kind.COMPLAINT:
        _at(case, Stage.INVESTIGATING)
        if case.stopped:
            raise Refused("clock_stands")
    else:
        _at(case, Stage.FILED, Stage.ACCEPTED)
    said = (command.result, command.basis, command.text, command.files)
    return e.CaseDecided(case.number, *said, by, command.act)


def _feed_back(state: Supervision, case: Case, command: c.FeedBack, by: str) -> e.Event:
    _at(case, Stage.DECIDED)
    return e.CaseFedBack(case.number, command.text, by, command.act)


def _archive(state: Supervision, case: Case, command: c.ArchiveCase, by: str) -> e.Event:
    told = Stage.FED_BACK if case.kind is Kind.COMPLAINT else Stage.DECIDED
    _at(case, told, Stage.REFUSED, Stage.WITHDRAWN, Stage.MERGED)
    return e.CaseArchived(case.number, command.number, by, command.act)


def _merge(state: Supervision, case: Case, command: c.MergeCase, by: str) -> e.Event:
    into = _case(state, command.into)
    if not case.open:
        raise Refused("case_step_order", stage=case.stage)
    if not into.open or into.number == case.number or into.kind is not case.kind:
        raise Refused("not_the_same_case")
    return e.CaseMerged(case.number, into.number, command.text, by, command.act)


_Rule = Callable[[Supervision, Case, Any, str], e.Event]
_RULES: Final = cast(
    Mapping[type, _Rule],
    {
        c.AcceptCase: _accept,
        c.RefuseCase: _refuse,
        c.AssignCase: _assign,
        c.Investigate: _investigate,
        c.OrderSuspension: _suspend,
        c.LiftSuspension: _resume,
        c.StopCaseClock: _stop,
        c.RunCaseClock: _run,
        c.DecideCase: _decide,
        c.FeedBack: _feed_back,
        c.ArchiveCase: _archive,
        c.MergeCase: _merge,
    },
)


# hotline and questions


def _called(state: Supervision, command: c.LogHotlineCall, by: Actor, now: int) -> list[e.Event]:
    if command.at > now:
        raise Malformed("malformed_act", field="at")
    if command.case:
        _case(state, command.case)
    number = len(state.calls) + 1
    facts = (command.at, command.topic, command.outcome, command.recording, command.case)
    return [e.HotlineCallLogged(number, *facts, command.statement, by.name, command.act)]


def _answers(state: Supervision, number: int, actor: Actor | None) -> Actor:
    """Who answers a question that waits."""
    if not _is_here(state, by := _by(actor)):
        raise NotPermitted("not_your_case")
    question = state.questions.get(number)
    if question is None:
        raise Refused("no_such_question")
    if not question.open:
        raise Refused("public_question_answered")
    return by


def _is_here(state: Supervision, by: Actor) -> bool:
    """Whether a procuring entity is this tender's; the offices are everywhere."""
    return by.role is not Role.PROCURING_ENTITY or state.is_owner(by.party)


def _case(state: Supervision, number: int) -> Case:
    if (case := state.cases.get(number)) is None:
        raise Refused("no_such_case")
    return case


def _by(actor: Actor | None) -> Actor:
    if actor is None:
        raise NotPermitted("not_permitted")
    return actor
