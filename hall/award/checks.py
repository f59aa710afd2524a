"""The machine checks of clause 5.5.1, a to g: what a machine can see of the reasons for which a bid may be rejected.

Each gives findings for people and decides nothing; indicators of collusion (h) have a file of their own (`likeness`).
What may not live here: reading a file, a journal or a clock; everything is handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hall.procurement import money
from hall.procurement.bid_report import HOLDS, UNSIGNED, WEAK
from hall.procurement.bid_traces import Asked, BidTraces
from hall.procurement.evaluation import Reason
from hall.procurement.findings import Fact, Finding


@dataclass(frozen=True, slots=True)
class Expected:
    """What a bid's text is to name, else there is a finding. texts: any of them will do; facts: of the finding."""

    reason: Reason
    code: str
    texts: tuple[str, ...]
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """One opened bid, with all that a check may look at.

    ceiling: "" where the documents name none; empty: titles of read-out columns that say nothing; alternative_to: the
    lot whose alternative this is; consortium: whether it was declared at registration; pdf: SHA-256 of the bid's PDF;
    outcome: of the look into its signatures, "" without one; seals, signatures: how many of those are of the bidder's
    organisation and of somebody else; signers: certificates of both; silent: rounds of quotes without a signed one;
    places, devices: from where its acts came, as opaque keys; expected: what its text is to name; unsealed: members of
    its consortium whose seal is not among the signatures; shut: the trading centre lets its party in no longer; asked:
    what the tender's words ask for; period: days that it offers, 0 where it names none.
    """

    lot: str
    bidder: str
    name: str
    price: str
    ceiling: str = ""
    empty: tuple[str, ...] = ()
    alternative_to: str = ""
    consortium: bool = False
    sealed: str = ""
    pdf: str = ""
    outcome: str = ""
    seals: int = 0
    signatures: int = 0
    signers: frozenset[str] = frozenset()
    silent: tuple[int, ...] = ()
    places: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    traces: BidTraces | None = None
    expected: tuple[Expected, ...] = ()
    unsealed: tuple[str, ...] = ()
    shut: bool = False
    asked: Asked = Asked()  # noqa: RUF009 - frozen
    period: int = 0


def check(bids: Sequence[Checked], low_price_flag: int) -> Iterator[Finding]:
    """Findings about each bid by itself, and about its price among the others of its lot.

    low_price_flag: percent below the mean of all prices of the lot from which a price is flagged, 0 for none.
    """
    for bid in bids:
        yield from _seals(bid)
        yield from _papers(bid)
        yield from _terms(bid)
        yield from _own_prices(bid)
        for number in bid.silent:  # clause 5.5.1 g: an unsigned quote was refused, so none stands there
            yield finding(bid, Reason.G, "quote_not_signed", round=str(number))
        for title in bid.empty:
            yield finding(bid, Reason.F, "column_empty", column=title)
        if bid.ceiling and money.parse(bid.price) > money.parse(bid.ceiling):
            yield finding(bid, Reason.E, "over_ceiling", price=bid.price, ceiling=bid.ceiling)
    yield from _two_bids(bids)
    for lot in {bid.lot: None for bid in bids}:
        yield from _low([bid for bid in bids if bid.lot == lot], low_price_flag)


def finding(bid: Checked, reason: Reason, code: str, others: tuple[str, ...] = (), **facts: str) -> Finding:
    """A finding about this bid."""
    return Finding(
        bid.lot, bid.bidder, reason, code, others, tuple(Fact(key, value) for key, value in facts.items())
    )


def _seals(bid: Checked) -> Iterator[Finding]:
    """Clause 5.5.1 a: seal and signature apart, and nothing proposed. A seal is told by the organisation's name."""
    if bid.outcome == UNSIGNED:
        yield finding(bid, Reason.A, "seal_missing")
        yield finding(bid, Reason.A, "signature_missing")
    elif bid.outcome in (HOLDS, WEAK):
        if not bid.seals:
            yield finding(bid, Reason.A, "seal_not_seen", count=str(bid.signatures))
        if not bid.signatures:
            yield finding(bid, Reason.A, "signature_not_seen", count=str(bid.seals))
        if bid.outcome == WEAK:
            yield finding(bid, Reason.A, "signature_does_not_hold")
    elif bid.outcome:
        yield finding(bid, Reason.A, "signatures_not_read", outcome=bid.outcome)


def _papers(bid: Checked) -> Iterator[Finding]:
    """Clause 5.5.1 b, c and f: what the bid's text does not name: the agreement and the members of a consortium, papers
    that the tender asks for, and what the bid itself says elsewhere. A scan has no text, and says nothing."""
    for member in bid.unsealed:
        yield finding(bid, Reason.B, "member_seal_not_seen", member=member)
    if bid.shut:
        yield finding(bid, Reason.C, "party_shut")
    if bid.traces is None or not bid.traces.readable:
        yield finding(bid, Reason.C, "text_not_read")
        if bid.consortium:
            yield finding(bid, Reason.B, "agreement_not_read")
        if bid.expected:
            yield finding(bid, Reason.F, "response_not_read")
        return
    if bid.consortium and "consortium_agreement" not in bid.traces.papers:
        yield finding(bid, Reason.B, "agreement_not_seen")
    for paper in sorted(bid.asked.papers - set(bid.traces.papers)):
        yield finding(bid, Reason.C, f"{paper}_not_seen")
    for one in bid.expected:
        if not set(one.texts) & set(bid.traces.named):
            yield Finding(bid.lot, bid.bidder, one.reason, one.code, facts=one.facts)


def _terms(bid: Checked) -> Iterator[Finding]:
    """Clause 5.5.1 f: numbers of days that the tender's words ask for, beside those that the bid offers."""
    asked = bid.asked
    if asked.period and bid.period > asked.period:
        yield finding(bid, Reason.F, "period_too_long", asked=str(asked.period), stated=str(bid.period))
    if not asked.validity or bid.traces is None or not bid.traces.readable:
        return
    if not bid.traces.validity:
        yield finding(bid, Reason.F, "validity_not_seen", asked=str(asked.validity))
    elif (most := max(bid.traces.validity)) < asked.validity:
        yield finding(bid, Reason.F, "validity_short", asked=str(asked.validity), stated=str(most))


def _own_prices(bid: Checked) -> Iterator[Finding]:
    """Clause 5.5.1 d: the file states another price beside the one that was read out."""
    stated = set() if bid.traces is None else set(bid.traces.amounts)
    if other := sorted(stated - {bid.price}):
        same = "yes" if bid.price in stated else "no"
        yield finding(
            bid, Reason.D, "another_price", price=bid.price, stated=" / ".join(other[:5]), same=same
        )


def _two_bids(bids: Sequence[Checked]) -> Iterator[Finding]:
    """Clause 5.5.1 d: two bids of one bidder in a lot. An alternative that was asked for is a lot of its own."""
    found: dict[tuple[str, str], list[Checked]] = defaultdict(list)
    for bid in bids:
        found[(bid.lot, bid.bidder)].append(bid)
    for (_, _), several in found.items():
        if len(several) > 1:
            prices = " / ".join(bid.price for bid in several)
            yield finding(several[0], Reason.D, "two_bids", count=str(len(several)), prices=prices)


def _low(bids: Sequence[Checked], flag: int) -> Iterator[Finding]:
    """Clause 5.5.1 e: far below the mean of all prices. Exact: fen and percents are whole numbers."""
    total, count = sum(money.parse(bid.price) for bid in bids), len(bids)
    if not flag or count < 2:
        return
    for bid in bids:
        if money.parse(bid.price) * count * 100 < total * (100 - flag):
            mean = money.decimal(total // count)
            yield finding(bid, Reason.E, "far_below_mean", price=bid.price, mean=mean, percent=str(flag))
