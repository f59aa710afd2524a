"""A viewer's whole view, and what the hall promises."""

from __future__ import annotations

from dataclasses import dataclass, field

from hall.wire.custody import CustodyView, RenewalView
from hall.wire.evidence import AttemptView, IntervalView, OperatorView, SheetView
from hall.wire.lot import LotView
from hall.wire.media import Camera, ExternalRecording, FlagView, LookView
from hall.wire.meeting import (
    BidReportView,
    CallView,
    GapView,
    IncidentView,
    MessageView,
    PaperView,
    PresenceView,
    RecordView,
    RegisterView,
    RemarkView,
    StaffView,
    TextView,
)
from hall.wire.pause import ConsultationView, DeadlineChange, SuspensionView


@dataclass(frozen=True, slots=True)
class You:
    """The viewer itself. `participant`: its id in media and presence."""

    role: str
    party: str
    name: str
    certificate: str
    participant: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who must do what now: the banner on every screen. `role` is "hall" while the hall itself works or time runs."""

    role: str
    act: str
    lot: str
    until: int | None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One visible event. `n` counts what this viewer may see, so it betrays nothing hidden."""

    n: int
    at: int
    kind: str
    lot: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Who else has signed checkpoints: its last one `at` (ms UTC); `here`: this very one."""

    role: str
    certificate: str
    at: int
    here: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree's last signed checkpoint (a C2SP note): every act binds the one that its signer verified last."""

    size: int
    root: str
    note: str
    cosigners: list[Cosigner] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Digest over all deposits, and its spoken code of 8 × 4 digits."""

    digest: str
    code: str


@dataclass(frozen=True, slots=True)
class View:
    """An opening as one viewer may see it now."""

    opening: str
    origin: str
    tender: str
    tender_name: str
    tender_number: str
    place: str
    mode: str
    clock_advanced: int
    stage: str
    bid_deadline: int
    sign_in_from: int
    you: You
    signed_in: bool
    staff: list[StaffView]
    lots: list[LotView]
    manifest: Manifest | None
    checkpoint: Checkpoint | None
    may: list[str]
    """Acts this viewer may send now; for acts of a lot as `act:lot`."""
    waiting: Waiting | None
    record: RecordView | None
    leave_by: int | None
    presence: list[PresenceView]
    media: list[str]
    """Participants whose picture this viewer may watch now."""
    publish: bool
    """Whether this viewer is one of those on audio and video."""
    sending: bool
    """Whether this viewer's own picture or sound arrives at the hall now."""
    recording: bool
    incidents: list[IncidentView]
    epoch: int
    """Number of suspensions so far; every act binds it."""
    held: bool
    """The deadline is held: it did not fire through a fault of the hall (clause 4.7)."""
    deadlines: list[DeadlineChange]
    suspension: SuspensionView | None
    """The standstill that lasts now."""
    suspensions: list[SuspensionView]
    continues_at: int | None
    consultations: list[ConsultationView]
    notary: str
    """Who declares: "declares" (a notary), "absent" (marked so) or "none" appointed."""
    deputies: list[StaffView]
    texts: list[TextView]
    messages: list[MessageView]
    remarks: list[RemarkView]
    papers: list[PaperView]
    bid_reports: list[BidReportView]
    muted: list[str]
    """Participants whose microphone is silenced; a bidder sees itself alone."""
    calls: list[CallView]
    register: RegisterView | None
    gaps: list[GapView]
    observer: bool
    """The viewer deposited but did not sign in: it may look on and object (clause 5.3.2)."""
    sheets: list[SheetView]
    attempts: list[AttemptView]
    """Acts of legal weight that failed, for staff after the announcement; beside the register, and blocking nothing."""
    absences: list[IntervalView]
    """Intervals of presence that are not online, for the same."""
    operators: list[OperatorView]
    """For the supervisor, after the announcement."""
    floor: str
    """The participant that all see and hear now beside the host, "" for nobody."""
    hands: list[str]
    """Participants that ask for the floor, in the order in which they did."""
    cameras: list[Camera]
    stills: list[str]
    """Participants whose pictures come as stills alone, because media can't pass."""
    broadcast: list[str]
    """Participants that the public may see now."""
    external: list[ExternalRecording]
    """For staff."""
    checks_due: list[LookView]
    """For supervisor and host."""
    flags: list[FlagView]
    """For supervisor and host."""
    custody: CustodyView
    renewals: list[RenewalView]
    """Renewed certificates of bidders, for those who decide or supervise it, after the announcement."""


@dataclass(frozen=True, slots=True)
class Update:
    """The whole view of one viewer, and its timeline from `cursor` on.

    A client whose own count of entries differs from `cursor` asks again from what it has. `version` numbers what a
    connection is told, 0 outside of one; `Changes` build on it.
    """

    cursor: int
    view: View
    timeline: list[TimelineEntry]
    version: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A place in a view where something else stands now.

    `path`: names of fields and positions in lists, from the view inwards, joined by "/"; a position just behind the end
    of a list adds to it. `value`: what stands there now, whole.
    """

    path: str
    value: object


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new in one viewer's view since `version` - 1, and its timeline from `cursor` on.

    A client that has another version, or another count of entries, asks again from what it has.
    """

    version: int
    cursor: int
    timeline: list[TimelineEntry]
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The hall's signed promise for a deposit.

    `signature`: Ed25519 by the log key over "bidhall/1 receipt\\0" | canonical JSON without it.
    """

    v: int
    origin: str
    tender: str
    lot: str
    bidder: str
    size: int
    sha256: str
    commit: str
    recipient: str
    received_at: int
    leaf: str
    trust_roots: str
    log_key: str
    """SHA-256 of the 32 raw bytes of the log key that signs this and all checkpoints."""
    signature: str


@dataclass(frozen=True, slots=True)
class Ack:
    """The hall's answer to an act: it is journalled.

    `signature`: Ed25519 by the log key, "bidhall/1 ack\\0" | canonical JSON without it.
    """

    v: int
    act: str
    opening: str
    body_digest: str
    received_at: int
    events: list[str]
    leaf: str
    """Leaf hash of the act's row, "" where a repetition or an act without effect has none."""
    signature: str
