"""Letters from supervision: what waits for the procuring entity, what a limit that passed tells, and what came of a
case to the bidder that signed it (clause 6.3).

No letter names who brought something forward. What may not live here: words (`hall.notices.matter_words`).
"""

from __future__ import annotations

from collections.abc import Iterator

from hall.procurement.parties import Role
from hall.runtime.letter import Letter
from hall.runtime.matter import States
from hall.runtime.supervision_matter import SUPERVISION
from hall.supervision import clocks
from hall.supervision.state import Case, Supervision
from hall.supervision.terms import Kind


def supervision_letters(states: States) -> list[Letter]:
    """All that the states owe, case by case."""
    state = states.of(SUPERVISION)
    return [letter for case in state.cases.values() for letter in _of(states, state, case)]


def _of(states: States, state: Supervision, case: Case) -> Iterator[Letter]:
    filed, entity = case.filed, Role.PROCURING_ENTITY.value
    if case.kind is not Kind.COMPLAINT:
        facts = {"number": case.number, "until": clocks.answer_due(state, case)}
        for owner in state.owners:
            yield _letter(states, case, "filed", owner, entity, "case_waits", facts, case.filed_at)
    if filed.party and case.ended_at and (case.result is not None or case.reason is not None):
        facts = {"number": case.number}
        yield _letter(states, case, "ended", filed.party, "bidder", "case_ended", facts, case.ended_at)
    for taken in case.steps:
        if taken.what == "limit_passed":
            for role, party in _higher(states, state, case):
                facts = {"number": case.number}
                yield _letter(states, case, taken.reason, party, role, "case_overdue", facts, taken.at)


def _higher(states: States, state: Supervision, case: Case) -> Iterator[tuple[str, str]]:
    """Whom a limit that passed concerns: who should have answered, and the regulator's people at the opening."""
    if case.kind is not Kind.COMPLAINT:
        yield from ((Role.PROCURING_ENTITY.value, owner) for owner in state.owners)
    posts = states.opening.posts.values() if states.opening is not None else ()
    above = (Role.REGULATOR, Role.SUPERVISOR)
    concerned = {case.filed.party, case.filed.against_party}
    yield from ((p.role.value, p.party) for p in posts if p.role in above and p.party not in concerned)


def _letter(
    states: States, case: Case, what: str, party: str, role: str, kind: str, facts: dict[str, int], at: int
) -> Letter:
    key, path = f"supervision {case.number} {what}", f"/tenders/{states.tender}/supervision"
    return Letter(key, party, role, kind, facts, due_at=at, lot=case.filed.lot, path=path)
