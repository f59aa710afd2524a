"""What happened in the trading centre. Each event but the last carries the act of the person who did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hall.centre.changes import Change, Setting, TrustedRoot, Venue
from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class ChangeMade:
    """One person was enough: the directory owes it from now on. The act that registers an individual comes without its
    body, which holds the number of its identity document."""

    version: ClassVar[int] = 2

    change: Change
    by: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ChangeProposed:
    """This change needs a second person. `proposal` counts from 1."""

    version: ClassVar[int] = 2

    proposal: int
    change: Change
    by: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ChangeConfirmed:
    proposal: int
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ChangeDeclined:
    """By another, or taken back by who proposed it."""

    proposal: int
    by: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class YearSet:
    """The working days of a year: days off and weekend days that are worked, ISO; `source`: who said so."""

    year: int
    holidays: tuple[str, ...]
    extra: tuple[str, ...]
    source: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DefaultsSet:
    """The rule set that new tenders begin with; what is not named is as usual."""

    settings: tuple[Setting, ...]
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ExpertListed:
    """An expert stands on the list. `item`: digest of the personal item with name and unit; `recuses`: parties whose
    bids it may not judge. The act comes without its body, which is that item."""

    party: str
    item: str
    specialities: tuple[str, ...]
    recuses: tuple[str, ...]
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ExpertUnlisted:
    party: str
    reason: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RoomsNamed:
    """All rooms of the centre, in the order in which they are offered."""

    rooms: tuple[Venue, ...]
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class TrustNoted:
    """Whom the hall believes, as its settings say since its last start. Nobody changes that by an act: a tender
    promises the digest of its roots, so who could add one while it runs could break what was promised."""

    roots: tuple[TrustedRoot, ...]


@dataclass(frozen=True, slots=True)
class ChangeCarried:
    """The directory has taken over so many changes."""

    number: int


Event = (
    ChangeMade
    | ChangeProposed
    | ChangeConfirmed
    | ChangeDeclined
    | YearSet
    | DefaultsSet
    | ExpertListed
    | ExpertUnlisted
    | RoomsNamed
    | TrustNoted
    | ChangeCarried
)
