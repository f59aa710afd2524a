"""Containers byte by byte: boxes nest, times stand where players look, sizes come from the parameter sets."""

from __future__ import annotations

import struct

import pytest

from hall.recording.segments import (
    Samples,
    Vp8Track,
    h264_picture,
    h264_track,
    length_prefixed,
    mp4_fragment,
    mp4_init,
    mp4_mime,
    vp8_track,
    webm_cluster,
    webm_init,
    webm_mime,
)

# 320x180, constrained baseline 3.1, as x264 and OpenH264 write them (cropped from 192 lines).
SPS = bytes.fromhex("6742c01fda05067e7840000003004000000523c60ca8")
PPS = bytes.fromhex("68ce3c80")
NESTED = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf", b"dinf"}


def boxes(data: bytes) -> list[tuple[bytes, object]]:
    """The tree of boxes; raises AssertionError when sizes do not add up."""
    found: list[tuple[bytes, object]] = []
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at
        body = data[at + 8 : at + size]
        found.append((kind, boxes(body) if kind in NESTED else body))
        at += size
    return found


def names(tree: object) -> list[bytes]:
    assert isinstance(tree, list)
    return [kind for kind, _ in tree]


def test_the_picture_size_comes_from_the_parameter_set() -> None:
    track = h264_track(SPS, PPS)
    assert (track.width, track.height) == (320, 180)
    assert track.codec == "avc1.42c01f"


@pytest.mark.parametrize(
    "sps", [b"", b"\x67", SPS[:6], b"\x68" + SPS[1:], b"\x67" + b"\x00" * 40, b"\x67" + b"\xff" * 300]
)
def test_a_spoiled_parameter_set_is_refused(sps: bytes) -> None:
    with pytest.raises(ValueError):
        h264_track(sps, PPS)


def test_a_vp8_keyframe_gives_its_size_and_nothing_else_does() -> None:
    keyframe = bytes([0x10, 0, 0, 0x9D, 0x01, 0x2A]) + struct.pack("<HH", 320, 180 | 0x4000) + b"rest"
    assert vp8_track(keyframe) == Vp8Track(320, 180)
    for spoiled in (b"", keyframe[:8], b"\x11" + keyframe[1:], keyframe[:3] + b"xyz" + keyframe[6:]):
        with pytest.raises(ValueError):
            vp8_track(spoiled)


def test_parameter_sets_and_delimiters_do_not_become_samples() -> None:
    units = length_prefixed([b"\x09\x10", SPS, PPS, b"\x65abc", b"", b"\x65d"])
    sample = b"\x00\x00\x00\x04\x65abc\x00\x00\x00\x02\x65d"
    assert h264_picture(units) == (True, h264_track(SPS, PPS), sample)
    assert h264_picture(sample) == (True, None, sample)
    delta = length_prefixed([b"\x41abc"])
    assert h264_picture(length_prefixed([SPS, PPS]) + delta) == (False, None, delta)


@pytest.mark.parametrize("data", [b"\0", b"\0\0\0\0", b"\0\0\0\x04\x65ab", b"\0\0\0\x01\x65\0\0"])
def test_units_that_do_not_fill_their_lengths_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="truncated"):
        h264_picture(data)


@pytest.mark.parametrize("audio", [True, False])
def test_the_init_segment_is_two_boxes_with_a_track_each(audio: bool) -> None:
    tree = boxes(mp4_init(h264_track(SPS, PPS), audio))
    assert names(tree) == [b"ftyp", b"moov"]
    tracks = [k for k in names(tree[1][1]) if k == b"trak"]
    assert len(tracks) == (2 if audio else 1)
    assert mp4_mime(None, True) == 'audio/mp4; codecs="opus"'


def test_a_fragment_says_when_it_was_and_where_its_samples_lie() -> None:
    video = Samples(9_000, [9_000, 8_000], [True, False], [b"key", b"delta"])
    audio = Samples(4_800, [1_920], [True], [b"snd"])
    data = mp4_fragment(7, video, audio, 1_795_330_000_500)
    tree = boxes(data)
    assert names(tree) == [b"prft", b"moof", b"mdat"]
    assert tree[2][1] == b"keydeltasnd"
    moof = tree[1][1]
    assert names(moof) == [b"mfhd", b"traf", b"traf"]
    assert isinstance(moof, list)
    for (_, track), samples, text in zip(moof[1:], (video, audio), (b"key", b"snd"), strict=True):
        assert isinstance(track, list)
        assert names(track) == [b"tfhd", b"tfdt", b"trun"]
        assert struct.unpack(">Q", track[1][1][4:])[0] == samples.start
        count, offset = struct.unpack(">Ii", track[2][1][4:12])
        assert [*struct.iter_unpack(">III", track[2][1][12:])] == [
            (duration, len(frame), 0x02000000 if keyframe else 0x01010000)
            for duration, keyframe, frame in zip(
                samples.durations, samples.keyframes, samples.data, strict=True
            )
        ]
        assert count == len(samples.data)
        start = data.index(b"moof") - 4 + offset
        assert data[start : start + 3] == text
    seconds, fraction = struct.unpack(">II", tree[0][1][8:16])
    assert (seconds - 2_208_988_800, round(fraction * 1000 / 2**32)) == (1_795_330_000, 500)


def test_a_cluster_holds_blocks_in_order_of_time() -> None:
    video = Samples(0, [9_000, 9_000], [True, False], [b"V1", b"V2"])
    audio = Samples(960, [960], [True], [b"A1"])
    data = webm_cluster(video, audio)
    assert data[:4] == bytes.fromhex("1F43B675")
    assert int.from_bytes(data[4:12], "big") & ~(1 << 56) == len(data) - 12
    assert data.index(b"V1") < data.index(b"A1") < data.index(b"V2")
    assert data[data.index(b"V2") - 3 : data.index(b"V2")] == struct.pack(">hB", 100, 0)


def test_a_webm_header_names_its_codecs() -> None:
    head = webm_init(Vp8Track(320, 180), audio=True)
    assert head.startswith(bytes.fromhex("1A45DFA3"))
    assert b"V_VP8" in head
    assert b"OpusHead" in head
    assert webm_mime(True) == 'video/webm; codecs="vp8,opus"'
