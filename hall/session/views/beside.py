"""What a view shows that is not the opening's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hall import wire as w
from hall.procurement.tender import Deposit


@dataclass(frozen=True, slots=True)
class Person:
    """The declared representative of a bidder: a personal item, kept beside the journal."""

    representative: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """From where a participant's acts come, as its requests say: a personal item too (clause 5.3.6)."""

    address: str
    agent: str
    device: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a view shows that is not the opening's state: personal items by digest, live publications,
    the last checkpoint."""

    persons: Mapping[str, Person] = field(default_factory=dict)
    publishing: frozenset[str] = frozenset()
    stills: frozenset[str] = frozenset()
    """Participants whose pictures come as stills alone."""
    checkpoint: w.Checkpoint | None = None
    own_deposits: tuple[Deposit, ...] = ()
    """The viewer's own deposits, while tendering has not handed them over."""
    operators: Mapping[str, Operator] = field(default_factory=dict)
