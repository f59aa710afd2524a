"""Posts, words, the register and the opening record."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StaffView:
    role: str
    name: str
    unit: str
    certificate: str


@dataclass(frozen=True, slots=True)
class TextView:
    """A prepared text that the host reads."""

    key: str
    title: str
    text: str
    read: bool


@dataclass(frozen=True, slots=True)
class MessageView:
    """What was said in the room. A hidden message keeps its place; its text is shown to staff only."""

    message: int
    at: int
    speaker: str
    channel: str
    text: str
    hidden: str


@dataclass(frozen=True, slots=True)
class RemarkView:
    remark: int
    role: str
    stance: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class CallView:
    """`recording`: under this name its recording is attached."""

    callee: str
    outcome: str
    text: str
    recording: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    incident: int
    kind: str
    clause: str
    subject: str
    detail: str
    scope: list[str]
    start: int | None
    end: int | None
    corrects: int
    by_hall: bool
    explanation: str


@dataclass(frozen=True, slots=True)
class RegisterView:
    """The state of the incident register for its signer: `digest` is what `sign_register` binds (clause 4.3)."""

    entries: int
    digest: str
    unexplained: list[int]
    signed: bool


@dataclass(frozen=True, slots=True)
class UnsignedView:
    """A signer who does not sign: `refused` by itself, or stated by the project owner."""

    role: str
    refused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """A picture or document that the notary added of its own (clause 4.5)."""

    paper: int
    role: str
    title: str
    mime: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PdfSignatureView:
    """A signature inside a bid's PDF; see `hall.procurement.bid_report`."""

    signer: str
    certificate: str
    intact: bool
    coverage: str
    changes: str
    signed_at: int | None
    stamped_at: int | None
    revocation: str
    code: str


@dataclass(frozen=True, slots=True)
class BidReportView:
    """What the signatures inside a disclosed bid's PDF are worth. `report`: SHA-256 of the report; `signatures`: for
    staff and for the bid's own bidder."""

    lot: str
    bidder: str
    outcome: str
    pdf: str
    report: str
    signatures: list[PdfSignatureView]


@dataclass(frozen=True, slots=True)
class RecordView:
    """`record_by`: until when it can still be completed after the close, None otherwise (clause 5.5.3)."""

    sha256: str
    content: str
    signed: list[str]
    completed: bool
    unsigned: list[UnsignedView]
    record_by: int | None


@dataclass(frozen=True, slots=True)
class PresenceView:
    """The current interval of one participant."""

    participant: str
    state: str
    since: int
    cause: str
    confidence: str


@dataclass(frozen=True, slots=True)
class GapView:
    """Something that is missing for a complete opening; `blocking` ones stop the close."""

    code: str
    lot: str
    subject: str
    blocking: bool
