"""Clips are cut at keyframes and hold recorded bytes alone; whatever differs from the index is found."""

from __future__ import annotations

import hashlib

import pytest

from hall.recording.clips import Checked, check, cut, lines_to
from hall.recording.manifest import Epoch, IndexWriter

START = 1_800_000_000_000
EPOCH = Epoch("O1", "host", 1, "001.mp4", "video/mp4", "avc1", 640, 360, START, "start")
INIT = b"init segment"


def taped(fragments: int = 12, *, every: int = 4, picture: bool = True) -> tuple[bytes, bytes]:
    """A recording of half seconds, each `every`th fragment with a keyframe: (media, index)."""
    writer, media = IndexWriter(EPOCH), INIT
    index = writer.init(INIT)
    for n in range(fragments):
        data = hashlib.sha256(f"{n}".encode()).digest()[: 10 + n]
        video = 7 if picture else 0
        index += writer.fragment(
            data,
            utc=START + 500 * n,
            duration=500,
            keyframe=picture and n % every == 0,
            video=video,
            audio=12,
        )
        media += data
    return media, index + writer.end("closed")


def clip(media: bytes, index: bytes, start: int, end: int) -> tuple[bytes, int, int]:
    found = cut(index, START + start, START + end)
    assert found is not None
    made = media[: found.init] + media[found.offset : found.end]
    assert len(made) == found.size
    return made, found.first, found.last


def checked(made: bytes, index: bytes, first: int, last: int) -> Checked:
    return check(lambda offset, length: made[offset : offset + length], len(made), index, first, last)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (0, 500, 1, 1),
        (0, 501, 1, 2),
        (499, 500, 1, 1),
        (500, 1_000, 1, 2),
        (2_100, 2_200, 5, 5),
        (3_900, 4_600, 5, 10),
        (-9_000, 99_000, 1, 12),
    ],
)
def test_a_clip_begins_at_the_keyframe_before_and_ends_with_the_moment(
    start: int, end: int, first: int, last: int
) -> None:
    media, index = taped()
    found = cut(index, START + start, START + end)
    assert found is not None
    assert (found.first, found.last) == (first, last)
    assert (found.start, found.until) == (START + 500 * (first - 1), START + 500 * last)
    made, *_ = clip(media, index, start, end)
    assert checked(made, index, first, last).faults == ()


def test_sound_alone_is_cut_anywhere() -> None:
    found = cut(taped(picture=False)[1], START + 2_600, START + 2_700)
    assert found is not None
    assert (found.first, found.last) == (6, 6)


@pytest.mark.parametrize("index", [b"", b"nonsense\n", b"{}\n", taped()[1][:50]])
def test_of_nothing_nothing_is_cut(index: bytes) -> None:
    assert cut(index, 0, START * 2) is None


def test_outside_of_what_was_recorded_nothing_is_cut() -> None:
    _, index = taped()
    assert cut(index, START - 1_000, START) is None
    assert cut(index, START + 6_000, START + 7_000) is None


def test_one_changed_byte_is_found_wherever_it_is() -> None:
    media, index = taped()
    made, first, last = clip(media, index, 2_100, 4_000)
    for place in range(len(made)):
        altered = made[:place] + bytes([made[place] ^ 1]) + made[place + 1 :]
        assert checked(altered, index, first, last).faults, place
    for altered in (made[:-1], made + b"x", made[len(INIT) :], b""):
        assert checked(altered, index, first, last).faults


def test_one_changed_byte_of_the_index_is_found_unless_it_is_behind_the_clip_and_torn() -> None:
    media, index = taped(6)
    made, first, last = clip(media, index, 0, 1_000)
    whole = checked(made, index, first, last)
    for place in range(len(index)):
        altered = index[:place] + bytes([index[place] ^ 1]) + index[place + 1 :]
        found = checked(made, altered, first, last)
        # The last line's end may be torn off: then the chain behind it is missing, and no head stands on it.
        assert found.faults or found.end_chain != whole.end_chain, place


def test_other_numbers_than_those_cut_are_found() -> None:
    media, index = taped()
    made, first, last = clip(media, index, 2_100, 4_000)
    for numbers in (
        (first + 1, last),
        (first, last + 1),
        (first - 1, last),
        (0, last),
        (last, first),
        (1, 99),
    ):
        assert checked(made, index, *numbers).faults, numbers


def test_lines_go_as_far_as_a_head_does() -> None:
    _, index = taped(5)
    lines = index.split(b"\n")[:-1]
    assert lines_to(index, 3) == b"".join(line + b"\n" for line in lines[:4])
    assert lines_to(index, 5) == index, "a head of a finished recording stands on its end line"
    assert lines_to(b"".join(line + b"\n" for line in lines[:6]), 5).count(b"\n") == 6


def test_the_chains_are_those_of_the_heads() -> None:
    media, index = taped(4)
    made, first, last = clip(media, index, 0, 2_000)
    writer = IndexWriter(EPOCH)
    writer.init(INIT)
    found = checked(made, index, first, last)
    assert found.chains[0] == writer.chain
    assert sorted(found.chains) == [0, 1, 2, 3, 4]
    assert found.epoch == EPOCH
    assert found.untils[4] == START + 2_000
    assert found.end_chain not in found.chains.values()
