"""What can be asked of a tender before its opening."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.tender import Deposit
from hall.tendering.events import TenderPublished


@dataclass(frozen=True, slots=True)
class PublishTender:
    plan: TenderPublished


@dataclass(frozen=True, slots=True)
class ReceiveDeposit:
    """A sealed bid whose last byte is stored, twice, and whose strict header says `deposit`. `tender`: the header's.
    `held`: filled by the desk, whether the opening's deadline is held (clause 4.7); `shown`: whether the
    bidder has shown that its certificate follows the one of the deposit that this one supersedes (clause 5.2.3);
    `barred`: why the notice keeps this bidder out, "" where it does not (clause 5.2.1)."""

    tender: str
    deposit: Deposit
    act: SignedAct
    held: bool = False
    shown: bool = False
    barred: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """`held`: as in ReceiveDeposit."""

    lot: str
    act: SignedAct
    held: bool = False


@dataclass(frozen=True, slots=True)
class AnnounceUpload:
    """A bidder is about to send a sealed bid of `size` bytes; in time this changes nothing. `held`, `barred`: as in
    ReceiveDeposit."""

    lot: str
    size: int
    sha256: str
    held: bool = False
    barred: str = ""


@dataclass(frozen=True, slots=True)
class MoveDeadline:
    """From the opening: it has another deadline, ms UTC."""

    deadline: int


@dataclass(frozen=True, slots=True)
class CloseDeposits:
    """From the opening: the deadline passed there."""


@dataclass(frozen=True, slots=True)
class NoteHandedOver:
    opening: str


@dataclass(frozen=True, slots=True)
class StopDeposits:
    """From the notice: it was cancelled at this moment, ms UTC, before the deadline."""

    at: int


Command = (
    PublishTender
    | ReceiveDeposit
    | Withdraw
    | AnnounceUpload
    | MoveDeadline
    | CloseDeposits
    | NoteHandedOver
    | StopDeposits
)
