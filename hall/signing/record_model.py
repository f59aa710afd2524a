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

from hall.procurement import canonical
from hall.signing.record_course import (
    BidderLine,
    Confirmation,
    CustodyAct,
    DecryptionWindow,
    Draw,
    Ending,
    LedgerSpan,
    Lot,
    Objection,
    OwnWindow,
    Presence,
    Quote,
    QuoteRound,
    ReadOut,
    RecordingHead,
    Rehash,
    RemedyLine,
    Results,
    SealingCheck,
    Setting,
    Staff,
)
from hall.signing.record_matters import (
    Absence,
    BidPdf,
    Call,
    Camera,
    CauseDecision,
    Consultation,
    DeadlineChange,
    EvidenceSheet,
    ExternalRecording,
    FailedAct,
    IdentityCheck,
    Incident,
    NotaryAct,
    Register,
    Remark,
    Spoken,
    StaffChange,
    Suspension,
)

SIGNATORIES = ("procuring_entity", "scrutineer", "clerk")
"""Roles that sign the record, in the order of its signature boxes (clause 5.5.3); also the names of the PDF's
fields."""

FURTHER = ("announcer", "supervisor", "notary")
"""Posts whose holders may sign besides, as bidders may; nobody waits for them."""

REHEARSAL = "rehearsal"


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
    sealing: tuple[SealingCheck, ...]
    windows: tuple[DecryptionWindow, ...]
    read_out: tuple[ReadOut, ...]
    confirmations: tuple[Confirmation, ...]
    staff_changes: tuple[StaffChange, ...] = ()
    deadlines: tuple[DeadlineChange, ...] = ()
    rehashes: tuple[Rehash, ...] = ()
    own_windows: tuple[OwnWindow, ...] = ()
    ledger: tuple[LedgerSpan, ...] = ()
    results: tuple[Results, ...] = ()
    custody: tuple[CustodyAct, ...] = ()
    remedies: tuple[RemedyLine, ...] = ()
    quotes: tuple[QuoteRound, ...] = ()
    draws: tuple[Draw, ...] = ()
    endings: tuple[Ending, ...] = ()
    objections: tuple[Objection, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    consultations: tuple[Consultation, ...] = ()
    incidents: tuple[Incident, ...] = ()
    register: Register | None = None
    causes: tuple[CauseDecision, ...] = ()
    sheets: tuple[EvidenceSheet, ...] = ()
    failed_acts: tuple[FailedAct, ...] = ()
    absences: tuple[Absence, ...] = ()
    remarks: tuple[Remark, ...] = ()
    bid_pdfs: tuple[BidPdf, ...] = ()
    notary_acts: tuple[NotaryAct, ...] = ()
    calls: tuple[Call, ...] = ()
    identity_checks: tuple[IdentityCheck, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    presence: tuple[Presence, ...] = ()
    recordings: tuple[RecordingHead, ...] = ()
    cameras: tuple[Camera, ...] = ()
    external_recordings: tuple[ExternalRecording, ...] = ()
    settings: tuple[Setting, ...] = ()

    def to_json(self) -> bytes:
        """The record as canonical JSON (record.json): the same names as here, plus `v` and each price in capitals."""
        return canonical.dumps({"v": 2, **_fields(self)})


def _fields(item: object) -> dict[str, object]:
    assert is_dataclass(item)
    plain = {field.name: _plain(getattr(item, field.name)) for field in fields(item)}
    if isinstance(item, ReadOut | Quote):
        plain["price_capitals"] = item.price_capitals
    return plain


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return _fields(value) if is_dataclass(value) else value
