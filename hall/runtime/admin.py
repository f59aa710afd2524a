"""What the administrator plans: parties with certificates, tenders with their openings, appointments."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from hall.runtime.contacts import Contacts
from hall.runtime.registry import Registry
from hall.session.decide import check_plan
from hall.session.events import OpeningScheduled
from hall.tendering.directory import OfficeGiven, PairRegistered, PartyRegistered, StandingNoted
from hall.tendering.events import TenderPublished


@dataclass(frozen=True, slots=True)
class TenderPlan:
    """A tender and its opening; both name the same lots and the same deadline."""

    tender: TenderPublished
    opening: OpeningScheduled


@dataclass(frozen=True, slots=True)
class Plan:
    parties: tuple[PartyRegistered, ...]
    tenders: tuple[TenderPlan, ...]
    mail: Mapping[str, str] = field(default_factory=dict)
    """Party → the address that its notices go to."""
    pairs: tuple[PairRegistered, ...] = ()
    offices: tuple[OfficeGiven, ...] = ()
    """What staff are in the whole hall."""
    phone: Mapping[str, str] = field(default_factory=dict)
    """Party → the number that its short messages go to."""
    standings: tuple[StandingNoted, ...] = ()
    """What bidders are before the law, where the plan says it."""


async def import_plan(registry: Registry, plan: Plan) -> None:
    """Make the plan true. Importing it again changes nothing. Raises Refused for what scheduling forbids."""
    for planned in plan.tenders:
        check_plan(planned.opening)
    for party in plan.parties:
        await registry.register(party)
    for standing in plan.standings:
        await registry.register(standing)
    for pair in plan.pairs:
        await registry.register(pair)
    for office in plan.offices:
        await registry.register(office)
    for planned in plan.tenders:
        await registry.publish(planned.tender, planned.opening)


async def import_contacts(contacts: Contacts, plan: Plan, now: int) -> None:
    """Make the plan's addresses the parties' contacts. now: hall time, ms UTC."""
    for party in sorted(plan.mail.keys() | plan.phone.keys()):
        mail, phone = plan.mail.get(party, ""), plan.phone.get(party, "")
        await contacts.give(party, mail, secrets.token_hex(16), now, phone)
