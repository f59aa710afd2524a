"""Indicators of collusion (clause 5.5.1 h): what is told of whom, and what is too common to be told."""

from __future__ import annotations

from dataclasses import replace

from hall.award.checks import Checked
from hall.award.likeness import likenesses
from hall.procurement.bid_traces import BidTraces, runs_of

OWN = "".join(chr(0x4E00 + 7 * n % 5000) for n in range(3000))
SHARED = "".join(chr(0x4E00 + 11 * n % 4999) for n in range(2000))


def bid(name: str, price: str = "100.00", lot: str = "1", **more: object) -> Checked:
    return Checked(lot, name, f"公司{name}", price, **more)  # type: ignore[arg-type]  # whatever a test wants


def codes(*bids: Checked) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(one.bidder, one.code, one.others) for one in likenesses(bids)}


def test_clause_5_5_1_h_a_common_device_or_address_or_signer_points_to_both() -> None:
    key = frozenset({"x"})
    for field, code in (("devices", "same_device"), ("places", "same_address"), ("signers", "same_signer")):
        found = codes(bid("a", "1.00", **{field: key}), bid("b", "2.00", **{field: key}), bid("c", "7.00"))
        assert found == {("a", code, ("b",)), ("b", code, ("a",))}


def test_clause_5_5_1_h_one_bidder_in_two_lots_is_no_likeness() -> None:
    key = frozenset({"x"})
    assert codes(bid("a", devices=key), bid("a", "3.00", lot="2", devices=key)) == set()


def test_clause_5_5_1_h_the_same_file_and_its_inner_marks_are_told() -> None:
    traces = BidTraces(
        readable=True, author="f" * 64, created="D:2026", ids=("1",), fonts=("QWERTY+A", "ZXCVBN+B")
    )
    found = {
        code
        for _, code, _ in codes(bid("a", "1.00", pdf="p", traces=traces), bid("b", pdf="p", traces=traces))
    }
    assert found == {"same_file", "same_author", "same_creation", "same_document_id", "same_fonts"}


def test_clause_5_5_1_h_text_that_two_share_and_no_third_is_told() -> None:
    a, b = (BidTraces(readable=True, runs=runs_of(OWN[at:] + SHARED)) for at in (0, 2500))
    c = BidTraces(readable=True, runs=runs_of(OWN[::-1]))
    assert codes(bid("a", "1.00", traces=a), bid("b", "2.00", traces=b), bid("c", "7.00", traces=c)) == {
        ("a", "same_text", ("b",)),
        ("b", "same_text", ("a",)),
    }


def test_clause_5_5_1_h_text_that_all_copied_from_the_documents_is_not_told() -> None:
    traces = BidTraces(readable=True, runs=runs_of(SHARED))
    assert (
        codes(
            *(
                bid(name, price, traces=traces)
                for name, price in (("a", "1.00"), ("b", "2.00"), ("c", "7.00"))
            )
        )
        == set()
    )


def test_clause_5_5_1_h_prices_in_exact_steps_or_ratios_are_told() -> None:
    def told(*prices: str) -> set[str]:
        bids = [bid(name, price) for name, price in zip("abcd", prices, strict=False)]
        return {code for _, code, _ in codes(*bids)}

    assert told("100.00", "105.00", "110.00") == {"equal_steps"}
    assert told("100.00", "110.00", "121.00") == {"equal_ratio"}
    assert told("100.00", "105.00", "110.01") == set()
    assert told("100.00", "105.00") == set()
    assert told("100.00", "100.00", "100.00") == set()


def test_clause_5_5_1_h_one_ratio_over_several_lots_is_told() -> None:
    a = (bid("a", "123456.78"), bid("a", "654321.09", lot="2"))
    b = (bid("b", "125925.92"), bid("b", "667407.51", lot="2"))
    assert {code for _, code, _ in codes(*a, *b)} == {"constant_ratio"}
    assert codes(*a, b[0], replace(b[1], price="667000.00")) == set()
