"""What the opening record (开标记录, clause 5.5.2) says: plain frozen data, filled from the journal and from
nothing else.

This module may not read a journal, a clock or a file; it holds no layout and no words. Conventions for all fields:

- times are int milliseconds UTC, `None` where the act did not happen;
- digests are lowercase hex SHA-256, money is a decimal string in yuan ("1234567.89");
- lines about bids are keyed (lot, bidder); `role`, `status`, `answer`, `cause`, `outcome`, `kind` are the
  stable codes of the code base, which the layout turns into Chinese; an unknown code is printed as it stands;
- sequences are tuples in the order in which the record shall list them. Equal records give equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass

from hall.procurement import canonical, money

SIGNATORIES = ("procuring_entity", "scrutineer", "clerk")
"""Roles that sign the record, in the order of its signature boxes (clause 5.5.3); also the names of the PDF's
fields."""

REHEARSAL = "rehearsal"


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot (标段) of the tender; ceiling and base price are announced at the opening, `None` where there is none."""

    lot: str
    name: str
    price_ceiling: str | None = None
    base_price: str | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """A person on duty: `role` as in SIGNATORIES or host, announcer, supervisor, notary; `certificate`
    SHA-256 or ""."""

    role: str
    name: str
    unit: str
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class BidderLine:
    """What one bidder did for one lot. `sealed_sha256`: the deposit that counts, "" if there was none.

    `status`: opened, opened_late, not_signed_in, no_deposit, not_released, damaged, withdrawn, locked.
    """

    lot: str
    bidder: str
    name: str
    representative: str
    certificate: str
    deposited_at: int | None
    signed_in_at: int | None
    released_at: int | None
    opened_at: int | None
    sealed_sha256: str
    status: str


@dataclass(frozen=True, slots=True)
class ReadOut:
    """The disclosed columns of one bid (唱标), as they stood in its summary.json. `read_out_at`: when it was
    read aloud."""

    lot: str
    bidder: str
    name: str
    price: str
    period: str
    quality: str
    manager: str
    security: str
    bid_sha256: str
    read_out_at: int | None

    @property
    def price_capitals(self) -> str:
        """The price in Chinese capitals. Derived, never given, so that it can't differ from the digits."""
        return money.capitals(money.parse(self.price))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A bidder's answer to its read-out price. `answer`: confirmed, objected, no_answer."""

    lot: str
    bidder: str
    answer: str
    at: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SealingAnswer:
    """Check of one sealed bid (clause 4.2). `intact`: the re-hash equals the receipt; `answer`: intact,
    objects, no_answer."""

    lot: str
    bidder: str
    name: str
    rehashed_sha256: str
    intact: bool
    answer: str
    at: int | None


@dataclass(frozen=True, slots=True)
class SealingCheck:
    """The check before the decrypt command, and who declared its result (`declared_by`: "role name")."""

    declared_by: str
    declared_at: int | None
    result: str
    answers: tuple[SealingAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class DecryptionWindow:
    """`closes_at` is the end as commanded, `closed_at` the end as it came, `reason`: all_released, time_over, failed.

    `commanded_by`: "role name" of who signed the decrypt command.
    """

    commanded_by: str
    opened_at: int
    closes_at: int
    closed_at: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection raised at the opening, verbatim, and its answer. `outcome`: upheld, rejected, later, "" if
    unanswered."""

    bidder: str
    name: str
    raised_at: int
    text: str
    outcome: str
    answered_by: str
    answered_at: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class Incident:
    """An entry of the incident register (clause 4.3). `kind`: a stable code; `explanation` "" while there is none."""

    at: int
    kind: str
    subject: str
    text: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class CauseDecision:
    """The project owner's decision on an unopened bid. `cause`: deemed_revoked, deemed_withdrawn, platform."""

    lot: str
    bidder: str
    name: str
    cause: str
    reason: str
    decided_by: str
    decided_at: int


@dataclass(frozen=True, slots=True)
class Presence:
    """How long one participant was connected between `BiddersAnnounced` and the record. Sums in milliseconds."""

    participant: str
    name: str
    online_ms: int
    offline_ms: int
    interruptions: int


@dataclass(frozen=True, slots=True)
class RecordingHead:
    """The state of one recording at the record: `chain` is the hash chain's head after `fragments` fragments."""

    participant: str
    file: str
    fragments: int
    chain: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the rule set under which the opening was held, name and value as configured."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class OpeningRecord:
    """The whole record. `made_at` is the journalled moment of its making, `place` the hall's address (clause 3.1).

    `manifest` is the digest of the list of deposits, `manifest_code` its short code as read aloud ("1234 5678 …").
    `tree_size` and `tree_root` are those of the journal right before the record was made.
    `mode`: "production" or "rehearsal"; a rehearsal's record has no legal effect and says so on each page.
    """

    origin: str
    mode: str
    opening: str
    tender: str
    tender_name: str
    procuring_entity: str
    tendering_agency: str
    place: str
    bid_deadline: int
    opening_time: int
    made_at: int
    manifest: str
    manifest_code: str
    tree_size: int
    tree_root: str
    lots: tuple[Lot, ...]
    staff: tuple[Staff, ...]
    bidders: tuple[BidderLine, ...]
    sealing: SealingCheck | None
    window: DecryptionWindow | None
    read_out: tuple[ReadOut, ...]
    confirmations: tuple[Confirmation, ...]
    objections: tuple[Objection, ...] = ()
    incidents: tuple[Incident, ...] = ()
    causes: tuple[CauseDecision, ...] = ()
    presence: tuple[Presence, ...] = ()
    recordings: tuple[RecordingHead, ...] = ()
    settings: tuple[Setting, ...] = ()

    def to_json(self) -> bytes:
        """The record as canonical JSON (record.json): the same names as here, plus `v` and each price in capitals."""
        return canonical.dumps({"v": 1, **_fields(self)})


def _fields(item: object) -> dict[str, object]:
    assert is_dataclass(item)
    plain = {field.name: _plain(getattr(item, field.name)) for field in fields(item)}
    if isinstance(item, ReadOut):
        plain["price_capitals"] = item.price_capitals
    return plain


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return _fields(value) if is_dataclass(value) else value
