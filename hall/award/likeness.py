"""Indicators of collusion (clause 5.5.1 h): what two bids have in common that two bidders seldom have.

For the supervisor and the committee alone. Each has innocent explanations, which stand beside it in the locales; none
decides anything. A finding stands with each of the bids that it concerns.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import Final

from hall.award.checks import Checked, finding
from hall.procurement import money
from hall.procurement.bid_traces import ONE_IN
from hall.procurement.evaluation import Reason
from hall.procurement.findings import Finding

LEAST_TEXT: Final = 600
"""Characters of text in common below which nothing is said."""

LEAST_SHARE: Final = 5
"""Percent of the shorter text in common below which nothing is said."""

LEAST_FONTS: Final = 2
SERIES: Final = 3
"""So many prices in an exact series are told."""


def likenesses(bids: Sequence[Checked]) -> Iterator[Finding]:
    """All indicators among the bids of a tender."""
    yield from _shared(bids, lambda bid: bid.devices, "same_device")
    yield from _shared(bids, lambda bid: bid.places, "same_address")
    yield from _shared(bids, lambda bid: bid.signers, "same_signer")
    yield from _shared(bids, lambda bid: {bid.sealed, bid.pdf} - {""}, "same_file")
    yield from _shared(bids, lambda bid: () if bid.traces is None else bid.traces.ids, "same_document_id")
    yield from _shared(
        bids,
        lambda bid: () if bid.traces is None or not bid.traces.author else (bid.traces.author,),
        "same_author",
    )
    yield from _shared(
        bids,
        lambda bid: () if bid.traces is None or not bid.traces.created else (bid.traces.created,),
        "same_creation",
    )
    yield from _fonts(bids)
    yield from _texts(bids)
    yield from _series(bids)
    yield from _ratios(bids)


def _shared(
    bids: Sequence[Checked], keys: Callable[[Checked], Iterable[Hashable]], code: str
) -> Iterator[Finding]:
    """Bidders that have a key in common."""
    holders: dict[Hashable, set[str]] = defaultdict(set)
    for bid in bids:
        for key in keys(bid):
            holders[key].add(bid.bidder)
    for bid in bids:
        others = {other for key in keys(bid) for other in holders[key]} - {bid.bidder}
        if others:
            yield finding(bid, Reason.H, code, tuple(sorted(others)))


def _pairs(bids: Sequence[Checked]) -> Iterator[tuple[Checked, Checked]]:
    """Bids of different bidders; of one bidder in one lot there is one."""
    return ((one, two) for one, two in combinations(bids, 2) if one.bidder != two.bidder)


def _both(one: Checked, two: Checked, code: str, **facts: str) -> Iterator[Finding]:
    yield finding(one, Reason.H, code, (two.bidder,), **facts)
    yield finding(two, Reason.H, code, (one.bidder,), **facts)


def _fonts(bids: Sequence[Checked]) -> Iterator[Finding]:
    """A font's tag is drawn by chance whenever a file is made: equal ones come from one file."""
    for one, two in _pairs(bids):
        if one.traces is not None and two.traces is not None:
            same = set(one.traces.fonts) & set(two.traces.fonts)
            if len(same) >= LEAST_FONTS:
                yield from _both(one, two, "same_fonts", count=str(len(same)))


def _texts(bids: Sequence[Checked]) -> Iterator[Finding]:
    """Runs of text that these two bidders have and no third: what all copy from the tender documents says nothing."""
    runs: dict[str, set[int]] = defaultdict(set)
    for bid in bids:
        runs[bid.bidder] |= set(() if bid.traces is None else bid.traces.runs)
    spread = Counter(run for found in runs.values() for run in found)
    for one, two in _pairs(bids):
        if one.traces is None or two.traces is None or one.lot != two.lot:
            continue
        mine, yours = set(one.traces.runs), set(two.traces.runs)
        same = {run for run in mine & yours if spread[run] == 2}
        shorter = min(len(mine), len(yours))
        if len(same) * ONE_IN >= LEAST_TEXT and len(same) * 100 >= shorter * LEAST_SHARE:
            share = str(len(same) * 100 // shorter)
            yield from _both(one, two, "same_text", characters=str(len(same) * ONE_IN), percent=share)


def _series(bids: Sequence[Checked]) -> Iterator[Finding]:
    """Prices of a lot that follow one another by exactly one step, or by exactly one ratio."""
    for lot in {bid.lot: None for bid in bids}:
        ordered = sorted((bid for bid in bids if bid.lot == lot), key=lambda bid: money.parse(bid.price))
        if len(ordered) < SERIES:
            continue
        for at in range(len(ordered) - SERIES + 1):
            three = ordered[at : at + SERIES]
            low, middle, high = (money.parse(bid.price) for bid in three)
            if low == high:
                continue
            if middle - low == high - middle:
                yield from _all(three, "equal_steps", step=money.decimal(middle - low))
            elif low and abs(middle * middle - low * high) <= middle:  # to the fen, as a ratio is rounded
                yield from _all(three, "equal_ratio", permille=str(middle * 1000 // low))


def _all(bids: Sequence[Checked], code: str, **facts: str) -> Iterator[Finding]:
    for bid in bids:
        others = tuple(sorted(other.bidder for other in bids if other is not bid))
        yield finding(bid, Reason.H, code, others, **facts)


def _ratios(bids: Sequence[Checked]) -> Iterator[Finding]:
    """Two bidders whose prices have one ratio in several lots, to one in a hundred thousand."""
    prices: dict[str, dict[str, Checked]] = defaultdict(dict)
    for bid in bids:
        if not bid.alternative_to:
            prices[bid.bidder][bid.lot] = bid
    for one, two in combinations(sorted(prices), 2):
        lots = sorted(prices[one].keys() & prices[two].keys())
        for first, second in pairwise(lots):
            a, b = (money.parse(prices[one][lot].price) for lot in (first, second))
            x, y = (money.parse(prices[two][lot].price) for lot in (first, second))
            if a and y and a != x and abs(a * y - b * x) * 100_000 <= a * y:
                for mine, yours in ((one, two), (two, one)):
                    bid = prices[mine][second]
                    yield finding(bid, Reason.H, "constant_ratio", (yours,), other_lot=first)
