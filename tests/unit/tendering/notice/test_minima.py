"""The table of the law's least times: each law and method has its own, to the day."""

from __future__ import annotations

import pytest

from hall.procurement.tender import DAY, RuleSet
from hall.tendering.notice.minima import ADDENDUM, ISSUE, SALE, addendum_judged, judged, minima

MONDAY = 1_767_574_800_000
"""5 January 2026, 9:00 in Shanghai."""

BIDDING, PROCUREMENT = "bidding_law", "procurement_law"


@pytest.mark.parametrize(
    ("law", "method", "days"),
    [
        (BIDDING, "open_tendering", {ISSUE: 20, SALE: 5, ADDENDUM: 15}),
        (BIDDING, "invited_tendering", {ISSUE: 20, SALE: 5, ADDENDUM: 15}),
        (PROCUREMENT, "open_tendering", {ISSUE: 20, SALE: 5, ADDENDUM: 15}),
        (PROCUREMENT, "negotiation", {ISSUE: 3, ADDENDUM: 3}),
        (PROCUREMENT, "inquiry", {ISSUE: 3, ADDENDUM: 3}),
        (PROCUREMENT, "consultation", {ISSUE: 10, SALE: 5, ADDENDUM: 5}),
    ],
)
def test_each_law_and_method_has_its_own_least_times(law: str, method: str, days: dict[str, int]) -> None:
    found = list(minima(RuleSet(procedure_law=law, procurement_method=method)))
    assert {one.what: one.days for one in found} == days
    assert all(one.article for one in found)


def test_twenty_days_are_kept_to_the_millisecond() -> None:
    def kept(deadline: int) -> bool:
        return judged(RuleSet(), MONDAY, MONDAY + 5 * DAY, deadline)[0].kept

    assert (kept(MONDAY + 20 * DAY), kept(MONDAY + 20 * DAY - 1)) == (True, False)


def test_working_days_leave_the_weekend_out_and_end_at_midnight() -> None:
    rules = RuleSet(procedure_law=PROCUREMENT, procurement_method="negotiation")
    friday = MONDAY + 4 * DAY
    (one,) = judged(rules, friday, friday, friday)
    assert one.earliest == MONDAY + 10 * DAY - 9 * 3_600_000  # Wednesday's end
    least = addendum_judged(rules, friday, one.earliest)
    assert least is not None
    assert least.kept
