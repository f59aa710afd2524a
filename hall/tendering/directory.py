"""Who is known to the hall: organisations with their certificates, and the tenders with their openings.

A stream of its own (`directory/hall`), so that who was registered when is as provable as everything else.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, assert_never

from hall.procurement.parties import Role
from hall.procurement.standing import Standing


@dataclass(frozen=True, slots=True)
class PartyRegistered:
    """An organisation or staff person.

    `kind`: bidder or staff; `code`: unified social credit code; `certificate`: base64 DER.
    """

    party: str
    name: str
    kind: str
    code: str
    sha256: str
    certificate: str


@dataclass(frozen=True, slots=True)
class StandingNoted:
    """What a bidder is before the law (clause 3.3); of whom nothing is noted, it is a legal person. `identity`: digest
    of the personal item with an individual's number, "" for organisations."""

    party: str
    standing: Standing
    identity: str = ""


@dataclass(frozen=True, slots=True)
class PairRegistered:
    """The second certificate of a party's pair (suite GM): its bids are sealed to it.

    `sha256`: of the signing one; `recipient`: of this one; `certificate`: this one, base64 DER.
    """

    sha256: str
    recipient: str
    certificate: str


@dataclass(frozen=True, slots=True)
class TenderListed:
    tender: str
    opening: str


@dataclass(frozen=True, slots=True)
class ContactGiven:
    """Where notices reach a party beside its inbox. `digest`: of the personal item that holds the addresses; the latest
    counts. `ways`: the channels that it has an address for: smtp, sms."""

    version: ClassVar[int] = 2

    party: str
    digest: str
    ways: tuple[str, ...] = ("smtp",)


@dataclass(frozen=True, slots=True)
class OfficeGiven:
    """A person of the staff has an office in the whole hall: trading_centre, regulator, procuring_entity (who may
    prepare tenders) or evaluator (who stands on the list of experts)."""

    party: str
    office: Role


@dataclass(frozen=True, slots=True)
class OfficeTaken:
    """It has it no longer."""

    party: str
    office: Role


@dataclass(frozen=True, slots=True)
class PartyDeactivated:
    """The trading centre lets this party log in no longer, except to what it takes part in already."""

    party: str


@dataclass(frozen=True, slots=True)
class PartyActivated:
    """It may again."""

    party: str


@dataclass(frozen=True, slots=True)
class CertificateRetired:
    """This certificate logs nobody in any longer, except to what it has begun; what it signed stays signed."""

    sha256: str


Event = (
    PartyRegistered
    | StandingNoted
    | PairRegistered
    | TenderListed
    | ContactGiven
    | OfficeGiven
    | OfficeTaken
    | PartyDeactivated
    | PartyActivated
    | CertificateRetired
)


@dataclass(frozen=True, slots=True)
class Register:
    """Command: make an event of the directory true; what is there already changes nothing."""

    event: Event


@dataclass(frozen=True, slots=True)
class Directory:
    """`certificates`: SHA-256 → party; `pairs`: SHA-256 of a signing certificate → the other one; `tenders`: tender →
    opening; `contacts`: party → digest of its contact; `ways`: party → the
    channels that reach it; `offices`: party → what it is in the whole hall; `standings`: party → what is noted of it;
    `deactivated`: parties that may log in no longer; `retired`: certificates that are replaced."""

    certificates: Mapping[str, PartyRegistered] = field(default_factory=dict)
    pairs: Mapping[str, PairRegistered] = field(default_factory=dict)
    tenders: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)
    ways: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offices: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    standings: Mapping[str, StandingNoted] = field(default_factory=dict)
    deactivated: frozenset[str] = frozenset()
    retired: frozenset[str] = frozenset()

    def shut(self, party: str, certificate: str) -> str:
        """Why it may log in no longer: the code, "" where it may."""
        if party in self.deactivated:
            return "party_deactivated"
        return "certificate_retired" if certificate in self.retired else ""

    def standing(self, party: str) -> Standing:
        """What a bidder is before the law."""
        noted = self.standings.get(party)
        return Standing.LEGAL_PERSON if noted is None else noted.standing

    def holders(self, office: Role) -> tuple[str, ...]:
        """Parties that hold an office in the whole hall and may log in, sorted."""
        held = (party for party, offices in self.offices.items() if office in offices)
        return tuple(sorted(party for party in held if party not in self.deactivated))

    def registered_as(self, name: str, code: str) -> tuple[str, ...]:
        """Parties that are registered under this name or this unified social credit code, sorted."""
        plain, code = "".join(name.split()), code.strip().upper()
        fits = (
            one
            for one in self.certificates.values()
            if (plain and "".join(one.name.split()) == plain) or (code and one.code.upper() == code)
        )
        return tuple(sorted({one.party for one in fits}))

    def known_ders(self) -> tuple[bytes, ...]:
        """All registered certificates, DER, in the order of their registration."""
        return tuple(base64.b64decode(party.certificate) for party in self.certificates.values())


def decide(state: Directory, command: Register, *, actor: object, now: int) -> list[Event]:
    """The event itself, unless it is known. `actor` and `now` are the room's; nothing here depends on them."""
    del actor, now
    match command.event:
        case PartyRegistered(sha256=sha256):
            return [] if state.certificates.get(sha256) == command.event else [command.event]
        case StandingNoted(party=party):
            return [] if state.standings.get(party) == command.event else [command.event]
        case PairRegistered(sha256=sha256):
            return [] if state.pairs.get(sha256) == command.event else [command.event]
        case TenderListed(tender=tender):
            return [] if tender in state.tenders else [command.event]
        case ContactGiven(party=party, digest=digest):
            return [] if state.contacts.get(party) == digest else [command.event]
        case OfficeGiven(party, office):
            return [] if office in state.offices.get(party, frozenset()) else [command.event]
        case PartyDeactivated(party):
            return [] if party in state.deactivated else [command.event]
        case PartyActivated(party):
            return [command.event] if party in state.deactivated else []
        case CertificateRetired(sha256):
            return [] if sha256 in state.retired else [command.event]
        case OfficeTaken(party, office):
            return [command.event] if office in state.offices.get(party, frozenset()) else []
        case _:
            assert_never(command.event)


def evolve(state: Directory, event: Event) -> Directory:
    """The directory after `event`."""
    match event:
        case PartyRegistered(sha256=sha256):
            return replace(state, certificates={**state.certificates, sha256: event})
        case StandingNoted(party=party):
            return replace(state, standings={**state.standings, party: event})
        case PairRegistered(sha256=sha256):
            return replace(state, pairs={**state.pairs, sha256: event})
        case TenderListed(tender=tender, opening=opening):
            return replace(state, tenders={**state.tenders, tender: opening})
        case ContactGiven(party, digest, ways):
            contacts = {**state.contacts, party: digest}
            return replace(state, contacts=contacts, ways={**state.ways, party: ways})
        case OfficeGiven(party, office):
            given = state.offices.get(party, frozenset()) | {office}
            return replace(state, offices={**state.offices, party: given})
        case PartyDeactivated(party):
            return replace(state, deactivated=state.deactivated | {party})
        case PartyActivated(party):
            return replace(state, deactivated=state.deactivated - {party})
        case CertificateRetired(sha256):
            return replace(state, retired=state.retired | {sha256})
        case OfficeTaken(party, office):
            left = state.offices.get(party, frozenset()) - {office}
            return replace(state, offices={**state.offices, party: left})
        case _:
            assert_never(event)
