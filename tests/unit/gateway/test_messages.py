"""What peers send is read strictly, and what is wrong is named."""

from __future__ import annotations

import pytest

from hall.errors import Malformed
from hall.gateway.messages import Message, digest


def wrong(value: object, *keys: str) -> object:
    with pytest.raises(Malformed) as refused:
        Message(value, *keys)
    return refused.value.facts["field"]


def test_a_message_has_exactly_the_expected_members() -> None:
    assert wrong([], "a") == "message"
    assert wrong(None, "a") == "message"
    assert wrong({"a": 1}, "a", "b") == "b"
    assert wrong({"a": 1, "z": 2}, "a") == "z"
    assert Message({"a": "x"}, "a").text("a") == "x"


@pytest.mark.parametrize("value", [None, 5, ["x"], "x" * 257])
def test_a_text_is_a_text_of_bounded_length(value: object) -> None:
    with pytest.raises(Malformed, match="malformed_message"):
        Message({"a": value}, "a").text("a")


@pytest.mark.parametrize("value", [None, "5", True, -1, 2**53, 5.0])
def test_a_number_is_a_whole_one_within_its_limits(value: object) -> None:
    with pytest.raises(Malformed, match="malformed_message"):
        Message({"a": value}, "a").integer("a")


@pytest.mark.parametrize("value", ["5", "A===", "a b=", "ä", "AAAA" * 3])
def test_bytes_are_strict_base64_of_bounded_length(value: object) -> None:
    with pytest.raises(Malformed, match="malformed_message"):
        Message({"a": value}, "a").data("a", most=8)


def test_a_flag_is_no_number() -> None:
    with pytest.raises(Malformed, match="malformed_message"):
        Message({"a": 1}, "a").flag("a")


@pytest.mark.parametrize("text", [None, "", "AB" * 32, "ab" * 31, "zz" * 32])
def test_a_digest_is_64_small_hex_digits(text: str | None) -> None:
    with pytest.raises(Malformed, match="malformed_message"):
        digest(text, "sha256")
