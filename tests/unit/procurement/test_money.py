"""Amounts: what is read, what is refused, and the table of capitals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed
from hall.procurement import money

CAPITALS = [
    ("0", "零元整"),
    ("0.01", "壹分"),
    ("0.10", "壹角整"),
    ("0.53", "伍角叁分"),
    ("1", "壹元整"),
    ("1.05", "壹元零伍分"),
    ("1.50", "壹元伍角整"),
    ("10", "壹拾元整"),
    ("10.20", "壹拾元贰角整"),
    ("11", "壹拾壹元整"),
    ("100", "壹佰元整"),
    ("101", "壹佰零壹元整"),
    ("110", "壹佰壹拾元整"),
    ("325.04", "叁佰贰拾伍元零肆分"),
    ("1001", "壹仟零壹元整"),
    ("1010", "壹仟零壹拾元整"),
    ("1409.50", "壹仟肆佰零玖元伍角整"),
    ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
    ("6007.14", "陆仟零柒元壹角肆分"),
    ("10000", "壹万元整"),
    ("10001", "壹万零壹元整"),
    ("10010", "壹万零壹拾元整"),
    ("10100", "壹万零壹佰元整"),
    ("11000", "壹万壹仟元整"),
    ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
    ("100000", "壹拾万元整"),
    ("107000.53", "壹拾万柒仟元伍角叁分"),
    ("120034", "壹拾贰万零叁拾肆元整"),
    ("1000001", "壹佰万零壹元整"),
    ("1234567.89", "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
    ("10050000", "壹仟零伍万元整"),
    ("20000304", "贰仟万零叁佰零肆元整"),
    ("100000000", "壹亿元整"),
    ("100000001", "壹亿零壹元整"),
    ("100005000", "壹亿零伍仟元整"),
    ("100010000", "壹亿零壹万元整"),
    ("110000000", "壹亿壹仟万元整"),
    ("1000500000", "壹拾亿零伍拾万元整"),
    ("100200030004", "壹仟零贰亿零叁万零肆元整"),
    ("500000000000.05", "伍仟亿元零伍分"),
    ("999999999999.99", "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
]

REFUSED = [
    "", " ", "1 ", " 1", "1\n", "+1", "-1", "-0", "01", "00", ".5", "1.", "1.234", "1,000", "1_000", "1e3", "0x1",
    "NaN", "inf", "１２３", "١٢٣", "壹", "1.5元", "1000000000000", "1..2", "1.2.3",
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), CAPITALS)
def test_an_amount_is_spelled_in_capitals(text: str, words: str) -> None:
    assert money.capitals(money.parse(text)) == words


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_spelling_of_an_amount_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        money.parse(text)
    assert refusal.value.code == "amount_malformed"


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("0.1", 10), ("0.01", 1), ("12", 1200), ("12.3", 1230), ("999999999999.99", money.MAX_FEN)],
)
def test_amounts_are_read_as_whole_fen(text: str, fen: int) -> None:
    assert money.parse(text) == fen


@pytest.mark.parametrize("fen", [-1, money.MAX_FEN + 1])
def test_an_amount_out_of_bounds_is_not_written(fen: int) -> None:
    for write in (money.decimal, money.grouped, money.capitals):
        with pytest.raises(Malformed):
            write(fen)


def test_amounts_are_written_with_two_decimals_and_for_the_eye_with_separators() -> None:
    assert money.decimal(123_456_780) == "1234567.80"
    assert money.grouped(123_456_780) == "1,234,567.80"
    assert money.grouped(0) == "0.00"


@given(st.integers(min_value=0, max_value=money.MAX_FEN))
def test_what_is_written_is_read_back_as_the_same_amount(fen: int) -> None:
    assert money.parse(money.decimal(fen)) == fen


@given(st.integers(min_value=0, max_value=money.MAX_FEN))
def test_capitals_name_one_amount_and_no_other(fen: int) -> None:
    assert _read_capitals(money.capitals(fen)) == fen


@given(st.integers(min_value=0, max_value=money.MAX_FEN))
def test_capitals_never_double_a_zero_and_are_closed(fen: int) -> None:
    words = money.capitals(fen)
    assert "零零" not in words
    assert words.endswith(("整", "分"))
    assert not words.startswith("零") or words == "零元整"


def _read_capitals(words: str) -> int:
    """An independent reading, character by character."""
    fen = section = total = digit = 0
    for character in words:
        if character in "零整":
            digit = 0
        elif character in "壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(character)
        elif character in "拾佰仟":
            section += digit * {"拾": 10, "佰": 100, "仟": 1000}[character]
            digit = 0
        elif character in "万亿":
            total += (section + digit) * {"万": 10**4, "亿": 10**8}[character]
            section = digit = 0
        elif character == "元":
            fen += (total + section + digit) * 100
            digit = 0
        else:
            fen += digit * {"角": 10, "分": 1}[character]
            digit = 0
    return fen
