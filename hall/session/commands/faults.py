"""Commands of `hall.session.events.faults`. Fields filled by the room, never by a peer, are named so."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.session.events.faults import CheckResult, LotRecheck, Stance, SuspensionKind


@dataclass(frozen=True, slots=True)
class MoveDeadline:
    """`deadline`: the new one, ms UTC. The same day moves it, another day postpones the opening."""

    deadline: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ConfirmDeadline:
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Consult:
    consultation: int
    stance: Stance
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Suspend:
    """`last_good`: from the room, the last moment (ms UTC) at which the hall itself was well."""

    kind: SuspensionKind
    clause: str
    reason: str
    act: SignedAct
    last_good: int


@dataclass(frozen=True, slots=True)
class ReasonSuspension:
    """`since`: start of the fault as the project owner states it, ms UTC; 0 leaves it as it is."""

    reason: str
    since: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RequestTest:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Resume:
    """`minutes`: notice before the countdowns run again."""

    minutes: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DeclareSplit:
    """Times in ms UTC; 0 where the group is empty."""

    opens_at: int
    continues_at: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Adjourn:
    """`last_good` as in Suspend."""

    resumes_at: int
    reason: str
    act: SignedAct
    last_good: int


@dataclass(frozen=True, slots=True)
class NoteFault:
    """A detector's finding: the hall's own trouble in [start, end], `end` None while it lasts. `suspends`: an opening
    in progress stands still because of it. `clause`: 4.7 letter a … e."""

    kind: str
    clause: str
    detail: str
    scope: tuple[str, ...]
    start: int
    end: int | None
    suspends: bool
    last_good: int


@dataclass(frozen=True, slots=True)
class NoteFaultEnded:
    incident: int
    at: int


@dataclass(frozen=True, slots=True)
class NoteTest:
    suspension: int
    test: int
    checks: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class NoteAdjournmentRecheck:
    suspension: int
    returned: bool
    lots: tuple[LotRecheck, ...]


FaultAct = (
    MoveDeadline
    | ConfirmDeadline
    | Consult
    | Suspend
    | ReasonSuspension
    | RequestTest
    | Resume
    | DeclareSplit
    | Adjourn
)
FaultNote = NoteFault | NoteFaultEnded | NoteTest | NoteAdjournmentRecheck
