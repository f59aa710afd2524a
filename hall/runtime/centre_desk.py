"""The trading centre's lists: parties with their certificates, experts by name, the journal, who is booked where.

For holders of the office and, to look at, the regulator. What may not live here: changes, which are signed acts of the
matter `centre`; HTTP.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from hall import wire
from hall.centre.state import CentreState
from hall.centre.views import line_of, sees_all
from hall.clock import Clock
from hall.errors import NotPermitted
from hall.procurement import canonical
from hall.procurement.conflicts import LASTS, Booking, all_clashes
from hall.procurement.matter import HALL
from hall.procurement.standing import masked
from hall.runtime.ports import Journal
from hall.runtime.procedure import Procedures
from hall.runtime.registry import Registry
from hall.runtime.seats import Person
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.tendering.directory import Directory, PartyRegistered

PAGE: Final = 50
T = TypeVar("T")


class Inspector(Protocol):
    """Reads certificates."""

    async def inspect(self, certificate: bytes, now: int, state: str = "") -> wire.CentreCertificate:
        """What a certificate says, DER or PEM, and whether it would do now. Raises Malformed, Refused."""
        ...


class CentreDesk:
    """What people may ask of the trading centre's lists. Each call raises NotPermitted("not_permitted")."""

    def __init__(
        self, procedures: Procedures, registry: Registry, journal: Journal, inspector: Inspector, clock: Clock
    ) -> None:
        self._procedures = procedures
        self._registry = registry
        self._journal = journal
        self._inspector = inspector
        self._clock = clock

    async def inspect(self, person: Person, certificate: bytes) -> wire.CentreCertificate:
        """A certificate before it is signed for. `state`: the party that it is registered for, "" for none."""
        await self._check(person)
        found = await self._inspector.inspect(certificate, self._clock.now())
        owner = self._known.certificates.get(found.sha256)
        return replace(found, state=owner.party if owner else "")

    async def parties(self, person: Person, search: str, kind: str, page: int) -> wire.CentreParties:
        """A page of the parties whose id, name or code holds `search`; pages count from 1."""
        await self._check(person)
        wanted = search.strip().casefold()
        latest: dict[str, PartyRegistered] = {one.party: one for one in self._known.certificates.values()}
        fitting = [
            one
            for one in latest.values()
            if kind in ("", one.kind) and wanted in f"{one.party} {one.name} {one.code}".casefold()
        ]
        fitting.sort(key=lambda one: (one.name, one.party))
        return wire.CentreParties(len(fitting), [self._shown(one) for one in _page(fitting, page)])

    async def party(self, person: Person, party: str) -> wire.CentreParty:
        """A party with its certificates, the newest first. Raises NotPermitted("no_such_party")."""
        await self._check(person)
        known, now = self._known, self._clock.now()
        mine = [one for one in known.certificates.values() if one.party == party]
        if not mine:
            raise NotPermitted("no_such_party")
        certificates = []
        for one in reversed(mine):
            state = "retired" if one.sha256 in known.retired else ""
            der = base64.b64decode(one.certificate)
            certificates.append(await self._inspector.inspect(der, now, state))
            if (pair := known.pairs.get(one.sha256)) is not None:
                other = base64.b64decode(pair.certificate)
                certificates.append(await self._inspector.inspect(other, now, "paired"))
        shown = replace(self._shown(mine[-1]), certificates=certificates)
        return replace(shown, identity=await self._identity(party))

    async def experts(self, person: Person, page: int) -> wire.CentreExperts:
        """A page of the experts, with their names."""
        await self._check(person)
        experts = sorted(self._state.experts.values(), key=lambda one: one.party)
        shown = []
        for one in _page(experts, page):
            body = await self._journal.personal(one.item)
            told = canonical.loads(body.decode()) if body is not None else {}
            name, unit = (
                str(told.get(key, "")) if isinstance(told, dict) else "" for key in ("name", "unit")
            )
            lists = list(one.specialities), list(one.recuses)
            shown.append(wire.CentreExpert(one.party, name, unit, *lists, one.at))
        return wire.CentreExperts(len(experts), shown)

    async def lines(self, person: Person, page: int) -> wire.CentreLines:
        """A page of the journal of changes, the newest first."""
        await self._check(person)
        lines = self._state.lines[::-1]
        names = {one.party: one.name for one in self._known.certificates.values()}
        shown = [replace(line_of(one), by=names.get(one.by, one.by)) for one in _page(lines, page)]
        return wire.CentreLines(len(lines), shown)

    async def bookings(self, person: Person) -> wire.CentreBookings:
        """The openings that are ahead or under way, and who or what is wanted twice at once."""
        await self._check(person)
        rooms = {venue.name: venue.room for venue in self._state.rooms}
        live = [one.room.state for one in self._registry.openings.values()]
        live = [state for state in live if state.plan is not None and state.stage is not Stage.CLOSED]
        live.sort(key=lambda state: state.scheduled.bid_deadline)
        found = all_clashes(booking_of(state, rooms) for state in live)
        return wire.CentreBookings(
            [_booked(state) for state in live],
            [wire.CentreClash(one.what, one.who, one.name, one.opening, one.other) for one in found],
        )

    @property
    def _known(self) -> Directory:
        return self._registry.directory.state

    @property
    def _state(self) -> CentreState:
        return self._procedures.centre()

    async def _check(self, person: Person) -> None:
        if not sees_all(await self._procedures.look(HALL, person)):
            raise NotPermitted("not_permitted")

    async def _identity(self, party: str) -> str:
        """An individual's paper and number, masked; "" for all others, and where it was erased."""
        noted = self._known.standings.get(party)
        body = await self._journal.personal(noted.identity) if noted is not None and noted.identity else None
        match canonical.loads(body.decode()) if body is not None else None:
            case {"paper": str(paper), "number": str(number)}:
                return f"{paper} {masked(number)}"
        return ""

    def _shown(self, one: PartyRegistered) -> wire.CentreParty:
        known = self._known
        offices = sorted(office.value for office in known.offices.get(one.party, ()))
        reached = list(known.ways.get(one.party, ()))
        active = one.party not in known.deactivated
        standing = known.standing(one.party).value if one.kind == "bidder" else ""
        return wire.CentreParty(
            one.party, one.name, one.kind, standing, one.code, "", active, offices, reached, []
        )


def booking_of(state: OpeningState, rooms: dict[str, str]) -> Booking:
    """What an opening needs. rooms: name of each room of the centre → its id; another place is no room of it."""
    plan = state.scheduled
    people = {post.party: post.name for post in state.posts.values()}
    begins = plan.bid_deadline
    return Booking(plan.opening, begins, begins + LASTS, people, rooms.get(plan.place, ""))


def _booked(state: OpeningState) -> wire.CentreBooking:
    plan = state.scheduled
    staff = [f"{post.role.value} {post.name}" for post in state.posts.values()]
    ends = plan.bid_deadline + LASTS
    return wire.CentreBooking(
        plan.tender,
        plan.opening,
        plan.tender_name,
        plan.place,
        plan.bid_deadline,
        ends,
        state.stage.value,
        staff,
    )


def _page(items: Sequence[T], page: int) -> Sequence[T]:
    return items[(page - 1) * PAGE : page * PAGE]
