"""Letters from matters: what their states say that somebody is to be told, each delivered once by its key.

One table of pure functions, `LETTERS`: states → letters. Like all that is owed it is computed, never queued. They lie
in a stream of their own (`letters/<tender>`), because to whom they go may tell who has registered: no list for the
staff shows them, no inbox but the addressee's (clauses 5.2.1 and 5.3.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hall.notifying.events import Fact
from hall.notifying.owed import Owed as OwedNotice
from hall.procurement import canonical
from hall.procurement.matter import HALL
from hall.runtime.award_owed import award_letters
from hall.runtime.centre_matter import letters as centre_letters
from hall.runtime.evaluation_letters import evaluation_letters
from hall.runtime.letter import Letter, Letters
from hall.runtime.matter import Owed, Procedure, States
from hall.runtime.notice_letters import notice_letters
from hall.runtime.sending import Sender
from hall.runtime.supervision_letters import supervision_letters

LETTERS: Final[tuple[Letters, ...]] = (
    award_letters,
    centre_letters,
    evaluation_letters,
    notice_letters,
    supervision_letters,
)
"""A matter that writes letters adds its function here."""

_HEAD: Final = ("tender_name", "tender_number")


def letters(states: States, table: Sequence[Letters] = LETTERS) -> list[Letter]:
    """All letters that a tender's states owe, in the order of the table."""
    return [letter for function in table for letter in function(states)]


def notice_of(tender: str, letter: Letter) -> OwedNotice:
    """The letter as a notice: its id follows from its key, kind and addressee."""
    cause = ["letter", tender, letter.kind, letter.key, letter.party]
    facts = {**letter.facts, "at": letter.facts.get("at", letter.due_at)}
    if letter.path:
        facts["path"] = letter.path
    return OwedNotice(
        notice=hashlib.sha256(canonical.dumps(cause)).hexdigest()[:32],
        kind=letter.kind,
        opening="",
        lot=letter.lot,
        role=letter.role,
        party=letter.party,
        because="",
        facts=tuple(Fact(name, str(value)) for name, value in sorted(facts.items()) if value is not None),
        due_at=letter.due_at,
        until=letter.until,
    )


class Letterbox(Sender):
    """The letters of one tender, with an opening or without."""

    _called: Mapping[str, str] = dict.fromkeys(_HEAD, "")
    _lots: Mapping[str, str] = MappingProxyType({})

    def head_from(self, states: States) -> None:
        """Take up how the tender is called now."""
        plan = states.opening.plan if states.opening is not None else None
        self._called = {name: str(getattr(plan, name, "")) for name in _HEAD}
        self._lots = {lot.lot: lot.name for lot in plan.lots} if plan is not None else {}

    def _head(self, owed: OwedNotice) -> Mapping[str, str]:
        given = {fact.name: fact.value for fact in owed.facts if fact.name in _HEAD}
        tender = self.room.tender
        usual = {"tender_name": "交易大厅" if tender == HALL else tender, "tender_number": tender}
        called = {name: self._called[name] or given.get(name) or usual[name] for name in _HEAD}
        return {**called, "lot": self._lots.get(owed.lot, owed.lot)}

    def _path(self, owed: OwedNotice) -> str:
        path = next((fact.value for fact in owed.facts if fact.name == "path"), "")
        return path or ("/" if self.room.tender == HALL else f"/tenders/{self.room.tender}")


def letters_owed(
    known: Callable[[str], Letterbox | None],
    box: Callable[[str], Awaitable[Letterbox]],
    table: Sequence[Letters] = LETTERS,
) -> Owed:
    """What `hall.runtime.procedure` delivers. known: a tender's letterbox if it is open; box: opens it."""

    def owed(states: States) -> list[OwedNotice] | None:
        due = [notice_of(states.tender, letter) for letter in letters(states, table)]
        there = known(states.tender)
        if due and there is not None:
            due = [one for one in due if one.notice not in there.room.state.notices]
        return due or None

    async def deliver(procedure: Procedure, due: list[OwedNotice]) -> None:
        there = await box(procedure.tender)
        there.head_from(procedure.states())
        await there.owe(due)

    return Owed("letters", owed, deliver)
