"""What stopped a bidder before anything could be signed, from where an act was sent (clauses 5.3.3, 5.3.6), and what it
brought again of its own."""

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


@dataclass(frozen=True, slots=True)
class BidRestored:
    """A bidder brought the very bytes of its deposit again, because both of the hall's copies were damaged: any bytes
    with the receipt's digest are the deposit (clauses 4.7 b, 5.2.2)."""

    lot: str
    bidder: str
    sha256: str


AttemptEvent = AttemptNoted | BidRestored | OperatorSeen
