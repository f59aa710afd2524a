"""What can be asked of a tender's award. Acts are verified before they come here; the rest is the hall's own."""

from __future__ import annotations

from dataclasses import dataclass

from hall.award.events import Entrant, Paper
from hall.award.rules import FailureGround, Ground, Law
from hall.procurement.acts import SignedAct
from hall.procurement.evaluation import EvaluationReport
from hall.procurement.findings import Finding


@dataclass(frozen=True, slots=True)
class PublishCandidates:
    """days: for how long; at least what law and tender documents want."""

    lot: str
    days: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DecideAward:
    lot: str
    bidder: str
    ground: Ground
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class GiveUpAward:
    lot: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class VoidAward:
    lot: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FailLot:
    lot: str
    ground: FailureGround
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class OrderRetender:
    lot: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FileContract:
    """number: of the contract; signed_on: its day, `2026-01-31`; sha256: of the filed file, "" without one."""

    lot: str
    number: str
    signed_on: str
    sha256: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteChecks:
    """What the machine checks found after the opening (clause 5.5.1); entrants: all bids that were opened."""

    entrants: tuple[Entrant, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReceiveReport:
    """The committee's report is handed over (clause 5.4.4). candidates: how many are named at most; publicity_days: as
    the tender documents say; entrants: all bids that were opened; owners: parties that act for the procuring entity,
    none where any with the office may."""

    report: EvaluationReport
    candidates: int
    publicity_days: int
    entrants: tuple[Entrant, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteObjection:
    """An objection to the result (supervision's own matter): `open`, or answered. lot: "" for the whole tender."""

    objection: str
    lot: str
    open: bool


@dataclass(frozen=True, slots=True)
class NoteSuspension:
    """by: the complaint whose law demands it; "" when the procedure goes on."""

    by: str


@dataclass(frozen=True, slots=True)
class TakeCalendar:
    """The working days that the trading centre keeps: weekdays off, and weekend days that are worked."""

    holidays: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakeLaw:
    """The law that the tender's procedure follows."""

    law: Law


@dataclass(frozen=True, slots=True)
class NoteNotices:
    """The notice of award and the notices of the result lie ready as papers."""

    lot: str
    decision: int
    papers: tuple[Paper, ...]


Act = PublishCandidates | DecideAward | GiveUpAward | VoidAward | FailLot | OrderRetender | FileContract
Command = (
    Act | NoteChecks | ReceiveReport | NoteObjection | NoteSuspension | TakeCalendar | TakeLaw | NoteNotices
)
