"""Who the experts are: the list that a committee is drawn from, and, when the law no longer hides it, who they were.

The trading centre's list where there is one, else everybody with the office. Names stay personal items beside the
journal until the result is settled. What may not live here: whom the law bars, and the draw.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

from hall.centre.state import CentreState
from hall.errors import Unavailable
from hall.evaluation import commands as c
from hall.evaluation import events as e
from hall.procurement import canonical
from hall.procurement.matter import HALL
from hall.procurement.parties import Role
from hall.runtime.award_matter import AWARD
from hall.runtime.centre_matter import CENTRE
from hall.runtime.evaluation_matter import EVALUATION, settled
from hall.runtime.matter import Owed, States
from hall.runtime.matter import Procedure as Around
from hall.runtime.ports import PersonalItem
from hall.runtime.procedure import Procedures
from hall.runtime.registration_matter import REGISTRATION

_SALT_BYTES: Final = 16


class Experts:
    """Tells an evaluation whom it may draw, and who its members were."""

    def __init__(self, procedures: Procedures) -> None:
        self._procedures = procedures

    def owed(self) -> tuple[Owed, ...]:
        """The list when it is asked for; the names once every lot has its result."""
        return (
            Owed("the list of experts to the evaluation", _wanted, self._list),
            Owed("the names of the evaluators", _nameless, self._name),
        )

    async def _list(self, procedure: Around, what: Any) -> None:
        centre = (await self._procedures.procedure(HALL)).states().of(CENTRE)
        experts, personal = (
            await self._of_centre(centre, units_of(procedure.states())),
            tuple[PersonalItem, ...](),
        )
        if not experts:
            experts, personal = self._of_directory()
        command = c.ReceiveExperts(experts)
        await self._procedures.note(EVALUATION.name, procedure.tender, command, personal=personal)

    async def _of_centre(self, centre: CentreState, units: Mapping[str, str]) -> tuple[e.Expert, ...]:
        """The centre's list; whose own unit bids is bound to it, though nobody wrote it into the list."""
        found: list[e.Expert] = []
        for party, one in sorted(centre.experts.items()):
            body = await self._procedures.journal.personal(one.item)
            said = None if body is None else canonical.loads(body.decode())
            unit = str(said.get("unit", "")) if isinstance(said, dict) else ""
            found.append(e.Expert(party, one.specialities, bound(one.recuses, unit, units), one.item))
        return tuple(found)

    def _of_directory(self) -> tuple[tuple[e.Expert, ...], tuple[PersonalItem, ...]]:
        directory = self._procedures.registry.directory.state
        names = {party.party: party.name for party in directory.certificates.values()}
        found: list[e.Expert] = []
        items: list[PersonalItem] = []
        for party in sorted(directory.offices):
            if Role.EVALUATOR in directory.offices[party]:
                salt = secrets.token_hex(_SALT_BYTES)
                body = canonical.dumps({"name": names.get(party, party), "salt": salt, "unit": ""})
                digest = hashlib.sha256(body).hexdigest()
                items.append(PersonalItem(digest, body))
                found.append(e.Expert(party, (), (), digest))
        return tuple(found), tuple(items)

    async def _name(self, procedure: Around, what: Any) -> None:
        state = procedure.states().of(EVALUATION)
        directory = self._procedures.registry.directory.state
        names = {party.party: party.name for party in directory.certificates.values()}
        persons: list[e.Person] = []
        for member in state.active:
            if member.kind is e.Seat.REPRESENTATIVE:
                persons.append(e.Person(member.number, names.get(member.party, member.party), "", ""))
                continue
            body = await self._procedures.journal.personal(state.people[member.party])
            if body is None:
                raise Unavailable("personal_item_missing")
            said = canonical.loads(body.decode())
            assert isinstance(said, dict)  # the list takes nothing else
            persons.append(e.Person(member.number, str(said["name"]), str(said["unit"]), body.decode()))
        await procedure.submit(EVALUATION.name, c.RevealMembers(tuple(persons)))


def units_of(states: States) -> dict[str, str]:
    """Name of each unit that bid, alone or in a consortium → by what the evaluation knows it (Bidding Law art. 37)."""
    given = states.of(EVALUATION).given
    known = {bid.name: bid.bidder for bid in given.bids}
    for bidder, one in states.of(REGISTRATION).registrants.items():
        if bidder in given.concerned:
            known |= {one.registered.name: bidder} | {each.name: each.code for each in one.registered.members}
    return {_plain(name): unit for name, unit in known.items()}


def bound(recuses: tuple[str, ...], unit: str, units: Mapping[str, str]) -> tuple[str, ...]:
    """To whom an expert is bound: what the list says, and its own unit where that bids."""
    own = units.get(_plain(unit))
    return recuses if own is None or own in recuses else (*recuses, own)


def _plain(name: str) -> str:
    return "".join(name.split())


def _wanted(states: States) -> bool | None:
    return True if states.of(EVALUATION).wants_experts else None


def _nameless(states: States) -> bool | None:
    own = states.of(EVALUATION)
    return True if own.done is not None and not own.persons and settled(states.of(AWARD)) else None
