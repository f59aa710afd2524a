"""The state of one evaluation, and what can be asked of it. How events change it stands in `fold`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hall.evaluation import events as e
from hall.procurement.evaluation import Criterion, CriterionKind, EvaluationRules, Method, OpenedBid
from hall.procurement.findings import Finding


class Stage(StrEnum):
    WAITING = "waiting"
    """For the opening to close."""
    COMMITTEE = "committee"
    """Seats are to be drawn."""
    SEATING = "seating"
    """Members declare, elect their chair, read the criteria."""
    SCORING = "scoring"
    REVIEW = "review"
    """All sheets are signed and open among the members."""
    REPORT = "report"
    DONE = "done"


class Place(StrEnum):
    CALLED = "called"
    SEATED = "seated"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Member:
    """`chair`: whom it votes for, 0 for none; `at`: when it was called, ms UTC."""

    number: int
    kind: e.Seat
    party: str
    place: Place = Place.CALLED
    chair: int = 0
    read: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """What a member said of one bid and criterion: `passed` of a review, `points` of a scored one."""

    lot: str
    bidder: str
    criterion: str
    passed: bool | None
    points: int | None
    reason: str
    at: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.lot, self.bidder, self.criterion


@dataclass(frozen=True, slots=True)
class Sheet:
    items: tuple[Item, ...] = ()
    signed_at: int | None = None
    digest: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Draw:
    """`reveal_by`: None while commitments are taken. The limits as they stand now: a suspension moves them."""

    opened: e.CommitteeDrawOpened | e.CommitteeDrawRepeated
    commit_by: int
    commitments: Mapping[str, str] = field(default_factory=dict)
    reveal_by: int | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    done: e.CommitteeDrawn | None = None

    @property
    def taking_part(self) -> tuple[str, ...]:
        """Who committed, in the draw's order."""
        return tuple(party for party in self.opened.parties if party in self.commitments)


@dataclass(frozen=True, slots=True)
class Motion:
    made: e.MotionMade
    at: int
    messages: tuple[tuple[e.MotionDiscussed, int], ...] = ()
    votes: Mapping[int, tuple[e.MotionVoted, int]] = field(default_factory=dict)
    decided: e.MotionDecided | None = None
    decided_at: int | None = None

    @property
    def adopted(self) -> bool:
        return self.decided is not None and self.decided.adopted


@dataclass(frozen=True, slots=True)
class Question:
    asked: e.BidderAsked
    at: int
    answer_by: int
    answered: e.BidderAnswered | None = None
    answered_at: int | None = None
    lapsed: bool = False

    @property
    def open(self) -> bool:
        return self.answered is None and not self.lapsed


@dataclass(frozen=True, slots=True)
class Correction:
    found: e.ErrorFound
    at: int
    corrected: e.SheetCorrected | None = None
    countersigned: e.CorrectionCountersigned | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    event: e.ReportPrepared
    at: int
    sign_by: int
    voices: Mapping[int, tuple[e.ReportSigned | e.ReportDissented, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """Everything an evaluation is. `standby`: parties that stand by, in the drawn order; `asked`, `listed`: how often
    the list was asked for and read; `suspended`: by which complaint, "" for none."""

    received: e.BidsReceived | None = None
    asked: int = 0
    listed: int = 0
    pool: tuple[e.Listed, ...] = ()
    pool_digest: str = ""
    people: Mapping[str, str] = field(default_factory=dict)
    """Party → digest of the person, of everybody who was ever on the list."""
    skills: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Party → specialities, of the same."""
    representatives: tuple[str, ...] = ()
    draws: tuple[Draw, ...] = ()
    standby: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    chair: int = 0
    begun: bool = False
    sheets: Mapping[int, Sheet] = field(default_factory=dict)
    revealed: bool = False
    accesses: tuple[tuple[e.BidAccessed, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    motions: tuple[Motion, ...] = ()
    questions: tuple[Question, ...] = ()
    corrections: tuple[Correction, ...] = ()
    prepared: Prepared | None = None
    done: e.EvaluationDone | None = None
    suspended: str = ""
    suspended_at: int = 0
    persons: tuple[e.Person, ...] = ()

    @property
    def stage(self) -> Stage:
        if self.received is None:
            return Stage.WAITING
        if self.done is not None:
            return Stage.DONE
        if self.prepared is not None:
            return Stage.REPORT
        if self.revealed:
            return Stage.REVIEW
        if self.begun:
            return Stage.SCORING
        return Stage.SEATING if self.members else Stage.COMMITTEE

    @property
    def given(self) -> e.BidsReceived:
        """What the opening handed over; before that there is nothing to evaluate."""
        if self.received is None:
            raise LookupError("no bids were handed over")
        return self.received

    @property
    def rules(self) -> EvaluationRules:
        return self.given.rules

    @property
    def wants_experts(self) -> bool:
        """Whether the list of experts is owed to this evaluation."""
        return self.received is not None and self.listed <= self.asked and self.done is None

    @property
    def eligible(self) -> tuple[e.Expert, ...]:
        """Who can be drawn from the list as it was last read."""
        return tuple(one.expert for one in self.pool if one.barred is e.Barred.NONE)

    @property
    def active(self) -> tuple[Member, ...]:
        """Members that are called or seated."""
        return tuple(member for member in self.members if member.place is not Place.GONE)

    @property
    def vacant(self) -> int:
        """Seats that nobody was called to."""
        return self.rules.committee - len(self.active)

    @property
    def draw(self) -> Draw | None:
        """The draw that is under way, or None."""
        last = self.draws[-1] if self.draws else None
        return last if last is not None and last.done is None else None

    def is_owner(self, party: str) -> bool:
        """Whether a party with the office of a procuring entity has it in this very tender."""
        return self.received is not None and party in self.received.entity

    def member(self, number: int) -> Member | None:
        """A member that is still one."""
        return next((member for member in self.active if member.number == number), None)

    def member_of(self, party: str) -> Member | None:
        """The seat of a party, or None."""
        return next((member for member in self.active if party and member.party == party), None)

    def bid(self, lot: str, bidder: str) -> OpenedBid | None:
        """A bid that was handed over."""
        return next((bid for bid in self.given.bids if (bid.lot, bid.bidder) == (lot, bidder)), None)

    def rejection(self, lot: str, bidder: str) -> Motion | None:
        """The committee's decision to reject a bid, or None."""
        kind = e.MotionKind.REJECTION
        about = (m for m in self.motions if (m.made.kind, m.made.lot, m.made.bidder) == (kind, lot, bidder))
        return next((motion for motion in about if motion.adopted), None)

    def failed(self, lot: str) -> bool:
        """Whether the committee rejected all bids of a lot."""
        kind = e.MotionKind.REJECT_ALL
        return any(m.adopted for m in self.motions if (m.made.kind, m.made.lot) == (kind, lot))

    def valid(self, lot: str) -> tuple[OpenedBid, ...]:
        """The bids of a lot that nobody rejected, in the order of the hand-over."""
        if self.failed(lot):
            return ()
        bids = (bid for bid in self.given.bids if bid.lot == lot)
        return tuple(bid for bid in bids if self.rejection(lot, bid.bidder) is None)


def criteria_of(rules: EvaluationRules) -> tuple[Criterion, ...]:
    """What the members work through, in the documents' order: the price is reckoned by the machine, and where the
    lowest evaluated price wins there are no points."""
    wanted = {CriterionKind.REVIEW}
    if rules.method is Method.WEIGHTED_SCORING:
        wanted.add(CriterionKind.SCORED)
    return tuple(one for one in rules.criteria if one.kind in wanted)
