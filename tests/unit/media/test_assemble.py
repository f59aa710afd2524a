"""Packets become whole frames in order; holes are asked for, waited for, and skipped up to a keyframe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.media.assemble import Assembler, Frame, h264_units, vp8_frame
from hall.media.rtp import Packet


def packet(seq: int, timestamp: int, payload: bytes, marker: bool = True) -> Packet:
    return Packet(96, marker, seq & 0xFFFF, timestamp, 1, payload)


KEY, DELTA = b"\x65key", b"\x41delta"


def test_h264_single_aggregated_and_fragmented_units_are_read() -> None:
    stap = b"\x78" + b"\x00\x03\x67ab" + b"\x00\x02\x68c"
    fragments = [b"\x7c\x85one", b"\x7c\x05two", b"\x7c\x45six"]
    assert h264_units([stap, *fragments, b"\x41x"]) == (b"\x67ab", b"\x68c", b"\x65onetwosix", b"\x41x")


@pytest.mark.parametrize(
    "payloads", [[b""], [b"\x65"], [b"\x7c\x05mid"], [b"\x7c\x85open"], [b"\x78\x00\x09short"], [b"\x1dx"]]
)
def test_spoiled_h264_is_refused(payloads: list[bytes]) -> None:
    with pytest.raises(ValueError):
        h264_units(payloads)


def test_vp8_descriptors_of_all_lengths_are_stripped() -> None:
    long = b"\x90\xf0\x81\x23\x05\x60" + b"data"
    assert vp8_frame([b"\x10abc", b"\x00def"]) == b"abcdef"
    assert vp8_frame([long]) == b"data"
    for spoiled in ([], [b""], [b"\x00tail"], [b"\x90"], [b"\x90\x80"], [b"\x10"]):
        with pytest.raises(ValueError):
            vp8_frame(spoiled)


def test_frames_come_in_order_though_packets_do_not() -> None:
    stream = Assembler("h264")
    assert stream.add(packet(0xFFFF, 0, KEY), 0) == [Frame("h264", (KEY,), 0)]
    assert stream.add(packet(1, 6_000, b"\x41two"), 0.01) == []
    assert stream.missing(0.01) == [0]
    assert stream.missing(0.02) == []
    assert stream.missing(0.1) == [0]
    assert [f.timestamp for f in stream.add(packet(0, 3_000, DELTA), 0.11)] == [3_000, 6_000]
    assert stream.missing(0.3) == []
    assert stream.add(packet(0, 3_000, DELTA), 0.12) == []


def test_after_a_hole_pictures_wait_for_a_keyframe() -> None:
    stream = Assembler("h264")
    stream.add(packet(0, 0, KEY), 0)
    stream.add(packet(2, 6_000, DELTA), 0.1)
    assert stream.tick(0.3) == []
    assert not stream.wants_keyframe()
    assert stream.tick(0.8) == []
    assert stream.wants_keyframe()
    assert not stream.wants_keyframe()
    assert stream.add(packet(3, 9_000, DELTA), 0.9) == []
    assert [f.units for f in stream.add(packet(4, 12_000, KEY), 1.0)] == [(KEY,)]
    assert [f.units for f in stream.add(packet(5, 15_000, DELTA), 1.1)] == [(DELTA,)]
    assert stream.lost == 1


def test_lost_sound_is_skipped_without_asking() -> None:
    stream = Assembler("opus")
    stream.add(packet(0, 0, b"a"), 0)
    assert stream.add(packet(2, 1_920, b"c"), 0.04) == []
    assert stream.missing(0.04) == []
    assert [f.units for f in stream.tick(0.2)] == [(b"c",)]


def test_padding_fills_the_sequence_and_is_no_frame() -> None:
    stream = Assembler("h264")
    stream.add(packet(0, 0, KEY), 0)
    assert stream.add(packet(1, 0, b""), 0) == []
    assert len(stream.add(packet(2, 3_000, DELTA), 0)) == 1


def test_a_sender_that_starts_over_is_followed() -> None:
    stream = Assembler("h264")
    stream.add(packet(0, 0, KEY), 0)
    assert stream.add(packet(20_000, 9, DELTA), 1) == []
    assert stream.wants_keyframe()
    assert len(stream.add(packet(20_001, 3_009, KEY), 1)) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.binary(max_size=6), st.booleans()), max_size=60))
def test_noise_breaks_nothing(noise: list[tuple[int, bytes, bool]]) -> None:
    for codec in ("h264", "vp8", "opus"):
        stream = Assembler(codec)
        for n, (seq, payload, marker) in enumerate(noise):
            stream.add(packet(seq, seq * 3_000, payload, marker), n / 10)
            stream.missing(n / 10)
            stream.tick(n / 10)


@given(st.permutations(range(12)))
def test_any_order_within_patience_gives_every_frame_once(order: list[int]) -> None:
    stream = Assembler("h264")
    frames = stream.add(packet(100, 0, KEY), 0)
    for n in order:
        frames += stream.add(packet(101 + n, (n + 1) * 3_000, DELTA), 0.01)
    assert [f.timestamp for f in frames] == [3_000 * n for n in range(13)]
