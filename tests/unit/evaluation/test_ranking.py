"""Points and places: exact, and the same for whoever reckons them again."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from hall.evaluation.pricing import benchmark, half_up, price_points
from hall.evaluation.ranking import ranking
from hall.evidence import evaluation_sheets as verifier
from hall.procurement.evaluation import Criterion, CriterionKind, Method, PriceFormula, PriceRule
from tests.committeebook import CommitteeBook, bid, with_rules


def test_the_lowest_price_has_all_points_and_a_half_goes_up() -> None:
    rule = PriceRule()
    assert price_points(900_00, benchmark([900_00, 950_00], rule), rule, 4000) == 4000
    assert price_points(2, (1, 1), rule, 4001) == 2001, "2000.5 goes up"
    assert price_points(0, (0, 1), rule, 4000) == 4000
    assert (half_up(5, 2), half_up(4, 3), half_up(-1, 2)) == (3, 1, 0)


@given(st.lists(st.integers(1, 10**14), min_size=2, max_size=6), st.integers(1, 10_000))
@settings(deadline=None)
def test_a_lower_price_never_has_fewer_points(prices: list[int], most: int) -> None:
    lowest = min(prices)
    points = [price_points(price, (lowest, 1), PriceRule(), most) for price in sorted(prices)]
    assert points == sorted(points, reverse=True)
    assert points[0] == most


def test_clause_5_4_4_a_mean_is_the_benchmark_and_costs_points_on_both_sides() -> None:
    rule = PriceRule(PriceFormula.MEAN_DEVIATION, above=100, below=50, down=5, trim=5)
    prices = [80_00, 100_00, 100_00, 100_00, 999_00]
    base = benchmark(prices, rule)
    assert Fraction(*base) == 95_00, (
        "the highest and the lowest do not enter the mean, which is lowered by 5 %"
    )
    assert price_points(95_00, base, rule, 4000) == 4000
    assert price_points(104_50, base, rule, 4000) == 3000, "10 % above cost 10 points"
    assert price_points(85_50, base, rule, 4000) == 3500, "10 % below cost 5 points"
    assert price_points(999_00, base, rule, 4000) == 0
    assert Fraction(*benchmark(prices[:4], rule)) == Fraction(380_00, 4) * Fraction(95, 100), (
        "too few to leave any out"
    )
    lowest = PriceRule(PriceFormula.LOWEST_DEVIATION, above=200)
    assert price_points(105_00, benchmark([100_00, 105_00], lowest), lowest, 3000) == 2000


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=7),
    st.sampled_from(PriceFormula),
    st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 50), st.sampled_from((0, 5, 6))),
)
@settings(deadline=None, max_examples=200)
def test_clause_5_4_4_the_verifier_reckons_the_same_points_by_its_own_code(
    prices: list[int], formula: PriceFormula, numbers: tuple[int, int, int, int]
) -> None:
    rule = PriceRule(formula, *numbers)
    told = {
        "formula": formula.value,
        **dict(zip(("above", "below", "down", "trim"), numbers, strict=True)),
    }
    base = verifier._benchmark([Fraction(price, 100) for price in prices], told)
    for price in prices:
        again = verifier._half_up(verifier._price_points(Fraction(price, 100), base, told, 4000))
        assert price_points(price, benchmark(prices, rule), rule, 4000) == again


def test_clause_5_4_4_the_ranking_follows_the_formula_of_the_documents() -> None:
    rule = PriceRule(PriceFormula.MEAN_DEVIATION, above=100, below=100)
    bids = tuple(bid(name, price) for name, price in (("jia", "50.00"), ("yi", "100.00"), ("bing", "150.00")))
    book = CommitteeBook(with_rules(price=rule), bids=bids).begun().scored()
    points = {line.ranked.bidder: line.price_points for line in ranking(book.state, "1")}
    assert points["yi"] > points["jia"] == points["bing"]


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
