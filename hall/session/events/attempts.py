"""What stopped a bidder before anything could be signed, and from where an act was sent (clauses 5.3.3, 5.3.6)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttemptNoted:
    """A bidder's own page tells that an act failed there: its word alone, and no act. `lot`: "" for acts of none."""

    lot: str
    bidder: str
    act_type: str
    code: str


@dataclass(frozen=True, slots=True)
class OperatorSeen:
    """From where the acts that follow are sent, until the next such row of the participant (clause 5.3.6).

    `operator`: SHA-256 of a personal item beside the journal: address, browser, device, certificate and a salt.
    `changed`: another one had sent the acts before."""

    participant: str
    operator: str
    certificate: str
    changed: bool


AttemptEvent = AttemptNoted | OperatorSeen
