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
    """A sealed bid whose last byte is stored, twice, and whose strict header says `deposit`. `tender`: the header's."""

    tender: str
    deposit: Deposit
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Withdraw:
    lot: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteHandedOver:
    opening: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Command = PublishTender | ReceiveDeposit | Withdraw | NoteHandedOver | Tick
