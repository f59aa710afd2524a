"""What a tendering agency begins with: the tenders that it prepares, drafts too, and the staff that it may appoint.

Read from the journal itself, so that a list wakes no tender's rooms; what was folded once is kept until its stream
grows. What may not live here: what a notice shows of itself; its view does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hall import wire
from hall.errors import NotPermitted
from hall.procurement.parties import Role
from hall.procurement.tender import Mode
from hall.runtime.evaluation_matter import EVALUATION
from hall.runtime.notice_matter import MACHINE, NOTICE
from hall.runtime.procedure import Procedures
from hall.runtime.seats import Person
from hall.tendering.directory import PartyRegistered
from hall.tendering.notice.missing import gaps
from hall.tendering.notice.state import NoticeState

_MOST_FOUND: Final = 50
_OFFICES: Final = frozenset({Role.PROCURING_ENTITY, Role.TRADING_CENTRE})


@dataclass(slots=True)
class _Folded:
    seq: int
    at: int
    state: NoticeState


class AgencyDesk:
    """What who prepares tenders may ask of all of them."""

    def __init__(self, procedures: Procedures) -> None:
        self._procedures = procedures
        self._folded: dict[str, _Folded] = {}

    async def desk(self, person: Person) -> wire.AgencyView:
        """The viewer's tenders, the last changed first, and the staff of the hall. Raises NotPermitted for who has
        neither office."""
        directory = self._procedures.registry.directory.state
        offices = directory.offices.get(person.party, frozenset()) & _OFFICES
        if not offices:
            raise NotPermitted("not_permitted")
        await self._fold()
        now = self._procedures.clock.now()
        seen = [
            one
            for one in self._folded.values()
            if Role.TRADING_CENTRE in offices or one.state.makes(person.party)
        ]
        return wire.AgencyView(
            offices=sorted(offices),
            binds=self._procedures.mode is Mode.PRODUCTION,
            tenders=[_line(one, now) for one in sorted(seen, key=lambda one: -one.at)],
            staff=self._people(),
        )

    def appointable(self, opening: str, person: Person) -> wire.Appointable:
        """Whom an opening's project owner may appoint to a post while it goes on, by name (clause 5.3.1). Raises
        NotPermitted for who does not hold that very post now, Refused for an opening that is not there."""
        state = self._procedures.registry.opening(opening).room.state
        owner = state.posts.get(Role.PROCURING_ENTITY)
        if owner is None or owner.certificate != person.certificate:
            raise NotPermitted("not_permitted")
        return wire.Appointable(self._people())

    def bidders(self, person: Person, search: str, known: Sequence[str]) -> wire.NamedParties:
        """Bidders whose name or code holds `search`, to be invited (Bidding Law art. 17), after those whose ids are
        `known`. Raises NotPermitted for who has neither office."""
        directory = self._procedures.registry.directory.state
        if not directory.offices.get(person.party, frozenset()) & _OFFICES:
            raise NotPermitted("not_permitted")
        here = {
            one.party: wire.NamedParty(one.party, one.name, one.code)
            for one in directory.certificates.values()
            if one.kind == "bidder" and one.party not in directory.deactivated
        }
        wanted = search.strip().casefold()
        fitting = [one for one in here.values() if wanted and wanted in f"{one.name} {one.code}".casefold()]
        fitting.sort(key=lambda one: (one.name, one.party))
        chosen = [here[one] for one in known if one in here]
        return wire.NamedParties(
            len(fitting), [*chosen, *(x for x in fitting[:_MOST_FOUND] if x not in chosen)]
        )

    async def representatives(self, tender: str, person: Person) -> wire.NamedParties:
        """Who may take the procuring entity's own seats of a committee, by name. Raises NotPermitted for who may not
        name them: "not_permitted", "no_such_tender"."""
        look = await self._procedures.look(tender, person)
        if not look.has(Role.PROCURING_ENTITY):
            raise NotPermitted("not_permitted")
        given = (await self._procedures.procedure(tender)).states().of(EVALUATION).received
        barred = set() if given is None else {*given.concerned, *given.staff}
        found = {one.party: one.name for one in self._staff() if one.party not in barred}
        named = [wire.NamedParty(party, name, "") for party, name in found.items()]
        return wire.NamedParties(len(named), sorted(named, key=lambda one: (one.name, one.party)))

    def _people(self) -> list[wire.AgencyStaff]:
        found = [wire.AgencyStaff(known.party, known.name, known.sha256) for known in self._staff()]
        return sorted(found, key=lambda one: (one.name, one.certificate))

    def _staff(self) -> list[PartyRegistered]:
        """Certificates of staff that log in; clause 5.4.2: experts hold no post, and nobody who prepares tenders learns
        of one."""
        directory = self._procedures.registry.directory.state
        experts = {party for party, held in directory.offices.items() if held == {Role.EVALUATOR}}
        hidden = experts | set(self._procedures.centre().experts)
        staff = (one for one in directory.certificates.values() if one.kind == "staff")
        return [one for one in staff if one.party not in hidden and not directory.shut(one.party, one.sha256)]

    async def _fold(self) -> None:
        journal = self._procedures.journal
        for stream, (last, _) in (await journal.last_of_all(NOTICE.name)).items():
            kept = self._folded.get(stream)
            if kept is not None and kept.seq == last.seq:
                continue
            state = NoticeState()
            for row, event in await journal.load(stream):
                state = MACHINE.evolve(state, event, row.received_at)
            self._folded[stream] = _Folded(last.seq, last.received_at, state)


def _line(one: _Folded, now: int) -> wire.AgencyTender:
    state = one.state
    waits = state.published_at == 0 and state.cancelled_at == 0
    return wire.AgencyTender(
        tender=state.tender,
        name=state.face.name if state.face is not None else "",
        number=state.face.number if state.face is not None else "",
        stage=state.stage,
        bid_deadline=state.schedule.bid_deadline if state.schedule is not None else 0,
        missing=len(gaps(state, now)) if waits else 0,
        changed_at=one.at,
    )
