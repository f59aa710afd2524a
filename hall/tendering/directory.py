"""Who is known to the hall: organisations with their certificates, and the tenders with their openings.

A stream of its own (`directory/hall`), so that who was registered when is as provable as everything else.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never


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
    """Where notices reach a party beside its inbox. `digest`: of the personal item that holds the address; the latest
    counts."""

    party: str
    digest: str


Event = PartyRegistered | PairRegistered | TenderListed | ContactGiven


@dataclass(frozen=True, slots=True)
class Register:
    """Command: make an event of the directory true; what is there already changes nothing."""

    event: Event


@dataclass(frozen=True, slots=True)
class Directory:
    """`certificates`: SHA-256 → party; `pairs`: SHA-256 of a signing certificate → the other one; `tenders`: tender →
    opening; `contacts`: party → digest of its contact."""

    certificates: Mapping[str, PartyRegistered] = field(default_factory=dict)
    pairs: Mapping[str, PairRegistered] = field(default_factory=dict)
    tenders: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)

    def known_ders(self) -> tuple[bytes, ...]:
        """All registered certificates, DER, in the order of their registration."""
        return tuple(base64.b64decode(party.certificate) for party in self.certificates.values())


def decide(state: Directory, command: Register, *, actor: object, now: int) -> list[Event]:
    """The event itself, unless it is known. `actor` and `now` are the room's; nothing here depends on them."""
    del actor, now
    match command.event:
        case PartyRegistered(sha256=sha256):
            return [] if state.certificates.get(sha256) == command.event else [command.event]
        case PairRegistered(sha256=sha256):
            return [] if state.pairs.get(sha256) == command.event else [command.event]
        case TenderListed(tender=tender):
            return [] if tender in state.tenders else [command.event]
        case ContactGiven(party, digest):
            return [] if state.contacts.get(party) == digest else [command.event]
        case _:
            assert_never(command.event)


def evolve(state: Directory, event: Event) -> Directory:
    """The directory after `event`."""
    match event:
        case PartyRegistered(sha256=sha256):
            return replace(state, certificates={**state.certificates, sha256: event})
        case PairRegistered(sha256=sha256):
            return replace(state, pairs={**state.pairs, sha256: event})
        case TenderListed(tender=tender, opening=opening):
            return replace(state, tenders={**state.tenders, tender: opening})
        case ContactGiven(party, digest):
            return replace(state, contacts={**state.contacts, party: digest})
        case _:
            assert_never(event)
