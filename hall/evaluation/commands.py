"""What can be asked of an evaluation: signed acts of people, and notes of the hall.

Imperative, frozen. A command never carries its own time: `decide` gets the receipt stamp beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.evaluation.events import Cause, Expert, MotionKind, Person
from hall.procurement.acts import SignedAct
from hall.procurement.evaluation import EvaluationRules, OpenedBid
from hall.procurement.findings import Finding


@dataclass(frozen=True, slots=True)
class ReceiveBids:
    """From the closed opening. See `events.BidsReceived`; `lots`: all of the tender, those without bids too."""

    tender: str
    bids: tuple[OpenedBid, ...]
    lots: tuple[str, ...]
    rules: EvaluationRules
    concerned: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    least: int = 5


@dataclass(frozen=True, slots=True)
class ReceiveExperts:
    """The list of experts as it stands."""

    experts: tuple[Expert, ...]


@dataclass(frozen=True, slots=True)
class NoteAccess:
    """Somebody opens a bid to read it (clause 5.4.2). party: who; part: digest of what is shown; copy: the number in
    its watermark. Only a member may."""

    party: str
    lot: str
    bidder: str
    part: str
    copy: str


@dataclass(frozen=True, slots=True)
class NoteFindings:
    """What the machine checks found. They decide nothing."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class NoteSuspension:
    """by: the complaint whose law stops the procedure, "" when none does any more."""

    by: str


@dataclass(frozen=True, slots=True)
class RevealMembers:
    persons: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class ListExperts:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NameRepresentatives:
    parties: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class OpenDraw:
    parties: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Commit:
    draw: int
    commitment: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Reveal:
    draw: int
    secret: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReplaceMember:
    member: int
    cause: Cause
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AcceptSeat:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class LeaveSeat:
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ElectChair:
    member: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReadCriteria:
    criteria: str
    bids: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReviewItem:
    lot: str
    bidder: str
    criterion: str
    passed: bool
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ScoreItem:
    lot: str
    bidder: str
    criterion: str
    points: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SignSheet:
    sheet: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Propose:
    kind: MotionKind
    lot: str
    bidder: str
    reason: str
    about: str
    text: str
    evidence: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Discuss:
    motion: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Vote:
    motion: int
    agrees: bool
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AskBidder:
    lot: str
    bidder: str
    text: str
    minutes: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """price: as it was read out, said once more; unchanged: nothing substantial changes."""

    question: int
    text: str
    price: str
    unchanged: bool
    files: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FindError:
    member: int
    lot: str
    bidder: str
    criterion: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CorrectItem:
    correction: int
    points: int
    sheet: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Countersign:
    correction: int
    sheet: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PrepareReport:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SignReport:
    report: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Dissent:
    report: str
    reason: str
    act: SignedAct


Note = ReceiveBids | ReceiveExperts | NoteAccess | NoteFindings | NoteSuspension | RevealMembers
OfTheHouse = ListExperts | NameRepresentatives | OpenDraw | Commit | Reveal | ReplaceMember
OfMembers = (
    AcceptSeat
    | LeaveSeat
    | ElectChair
    | ReadCriteria
    | ReviewItem
    | ScoreItem
    | SignSheet
    | Propose
    | Discuss
    | Vote
    | AskBidder
    | FindError
    | CorrectItem
    | Countersign
    | PrepareReport
    | SignReport
    | Dissent
)
Command = Note | OfTheHouse | OfMembers | AnswerQuestion
