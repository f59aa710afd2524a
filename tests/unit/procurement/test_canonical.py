"""Canonical JSON: one byte form, one strict reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed
from hall.procurement import canonical

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_was_written_is_read_back(value: object) -> None:
    assert canonical.loads(canonical.dumps(value)) == value


@given(st.dictionaries(_text, st.integers(0, 9), max_size=5))
def test_the_order_of_keys_makes_no_difference(value: dict[str, int]) -> None:
    assert canonical.dumps(dict(reversed(value.items()))) == canonical.dumps(value)


def test_keys_are_sorted_by_code_point_not_by_utf16_unit() -> None:
    assert canonical.dumps({"\U0001f600": 1, "\uff5e": 2}) == '{"\uff5e":2,"\U0001f600":1}'.encode()


def test_nothing_is_escaped_without_need() -> None:
    assert (
        canonical.dumps(["甲/é\u2028\x7f", '\x00\n"\\']) == '["甲/é\u2028\x7f","\\u0000\\n\\"\\\\"]'.encode()
    )


@pytest.mark.parametrize("value", [1.0, b"x", {1: 2}, {"a": object()}])
def test_what_has_no_canonical_form_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError):
        canonical.dumps(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800", {"\udfff": 1}])
def test_what_a_browser_cannot_hold_is_a_value_error(value: object) -> None:
    with pytest.raises(ValueError):
        canonical.dumps(value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff", "not_utf8"),
        ("\ud800", "not_utf8"),
        (b"\xef\xbb\xbf{}", "byte_order_mark"),
        (b'{"a":1,"a":1}', "duplicate_key"),
        (b'{"a":1,"\\u0061":1}', "duplicate_key"),
        (b"1.0", "not_an_integer"),
        (b"1e2", "not_an_integer"),
        (b"-0", "not_an_integer"),
        (b"NaN", "not_an_integer"),
        (b"123456789012345678", "not_an_integer"),
        (b"9007199254740992", "not_json"),
        (b'"\\ud800"', "not_json"),
        (b"[" * 100 + b"]" * 100, "not_json"),
        (b"[" * 100_000, "too_deep"),
        (b"{} {}", "not_json"),
        (b"", "not_json"),
        (b"01", "not_json"),
        (b'{"a":1,}', "not_json"),
        (b'"\n"', "not_json"),
    ],
)
def test_json_with_two_readings_is_refused(data: bytes | str, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        canonical.loads(data)
    assert caught.value.facts == {"reason": reason}


@pytest.mark.parametrize("text", ["", "甲建设有限公司", "T-2026/01 a", "é\u3000"])
def test_names_are_plain(text: str) -> None:
    assert canonical.is_plain(text, 64)


@pytest.mark.parametrize(
    "text", ["a\nb", "\x00", "\x7f", "\x9f", "a\u202eb", "\u2066", "\ufeffa", "\ud800", "甲" * 22]
)
def test_what_misleads_the_eye_or_is_too_long_is_not_plain(text: str) -> None:
    assert not canonical.is_plain(text, 64)
