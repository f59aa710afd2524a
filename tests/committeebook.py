"""An evaluation told as a conversation: who sits where, and how a committee gets that far."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Self

from hall.evaluation import commands as c
from hall.evaluation import events as e
from hall.evaluation.scoring import sheet_digest
from hall.evaluation.state import EvaluationState, Sheet
from hall.procurement import canonical
from hall.procurement.evaluation import CriterionKind, EvaluationRules, OpenedBid, Said
from hall.procurement.matter import Look
from hall.procurement.parties import Role
from hall.runtime.evaluation_matter import EVALUATION
from hall.session.events import DisclosedBid, PricesDisclosed
from tests.matterbook import MatterBook, person
from tests.matterbundle import SigningBook, TenderBundle, signer

OWNER = person("owner", Role.PROCURING_ENTITY)
CENTRE = person("centre", Role.TRADING_CENTRE)
SUPERVISOR = person("watch", Role.SUPERVISOR)
REGULATOR = person("bureau", Role.REGULATOR)
HOST = person("host", Role.HOST)
PRICES = {"jia": "1000000.00", "yi": "900000.00", "bing": "950000.00"}
PARTIES = ("procuring_entity", "supervisor")
RULES = EvaluationRules()


def bidder(name: str) -> Look:
    return person(name, Role.BIDDER)


def bid(name: str, price: str = "", lot: str = "1") -> OpenedBid:
    told = price or PRICES[name]
    sha = hashlib.sha256(f"{lot} {name}".encode()).hexdigest()
    return OpenedBid(lot, name, f"{name} Ltd", told, (Said("price", told),), sha, sha)


def item(party: str) -> str:
    """The text behind an expert's digest."""
    return canonical.dumps({"name": f"专家{party}", "salt": "ab" * 16, "unit": "某大学"}).decode()


def expert(party: str, *recuses: str) -> e.Expert:
    return e.Expert(party, ("civil",), recuses, hashlib.sha256(item(party).encode()).hexdigest())


EXPERTS = tuple(expert(f"e{n}") for n in range(1, 9))


def secret(party: str, draw: int = 1) -> str:
    return hashlib.sha256(f"{party} {draw}".encode()).hexdigest()


def commitment(party: str, draw: int = 1) -> str:
    return hashlib.sha256(bytes.fromhex(secret(party, draw))).hexdigest()


class Committee(MatterBook):
    """What a committee does, in a book of any kind. `owner`, `supervisor`: who draws; `look`: a person by its party."""

    state: EvaluationState
    owner: Look = OWNER
    supervisor: Look = SUPERVISOR

    def look(self, party: str) -> Look:
        return person(party)

    def receives(
        self, bids: tuple[OpenedBid, ...], rules: EvaluationRules = RULES, more: tuple[str, ...] = ()
    ) -> None:
        """The opening hands its bids over. more: who else is concerned."""
        lots = tuple(dict.fromkeys(one.lot for one in bids))
        concerned = tuple(sorted({one.bidder for one in bids} | {"late", *more}))
        owner, staff = (self.owner.party,), ("host", self.supervisor.party)
        self.note(c.ReceiveBids("T-1", bids, lots, rules, concerned, owner, staff))

    def listed(self, experts: tuple[e.Expert, ...] = EXPERTS) -> Self:
        self.note(c.ReceiveExperts(experts))
        return self

    def experts(self) -> tuple[e.Expert, ...]:
        return EXPERTS

    def drawn(self, draw: int = 1) -> Self:
        """Opened, committed, revealed."""
        self.says(self.owner, "open_committee_draw", parties=list(PARTIES))
        for look, party in ((self.owner, PARTIES[0]), (self.supervisor, PARTIES[1])):
            self.says(look, "commit_committee_draw", draw=draw, commitment=commitment(party, draw))
        for look, party in ((self.owner, PARTIES[0]), (self.supervisor, PARTIES[1])):
            self.says(look, "reveal_committee_draw", draw=draw, secret=secret(party, draw))
        return self

    def seat(self, number: int) -> Look:
        member = self.state.member(number)
        assert member is not None, f"nobody sits on seat {number}"
        return self.look(member.party)

    @property
    def numbers(self) -> list[int]:
        return [member.number for member in self.state.active]

    def begun(self) -> Self:
        """All declare, elect the first of them, and read the criteria."""
        self.listed(self.experts()).drawn()
        for number in self.numbers:
            self.says(self.seat(number), "accept_seat")
        for number in self.numbers:
            self.says(self.seat(number), "elect_chair", member=self.numbers[0])
            self.reads(number)
        return self

    def reads(self, number: int) -> None:
        given = self.state.given
        self.says(self.seat(number), "read_criteria", criteria=given.criteria, bids=given.digest)

    @property
    def chair(self) -> Look:
        return self.seat(self.state.chair)

    def works(self, number: int, *, points: int = 3000, until: int = 10_000) -> None:
        """A member fills its sheet in order, as far as it goes."""
        kinds = {one.key: one for one in self.state.rules.criteria}
        for _ in range(until):
            following = self.view(self.seat(number)).next
            if following is None:
                return
            criterion = kinds[following.criterion]
            about = {"lot": following.lot, "bidder": following.bidder, "criterion": following.criterion}
            if criterion.kind is CriterionKind.REVIEW:
                self.says(self.seat(number), "review_item", **about, passed=True, reason="")
            else:
                given = min(points, criterion.points)
                self.says(self.seat(number), "score_item", **about, points=given, reason="")

    def signs(self, number: int) -> None:
        self.says(self.seat(number), "sign_sheet", sheet=self.view(self.seat(number)).sheet.digest)

    def scored(self) -> Self:
        """Every sheet is full and signed."""
        for number in self.numbers:
            if self.state.sheets.get(number, Sheet()).signed_at is None:
                self.works(number)
                self.signs(number)
        return self

    def votes(self, motion: int, *, agrees: bool = True) -> None:
        """As many as it takes."""
        for number in self.numbers:
            if self.state.motions[motion - 1].decided is None:
                reason = "" if agrees else "理由不足"
                self.says(self.seat(number), "vote_motion", motion=motion, agrees=agrees, reason=reason)

    def corrected(self, number: int, about: dict[str, str], points: int) -> str:
        """The digest of a member's sheet with other points for one item, as its own client reckons it."""
        key = (about["lot"], about["bidder"], about["criterion"])
        items = self.state.sheets[number].items
        changed = tuple(replace(one, points=points) if one.key == key else one for one in items)
        return sheet_digest(self.state, number, changed)

    def reported(self) -> Self:
        """Drawn up and signed by all."""
        self.says(self.chair, "prepare_report")
        for number in self.numbers:
            self.says(self.seat(number), "sign_report", report=self.view(self.chair).result.report)
        return self


class CommitteeBook(Committee):
    """Three bids of one lot, or others."""

    def __init__(self, rules: EvaluationRules = RULES, *, bids: tuple[OpenedBid, ...] = ()) -> None:
        super().__init__(EVALUATION)
        self.receives(bids or tuple(bid(name) for name in PRICES), rules)


class SignedCommittee(Committee, SigningBook):
    """The same by people of the demo, really signed, as rows of a bundle; the opening disclosed those bids."""

    owner = signer("procuring_entity", Role.PROCURING_ENTITY)
    supervisor = signer("supervisor", Role.SUPERVISOR)

    def __init__(self, bundle: TenderBundle, *more: str) -> None:
        SigningBook.__init__(self, bundle, EVALUATION, bundle.now)
        prices = {"b1": "1000000.00", "b2": "900000.00", "b3": "950000.00"}
        bids = tuple(bid(name, price) for name, price in prices.items())
        shown = tuple(
            DisclosedBid(one.bidder, one.price, "90", "合格", "张工", "0.00", one.sha256) for one in bids
        )
        bundle.tell("opening", PricesDisclosed("1", shown, bundle.now))
        self.receives(bids, more=more)

    def look(self, party: str) -> Look:
        return signer(party)

    def experts(self) -> tuple[e.Expert, ...]:
        return tuple(expert(f"expert{n}") for n in range(1, 9))


def with_rules(**changed: object) -> EvaluationRules:
    return replace(RULES, **changed)  # type: ignore[arg-type]  # named as its fields are
