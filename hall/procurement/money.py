"""Amounts of money: strict decimal strings, and the Chinese capitals (大写) that stand beside the digits.

Amounts are whole fen (分, a hundredth of a yuan) between nothing and just under 10¹² yuan; no float ever
touches them. This module only reads and writes amounts; what an amount may be in a tender (ceilings, zero
bids) is the rules' business.
"""

from __future__ import annotations

import re

from hall.errors import Malformed

MAX_FEN = 999_999_999_999_99

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,2}))?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_SECTIONS = ("", "万", "亿")


def parse(text: str) -> int:
    """Read a decimal string such as "1234567.89" (yuan) as fen.

    One spelling per digit string: no sign, space, separator, exponent, leading zero or full-width digit, at most two
    decimals. Raises `Malformed("amount_malformed")` otherwise.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise Malformed("amount_malformed", length=len(text))
    yuan, decimals = match[1], match[2] or ""
    return int(yuan) * 100 + int(decimals.ljust(2, "0"))


def decimal(fen: int) -> str:
    """Write fen as the canonical decimal string in yuan, always with two decimals: "1234567.80"."""
    yuan, rest = divmod(_within_bounds(fen), 100)
    return f"{yuan}.{rest:02d}"


def grouped(fen: int) -> str:
    """Write fen for the eye, with thousands separators: "1,234,567.80"."""
    yuan, rest = divmod(_within_bounds(fen), 100)
    return f"{yuan:,}.{rest:02d}"


def capitals(fen: int) -> str:
    """Write fen in Chinese capitals, by the central bank's rules for filling in negotiable instruments.

    Of the spellings those rules leave free, the shorter stands for an empty last yuan digit (壹拾万柒仟元伍角叁分) and
    the closed one after 角 (伍角整), so that nothing can be added behind it.
    """
    yuan, rest = divmod(_within_bounds(fen), 100)
    jiao, single = divmod(rest, 10)
    if yuan == 0 and rest == 0:
        return "零元整"
    text = f"{_integer(yuan)}元" if yuan else ""
    if rest == 0:
        return text + "整"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif yuan:
        text += "零"
    return text + (f"{_DIGITS[single]}分" if single else "整")


def _within_bounds(fen: int) -> int:
    if not 0 <= fen <= MAX_FEN:
        raise Malformed("amount_out_of_bounds")
    return fen


def _integer(number: int) -> str:
    """Spell a positive integer below 10¹² section by section (four digits each), one 零 for any run of inner zeros."""
    text = ""
    gap = False
    for index in reversed(range(len(_SECTIONS))):
        section = number // 10_000**index % 10_000
        if section == 0:
            gap = gap or bool(text)
            continue
        if text and (gap or section < 1_000):
            text += "零"
        text += _section(section) + _SECTIONS[index]
        gap = False
    return text


def _section(section: int) -> str:
    """Spell 1..9999 without any zero before its first or after its last digit."""
    text = ""
    gap = False
    for place in reversed(range(len(_PLACES))):
        digit = section // 10**place % 10
        if digit == 0:
            gap = gap or bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text
