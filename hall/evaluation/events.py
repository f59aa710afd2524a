"""What happened in an evaluation: the closed union that the journal stores and `evolve` folds.

Past tense, frozen, plain values only. Times are ms UTC, digests lowercase hex, points whole hundredths, money decimal
strings. Members are numbers; an expert is a party's id and the salted digest of the person, never a name, until
`MembersRevealed` opens the digests.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hall.procurement.acts import SignedAct
from hall.procurement.evaluation import EvaluationReport, EvaluationRules, OpenedBid
from hall.procurement.findings import Finding


class Barred(StrEnum):
    """Why somebody on the list can't be drawn (Bidding Law art. 37)."""

    NONE = ""
    BIDDER = "bidder"
    """Of a bidder's unit, or bound to one."""
    ENTITY = "entity"
    """Of the procuring entity or its agency: such a one may only be its named representative."""
    STAFF = "staff"
    """Has a post at the opening."""
    WAS_CALLED = "was_called"
    """Was drawn before and left."""


class Seat(StrEnum):
    EXPERT = "expert"
    REPRESENTATIVE = "representative"


class Cause(StrEnum):
    """Why a member is replaced. Codes and no words: nobody outside may write to the committee (clause 5.4.2)."""

    ABSENT = "absent"
    ILL = "ill"
    CONFLICT = "conflict"
    CONDUCT = "conduct"


class MotionKind(StrEnum):
    INTERPRETATION = "interpretation"
    """Clause 5.4.1: how an unclear place of the tender documents is read."""
    REJECTION = "rejection"
    """Clause 5.5.1: a bid is rejected."""
    REJECT_ALL = "reject_all"
    """Bidding Law art. 42: fewer than three bids are left and compete too little."""


@dataclass(frozen=True, slots=True)
class Expert:
    """Somebody on the list. `recuses`: parties with which it has something in common, as the list says, its own unit
    among them; `person`: digest of the personal item with name, unit and salt."""

    party: str
    specialities: tuple[str, ...]
    recuses: tuple[str, ...]
    person: str


@dataclass(frozen=True, slots=True)
class Listed:
    expert: Expert
    barred: Barred


@dataclass(frozen=True, slots=True)
class Called:
    """A seat of the committee that was given. `number`: the member's, never given twice."""

    number: int
    kind: Seat
    party: str


@dataclass(frozen=True, slots=True)
class BidsReceived:
    """The closed opening handed its opened bids over. `digest`: SHA-256 of the canonical JSON of `bids`; `concerned`:
    units and parties whose people are barred as bidders', `entity` as the procuring entity's, `staff`: of the opening;
    `least`: fewest members that the tender's law allows."""

    tender: str
    bids: tuple[OpenedBid, ...]
    lots: tuple[str, ...]
    digest: str
    rules: EvaluationRules
    criteria: str
    concerned: tuple[str, ...]
    entity: tuple[str, ...]
    staff: tuple[str, ...]
    least: int


@dataclass(frozen=True, slots=True)
class ExpertsAsked:
    """The list is to be read again: more experts are needed."""

    act: SignedAct


@dataclass(frozen=True, slots=True)
class ExpertsListed:
    """Who stood on the list, in its order, and whom the law bars. `digest`: SHA-256 of the canonical JSON of those who
    are not barred."""

    experts: tuple[Listed, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class RepresentativesNamed:
    parties: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CommitteeDrawOpened:
    """`parties`: roles that commit and reveal; `pool`: digest of the list drawn from; `vacant`: seats to fill."""

    draw: int
    parties: tuple[str, ...]
    pool: str
    vacant: int
    commit_by: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CommitteeDrawRepeated:
    """A draw that somebody spoilt is opened again without it. `repeats`: the number of that one."""

    draw: int
    parties: tuple[str, ...]
    pool: str
    vacant: int
    commit_by: int
    repeats: int


@dataclass(frozen=True, slots=True)
class CommitteeCommitted:
    draw: int
    party: str
    commitment: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CommitteeCommitsClosed:
    draw: int
    silent: tuple[str, ...]
    reveal_by: int


@dataclass(frozen=True, slots=True)
class CommitteeRevealed:
    draw: int
    party: str
    secret: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CommitteeDrawn:
    """`seed`: "" where the draw failed; `order`: parties of the whole list as drawn; `called`: the seats given, the
    named representatives' first; `silent`: who committed and did not reveal."""

    draw: int
    seed: str
    order: tuple[str, ...]
    called: tuple[Called, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeatAccepted:
    """A member declares that nothing biases it (Implementing Regulations art. 46)."""

    member: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SeatLeft:
    """A member declares a conflict or withdraws. `next`: who is called in its place, None where nobody is left."""

    member: int
    reason: str
    next: Called | None
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MemberReplaced:
    """Its work counts no more; who comes evaluates anew (Implementing Regulations art. 48)."""

    member: int
    cause: Cause
    next: Called | None
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ChairVoted:
    member: int
    choice: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ChairElected:
    member: int


@dataclass(frozen=True, slots=True)
class CriteriaRead:
    """A member confirms which criteria and which bids it has before it, by their digests."""

    member: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class EvaluationBegun:
    """All are seated, have a chair and have read the criteria."""

    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BidAccessed:
    """A member opened a bid to read it. `part`: digest of what it read, `copy`: the number in its watermark."""

    member: int
    lot: str
    bidder: str
    part: str
    copy: str


@dataclass(frozen=True, slots=True)
class FindingsNoted:
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ItemReviewed:
    """Clause 5.4.3: a review item, in its turn."""

    member: int
    lot: str
    bidder: str
    criterion: str
    passed: bool
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ItemScored:
    """Clause 5.4.3: a scored item, in its turn."""

    member: int
    lot: str
    bidder: str
    criterion: str
    points: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SheetSigned:
    """Clause 5.4.4: the sheet is fixed. `sheet`: SHA-256 of its canonical JSON."""

    member: int
    sheet: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SheetsRevealed:
    """All have signed: from here on the members see each other's sheets. `sheets`: their digests, by member."""

    members: tuple[int, ...]
    sheets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MotionMade:
    """`reason`: letter of a rejection, "" of another; `about`: the unclear place of the documents."""

    motion: int
    kind: MotionKind
    lot: str
    bidder: str
    reason: str
    about: str
    text: str
    evidence: tuple[str, ...]
    member: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MotionDiscussed:
    motion: int
    member: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MotionVoted:
    motion: int
    member: int
    agrees: bool
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MotionDecided:
    motion: int
    adopted: bool


@dataclass(frozen=True, slots=True)
class BidderAsked:
    """The committee asks a bidder by its chair (Implementing Regulations art. 52). `member`: never shown to it."""

    question: int
    lot: str
    bidder: str
    text: str
    answer_by: int
    member: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class BidderAnswered:
    """`act`: the bidder declares that scope and substance of its bid, and its price, stay what they are."""

    question: int
    text: str
    files: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class QuestionLapsed:
    question: int


@dataclass(frozen=True, slots=True)
class ErrorFound:
    """Clause 5.4.4: an arithmetic error in a signed sheet, found in review."""

    correction: int
    member: int
    lot: str
    bidder: str
    criterion: str
    reason: str
    by: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SheetCorrected:
    """The evaluator's own new version. `before`, `after`: the points of that item; `edition`: 2 for the first
    correction of a sheet; `sheet`: digest of the whole."""

    correction: int
    before: int
    after: int
    edition: int
    sheet: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CorrectionCountersigned:
    correction: int
    member: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReportPrepared:
    """`text`: canonical JSON of all that the report says; `report.report` is its SHA-256."""

    report: EvaluationReport
    text: str
    sign_by: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReportSigned:
    member: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReportDissented:
    """Implementing Regulations art. 53: who disagrees says so and why, in the report."""

    member: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class EvaluationDone:
    """The report is handed over. `silent`: who neither signed nor gave a reason, and so agreed (art. 53)."""

    report: EvaluationReport
    silent: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EvaluationSuspended:
    by: str


@dataclass(frozen=True, slots=True)
class EvaluationResumed:
    """`by`: how long it stood still, ms; every limit that ran then is later by as much."""

    by: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who a member is. `item`: the text of which `Expert.person` is the SHA-256, canonical JSON with name, unit and
    salt; "" for a named representative."""

    member: int
    name: str
    unit: str
    item: str


@dataclass(frozen=True, slots=True)
class MembersRevealed:
    """The result is settled, and the law no longer hides who evaluated (Bidding Law art. 37)."""

    persons: tuple[Person, ...]


Event = (
    BidsReceived
    | ExpertsAsked
    | ExpertsListed
    | RepresentativesNamed
    | CommitteeDrawOpened
    | CommitteeDrawRepeated
    | CommitteeCommitted
    | CommitteeCommitsClosed
    | CommitteeRevealed
    | CommitteeDrawn
    | SeatAccepted
    | SeatLeft
    | MemberReplaced
    | ChairVoted
    | ChairElected
    | CriteriaRead
    | EvaluationBegun
    | BidAccessed
    | FindingsNoted
    | ItemReviewed
    | ItemScored
    | SheetSigned
    | SheetsRevealed
    | MotionMade
    | MotionDiscussed
    | MotionVoted
    | MotionDecided
    | BidderAsked
    | BidderAnswered
    | QuestionLapsed
    | ErrorFound
    | SheetCorrected
    | CorrectionCountersigned
    | ReportPrepared
    | ReportSigned
    | ReportDissented
    | EvaluationDone
    | EvaluationSuspended
    | EvaluationResumed
    | MembersRevealed
)
