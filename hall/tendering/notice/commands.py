"""What can be asked of a tender's notice. Acts are verified, and their bodies read, before they come here."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.evaluation import EvaluationRules
from hall.procurement.parties import Appointment
from hall.procurement.tender import Mode, RuleSet
from hall.tendering.notice import plan


@dataclass(frozen=True, slots=True)
class DraftTender:
    face: plan.Face
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SetLots:
    lots: tuple[plan.NoticeLot, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SetSettings:
    """named: settings of the rule set by their names; those not named stay as the trading centre keeps them."""

    named: tuple[tuple[str, str | int], ...]
    custody: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class WriteTerms:
    terms: plan.Terms
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AttachDocument:
    """The version follows from what is there."""

    sha256: str
    title: str
    kind: plan.DocumentKind
    size: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RemoveDocument:
    sha256: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FillChecklist:
    items: tuple[plan.Ticked, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SetCriteria:
    rules: EvaluationRules
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AppointStaff:
    staff: tuple[Appointment, ...]
    deputies: tuple[Appointment, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PlanOpening:
    schedule: plan.Schedule
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FileTender:
    filing: plan.Filing
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PublishNotice:
    revision: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class IssueAddendum:
    """documents: (SHA-256, title, bytes)."""

    title: str
    text: str
    touches_bids: bool
    documents: tuple[tuple[str, str, int], ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CancelTender:
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ConfirmDeposit:
    addendum: int
    lot: str
    deposit: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteHall:
    mode: Mode
    taken: bool


@dataclass(frozen=True, slots=True)
class NoteCertificates:
    looked_at: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteClashes:
    """From the hall: what other openings have at the time of this one."""

    clashes: tuple[plan.Booked, ...]


@dataclass(frozen=True, slots=True)
class TakeCalendar:
    """From the trading centre: days off, and weekend days that are worked, ISO, sorted."""

    holidays: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakeDefaults:
    """From the trading centre: the rule set that new tenders begin with. named: what of it the centre set, sorted."""

    settings: RuleSet
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteArranged:
    opening: str


@dataclass(frozen=True, slots=True)
class NoteDeadline:
    deadline: int


Draft = (
    DraftTender
    | SetLots
    | SetSettings
    | WriteTerms
    | AttachDocument
    | RemoveDocument
    | FillChecklist
    | SetCriteria
    | AppointStaff
    | PlanOpening
)
"""What changes a draft; after the publication no more."""

Act = Draft | FileTender | PublishNotice | IssueAddendum | CancelTender | ConfirmDeposit
Note = NoteHall | NoteCertificates | NoteClashes | TakeCalendar | TakeDefaults | NoteArranged | NoteDeadline
Command = Act | Note
