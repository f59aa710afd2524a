"""The least times that the law gives bidders, article by article, and whether a schedule keeps them.

A table and its arithmetic. Calendar days count from moment to moment, so a whole number of days lies between; working
days end at 24:00 in Shanghai.
Sources: 招标投标法, 招标投标法实施条例, 政府采购法, 财政部令第87号 and 第74号, 财库〔2014〕214号.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hall.procurement.calendar import WorkingDays
from hall.procurement.tender import DAY, RuleSet

ISSUE: Final = "documents_to_deadline"
SALE: Final = "documents_offered"
ADDENDUM: Final = "addendum_to_deadline"

_BIDDING: Final = (
    "bidding_law",
    ("open_tendering", "invited_tendering", "negotiation", "consultation", "inquiry"),
)
_TENDERED: Final = ("procurement_law", ("open_tendering", "invited_tendering"))


@dataclass(frozen=True, slots=True)
class Minimum:
    """`what`: ISSUE (from giving the documents out to the deadline), SALE (as long as they are given out), ADDENDUM
    (from one that may touch the bids to the deadline); `days`: working days where `working`."""

    what: str
    law: str
    methods: tuple[str, ...]
    days: int
    working: bool
    article: str


MINIMA: Final = (
    Minimum(ISSUE, *_BIDDING, 20, False, "《招标投标法》第二十四条"),
    Minimum(SALE, *_BIDDING, 5, False, "《招标投标法实施条例》第十六条"),
    Minimum(ADDENDUM, *_BIDDING, 15, False, "《招标投标法实施条例》第二十一条"),
    Minimum(ISSUE, *_TENDERED, 20, False, "《政府采购法》第三十五条"),
    Minimum(SALE, *_TENDERED, 5, True, "财政部令第87号第十八条"),
    Minimum(ADDENDUM, *_TENDERED, 15, False, "财政部令第87号第二十七条"),
    Minimum(ISSUE, "procurement_law", ("negotiation",), 3, True, "财政部令第74号第二十九条"),
    Minimum(ADDENDUM, "procurement_law", ("negotiation",), 3, True, "财政部令第74号第二十九条"),
    Minimum(ISSUE, "procurement_law", ("inquiry",), 3, True, "财政部令第74号第四十五条"),
    Minimum(ADDENDUM, "procurement_law", ("inquiry",), 3, True, "财政部令第74号第四十五条"),
    Minimum(ISSUE, "procurement_law", ("consultation",), 10, False, "财库〔2014〕214号第十条"),
    Minimum(SALE, "procurement_law", ("consultation",), 5, True, "财库〔2014〕214号第十条"),
    Minimum(ADDENDUM, "procurement_law", ("consultation",), 5, False, "财库〔2014〕214号第十条"),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A least time against a schedule: `earliest` is the first moment at which it may end."""

    minimum: Minimum
    earliest: int
    kept: bool


def minima(rules: RuleSet) -> Iterator[Minimum]:
    """Those of a tender's law and method."""
    for one in MINIMA:
        if one.law == rules.procedure_law and rules.procurement_method in one.methods:
            yield one


def judged(
    rules: RuleSet, begin: int, until: int, deadline: int, calendar: WorkingDays | None = None
) -> list[Judged]:
    """Documents are given out from `begin` to `until`, bids are due at `deadline`: ms UTC."""
    found = []
    for one in minima(rules):
        if one.what != ADDENDUM:
            earliest = ends(one, begin, calendar)
            found.append(Judged(one, earliest, (deadline if one.what == ISSUE else until) >= earliest))
    return found


def addendum_judged(
    rules: RuleSet, now: int, deadline: int, calendar: WorkingDays | None = None
) -> Judged | None:
    """An addendum that may touch the bids, issued `now`."""
    one = next((one for one in minima(rules) if one.what == ADDENDUM), None)
    if one is None:
        return None
    earliest = ends(one, now, calendar)
    return Judged(one, earliest, deadline >= earliest)


def ends(minimum: Minimum, begin: int, calendar: WorkingDays | None = None) -> int:
    """When a least time that begins at `begin` is over, ms UTC."""
    if minimum.working:
        return (calendar or WorkingDays()).after(begin, minimum.days)
    return begin + minimum.days * DAY
