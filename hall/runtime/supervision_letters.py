"""Letters from supervision: what waits for the procuring entity, for the regulator's office or for the officer who was
named, what a limit that passed tells, and what came of a case to the bidder that signed it (clause 6.3).

No letter names who brought something forward. What may not live here: words (`hall.notices.matter_words`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hall.procurement.parties import Role
from hall.runtime.letter import Letter
from hall.runtime.matter import States
from hall.runtime.supervision_matter import SUPERVISION
from hall.supervision import clocks
from hall.supervision.state import Case, Supervision
from hall.supervision.terms import Kind

_OWNER: Final = Role.PROCURING_ENTITY.value
_REGULATOR: Final = Role.REGULATOR.value


def supervision_letters(states: States) -> list[Letter]:
    """All that the states owe, case by case."""
    state = states.of(SUPERVISION)
    return [letter for case in state.cases.values() for letter in _of(states, state, case)]


def _of(states: States, state: Supervision, case: Case) -> Iterator[Letter]:
    filed, facts = case.filed, {"number": case.number}
    waits = {**facts, "until": clocks.answer_due(state, case)}
    if case.kind is not Kind.COMPLAINT:
        for owner in state.owners:
            yield _letter(states, case, "filed", owner, _OWNER, "case_waits", waits, case.filed_at)
    elif case.open:
        for party in _office(states, case):
            yield _letter(states, case, "filed", party, _REGULATOR, "complaint_waits", facts, case.filed_at)
    if assigned := [one for one in case.steps if one.what == "assigned"]:
        for officer in case.officers:
            at = assigned[-1].at
            yield _letter(states, case, "assigned", officer.party, _REGULATOR, "case_assigned", facts, at)
    if filed.party and case.ended_at and (case.result is not None or case.reason is not None):
        yield _letter(states, case, "ended", filed.party, "bidder", "case_ended", facts, case.ended_at)
    for taken in case.steps:
        if taken.what == "limit_passed":
            for role, party in _higher(states, state, case):
                yield _letter(states, case, taken.reason, party, role, "case_overdue", facts, taken.at)


def _office(states: States, case: Case) -> list[str]:
    """The regulator's people, whom the case does not concern: who hold its office in the hall, and its posts here."""
    posts = states.opening.posts.values() if states.opening is not None else ()
    found = {*states.holders(Role.REGULATOR), *(post.party for post in posts if post.role is Role.REGULATOR)}
    return sorted(found - {case.filed.party, case.filed.against_party})


def _higher(states: States, state: Supervision, case: Case) -> Iterator[tuple[str, str]]:
    """Whom a limit that passed concerns: who should have answered, the regulator's office, and the supervisor."""
    if case.kind is not Kind.COMPLAINT:
        yield from ((_OWNER, owner) for owner in state.owners)
    yield from ((_REGULATOR, party) for party in _office(states, case))
    posts = states.opening.posts.values() if states.opening is not None else ()
    concerned = {case.filed.party, case.filed.against_party}
    for post in posts:
        if post.role is Role.SUPERVISOR and post.party not in concerned:
            yield post.role.value, post.party


def _letter(
    states: States, case: Case, what: str, party: str, role: str, kind: str, facts: dict[str, int], at: int
) -> Letter:
    key, path = f"supervision {case.number} {what}", f"/tenders/{states.tender}/supervision"
    return Letter(key, party, role, kind, facts, due_at=at, lot=case.filed.lot, path=path)
