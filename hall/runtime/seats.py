"""Who is in the hall: a proven login, and the roles that it has at openings."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.parties import Role
from hall.runtime.registry import Registry
from hall.session.custody import role_of
from hall.session.rules import Stage
from hall.session.state import OpeningState


@dataclass(frozen=True, slots=True)
class Person:
    """A proven login. `kind`: bidder or staff. `only`: where the certificate expired while an opening stood still, the
    openings for which it still counts (clause 4.8); None: everywhere. `encryption`: the other certificate of a pair
    (suite GM), else ""."""

    party: str
    name: str
    kind: str
    certificate: str
    only: frozenset[str] | None = None
    encryption: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """A role of a person at one opening."""

    tender: str
    opening: str
    role: Role


def stakes(registry: Registry, party: str) -> frozenset[str]:
    """Openings that are not closed and in which a party has deposited or has a post."""
    found: set[str] = set()
    for name, opening in registry.openings.items():
        state = opening.room.state
        if state.plan is None or state.stage is Stage.CLOSED:
            continue
        deposits = registry.tendering(state.plan.tender).state.deposits
        bids = any(one.bidder == party and not one.superseded for one in deposits)
        if bids or any(post.party == party for post in state.posts.values()):
            found.add(name)
    return frozenset(found)


def seats_of(registry: Registry, person: Person) -> list[Seat]:
    """Every role that a person has at the openings of this hall."""
    found: list[Seat] = []
    for name, opening in registry.openings.items():
        plan = opening.room.state.plan
        if plan is None:
            continue
        if person.kind == "bidder":
            found.append(Seat(plan.tender, name, Role.BIDDER))
        found.extend(Seat(plan.tender, name, role) for role in _roles(opening.room.state, person.certificate))
    return [seat for seat in found if person.only is None or seat.opening in person.only]


def offices_of(registry: Registry, person: Person) -> list[str]:
    """What a person is in the whole hall; nothing for who may only end what it has begun."""
    if person.only is not None:
        return []
    return sorted(office.value for office in registry.directory.state.offices.get(person.party, ()))


def _roles(state: OpeningState, certificate: str) -> list[Role]:
    """The posts that this certificate holds, and those for which it is named as deputy (clause 5.3.1)."""
    held = [post.role for post in state.posts.values() if post.certificate == certificate]
    named = [post.role for post in state.scheduled.deputies if post.certificate == certificate]
    # Keys are for a certificate: who keeps some is let in for them, whoever holds the post by now (clause 4.11).
    keeps = [role for role in (role_of(state, certificate),) if role is not None]
    return list(dict.fromkeys((*held, *named, *keeps)))
