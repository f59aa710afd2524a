"""Faults and what the law makes of them: held and moved deadlines, suspensions, consultations, resumption, the split
after three hours, adjournment (clauses 4.1, 4.7, 4.8).

`suspension` numbers count from 1 in their opening and are the epoch that acts bind. A countdown that a pause moved is
named with its old and its new end, so that a reader needs no arithmetic and a verifier can redo it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hall.procurement.acts import SignedAct
from hall.session.events.course import Rechecked


class SuspensionKind(StrEnum):
    """Why an opening stands still. The 3 h clock and the split belong to `system` and `network` alone."""

    SYSTEM = "system"
    NETWORK = "network"
    DISPUTE = "dispute"
    ORDER = "order"
    PERSON = "person"
    ADJOURNMENT = "adjournment"


class Stance(StrEnum):
    AGREES = "agrees"
    DISAGREES = "disagrees"
    NO_ANSWER = "no_answer"


class About(StrEnum):
    """What the three parties consult about (clause 4.8)."""

    SUSPENSION = "suspension"
    DEADLINE = "deadline"
    BID = "bid"


class LimitName(StrEnum):
    """The countdowns of a lot that freeze while the opening is suspended."""

    SEALING_ANSWERS = "sealing_answers"
    DECRYPTION = "decryption"
    OWN_WINDOW = "own_window"
    RESULT_ANSWERS = "result_answers"
    PRICE_ANSWERS = "price_answers"
    OBJECTIONS = "objections"
    QUOTES = "quotes"
    DRAW_COMMITS = "draw_commits"
    DRAW_REVEALS = "draw_reveals"


@dataclass(frozen=True, slots=True)
class Limit:
    """One countdown moved by a pause: `before` and `after` are its ends in ms UTC. `bidder`: for an own window."""

    lot: str
    name: LimitName
    bidder: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class LotBidder:
    lot: str
    bidder: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of the reliable test: `name` is one of journal, storage, clock, recorder, sealing, call."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class DeadlineMoved:
    """Within the same day, before it passed or out of a hold; deposits and sign-ins stay (clause 4.1)."""

    before: int
    after: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class OpeningPostponed:
    """To another day: the sign-in window opens anew and earlier sign-ins don't count (clause 5.3.3)."""

    before: int
    after: int
    sign_in_from: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DeadlineHeld:
    """The deadline did not fire through a platform fault: nothing announced, refused for good or opened (clause 4.7).

    `incidents`: the platform faults that contain the deadline or reach into the time before it.
    """

    deadline: int
    incidents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DeadlineConfirmed:
    deadline: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ConsultationOpened:
    """`lot`, `bidder`: the held bid where `about` is one; `suspension`: its number where `about` is one, else 0."""

    consultation: int
    about: About
    suspension: int
    lot: str
    bidder: str
    answer_by: int


@dataclass(frozen=True, slots=True)
class ConsultationAnswered:
    """`role`: procuring_entity, regulator or trading_centre. No answer in time has no act."""

    consultation: int
    role: str
    stance: Stance
    reason: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class Suspended:
    """All countdowns stand still. `since`: start of the fault; `last_good`: last moment at which all was well, the
    earliest to which the start may be dated back. `incident`: the detector's entry, 0 without one; then `reason_by`
    is the project owner's limit for a signed reason. `act`: None when the hall's own watchdog suspends."""

    suspension: int
    kind: SuspensionKind
    clause: str
    reason: str
    since: int
    last_good: int
    incident: int
    reason_by: int | None
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class SuspensionExtended:
    """Another fault was found while the opening stood still: it goes on only after a test that is newer than this.
    `since`: start of the standstill as it counts now, never later than before."""

    suspension: int
    incident: int
    since: int
    began: int
    """Start of the new fault, ms UTC."""


@dataclass(frozen=True, slots=True)
class SuspensionReasoned:
    """The project owner's signed reason; `since` may be dated back, never before `last_good`."""

    suspension: int
    reason: str
    since: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SuspensionLifted:
    """No reason came: lifted by itself, no time lost or gained. `gained`: whose running window the pause prolonged
    by the clock on the wall."""

    suspension: int
    at: int
    limits: tuple[Limit, ...]
    gained: tuple[LotBidder, ...]


@dataclass(frozen=True, slots=True)
class TestRequested:
    suspension: int
    test: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReliableTestDone:
    """The reliable test (可靠测试) of clause 4.8 a, filled by real checks."""

    suspension: int
    test: int
    checks: tuple[CheckResult, ...]
    passed: bool


@dataclass(frozen=True, slots=True)
class ResumptionAnnounced:
    suspension: int
    test: int
    resumes_at: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Resumed:
    """`at`: the moment from which the countdowns run again, with the ends in `limits`."""

    suspension: int
    at: int
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class SplitDeclared:
    """Not solved within 3 h (clause 4.8 b). The undecrypted have a remote window [opens_at, closes_at]; the decrypted
    go on at `continues_at`, never before that window's end. Either is None where its group is empty."""

    suspension: int
    reading: str
    decrypted: tuple[LotBidder, ...]
    undecrypted: tuple[LotBidder, ...]
    opens_at: int | None
    closes_at: int | None
    continues_at: int | None
    venue: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SplitLapsed:
    """The moment that all were told has come, and no test had proved the fault solved: nothing opens, and other times
    must be declared."""

    suspension: int
    at: int


@dataclass(frozen=True, slots=True)
class ContinuationBegan:
    """The decrypted go on: every window of the second group is closed and the time that was given for it has come
    (clause 4.8 b). `limits`: what stood still for them until now."""

    suspension: int
    at: int
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Adjourned:
    """Over days: same opening, same journal, no second sign-in. Follows `Suspended` where nothing was suspended yet."""

    suspension: int
    resumes_at: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AdjournmentEnded:
    """The signed moment of return has come: the recorder starts again, and all ciphertexts are hashed before anything
    goes on."""

    suspension: int
    at: int


@dataclass(frozen=True, slots=True)
class LotRecheck:
    lot: str
    items: tuple[Rechecked, ...]


@dataclass(frozen=True, slots=True)
class AdjournmentRechecked:
    """All ciphertexts hashed again: `returned` is false at the adjournment and true on the return."""

    suspension: int
    returned: bool
    lots: tuple[LotRecheck, ...]


@dataclass(frozen=True, slots=True)
class OwnWindowOpened:
    """The unused rest of the 60 minutes for one bidder, after a 4.7 cause (clause 5.3.4).

    What it rests on stands here, so that later entries don't change it: of the bidder's window before this one,
    [lost_from, lost_to) was the fault's, and after `stopped_at` (its release, or that window's end) nothing was used.
    """

    lot: str
    bidder: str
    opened_at: int
    closes_at: int
    incident: int
    lost_from: int
    lost_to: int
    stopped_at: int


@dataclass(frozen=True, slots=True)
class OwnWindowClosed:
    lot: str
    bidder: str
    at: int
    released: bool


FaultEvent = (
    DeadlineMoved
    | OpeningPostponed
    | DeadlineHeld
    | DeadlineConfirmed
    | ConsultationOpened
    | ConsultationAnswered
    | Suspended
    | SuspensionExtended
    | SuspensionReasoned
    | SuspensionLifted
    | TestRequested
    | ReliableTestDone
    | ResumptionAnnounced
    | Resumed
    | SplitDeclared
    | SplitLapsed
    | ContinuationBegan
    | Adjourned
    | AdjournmentEnded
    | AdjournmentRechecked
    | OwnWindowOpened
    | OwnWindowClosed
)
