"""Parties, roles and who acts: the vocabulary of every part of the hall."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Roles at an opening. `project_owner` acts are the procuring entity's, or its agency's within its mandate."""

    BIDDER = "bidder"
    HOST = "host"
    PROCURING_ENTITY = "procuring_entity"
    SUPERVISOR = "supervisor"
    ANNOUNCER = "announcer"
    SCRUTINEER = "scrutineer"
    CLERK = "clerk"
    NOTARY = "notary"
    REGULATOR = "regulator"
    TRADING_CENTRE = "trading_centre"
    EVALUATOR = "evaluator"
    """The committee's voice in the room: opens rounds of quotes where the method has them, and nothing else."""


STAFF = tuple(role for role in Role if role is not Role.BIDDER)
OPTIONAL = frozenset({Role.NOTARY, Role.REGULATOR, Role.TRADING_CENTRE, Role.EVALUATOR})
"""Posts that an opening may leave vacant: silence never blocks, and a notary is appointed only where one is wanted."""
REQUIRED = tuple(role for role in STAFF if role not in OPTIONAL)
CONSULTED = (Role.PROCURING_ENTITY, Role.REGULATOR, Role.TRADING_CENTRE)
"""The three parties of clause 4.8, as they are asked."""
SEES_ALL_MEDIA = frozenset({Role.HOST, Role.SUPERVISOR, Role.NOTARY, Role.REGULATOR})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who sends a command, as the login proved it.

    party: the organisation's id (for a bidder: the bidder id); certificate: SHA-256 of the DER, hex; encryption: of the
    certificate paired with it in the suite GM, else "".
    """

    role: Role
    party: str
    name: str
    certificate: str
    encryption: str = ""

    @property
    def recipient(self) -> str:
        """The certificate that the actor's bids are sealed to."""
        return self.encryption or self.certificate

    @property
    def key(self) -> str:
        """The actor's name in the journal: `role:party`."""
        return f"{self.role}:{self.party}"


SYSTEM = "system"
"""The actor of what the hall does by itself: ticks and notes of its performer."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """One post of the opening's staff (clause 5.3.1), bound to a certificate."""

    role: Role
    party: str
    name: str
    unit: str
    certificate: str


def participant_of(actor: Actor) -> str:
    """The media and presence id of an actor: `bidder-<id>` or the post's name with dashes."""
    return f"bidder-{actor.party}" if actor.role is Role.BIDDER else actor.role.replace("_", "-")
