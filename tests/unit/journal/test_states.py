"""A kept state is given back exactly as it was, and anything else is noticed."""

from __future__ import annotations

import zlib

import pytest

from hall.journal.states import StateCodec, digest_of_code
from hall.session.state import OpeningState
from tests.playbook import ANNOUNCER, HOST, OWNER, Playbook, bidder

CODEC = StateCodec(OpeningState, "code")
NAMES = ("jia", "yi", "bing")


def opening() -> Playbook:
    """An opening with something in most corners of its state."""
    play = Playbook().until_disclosed(*NAMES)
    for name in NAMES:
        play.says(ANNOUNCER, "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(HOST, "open_objections")
    play.says(bidder("yi"), "raise_objection", text="异议")
    play.says(OWNER, "answer_objection", objection=1, outcome="rejected", text="答复")
    return play


def test_every_state_comes_back_as_it_was() -> None:
    for state in (OpeningState(), Playbook().state, opening().state):
        again = CODEC.decode(CODEC.encode(state))
        assert again == state
        assert isinstance(again, OpeningState)
        assert list(again.lots) == list(state.lots)


@pytest.mark.parametrize(
    "data", [b"", b"\x00", zlib.compress(b"{"), zlib.compress(b"[]"), zlib.compress(b"7")]
)
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        CODEC.decode(data)


def test_a_class_that_can_not_be_kept_is_named() -> None:
    with pytest.raises(TypeError, match="can't hold"):
        StateCodec(float, "code")


def test_other_code_has_another_digest() -> None:
    assert digest_of_code("hall.session") == digest_of_code("hall.session")
    assert len({digest_of_code("hall.session"), digest_of_code("hall.tendering"), digest_of_code()}) == 3
