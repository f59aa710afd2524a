"""What the machine checks find (clause 5.5.1), and what they leave alone."""

from __future__ import annotations

from dataclasses import replace

from hall.award.checks import Checked, check
from hall.procurement.bid_report import HOLDS, UNSIGNED, WEAK
from hall.procurement.bid_traces import BidTraces
from hall.procurement.evaluation import Reason

TEXT = BidTraces(readable=True, papers=("business_licence", "qualification"))
GOOD = Checked("1", "a", "甲公司", "980000.00", outcome=HOLDS, seals=1, signatures=1, traces=TEXT)


def found(*bids: Checked, flag: int = 15) -> list[tuple[str, str, str]]:
    return [(one.bidder, one.reason.value, one.code) for one in check(bids, flag)]


def test_clause_5_5_1_a_bid_without_fault_has_no_finding() -> None:
    assert found(GOOD) == []


def test_clause_5_5_1_a_seal_and_signature_are_reported_apart() -> None:
    assert found(replace(GOOD, outcome=UNSIGNED)) == [
        ("a", "a", "seal_missing"),
        ("a", "a", "signature_missing"),
    ]
    assert found(replace(GOOD, seals=0)) == [("a", "a", "seal_not_seen")]
    assert found(replace(GOOD, signatures=0)) == [("a", "a", "signature_not_seen")]
    assert found(replace(GOOD, outcome=WEAK)) == [("a", "a", "signature_does_not_hold")]


def test_clause_5_5_1_b_a_consortium_without_its_agreement_is_told() -> None:
    assert found(replace(GOOD, consortium=True)) == [("a", "b", "agreement_not_seen")]
    with_it = replace(TEXT, papers=(*TEXT.papers, "consortium_agreement"))
    assert found(replace(GOOD, consortium=True, traces=with_it)) == []


def test_clause_5_5_1_c_papers_that_are_not_named_are_told_and_a_scan_says_nothing() -> None:
    assert found(replace(GOOD, traces=replace(TEXT, papers=()))) == [
        ("a", "c", "business_licence_not_seen"),
        ("a", "c", "qualification_not_seen"),
    ]
    assert found(replace(GOOD, traces=BidTraces())) == [("a", "c", "text_not_read")]


def test_clause_5_5_1_d_another_price_in_the_file_and_a_second_bid_are_told() -> None:
    two = replace(TEXT, amounts=("980000.00", "960000.00"))
    assert found(replace(GOOD, traces=two)) == [("a", "d", "another_price")]
    assert found(replace(GOOD, traces=replace(TEXT, amounts=("980000.00",)))) == []
    assert ("a", "d", "two_bids") in found(GOOD, replace(GOOD, price="970000.00"))
    alternative = replace(GOOD, lot="1-alt", alternative_to="1", price="970000.00")
    assert found(GOOD, alternative) == [], "an alternative that was asked for is none (clause 5.5.1 d)"


def test_clause_5_5_1_e_the_ceiling_is_exact_to_the_fen() -> None:
    assert found(replace(GOOD, ceiling="980000.00")) == []
    assert found(replace(GOOD, ceiling="979999.99")) == [("a", "e", "over_ceiling")]


def test_clause_5_5_1_e_far_below_the_mean_is_a_flag_and_exact() -> None:
    others = [replace(GOOD, bidder=name, price="100.00") for name in "bc"]
    # the mean of 100, 100 and x is flagged by 15 percent below 85 × 200 / (300 − 85): at 79.06… yuan
    assert found(replace(GOOD, price="79.07"), *others) == []
    assert found(replace(GOOD, price="79.06"), *others) == [("a", "e", "far_below_mean")]
    assert found(replace(GOOD, price="1.00"), *others, flag=0) == []


def test_clause_5_5_1_f_a_column_that_says_nothing_is_told() -> None:
    assert found(replace(GOOD, empty=("工期",))) == [("a", "f", "column_empty")]


def test_clause_5_5_1_g_a_quote_that_was_not_signed_is_shown() -> None:
    assert [(one.reason, one.facts[0].value) for one in check([replace(GOOD, silent=(2,))], 15)] == [
        (Reason.G, "2")
    ]
