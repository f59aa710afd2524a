"""What happened to a tender before its opening: published, deposits received, deposits closed and handed over."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.tender import Deposit, Lot


@dataclass(frozen=True, slots=True)
class TenderPublished:
    """The tender as far as deposits need it.

    `suite`: bidseal suite; `trust_roots`: digest of the trust file's roots.
    """

    tender: str
    name: str
    number: str
    origin: str
    opening: str
    lots: tuple[Lot, ...]
    bid_deadline: int
    suite: str
    trust_roots: str


@dataclass(frozen=True, slots=True)
class DepositReceived:
    """A complete sealed bid arrived in time (clause 5.2.2). A later one of the same (lot, bidder) supersedes it."""

    deposit: Deposit
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DepositWithdrawn:
    lot: str
    bidder: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DepositRefused:
    """A refusal with legal weight: late, or under another certificate. The bid's data was erased."""

    lot: str
    bidder: str
    code: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DepositsClosed:
    """The deadline passed. `manifest`: SHA-256 of the canonical JSON of all deposits, superseded ones marked."""

    at: int
    manifest: str
    deposits: tuple[Deposit, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The opening has the closed deposits."""

    opening: str


Event = TenderPublished | DepositReceived | DepositWithdrawn | DepositRefused | DepositsClosed | HandedOver
