"""What can be asked of the trading centre."""

from __future__ import annotations

from dataclasses import dataclass

from hall.centre.changes import UNKNOWN, Change, Known, Setting, TrustedRoot, Venue
from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class MakeChange:
    """known: what the directory says about it at this moment."""

    change: Change
    reason: str
    act: SignedAct
    known: Known = UNKNOWN


@dataclass(frozen=True, slots=True)
class Confirm:
    """known: what the directory says about the proposed change now."""

    proposal: int
    act: SignedAct
    known: Known = UNKNOWN


@dataclass(frozen=True, slots=True)
class Decline:
    proposal: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SetYear:
    year: int
    holidays: tuple[str, ...]
    extra: tuple[str, ...]
    source: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SetDefaults:
    settings: tuple[Setting, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ListExpert:
    party: str
    specialities: tuple[str, ...]
    recuses: tuple[str, ...]
    act: SignedAct
    known: Known = UNKNOWN


@dataclass(frozen=True, slots=True)
class UnlistExpert:
    party: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NameRooms:
    rooms: tuple[Venue, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteTrust:
    """From the hall's start: whom its settings trust."""

    roots: tuple[TrustedRoot, ...]


@dataclass(frozen=True, slots=True)
class NoteCarried:
    """The directory has taken over the changes up to this number."""

    number: int


Command = (
    MakeChange
    | Confirm
    | Decline
    | SetYear
    | SetDefaults
    | ListExpert
    | UnlistExpert
    | NameRooms
    | NoteTrust
    | NoteCarried
)
