"""Commands of the ordinary course."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.tender import Deposit
from hall.session.commands.custody import EntrustedKey
from hall.session.events.course import (
    Cause,
    DisclosedBid,
    OpeningScheduled,
    Outcome,
    PriceAnswer,
    Rechecked,
    RecorderProof,
    RecordingHead,
    SealingAnswer,
)
from hall.session.events.people import FreshnessProved


@dataclass(frozen=True, slots=True)
class ScheduleOpening:
    plan: OpeningScheduled


@dataclass(frozen=True, slots=True)
class HandOverDeposits:
    """From tendering, after its deadline; `manifest` is the digest over all deposits, superseded ones included."""

    manifest: str
    deposits: tuple[Deposit, ...]


@dataclass(frozen=True, slots=True)
class SignIn:
    """`photo`: SHA-256 of the reference picture, "" without one; `compares`: consents that faces are compared."""

    act: SignedAct
    photo: str = ""
    compares: bool = False


@dataclass(frozen=True, slots=True)
class AnnounceBidders:
    lot: str
    act: SignedAct
    proof: RecorderProof | None


@dataclass(frozen=True, slots=True)
class FailTender:
    lot: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class GoOnWithFewer:
    """`approval`: SHA-256 of the approving document."""

    lot: str
    reason: str
    approval: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteRecheck:
    lot: str
    items: tuple[Rechecked, ...]
    fresh: FreshnessProved | None = None


@dataclass(frozen=True, slots=True)
class AnswerSealing:
    lot: str
    answer: SealingAnswer
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DeclareSealing:
    lot: str
    act: SignedAct
    proof: RecorderProof | None


@dataclass(frozen=True, slots=True)
class CommandDecryption:
    lot: str
    minutes: int
    act: SignedAct
    proof: RecorderProof | None


@dataclass(frozen=True, slots=True)
class Release:
    """The bidder's act. `content_key`: 32 bytes, never journalled, and then `act` has its body withheld already; b""
    where the key is entrusted to custodians."""

    lot: str
    sha256: str
    content_key: bytes
    act: SignedAct
    entrusted: EntrustedKey | None = None


@dataclass(frozen=True, slots=True)
class DeclineRelease:
    lot: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteBidOpened:
    lot: str
    bidder: str
    summary: str


@dataclass(frozen=True, slots=True)
class NoteBidFailed:
    lot: str
    bidder: str
    code: str
    segment: int | None


@dataclass(frozen=True, slots=True)
class DecideCause:
    lot: str
    bidder: str
    cause: Cause
    incident: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DisclosePrices:
    lot: str
    bids: tuple[DisclosedBid, ...]


@dataclass(frozen=True, slots=True)
class StateBasePrice:
    lot: str
    price: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReadOut:
    lot: str
    bidder: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ConfirmPrice:
    lot: str
    answer: PriceAnswer
    price: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class OpenObjections:
    lot: str
    act: SignedAct
    proof: RecorderProof | None


@dataclass(frozen=True, slots=True)
class RaiseObjection:
    lot: str
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AnswerObjection:
    lot: str
    objection: int
    outcome: Outcome
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CloseObjections:
    lot: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteRecordPrepared:
    sha256: str
    content: str
    tree_size: int
    tree_root: str


@dataclass(frozen=True, slots=True)
class NoteRecordSigned:
    """`before`: the revision that was signed; another one in between makes it stale. `sha256`: the new revision."""

    before: str
    role: str
    name: str
    certificate: str
    sha256: str


@dataclass(frozen=True, slots=True)
class NoteRecordCompleted:
    """`before`: the revision that was closed, "" for whichever is current; a signature in between makes it void."""

    sha256: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class CloseOpening:
    """`record_later`: close before the record is complete; it may follow within the limit (clause 5.5.3)."""

    record_later: bool
    act: SignedAct
    proof: RecorderProof | None


@dataclass(frozen=True, slots=True)
class NoteRoomEmpty:
    """The last bidder's connection is gone."""


@dataclass(frozen=True, slots=True)
class NoteRecordingHeads:
    heads: tuple[RecordingHead, ...]
    final: bool


@dataclass(frozen=True, slots=True)
class NotePresence:
    participant: str
    connection: int
    state: str
    start: int
    end: int | None
    uncertainty: int
    cause: str
    confidence: str
    certificate: str = ""
    proofs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteIncident:
    kind: str
    clause: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class AdvanceClock:
    by_ms: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: the only way in which time alone changes an opening."""


CourseAct = (
    SignIn
    | AnnounceBidders
    | FailTender
    | GoOnWithFewer
    | AnswerSealing
    | DeclareSealing
    | CommandDecryption
    | Release
    | DeclineRelease
    | DecideCause
    | StateBasePrice
    | ReadOut
    | ConfirmPrice
    | OpenObjections
    | RaiseObjection
    | AnswerObjection
    | CloseObjections
    | CloseOpening
    | AdvanceClock
)
CourseNote = (
    ScheduleOpening
    | HandOverDeposits
    | NoteRecheck
    | NoteBidOpened
    | NoteBidFailed
    | DisclosePrices
    | NoteRecordPrepared
    | NoteRecordSigned
    | NoteRecordCompleted
    | NoteRoomEmpty
    | NoteRecordingHeads
    | NotePresence
    | NoteIncident
    | Tick
)
