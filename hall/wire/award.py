"""The award of a tender as it travels. Times are ms UTC, money decimal strings, points hundredths."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FindingView:
    """What the hall found about one bid (clause 5.5.1), never a decision. reason: letter a to h; code: its words;
    others, other_names: bidders that it concerns with this one."""

    lot: str
    bidder: str
    name: str
    reason: str
    code: str
    others: list[str]
    other_names: list[str]
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A candidate (中标候选人). out: gave_up, voided, or "" for who may be awarded."""

    bidder: str
    name: str
    rank: int
    price: str
    points: int
    period: str
    quality: str
    manager: str
    out: str


@dataclass(frozen=True, slots=True)
class RejectionView:
    bidder: str
    name: str
    reason: str
    text: str
    evidence: list[str]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """ground, reason: why not the first candidate. contract_by: the last moment for the contract, as things stand;
    complain_by: for what the tender's law has against the published result, which no suspension makes later;
    complain_as: what that is: complaint (Implementing Regulations of the Bidding Law art. 60) or challenge (Government
    Procurement Law art. 52)."""

    decision: int
    bidder: str
    name: str
    price: str
    ground: str
    reason: str
    decided_at: int
    contract_by: int
    complain_by: int
    complain_as: str


@dataclass(frozen=True, slots=True)
class AwardPaper:
    """A notice as a sealed PDF, among the tender's files by its digest. kind: award_notice, result_notice."""

    bidder: str
    name: str
    kind: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ContractView:
    """filed_at: when the hall was told."""

    number: str
    signed_on: str
    filed_at: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EndView:
    """How a lot ended without an award, or an award without effect. kind: voided, failed, retender; ground: of a
    failure."""

    kind: str
    ground: str
    reason: str
    at: int
    bidder: str


@dataclass(frozen=True, slots=True)
class OwnResult:
    """A bidder's own result. result: pending, candidate, awarded, not_awarded, rejected, gave_up, voided, failed;
    rank: 0 where it has none; rejection: why, null where it was not rejected."""

    result: str
    rank: int
    points: int
    rejection: RejectionView | None


@dataclass(frozen=True, slots=True)
class AwardLotView:
    """One lot. status: see `hall.award.rules.LotStatus`; before the candidates are published everything but the status
    is empty for who may not see the report. start, until: of the publicity, 0 before; publish_by: by when the
    candidates are to be published, as things stand; left: ms that are left, while the procedure stands still, of the
    limit that ran (to publish, of the publicity, for the contract), else 0; objections: ids of open ones; next: the
    candidate who comes first now, "" without one."""

    lot: str
    status: str
    publish_by: int
    start: int
    until: int
    left: int
    candidates: list[CandidateView]
    next: str
    ranking: list[CandidateView]
    rejections: list[RejectionView]
    objections: list[str]
    decision: DecisionView | None
    papers: list[AwardPaper]
    contract: ContractView | None
    ends: list[EndView]
    own: OwnResult | None
    may: list[str]


@dataclass(frozen=True, slots=True)
class AwardLimits:
    """Days, as law and tender documents have them; the articles stand in the client's words. objection_answer: to an
    objection or challenge; complaint: for a complaint or challenge, see `complain_as`; …_working: counted in working
    days; report: 0 where the law has none. holidays, extra: weekdays off and weekend days that are worked (ISO text):
    no end falls on a day off."""

    publish_within: int
    publicity: int
    objection_answer: int
    answer_working: bool
    complaint: int
    complaint_working: bool
    contract: int
    report: int
    holidays: list[str]
    extra: list[str]


@dataclass(frozen=True, slots=True)
class AwardView:
    """reported: when the committee's report came, 0 before; report: its digest; suspended: the complaint for which the
    procedure stands still, "" for none; law: that the procedure follows, bidding_law or procurement_law; checked:
    whether the machine checks are through; findings: for supervisor and committee only."""

    reported: int
    report: str
    suspended: str
    law: str
    limits: AwardLimits
    lots: list[AwardLotView]
    checked: bool
    findings: list[FindingView]
