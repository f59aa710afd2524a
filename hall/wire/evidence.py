"""What is known of failed acts and absences, and the evidence beside a cause: for staff, after the announcement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttemptView:
    """An act of legal weight that failed. `participant` as in presence; `told`: stopped in the sender's own page, as
    that page says; else the hall refused it."""

    at: int
    participant: str
    act: str
    lot: str
    code: str
    told: bool


@dataclass(frozen=True, slots=True)
class IntervalView:
    """An interval of presence (clause 4.6); `end` is None while it lasts."""

    participant: str
    state: str
    start: int
    end: int | None
    cause: str
    confidence: str


@dataclass(frozen=True, slots=True)
class OperatorView:
    """From where a participant's last act came (clause 5.3.6); `changed`: an earlier one came from elsewhere. The rest
    is what its requests say, "" where the personal item was erased."""

    participant: str
    certificate: str
    changed: bool
    address: str
    agent: str
    device: str


@dataclass(frozen=True, slots=True)
class SelfCheckView:
    """A self-check that a party signed (clause 4.9). `results`: "check level" or "check level fact"; levels are green,
    amber, red; `certificate`: SHA-256 of the one that signed."""

    at: int
    certificate: str
    results: list[str]


@dataclass(frozen=True, slots=True)
class SheetView:
    """The evidence sheet of one bid whose cause is to be decided, or was (clause 5.3.5). Facts of [since, until].

    `faults`: numbers of the entries of clause 4.7 that cover the bidder then; `checks`: its last self-checks before the
    end. The hall only proposes: `proposal` is a cause, "" where it has none, `reason` a code, `incident` the entry on
    which the proposal rests or 0."""

    lot: str
    bidder: str
    since: int
    until: int
    attempts: list[AttemptView]
    presence: list[IntervalView]
    faults: list[int]
    checks: list[SelfCheckView]
    proposal: str
    reason: str
    incident: int
