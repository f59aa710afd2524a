"""The ordinary course of an opening, from its plan to the empty room.

An `act` is the signed message that caused the event; where its body is personal or secret it is withheld and only its
digest stands here. Prices appear in `PricesDisclosed` and never earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hall.procurement.acts import SignedAct
from hall.procurement.parties import Appointment
from hall.procurement.tender import Deposit, Lot, Mode, RuleSet


class Cause(StrEnum):
    """Why a listed bid was not decrypted, as the project owner decided (clause 5.3.4)."""

    DEEMED_REVOKED = "deemed_revoked"
    DEEMED_WITHDRAWN = "deemed_withdrawn"
    PLATFORM_FAULT = "platform_fault"
    """Clause 4.7: the bidder has the unused rest of the window to itself."""


class SealingAnswer(StrEnum):
    INTACT = "intact"
    OBJECTS = "objects"
    NO_ANSWER = "no_answer"


class PriceAnswer(StrEnum):
    CONFIRMED = "confirmed"
    OBJECTS = "objects"
    NO_ANSWER = "no_answer"


class Outcome(StrEnum):
    """Answers to an objection; all three permit the close (clause 5.5.2)."""

    UPHELD = "upheld"
    REJECTED = "rejected"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class RecorderProof:
    """A fragment of the host's stream or a hall camera's, flushed and read back by its hash (clause 6.1).

    `at`: the fragment's end, ms UTC. Where a recording made elsewhere takes the recorder's place, `participant` is its
    name (external-1), `at` when it was named, and the rest is empty.
    """

    participant: str
    file: str
    fragment: int
    stored: str
    at: int


@dataclass(frozen=True, slots=True)
class RecordingHead:
    """The head of one recording's chain: what is written so far can't lose its tail unnoticed."""

    participant: str
    file: str
    epoch: int
    fragments: int
    chain: str


@dataclass(frozen=True, slots=True)
class Rechecked:
    """One stored ciphertext, hashed again now."""

    bidder: str
    sha256: str
    intact: bool


@dataclass(frozen=True, slots=True)
class DisclosedBid:
    """The read-out columns of one opened bid."""

    bidder: str
    price: str
    period: str
    quality: str
    manager: str
    security: str
    bid_sha256: str


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A text that the host reads or has read by speech synthesis (clause 5.3.1). `key`: opening, staff, discipline …"""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class HallCamera:
    """A camera that shows the hall itself; its participant is camera-<camera>. Where its picture comes from is a
    setting of the server and no part of the plan."""

    camera: str
    name: str


@dataclass(frozen=True, slots=True)
class OpeningScheduled:
    opening: str
    origin: str
    tender: str
    tender_name: str
    tender_number: str
    place: str
    mode: Mode
    lots: tuple[Lot, ...]
    bid_deadline: int
    sign_in_from: int
    rules: RuleSet
    staff: tuple[Appointment, ...]
    trust_roots: str
    deputies: tuple[Appointment, ...] = ()
    texts: tuple[PreparedText, ...] = ()
    cameras: tuple[HallCamera, ...] = ()


@dataclass(frozen=True, slots=True)
class SignInOpened:
    at: int


@dataclass(frozen=True, slots=True)
class BidderSignedIn:
    """`act` without its body: the declared person is a personal item kept beside the journal under the
    body's digest. `photo`: SHA-256 of its reference picture, "" without one; `compares`: it consented that a machine
    compares faces (clause 5.3.7)."""

    bidder: str
    name: str
    act: SignedAct
    photo: str = ""
    compares: bool = False


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    at: int


@dataclass(frozen=True, slots=True)
class DepositsHandedOver:
    """Tendering closed its deposits; `manifest` is the digest of the list, superseded ones included."""

    manifest: str
    deposits: tuple[Deposit, ...]


@dataclass(frozen=True, slots=True)
class BiddersAnnounced:
    lot: str
    bidders: tuple[str, ...]
    not_signed_in: tuple[str, ...]
    without_deposit: tuple[str, ...]
    proof: RecorderProof
    act: SignedAct


@dataclass(frozen=True, slots=True)
class LotLocked:
    """Fewer than the minimum: sealed, not yet failed (clause 5.3.2, Implementation Regulations 44)."""

    lot: str
    bidders: tuple[str, ...]
    not_signed_in: tuple[str, ...]
    without_deposit: tuple[str, ...]
    minimum: int
    proof: RecorderProof
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FewerApproved:
    """The lot goes on with fewer than the minimum, where the method allows it. `approval`: SHA-256 of the document."""

    lot: str
    reason: str
    approval: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoAlternatives:
    """Nobody deposited an alternative bid of this number; nothing is left to do in its lot (clause 5.2.2)."""

    lot: str
    proof: RecorderProof
    act: SignedAct


@dataclass(frozen=True, slots=True)
class TenderFailed:
    """`lot` failed; with a main lot its alternatives fail, by the same act."""

    lot: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SealingRechecked:
    """`answer_by`: until when each bidder checks its own; None where a notary declares. Comes again, on fresh hashes,
    when the notary is marked absent."""

    lot: str
    items: tuple[Rechecked, ...]
    answer_by: int | None


@dataclass(frozen=True, slots=True)
class SealingAnswered:
    lot: str
    bidder: str
    answer: SealingAnswer
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class SealingDeclared:
    """Declaration (i) of clause 4.2; `held` bids wait for a decided cause, the others go on.

    `role`: notary, or host where the bidders' own check took the notary's place.
    """

    lot: str
    role: str
    held: tuple[str, ...]
    proof: RecorderProof
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DecryptionCommanded:
    lot: str
    opened_at: int
    closes_at: int
    epoch: int
    proof: RecorderProof
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReleaseReceived:
    """`release`: SHA-256 of the release's body; the body with the content key is not here (withheld from `act`)."""

    lot: str
    bidder: str
    release: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReleaseDeclined:
    lot: str
    bidder: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class BidOpened:
    lot: str
    bidder: str
    summary: str


@dataclass(frozen=True, slots=True)
class BidOpenFailed:
    lot: str
    bidder: str
    code: str
    segment: int | None


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """`early`: every listed bidder was done or had declined. `undecrypted`: no release counted."""

    lot: str
    at: int
    early: bool
    undecrypted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CauseDecided:
    """`incident`: the 4.7 entry on which a platform_fault rests, 0 otherwise."""

    lot: str
    bidder: str
    cause: Cause
    incident: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PricesDisclosed:
    lot: str
    bids: tuple[DisclosedBid, ...]
    answer_by: int


@dataclass(frozen=True, slots=True)
class BasePriceStated:
    """The base price (标底), announced with the read-out and never known to the hall before (Regulations 50)."""

    lot: str
    price: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class BidReadOut:
    lot: str
    bidder: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PriceAnswered:
    lot: str
    bidder: str
    answer: PriceAnswer
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class ObjectionsOpened:
    lot: str
    not_before: int
    proof: RecorderProof
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ObjectionRaised:
    lot: str
    objection: int
    bidder: str
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ObjectionAnswered:
    lot: str
    objection: int
    outcome: Outcome
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ObjectionsClosed:
    lot: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RecordPrepared:
    """The opening record was generated. `sha256`: of the PDF; `content`: of record.json inside it."""

    sha256: str
    content: str
    tree_size: int
    tree_root: str


@dataclass(frozen=True, slots=True)
class RecordSigned:
    """The signature itself is the CMS inside the PDF; `sha256` is the revision that it made."""

    role: str
    name: str
    certificate: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RecordCompleted:
    sha256: str


@dataclass(frozen=True, slots=True)
class OpeningClosed:
    """`record_by`: until when the record may still be completed, None when it is complete (clause 5.5.3)."""

    leave_by: int
    record_by: int | None
    proof: RecorderProof
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RoomEmptied:
    at: int


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """The recorder was started by the state machine (clause 4.11)."""

    at: int


@dataclass(frozen=True, slots=True)
class RecordingHeads:
    """One row for all recordings each 10 s, and once more, `final`, when the recorder has stopped."""

    heads: tuple[RecordingHead, ...]
    final: bool


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """A finished or begun interval of one participant; times in ms UTC, `uncertainty` in ms (clause 4.6)."""

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
class ActRefused:
    """A refusal with legal weight. It changes nothing but the list of attempts."""

    act_type: str
    code: str
    lot: str
    actor: str
    digest: str


@dataclass(frozen=True, slots=True)
class ClockAdvanced:
    by_ms: int
    act: SignedAct


CourseEvent = (
    OpeningScheduled
    | SignInOpened
    | BidderSignedIn
    | DeadlinePassed
    | DepositsHandedOver
    | BiddersAnnounced
    | LotLocked
    | FewerApproved
    | NoAlternatives
    | TenderFailed
    | SealingRechecked
    | SealingAnswered
    | SealingDeclared
    | DecryptionCommanded
    | ReleaseReceived
    | ReleaseDeclined
    | BidOpened
    | BidOpenFailed
    | WindowClosed
    | CauseDecided
    | PricesDisclosed
    | BasePriceStated
    | BidReadOut
    | PriceAnswered
    | ObjectionsOpened
    | ObjectionRaised
    | ObjectionAnswered
    | ObjectionsClosed
    | RecordPrepared
    | RecordSigned
    | RecordCompleted
    | OpeningClosed
    | RoomEmptied
    | RecordingStarted
    | RecordingHeads
    | PresenceChanged
    | ActRefused
    | ClockAdvanced
)
