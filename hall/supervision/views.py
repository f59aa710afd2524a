"""What each may know of the supervision of a tender: the secrecy boundary (clauses 6.2, 6.3).

The public sees published questions, decisions without names, and numbers; who brought something forward follows its
own; the procuring entity sees what is addressed to it, and complaints once they are accepted; the regulator sees all.
Names and words lie beside the journal: `reads` says who may have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hall.procurement.calendar import DAY
from hall.procurement.matter import Look, may
from hall.procurement.parties import Role
from hall.supervision import clocks
from hall.supervision import events as e
from hall.supervision.acts import RIGHTS
from hall.supervision.counts import counts
from hall.supervision.state import Case, Question, Supervision, Taken, suspends
from hall.supervision.terms import BIDDING, About, Kind, Stage
from hall.wire.supervision import (
    CaseEvidence,
    CaseView,
    FilingWay,
    HotlineCallView,
    PublicQuestionView,
    SupervisionStep,
    SupervisionView,
)

OWNER: Final = "\0owner"
"""The party of a look that a query code has proved: the case's own, without an account."""

_PUBLISHED: Final = frozenset({Stage.DECIDED, Stage.FED_BACK, Stage.ARCHIVED})
_ANSWERS: Final = (Role.REGULATOR, Role.TRADING_CENTRE, Role.PROCURING_ENTITY)
_STEPS: Final[dict[Stage, tuple[str, ...]]] = {
    Stage.FILED: ("accept_case", "refuse_case", "merge_case"),
    Stage.ACCEPTED: ("assign_case", "order_suspension", "merge_case"),
    Stage.ASSIGNED: (
        "record_investigation",
        "assign_case",
        "stop_case_clock",
        "order_suspension",
        "merge_case",
    ),
    Stage.INVESTIGATING: (
        "decide_case",
        "record_investigation",
        "assign_case",
        "stop_case_clock",
        "order_suspension",
        "merge_case",
    ),
    Stage.DECIDED: ("feed_back_case",),
    Stage.FED_BACK: ("archive_case",),
    Stage.REFUSED: ("archive_case",),
    Stage.WITHDRAWN: ("archive_case",),
    Stage.MERGED: ("archive_case",),
    Stage.ARCHIVED: (),
}
"""What a complaint's handler can do next, the usual first."""
_SHORT: Final[dict[Stage, tuple[str, ...]]] = {
    Stage.FILED: ("answer_case", "accept_case", "refuse_case", "merge_case"),
    Stage.ACCEPTED: ("answer_case", "merge_case"),
    Stage.DECIDED: ("archive_case",),
    Stage.REFUSED: ("archive_case",),
    Stage.WITHDRAWN: ("archive_case",),
    Stage.MERGED: ("archive_case",),
}
"""The same of an objection or a challenge."""


def view(state: Supervision, look: Look, now: int) -> SupervisionView:
    """The whole matter for one viewer at `now` (ms UTC)."""
    look = here(state, look)
    return SupervisionView(
        law=state.law,
        suspended=state.suspended,
        ways=list(_ways(state, now)),
        cases=[case_view(state, case, look, now) for case in state.cases.values() if sees(state, case, look)],
        questions=[
            question_view(state, one, look, now) for one in state.questions.values() if _seen(one, look)
        ],
        calls=[_call(at, one) for at, one in state.calls]
        if look.has(Role.REGULATOR, Role.TRADING_CENTRE)
        else [],
        counts=counts(state),
        may=may(RIGHTS, look),
    )


def sees(state: Supervision, case: Case, look: Look) -> bool:
    """Whether a case is shown at all."""
    if (
        look.has(Role.REGULATOR)
        or is_own(case, look)
        or (case.result is not None and case.stage in _PUBLISHED)
    ):
        return True
    return look.has(Role.PROCURING_ENTITY) and (case.kind is not Kind.COMPLAINT or case.accepted_at > 0)


def is_own(case: Case, look: Look) -> bool:
    """Whether the viewer brought it forward."""
    return look.party == OWNER or (bool(look.party) and case.filed.party == look.party)


def handles(case: Case, look: Look) -> bool:
    """Whether it is the viewer's to handle, by its role."""
    return look.has(Role.REGULATOR if case.kind is Kind.COMPLAINT else Role.PROCURING_ENTITY)


def here(state: Supervision, look: Look) -> Look:
    """The viewer with the roles that it has at this very tender: another's procuring entity is nobody here."""
    if state.is_owner(look.party):
        return look
    return Look(look.party, look.name, look.certificate, look.roles - {Role.PROCURING_ENTITY})


def reads(state: Supervision, digest: str, look: Look) -> tuple[bool, bool]:
    """(may read the words, may know who said them) behind the digest of a statement."""
    look = here(state, look)
    for case in state.cases.values():
        if case.filed.statement == digest:
            if is_own(case, look) or look.has(Role.REGULATOR):
                return True, True
            answers = look.has(Role.PROCURING_ENTITY) and case.kind is not Kind.COMPLAINT
            # Who asks about documents may become a bidder, and bidders are nobody's to know (Bidding Law art. 22).
            return answers, answers and case.filed.about is not About.DOCUMENTS
    for question in state.questions.values():
        if question.asked.statement == digest:
            own = look.party == OWNER
            return own or look.has(*_ANSWERS), own or look.has(Role.REGULATOR, Role.TRADING_CENTRE)
    heard = look.has(Role.REGULATOR, Role.TRADING_CENTRE)
    if any(call.statement == digest for _, call in state.calls):
        return heard, heard
    return False, False


def may_read(state: Supervision, look: Look, sha256: str) -> bool:
    """Whether somebody may have a file."""
    look = here(state, look)
    if any(call.recording == sha256 for _, call in state.calls):
        return look.has(Role.REGULATOR, Role.TRADING_CENTRE)
    for case in state.cases.values():
        inside = look.has(Role.REGULATOR)
        if case.evidence is not None and case.evidence.listing == sha256 and inside:
            return True
        if sha256 in case.files and (inside or is_own(case, look) or handles(case, look)):
            return True
        for step in case.steps:
            if sha256 in step.files and (inside or (step.what == "decided" and _told(case, look))):
                return True
    return False


def may_fetch_bundle(state: Supervision, look: Look, number: int) -> bool:
    """Whether somebody may have the bundle that lies with a case: it holds everything, so the regulator alone, and none
    whom the case concerns."""
    case = state.cases.get(number)
    if case is None or case.bundle is None or look.party in (case.filed.party, case.filed.against_party):
        return False
    return look.has(Role.REGULATOR)


def case_view(state: Supervision, case: Case, look: Look, now: int) -> CaseView:
    """One case for a viewer that sees it."""
    filed, own = case.filed, is_own(case, look)
    inside = look.has(Role.REGULATOR) or own or look.has(Role.PROCURING_ENTITY)
    step, due = clocks.clock(state, case) or ("", None)
    readable, knows = reads(state, filed.statement, look)
    shown = case.stage in _PUBLISHED or inside
    return CaseView(
        case=case.number,
        kind=filed.kind,
        about=filed.about,
        against=filed.against if inside else "",
        against_party=filed.against_party if inside else "",
        lot=filed.lot,
        stage=case.stage,
        filed_at=case.filed_at,
        mine=own,
        flags=_flags(case) if inside else [],
        prior=filed.prior if own or knows else 0,
        limit=str(step) if inside else "",
        due=due if inside else None,
        days_left=state.calendar.between(now, due - 1) if inside and due is not None else None,
        light=_light(state, due, now) if inside else "",
        stopped=case.stopped,
        suspends=suspends(state, case),
        result=case.result or "",
        basis=case.basis,
        text=case.text if shown else "",
        reason=case.reason or "",
        merged_into=case.into,
        officers=[one.name for one in case.officers] if inside else [],
        files=list(case.files) if own or handles(case, look) or look.has(Role.REGULATOR) else [],
        evidence=_evidence(case) if look.has(Role.REGULATOR) else None,
        held=bool(case.held) and not case.freed,
        steps=[_step(one, look) for one in case.steps if _shown(one, look, own)],
        readable=readable,
        stars=case.stars if own or handles(case, look) else 0,
        rating=case.rating if own or handles(case, look) else "",
        days_used=state.calendar.between(case.filed_at, case.ended_at) if case.ended_at else None,
        may=_can(state, case, look),
    )


def question_view(state: Supervision, question: Question, look: Look, now: int) -> PublicQuestionView:
    """A public question: its words only once it is published."""
    answered, refused = question.answered, question.refused
    done = answered or refused
    due = clocks.question_due(state, question) if question.open else None
    stage = "answered" if answered else "refused" if refused else "waiting"
    inside = look.has(*_ANSWERS) or look.party == OWNER
    return PublicQuestionView(
        question=question.asked.question,
        state=stage,
        asked_at=question.asked_at,
        words=answered.words if answered else "",
        redacted=bool(answered and answered.redacted),
        answer=done.text if done else "",
        reason=str(refused.reason) if refused else "",
        by=done.by if done else "",
        at=question.at if done else None,
        due=due,
        light=_light(state, due, now) if inside else "",
        readable=reads(state, question.asked.statement, look)[0],
    )


def _seen(question: Question, look: Look) -> bool:
    return question.answered is not None or look.has(*_ANSWERS)


def _told(case: Case, look: Look) -> bool:
    return is_own(case, look) or look.has(Role.PROCURING_ENTITY)


def _shown(step: Taken, look: Look, own: bool) -> bool:
    """What an investigation does is the regulator's; a limit that passed is for whom it concerns."""
    if look.has(Role.REGULATOR):
        return True
    if step.what in ("investigated", "limit_near"):
        return False
    return own or look.has(Role.PROCURING_ENTITY) or step.what in ("filed", "accepted", "decided")


def _step(step: Taken, look: Look) -> SupervisionStep:
    files = list(step.files) if step.what not in ("filed", "files_added") else []
    words = step.text if step.what != "archived" or look.has(*_ANSWERS) else ""
    return SupervisionStep(step.what, step.at, step.by, words, step.reason, files, step.late)


def _flags(case: Case) -> list[str]:
    named, signed = case.filed.named, case.filed.act is not None
    told = (("late", case.filed.late), ("unnamed", not named), ("unsigned", not signed))
    return [flag for flag, true in told if true]


def _evidence(case: Case) -> CaseEvidence | None:
    if (found := case.evidence) is None:
        return None
    made = case.bundle
    bundle = (made.sha256, made.size, made.rows) if made is not None else ("", 0, 0)
    return CaseEvidence(found.size, found.root, found.listing, found.files, case.evidence_at, *bundle)


def _can(state: Supervision, case: Case, look: Look) -> list[str]:
    acts: list[str] = []
    if is_own(case, look):
        acts += ["add_case_files", "withdraw_case"] if case.open else []
        acts += ["rate_case"] if case.result is not None and not case.stars else []
    if not handles(case, look) or is_own(case, look):
        return acts
    if case.kind is not Kind.COMPLAINT:
        return [*acts, *_SHORT.get(case.stage, ())]
    table = _STEPS[case.stage]
    if case.stopped:
        table = ("run_case_clock", *(one for one in table if one not in ("stop_case_clock", "decide_case")))
    if case.standing_since:
        table = (*(one for one in table if one != "order_suspension"), "lift_suspension")
    others = case.officers and look.certificate not in {one.certificate for one in case.officers}
    return [*acts, *(("assign_case",) if others and "assign_case" in table else () if others else table)]


def _light(state: Supervision, due: int | None, now: int) -> str:
    if due is None:
        return ""
    if now >= due:
        return "red"
    return "amber" if now >= due - state.limits.warn_days * DAY else "green"


def _call(at: int, call: e.HotlineCallLogged) -> HotlineCallView:
    told = (call.topic, call.outcome, call.by, call.recording, call.case)
    return HotlineCallView(call.call, call.at, at, *told)


def _ways(state: Supervision, now: int) -> Iterator[FilingWay]:
    """What may be brought forward now, and until when, for the form that explains it."""
    limits, bidding = state.limits, state.law == BIDDING
    first = Kind.OBJECTION if bidding else Kind.CHALLENGE
    article = "招标投标法实施条例第二十二条、第五十四条" if bidding else "政府采购法第五十二条"
    for about in About:
        if bidding and about is About.OPENING:
            continue
        if not bidding:
            yield FilingWay(first, about, "", True, None, limits.raise_days, True, False, article)
            continue
        days = limits.documents_before if about is About.DOCUMENTS else 0
        lots = tuple(state.publicity) if about is About.CANDIDATES else ("",)
        for lot in lots:
            until = clocks.last_moment(state, first, about, lot, 0, None)
            in_time = until is None or now < until
            yield FilingWay(first, about, lot, in_time, until, days, False, False, article)
    article = "招标投标法实施条例第六十条" if bidding else "政府采购法第五十五条"
    for about in About:
        needs, working = not bidding or about is not About.OTHER, limits.complain_working
        yield FilingWay(Kind.COMPLAINT, about, "", True, None, limits.complain_days, working, needs, article)
