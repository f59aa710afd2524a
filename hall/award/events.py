"""What happened in a tender's award. An `act` is the signed message that caused the event; times are ms UTC."""

from __future__ import annotations

from dataclasses import dataclass

from hall.award.rules import FailureGround, Ground, Law
from hall.procurement.acts import SignedAct
from hall.procurement.evaluation import Ranked, Rejection
from hall.procurement.findings import Finding


@dataclass(frozen=True, slots=True)
class Entrant:
    """A bid that was opened, as read out: what the law has published of candidates beside their price."""

    lot: str
    bidder: str
    name: str
    price: str
    period: str
    quality: str
    manager: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that the hall drew and sealed for one bidder. kind: award_notice or result_notice; sha256, size: of the
    PDF, which lies with the tender's files."""

    bidder: str
    kind: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class BidsChecked:
    """What the machine checks found in the opened bids (clause 5.5.1): information for people, deciding nothing."""

    entrants: tuple[Entrant, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReportReceived:
    """The committee's report (clause 5.4.4). report: its digest; candidates: at most so many are named."""

    ranking: tuple[Ranked, ...]
    rejections: tuple[Rejection, ...]
    failed: tuple[str, ...]
    report: str
    candidates: int
    publicity_days: int
    entrants: tuple[Entrant, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CandidatesPublished:
    """The candidates of a lot, in the order of the ranking, are public from `start` until `until` (Implementing
    Regulations art. 54)."""

    lot: str
    candidates: tuple[Ranked, ...]
    start: int
    until: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PublicityExtended:
    """The procedure stood still: what was left of the publicity is left after it."""

    lot: str
    before: int
    until: int


@dataclass(frozen=True, slots=True)
class PublicityEnded:
    lot: str
    until: int


@dataclass(frozen=True, slots=True)
class ObjectionNoted:
    """An objection to the result is open, or answered; while one is open, nothing is decided (art. 54). lot: "" for
    the whole tender."""

    objection: str
    lot: str
    open: bool


@dataclass(frozen=True, slots=True)
class AwardSuspended:
    """A complaint's law wants the procedure to stand still (Implementing Regulations art. 62)."""

    by: str


@dataclass(frozen=True, slots=True)
class AwardResumed:
    """It goes on. stood: ms that it stood still."""

    stood: int


@dataclass(frozen=True, slots=True)
class AwardDaysTaken:
    """The calendar of working days by which limits are counted from here on (Civil Code art. 203)."""

    holidays: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AwardLawTaken:
    """The law that the tender's procedure follows, where it is not the Bidding Law. An event of its own: an award whose
    report came before the hall told it here learns it, too."""

    law: Law


@dataclass(frozen=True, slots=True)
class CandidateGaveUp:
    lot: str
    bidder: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AwardDecided:
    """The procuring entity's decision. decision: counts from 1 in each lot; ground: why not the first candidate that is
    left, "" where it is the first (Implementing Regulations art. 55)."""

    lot: str
    decision: int
    bidder: str
    ground: Ground
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoticesMade:
    """The notice of award and the notice of the result to everybody else lie ready."""

    lot: str
    decision: int
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class AwardVoided:
    """中标无效: the award counts for nothing, and its winner for this lot neither."""

    lot: str
    bidder: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class LotFailed:
    """招标失败."""

    lot: str
    ground: FailureGround
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RetenderOrdered:
    """重新招标."""

    lot: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ContractFiled:
    """number: of the contract; signed_on: its day; sha256: of the filed file, "" without one."""

    lot: str
    bidder: str
    number: str
    signed_on: str
    sha256: str
    act: SignedAct


Event = (
    BidsChecked
    | ReportReceived
    | CandidatesPublished
    | PublicityExtended
    | PublicityEnded
    | ObjectionNoted
    | AwardSuspended
    | AwardResumed
    | AwardDaysTaken
    | AwardLawTaken
    | CandidateGaveUp
    | AwardDecided
    | NoticesMade
    | AwardVoided
    | LotFailed
    | RetenderOrdered
    | ContractFiled
)
LotEvent = (
    CandidatesPublished
    | PublicityExtended
    | PublicityEnded
    | CandidateGaveUp
    | AwardDecided
    | NoticesMade
    | AwardVoided
    | LotFailed
    | RetenderOrdered
    | ContractFiled
)
