"""What happened to a tender before its opening: published, deposits received, deposits closed and handed over.

The deadline is the opening's: what happens to it there is handed over and stands here under a name of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
    """A complete sealed bid arrived in time (clause 5.2.2). A later one of the same (lot, bidder) supersedes it.

    `before`: recipient (SHA-256) of the deposit whose place it takes, where that was sealed to another certificate."""

    deposit: Deposit
    act: SignedAct
    before: str = ""


@dataclass(frozen=True, slots=True)
class DepositWithdrawn:
    """`before`: recipient of what was withdrawn, where another certificate than that withdrew it."""

    lot: str
    bidder: str
    act: SignedAct
    before: str = ""


class What(StrEnum):
    """What was refused."""

    DEPOSIT = "deposit"
    UPLOAD = "upload"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True)
class DepositRefused:
    """A refusal with legal weight: at or after the deadline, or while it is held. What had been uploaded was erased.

    `sha256`, `size`: of the sealed bid as announced, "" and 0 for a withdrawal; `deadline`: as it stood then, ms UTC.
    """

    lot: str
    bidder: str
    code: str
    sha256: str
    size: int = 0
    deadline: int = 0
    what: What = What.DEPOSIT


@dataclass(frozen=True, slots=True)
class DepositDeadlineMoved:
    """The opening has another deadline (clauses 4.1, 4.7): deposits go on until then; those received stay."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class DepositsClosed:
    """The deadline passed in the opening. `manifest`: SHA-256 of the canonical JSON of all deposits, superseded ones
    marked."""

    at: int
    manifest: str
    deposits: tuple[Deposit, ...]


@dataclass(frozen=True, slots=True)
class DepositsStopped:
    """The notice was cancelled (终止招标): no deposit from here on, and the list is never closed, so that nothing that
    was deposited is ever handed over or opened."""

    at: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The opening has the closed deposits."""

    opening: str


Event = (
    TenderPublished
    | DepositReceived
    | DepositWithdrawn
    | DepositRefused
    | DepositDeadlineMoved
    | DepositsClosed
    | HandedOver
    | DepositsStopped
)
