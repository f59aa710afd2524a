"""Packets become whole frames in order; holes are asked for, waited for, and skipped up to a keyframe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.media.tables import ROOM, SLOTS, VIDEO
from tests.one_line import Frame, OneLine

KEY, DELTA = b"\x65key", b"\x41delta"


def test_h264_single_aggregated_and_fragmented_units_are_read() -> None:
    stap = b"\x78" + b"\x00\x03\x67ab" + b"\x00\x02\x68c"
    fragments = [b"\x7c\x85one", b"\x7c\x05two", b"\x7c\x45six"]
    whole = picture("h264", [stap, *fragments, b"\x41x"])
    assert whole == (b"\x67ab", b"\x68c", b"\x65onetwosix", b"\x41x")


def picture(codec: str, payloads: list[bytes]) -> tuple[bytes, ...] | None:
    """What becomes of one picture's packets."""
    line = OneLine(codec)
    for n, payload in enumerate(payloads):
        line.take(n, 0, payload, n == len(payloads) - 1)
    found = line.frames()
    return found[0].units if found else None


@pytest.mark.parametrize(
    "payloads",
    [
        [b""],
        [b"\x65"],
        [b"\x7c\x05mid"],
        [b"\x7c\x85open"],
        [b"\x7c\x85open", b"\x65other"],
        [b"\x78\x00\x09short"],
        [b"\x78\x00"],
        [b"\x78\x00\x00"],
        [b"\x1dx"],
    ],
)
def test_spoiled_h264_is_refused(payloads: list[bytes]) -> None:
    assert picture("h264", payloads) is None


def test_a_fragment_that_never_ended_is_left_out() -> None:
    assert picture("h264", [b"\x7c\x85one", b"\x7c\x85new", b"\x7c\x45end"]) == (b"\x65newend",)


def test_vp8_descriptors_of_all_lengths_are_stripped() -> None:
    long = b"\x90\xf0\x81\x23\x05\x60" + b"data"
    assert picture("vp8", [b"\x10abc", b"\x00def"]) == (b"abcdef",)
    assert picture("vp8", [long]) == (b"data",)
    for spoiled in ([b""], [b"\x00tail"], [b"\x90"], [b"\x90\x80"], [b"\x10"]):
        assert picture("vp8", spoiled) is None


def test_frames_come_in_order_though_packets_do_not() -> None:
    stream = OneLine("h264")
    assert stream.add(0xFFFF, 0, KEY, now=0) == [Frame("h264", (KEY,), 0)]
    assert stream.add(1, 6_000, b"\x41two", now=0.01) == []
    assert stream.missing(0.01) == [0]
    assert stream.missing(0.02) == []
    assert stream.missing(0.1) == [0]
    assert [f.timestamp for f in stream.add(0, 3_000, DELTA, now=0.11)] == [3_000, 6_000]
    assert stream.missing(0.3) == []
    assert stream.add(0, 3_000, DELTA, now=0.12) == []


def test_after_a_hole_pictures_wait_for_a_keyframe() -> None:
    stream = OneLine("h264")
    stream.add(0, 0, KEY, now=0)
    stream.add(2, 6_000, DELTA, now=0.1)
    assert stream.tick(0.3) == []
    assert not stream.wants_keyframe()
    assert stream.tick(0.8) == []
    assert stream.wants_keyframe()
    assert not stream.wants_keyframe()
    assert stream.add(3, 9_000, DELTA, now=0.9) == []
    assert [f.units for f in stream.add(4, 12_000, KEY, now=1.0)] == [(KEY,)]
    assert [f.units for f in stream.add(5, 15_000, DELTA, now=1.1)] == [(DELTA,)]
    assert stream.stream["lost"] == 1


def test_lost_sound_is_skipped_without_asking() -> None:
    stream = OneLine("opus")
    stream.add(0, 0, b"a", now=0)
    assert stream.add(2, 1_920, b"c", now=0.04) == []
    assert stream.missing(0.04) == []
    assert [f.units for f in stream.tick(0.2)] == [(b"c",)]


def test_padding_fills_the_sequence_and_is_no_frame() -> None:
    stream = OneLine("h264")
    stream.add(0, 0, KEY, now=0)
    assert stream.add(1, 0, b"", now=0) == []
    assert len(stream.add(2, 3_000, DELTA, now=0)) == 1


def test_a_sender_that_starts_over_is_followed() -> None:
    stream = OneLine("h264")
    stream.add(0, 0, KEY, now=0)
    assert stream.add(20_000, 9, DELTA, now=1) == []
    assert stream.wants_keyframe()
    assert len(stream.add(20_001, 3_009, KEY, now=1)) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.binary(max_size=6), st.booleans()), max_size=60))
def test_noise_breaks_nothing(noise: list[tuple[int, bytes, bool]]) -> None:
    for codec in ("h264", "vp8", "opus"):
        stream = OneLine(codec)
        for n, (seq, payload, marker) in enumerate(noise):
            stream.add(seq, seq * 3_000, payload, marker, n / 10)
            stream.missing(n / 10)
            stream.tick(n / 10)


@given(st.permutations(range(12)))
def test_any_order_within_patience_gives_every_frame_once(order: list[int]) -> None:
    stream = OneLine("h264")
    frames = stream.add(100, 0, KEY, now=0)
    for n in order:
        frames += stream.add(101 + n, (n + 1) * 3_000, DELTA, now=0.01)
    assert [f.timestamp for f in frames] == [3_000 * n for n in range(13)]


def test_a_hole_larger_than_the_memory_is_gone_past() -> None:
    stream = OneLine("h264")
    stream.add(0, 0, KEY)
    assert stream.add(SLOTS[VIDEO] + 1, 3_000, KEY) == [Frame("h264", (KEY,), 3_000)]
    assert stream.stream["lost"] == SLOTS[VIDEO]


def test_a_picture_larger_than_there_may_be_is_dropped_and_the_next_keyframe_taken() -> None:
    stream, part = OneLine("h264"), bytes(1_400)
    packets = ROOM[VIDEO] // len(part) + 1
    for n in range(packets):
        head = b"\x7c\x85" if n == 0 else b"\x7c\x05"
        assert stream.add(n, 0, head + part, marker=False) == []
    assert stream.add(packets, 0, b"\x7c\x45end") == []
    assert stream.wants_keyframe()
    assert stream.add(packets + 1, 3_000, DELTA) == []
    assert stream.add(packets + 2, 6_000, KEY) == [Frame("h264", (KEY,), 6_000)]


def test_what_is_still_coming_stays_when_the_rest_is_taken() -> None:
    stream = OneLine("h264")
    stream.take(0, 0, b"\x65" + bytes(1_000))
    stream.take(1, 3_000, b"\x7c\x81" + b"a" * 1_200, marker=False)
    assert [f.timestamp for f in stream.frames()] == [0]
    stream.take(2, 3_000, b"\x7c\x01" + b"b" * 1_200, marker=False)
    assert stream.frames() == []
    assert stream.add(3, 3_000, b"\x7c\x41c") == [
        Frame("h264", (b"\x61" + b"a" * 1_200 + b"b" * 1_200 + b"c",), 3_000)
    ]
