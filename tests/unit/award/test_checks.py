"""What the machine checks find (clause 5.5.1), and what they leave alone."""

from __future__ import annotations

from dataclasses import replace

from hall.award.checks import Checked, Expected, check
from hall.procurement.bid_report import HOLDS, UNSIGNED, WEAK
from hall.procurement.bid_traces import BidTraces, asked_in, days_in
from hall.procurement.evaluation import Reason
from hall.procurement.findings import Fact

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


def test_clause_5_5_1_b_each_member_of_a_consortium_is_named_and_seals() -> None:
    text = replace(TEXT, papers=(*TEXT.papers, "consortium_agreement"), named=("乙公司",))
    members = tuple(
        Expected(Reason.B, "member_not_named", (name,), (Fact("member", name),))
        for name in ("乙公司", "丙设计院")
    )
    bid = replace(GOOD, consortium=True, traces=text, expected=members, unsealed=("乙公司",))
    told = [(one.code, one.facts[0].value) for one in check([bid], 15)]
    assert told == [("member_seal_not_seen", "乙公司"), ("member_not_named", "丙设计院")]


def test_clause_5_5_1_c_papers_are_those_that_the_tender_asks_for() -> None:
    asked = asked_in("投标人须具备建筑工程施工总承包三级以上资质、安全生产许可证；拟派项目经理为二级建造师。")
    assert asked.papers == {"qualification", "safety_permit", "constructor"}
    assert found(replace(GOOD, asked=asked)) == [
        ("a", "c", "constructor_not_seen"),
        ("a", "c", "safety_permit_not_seen"),
    ]
    assert found(replace(GOOD, shut=True)) == [("a", "c", "party_shut")]
    assert asked_in("").papers == asked_in("接受联合体协议").papers == {"business_licence", "qualification"}


def test_clause_5_5_1_f_the_file_says_what_was_read_out_and_for_which_tender() -> None:
    other = Expected(Reason.F, "tender_not_named", ("教学楼工程", "2026-1"))
    period = Expected(Reason.F, "column_differs", ("300日历天",), (Fact("column", "工期"),))
    bid = replace(GOOD, expected=(other, period))
    assert found(bid) == [("a", "f", "tender_not_named"), ("a", "f", "column_differs")]
    assert found(replace(bid, traces=replace(TEXT, named=("2026-1", "300日历天")))) == []
    assert found(replace(bid, traces=BidTraces())) == [
        ("a", "c", "text_not_read"),
        ("a", "f", "response_not_read"),
    ]


def test_clause_5_5_1_f_days_asked_for_are_held_beside_days_offered() -> None:
    asked = replace(asked_in("计划工期：300 个日历天。投标有效期为 90 日历天。"), papers=frozenset())
    assert (asked.period, asked.validity) == (300, 90)
    bid = replace(GOOD, asked=asked, period=days_in("３００ 日历天"), traces=replace(TEXT, validity=(90,)))
    assert found(bid) == []
    assert found(replace(bid, period=301)) == [("a", "f", "period_too_long")]
    assert found(replace(bid, period=days_in("按招标文件"))) == [], "no number of days is no longer period"
    assert found(replace(bid, traces=replace(TEXT, validity=(60, 89)))) == [("a", "f", "validity_short")]
    assert found(replace(bid, traces=TEXT)) == [("a", "f", "validity_not_seen")]
    assert found(replace(bid, traces=BidTraces())) == [("a", "c", "text_not_read")]


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
