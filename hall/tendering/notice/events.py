"""What happened to a tender's notice. `act` is what somebody signed for it; without one the hall notes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hall.procurement.acts import SignedAct
from hall.procurement.evaluation import EvaluationRules
from hall.procurement.parties import Appointment
from hall.procurement.tender import Mode, RuleSet
from hall.tendering.notice import plan


@dataclass(frozen=True, slots=True)
class TenderDrafted:
    """For the first time, or with another face. `by`: the party that drafted it first."""

    version: ClassVar[int] = 2

    by: str
    face: plan.Face
    act: SignedAct


@dataclass(frozen=True, slots=True)
class LotsSet:
    lots: tuple[plan.NoticeLot, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SettingsSet:
    """`custody`: "hall", "custodians", or "" for the usual one."""

    settings: RuleSet
    custody: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class TermsWritten:
    version: ClassVar[int] = 2

    terms: plan.Terms
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DocumentAttached:
    document: plan.Document
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DocumentRemoved:
    sha256: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ChecklistFilled:
    items: tuple[plan.Ticked, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CriteriaSet:
    rules: EvaluationRules
    act: SignedAct


@dataclass(frozen=True, slots=True)
class StaffAppointed:
    """The posts of the opening (clause 5.3.1), each with a certificate."""

    staff: tuple[Appointment, ...]
    deputies: tuple[Appointment, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class OpeningPlanned:
    schedule: plan.Schedule
    act: SignedAct


@dataclass(frozen=True, slots=True)
class TenderFiled:
    filing: plan.Filing
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoticePublished:
    revision: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AddendumIssued:
    addendum: plan.Addendum
    act: SignedAct


@dataclass(frozen=True, slots=True)
class TenderCancelled:
    """终止招标, before the deadline."""

    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DepositConfirmed:
    """A bidder has read an addendum and stays with its deposit (SHA-256 of the sealed bid)."""

    addendum: int
    lot: str
    bidder: str
    deposit: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class HallNoted:
    """In which mode the hall runs: the law's minima bind in production only. `taken`: another tender has this id."""

    mode: Mode
    taken: bool


@dataclass(frozen=True, slots=True)
class CertificatesNoted:
    """Of the certificates that staff were appointed with: those that no registered person has."""

    looked_at: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClashesNoted:
    """Who and what of this opening is wanted by another one at the same time, as it stands now."""

    clashes: tuple[plan.Booked, ...]


@dataclass(frozen=True, slots=True)
class CalendarTaken:
    """The working days of the trading centre, by which the law's least times are counted from here on: days off, and
    weekend days that are worked, ISO, sorted."""

    holidays: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefaultsTaken:
    """The rule set that the trading centre lets new tenders begin with. `named`: what of it the centre set: limits
    among these are least ones for this tender."""

    settings: RuleSet
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpeningArranged:
    """Deposits are taken from here on, and the opening is scheduled."""

    opening: str


@dataclass(frozen=True, slots=True)
class DeadlineNoted:
    """The opening has another deadline than the notice said (clauses 4.1, 5.2.2)."""

    before: int
    after: int


Event = (
    TenderDrafted
    | LotsSet
    | SettingsSet
    | TermsWritten
    | DocumentAttached
    | DocumentRemoved
    | ChecklistFilled
    | CriteriaSet
    | StaffAppointed
    | OpeningPlanned
    | TenderFiled
    | NoticePublished
    | AddendumIssued
    | TenderCancelled
    | DepositConfirmed
    | HallNoted
    | CertificatesNoted
    | ClashesNoted
    | CalendarTaken
    | DefaultsTaken
    | OpeningArranged
    | DeadlineNoted
)
