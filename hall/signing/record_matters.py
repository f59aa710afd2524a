"""The other matters of an opening's record (clause 5.5.2 e): posts, deadlines, standstills, register, what was said.

Conventions: see `record_model`. `by` is "role name" of who signed, "hall" where nobody did.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.bid_report import PdfSignature


@dataclass(frozen=True, slots=True)
class StaffChange:
    """A post that changed hands. `kind`: deputy, substitute, notary_absent; `before`: the former certificate."""

    at: int
    kind: str
    role: str
    name: str
    unit: str
    certificate: str
    before: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class DeadlineChange:
    """`kind`: moved, postponed, held, confirmed; `incidents`: on which a held deadline rests."""

    at: int
    kind: str
    before: int
    after: int
    reason: str
    incidents: tuple[int, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Test:
    """A reliable test (可靠测试, clause 4.8 a)."""

    test: int
    at: int
    passed: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class MovedLimit:
    """A countdown that a standstill moved. `name` as in the journal; `bidder`: for an own window."""

    lot: str
    name: str
    bidder: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Split:
    """After three hours (clause 4.8 b). Groups as "lot/bidder". `lapsed_at`: its moment, when no reliable test had been
    passed by then, so that other times had to be declared."""

    at: int
    reading: str
    decrypted: tuple[str, ...]
    undecrypted: tuple[str, ...]
    opens_at: int | None
    closes_at: int | None
    continues_at: int | None
    lapsed_at: int | None
    venue: str
    by: str


@dataclass(frozen=True, slots=True)
class Adjournment:
    at: int
    resumes_at: int
    returned_at: int | None
    reason: str
    damaged: tuple[str, ...]
    """Sealed bids, as "lot/bidder", that were not intact when they were hashed again."""
    by: str


@dataclass(frozen=True, slots=True)
class Suspension:
    """One standstill. `since`: start of the fault as it counts, `at`: when the countdowns stopped, `ended_at`: when
    they ran again; `how`: resumed, lifted, "" while it lasts; `gained`: "lot/bidder" whose window it prolonged."""

    number: int
    kind: str
    clause: str
    at: int
    since: int
    by: str
    reason: str
    reasoned_by: str
    reasoned_at: int | None
    incidents: tuple[int, ...]
    tests: tuple[Test, ...]
    splits: tuple[Split, ...]
    adjournments: tuple[Adjournment, ...]
    ended_at: int | None
    how: str
    limits: tuple[MovedLimit, ...]
    gained: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stance:
    """`stance`: agrees, disagrees, no_answer."""

    role: str
    stance: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Consultation:
    """The three parties were asked (clause 4.8). `about`: suspension, deadline, bid."""

    number: int
    about: str
    suspension: int
    lot: str
    bidder: str
    at: int
    answer_by: int
    answers: tuple[Stance, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """An entry of the incident register (clause 4.3). `kind`: a stable code; `clause`: 4.7 letter or ""; `scope`:
    bidders concerned, all when empty; `corrects`: the entry that it corrects; `explanation` "" while there is none."""

    incident: int
    at: int
    kind: str
    clause: str
    subject: str
    text: str
    scope: tuple[str, ...]
    start: int | None
    end: int | None
    corrects: int
    by: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Register:
    """The procuring entity's signature under the register's state."""

    entries: int
    digest: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class CauseDecision:
    """The project owner's decision on an unopened bid. `cause`: deemed_revoked, deemed_withdrawn, platform_fault; then
    `incident` is the entry that it rests on, and `clause` its 4.7 letter."""

    lot: str
    bidder: str
    name: str
    cause: str
    incident: int
    clause: str
    reason: str
    decided_by: str
    decided_at: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What a supervisor, regulator or notary recorded (clause 4.4). `stance`: seen, objects."""

    remark: int
    at: int
    stance: str
    about: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class BidPdf:
    """What the signatures inside a disclosed bid's PDF are worth (`hall.procurement.bid_report`, clause 5.2.2)."""

    lot: str
    bidder: str
    name: str
    outcome: str
    pdf: str
    report: str
    signatures: tuple[PdfSignature, ...]


@dataclass(frozen=True, slots=True)
class NotaryAct:
    """Something that the notary signed (clause 4.5). `digest`: of a paper's bytes, "" otherwise; `signed`: SHA-256 of
    the act's body as it was signed under `certificate`."""

    at: int
    act: str
    lot: str
    subject: str
    text: str
    digest: str
    certificate: str
    signed: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call by telephone. `outcome`: reached, no_answer, wrong_number."""

    at: int
    callee: str
    outcome: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """A look at a representative (clause 5.3.7). `result`: same_person, not_the_same, no_camera, or replaced where the
    bidder sent another representative on a new letter."""

    at: int
    bidder: str
    name: str
    result: str
    text: str
    by: str
    moment: str
    """The look in the middle of the opening that it answers: decryption, price, objection, "" for any other."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that shows the hall itself (clause 6.1)."""

    participant: str
    name: str


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of a recording made elsewhere, attached at `at` by its digest; it covers [start, end)."""

    sha256: str
    size: int
    mime: str
    start: int
    end: int
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class ExternalRecording:
    """A recording made elsewhere that the project owner named (clause 6.1), or that of a telephone call: then `name` is
    whom it called."""

    recording: str
    at: int
    name: str
    place: str
    reason: str
    by: str
    files: tuple[AttachedFile, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The transcript. `channel`: speech, question, clarification, announcement, text (`text` is then its title);
    `hidden`: why the room no longer saw it, "" otherwise."""

    at: int
    channel: str
    by: str
    text: str
    hidden: str


@dataclass(frozen=True, slots=True)
class FailedAct:
    """An act of legal weight that failed (clauses 4.3, 5.3.3). `by`: participant; `told`: stopped in the sender's own
    page, as that page says, without a signature; else the hall refused it."""

    at: int
    by: str
    act: str
    lot: str
    code: str
    told: bool


@dataclass(frozen=True, slots=True)
class Absence:
    """An interval of presence; among the record's absences one that is not online (clause 4.3)."""

    participant: str
    state: str
    start: int
    end: int | None
    cause: str
    confidence: str


@dataclass(frozen=True, slots=True)
class EvidenceSheet:
    """What lay before the project owner when it decided a cause (clause 5.3.5). `faults`: numbers of the register's
    entries; the hall only proposed: `proposal` is a cause or "", `reason` a code."""

    lot: str
    bidder: str
    name: str
    decided_at: int
    since: int
    until: int
    attempts: tuple[FailedAct, ...]
    presence: tuple[Absence, ...]
    faults: tuple[int, ...]
    proposal: str
    reason: str
