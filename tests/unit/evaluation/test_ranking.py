"""Points and places: exact, and the same for whoever reckons them again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hall.evaluation.ranking import half_up, price_points, ranking
from hall.procurement.evaluation import Criterion, CriterionKind, Method
from tests.committeebook import CommitteeBook, bid, with_rules


def test_the_lowest_price_has_all_points_and_a_half_goes_up() -> None:
    assert price_points(900_00, 900_00, 4000) == 4000
    assert price_points(2, 1, 4001) == 2001, "2000.5 goes up"
    assert price_points(0, 0, 4000) == 4000
    assert (half_up(5, 2), half_up(4, 3), half_up(-1, 2)) == (3, 1, 0)


@given(st.lists(st.integers(1, 10**14), min_size=2, max_size=6), st.integers(1, 10_000))
@settings(deadline=None)
def test_a_lower_price_never_has_fewer_points(prices: list[int], most: int) -> None:
    lowest = min(prices)
    points = [price_points(price, lowest, most) for price in sorted(prices)]
    assert points == sorted(points, reverse=True)
    assert points[0] == most


def test_the_lowest_evaluated_price_wins_where_the_documents_say_so() -> None:
    criteria = (Criterion("form", "形式评审", CriterionKind.REVIEW),)
    book = CommitteeBook(with_rules(method=Method.LOWEST_EVALUATED_PRICE, criteria=criteria)).begun().scored()
    assert [line.ranked.bidder for line in ranking(book.state, "1")] == ["yi", "bing", "jia"]
    assert {line.ranked.points for line in ranking(book.state, "1")} == {0}


def test_equal_bids_are_ordered_by_the_seed_of_the_draw_and_not_by_their_deposit() -> None:
    orders = set[tuple[str, ...]]()
    for names in (("jia", "yi", "bing"), ("bing", "yi", "jia")):
        book = CommitteeBook(bids=tuple(bid(name, "5.00") for name in names)).begun().scored()
        orders.add(tuple(line.ranked.bidder for line in ranking(book.state, "1")))
    assert len(orders) == 1
