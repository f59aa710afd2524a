"""What travels to the web client: the view of an opening and its parts. The client's types are generated
from here.

Plain frozen dataclasses of JSON types. Times are ms UTC, digests lowercase hex, money decimal strings. A
`View` holds
what one viewer may see at this stage and nothing else; `hall.session.views` is the only place that fills it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class You:
    """The viewer itself. `participant`: its id in media and presence."""

    role: str
    party: str
    name: str
    certificate: str
    participant: str


@dataclass(frozen=True, slots=True)
class StaffView:
    role: str
    name: str
    unit: str
    certificate: str


@dataclass(frozen=True, slots=True)
class DepositView:
    """A sealed bid in the manifest, or a bidder's own. `intact`: result of the fresh re-hash, None before it."""

    bidder: str
    size: int
    sha256: str
    received_at: int
    recipient: str
    intact: bool | None


@dataclass(frozen=True, slots=True)
class PriceView:
    """The read-out columns. `capitals`: the price in 大写."""

    bidder: str
    price: str
    capitals: str
    period: str
    quality: str
    manager: str
    security: str


@dataclass(frozen=True, slots=True)
class BidderView:
    """A bidder in one lot. `status`: listed, absent, without_deposit; `release`: waiting, received,
    declined, opened, failed.

    `failure` is the code of a failed opening; `representative` is filled for staff only, after the
    announcement.
    """

    bidder: str
    name: str
    certificate: str
    status: str
    sealing: str
    held: bool
    release: str
    failure: str
    cause: str
    read_out: bool
    price_answer: str
    representative: str
    phones: list[str]


@dataclass(frozen=True, slots=True)
class ObjectionView:
    objection: int
    bidder: str
    text: str
    outcome: str
    answer: str


@dataclass(frozen=True, slots=True)
class WindowView:
    """The decryption window. `closed_at` is None while it runs; both ends are absolute hall time."""

    opened_at: int
    closes_at: int
    closed_at: int | None
    early: bool


@dataclass(frozen=True, slots=True)
class LotView:
    lot: str
    name: str
    stage: str
    price_ceiling: str | None
    bidders: list[BidderView]
    deposits: list[DepositView]
    answer_by: int | None
    window: WindowView | None
    command: dict[str, object] | None
    """The decrypt command as a signed act, for the client to verify before it unwraps."""
    prices: list[PriceView]
    price_answer_by: int | None
    objections: list[ObjectionView]
    objections_not_before: int | None


@dataclass(frozen=True, slots=True)
class RecordView:
    sha256: str
    content: str
    signed: list[str]
    completed: bool


@dataclass(frozen=True, slots=True)
class PresenceView:
    """The current interval of one participant."""

    participant: str
    state: str
    since: int
    cause: str
    confidence: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    incident: int
    kind: str
    clause: str
    subject: str
    detail: str


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
class Checkpoint:
    """The tree's last signed checkpoint (a C2SP note); bound into every act from then on."""

    size: int
    root: str
    note: str


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


@dataclass(frozen=True, slots=True)
class Update:
    """One message of the hall to one viewer: its view, and the timeline from `cursor` on.

    A client whose own count of entries differs from `cursor` asks again from what it has.
    """

    cursor: int
    view: View
    timeline: list[TimelineEntry]


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
    signature: str


WIRE_TYPES: tuple[type, ...] = (
    You,
    StaffView,
    DepositView,
    PriceView,
    BidderView,
    ObjectionView,
    WindowView,
    LotView,
    RecordView,
    PresenceView,
    IncidentView,
    Waiting,
    TimelineEntry,
    Checkpoint,
    Manifest,
    View,
    Update,
    Receipt,
    Ack,
)
