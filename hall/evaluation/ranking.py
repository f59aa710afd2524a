"""From signed sheets to places: exact whole-number arithmetic, so that anybody reckons the same (clause 5.4.4). Pure.

Price points: by the formula of the tender documents (`pricing`), among the valid bids. A bid's points: the mean of the
members' sums, and the price points; bids are ranked by the exact fraction, and shown rounded half up to hundredths.
Equal points: the lower price first; equal prices too: by lot, drawn from the seed of the committee's first draw, which
was fixed before anybody scored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from hall.evaluation.pricing import benchmark, half_up, price_points
from hall.evaluation.state import EvaluationState
from hall.procurement import money
from hall.procurement.drawing import field
from hall.procurement.evaluation import CriterionKind, Method, OpenedBid, Ranked


@dataclass(frozen=True, slots=True)
class Line:
    """One ranked bid and how its points came about. by_member: hundredths, summed over the scored items."""

    ranked: Ranked
    price_points: int
    by_member: Mapping[int, int]


def lot_order(seed: str, lot: str, bidder: str) -> bytes:
    """What decides between equal bids: SHA-256(seed | field(lot) | field(bidder)), the smaller first."""
    return hashlib.sha256(bytes.fromhex(seed) + field(lot) + field(bidder)).digest()


def ranking(state: EvaluationState, lot: str) -> list[Line]:
    """The valid bids of a lot, best first."""
    bids = state.valid(lot)
    if not bids:
        return []
    base = benchmark([money.parse(bid.price) for bid in bids], state.rules.price)
    lines = [_line(state, bid, base) for bid in bids]
    seed = next((draw.done.seed for draw in state.draws if draw.done and draw.done.seed), "")

    def place(line: Line) -> tuple[int, int, bytes]:
        points = 0
        if state.rules.method is Method.WEIGHTED_SCORING:
            points = sum(line.by_member.values()) + line.price_points * len(line.by_member)
        bid = line.ranked
        return -points, money.parse(bid.price), lot_order(seed, lot, bid.bidder)

    ordered = sorted(lines, key=place)
    return [
        Line(
            Ranked(lot, one.ranked.bidder, one.ranked.name, one.ranked.price, one.ranked.points, rank),
            one.price_points,
            one.by_member,
        )
        for rank, one in enumerate(ordered, start=1)
    ]


def _line(state: EvaluationState, bid: OpenedBid, base: tuple[int, int]) -> Line:
    if state.rules.method is Method.LOWEST_EVALUATED_PRICE:
        return Line(Ranked(bid.lot, bid.bidder, bid.name, bid.price, 0, 0), 0, {})
    most = sum(one.points for one in state.rules.criteria if one.kind is CriterionKind.PRICE)
    by_price = price_points(money.parse(bid.price), base, state.rules.price, most)
    by_member = {
        member.number: sum(
            item.points or 0
            for item in state.sheets[member.number].items
            if (item.lot, item.bidder) == (bid.lot, bid.bidder)
        )
        for member in state.active
    }
    points = half_up(sum(by_member.values()), len(by_member)) + by_price
    return Line(Ranked(bid.lot, bid.bidder, bid.name, bid.price, points, 0), by_price, by_member)
