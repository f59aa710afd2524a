"""Commands of `hall.session.events.attempts`: notes of the hall, filled from an authenticated line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoteAttempt:
    """What a bidder's own page told."""

    lot: str
    bidder: str
    act_type: str
    code: str


@dataclass(frozen=True, slots=True)
class NoteOperator:
    """An act comes from there. `operator`: the digest of its personal item."""

    participant: str
    operator: str
    certificate: str


@dataclass(frozen=True, slots=True)
class NoteBidRestored:
    """The bytes with the deposit's digest are on disk twice again."""

    lot: str
    bidder: str


AttemptNote = NoteAttempt | NoteBidRestored | NoteOperator
