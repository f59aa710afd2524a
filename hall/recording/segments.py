"""The bytes of a recording: fragmented MP4 (H.264 + Opus) and WebM clusters (VP8 + Opus).

What lives here is pure: samples in, bytes out. Each fragment is whole and self-delimiting when it is written,
so a killed process costs at most the fragment it was still collecting. Nothing is decoded. What may not:
files, clocks, hashes.

Sources: ISO/IEC 14496-12 (boxes), 14496-15 (avcC), "Encapsulation of Opus in ISO Base Media File Format", RFC
9559 (Matroska).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import Final, NamedTuple

VIDEO_RATE = 90_000
AUDIO_RATE = 48_000
MAX_SIDE = 4096

_VIDEO_TRACK = 1
_AUDIO_TRACK = 2
_NTP_EPOCH = 2_208_988_800
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_KEY_SAMPLE = 0x02000000  # depends on no other sample
_DELTA_SAMPLE = 0x01010000  # depends on others, is not a sync sample


class Samples(NamedTuple):
    """Consecutive encoded frames or audio packets of one track, a column for each thing there is to say of them.

    Columns, because that is how a run of them is written. start: of the first; durations: each lasts until the next
    begins; both in ticks of the track's rate (90 kHz video, 48 kHz audio), counted from the start of the file. data:
    H.264 as 4-byte length-prefixed NAL units without parameter sets, VP8 and Opus as they come.
    """

    start: int
    durations: Sequence[int]
    keyframes: Sequence[bool]
    data: Sequence[bytes]

    @property
    def end(self) -> int:
        """Ticks at which the last one ends."""
        return self.start + sum(self.durations)


NOTHING: Final = Samples(0, (), (), ())


@dataclass(frozen=True, slots=True)
class H264Track:
    """Parameter sets as NAL units, without start codes."""

    sps: bytes
    pps: bytes
    width: int
    height: int

    @property
    def codec(self) -> str:
        """RFC 6381 name, such as `avc1.42e01f`."""
        return f"avc1.{self.sps[1:4].hex()}"


@dataclass(frozen=True, slots=True)
class Vp8Track:
    """VP8 needs no parameter sets; its size stands in each keyframe."""

    width: int
    height: int
    codec: str = "vp8"


Track = H264Track | Vp8Track


def h264_track(sps: bytes, pps: bytes) -> H264Track:
    """Read the picture size from a sequence parameter set. Raises ValueError when it can't be a camera's."""
    width, height = _sps_size(sps)
    return H264Track(sps, pps, *_checked(width, height))


def vp8_track(keyframe: bytes) -> Vp8Track:
    """Read the picture size from a VP8 keyframe (RFC 6386, 9.1). Raises ValueError for anything else."""
    if len(keyframe) < 10 or keyframe[0] & 1 or keyframe[3:6] != b"\x9d\x01\x2a":
        raise ValueError("not a VP8 keyframe")
    width = int.from_bytes(keyframe[6:8], "little") & 0x3FFF
    height = int.from_bytes(keyframe[8:10], "little") & 0x3FFF
    return Vp8Track(*_checked(width, height))


def length_prefixed(units: Sequence[bytes]) -> bytes:
    """NAL units each behind its length in four bytes; empty ones are left out."""
    return b"".join([len(unit).to_bytes(4, "big") + unit for unit in units if unit])


def h264_picture(data: bytes) -> tuple[bool, Track | None, bytes]:
    """Whether NAL units, each behind its length in four bytes, are a keyframe, its track when they carry the
    parameters, and the sample: without parameter sets and delimiters, which stand in the init segment. Raises
    ValueError.
    """
    keyframe, sps, pps = False, b"", b""
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        begin = at + 4
        stop = begin + int.from_bytes(data[at:begin], "big")
        if not begin < stop <= len(data):
            raise ValueError("NAL unit truncated")
        kind = data[begin] & 31
        if kind == 7:
            sps = sps or data[begin:stop]
        elif kind == 8:
            pps = pps or data[begin:stop]
        elif kind != 9:
            keyframe = keyframe or kind == 5
            parts.append(data[at:stop])
        at = stop
    track = h264_track(sps, pps) if keyframe and sps and pps else None
    return keyframe, track, b"".join(parts)


def vp8_picture(frame: bytes) -> tuple[bool, Track | None, bytes]:
    """The same of a VP8 frame. Raises ValueError."""
    keyframe = bool(frame) and not frame[0] & 1
    return keyframe, vp8_track(frame) if keyframe else None, frame


PICTURES: Final = {"h264": h264_picture, "vp8": vp8_picture}
"""Codec -> what one encoded picture is."""


def _checked(width: int, height: int) -> tuple[int, int]:
    if not (16 <= width <= MAX_SIDE and 16 <= height <= MAX_SIDE):
        raise ValueError(f"picture size {width}x{height}")
    return width, height


# ---------------------------------------------------------------- MP4


def mp4_mime(video: H264Track | None, audio: bool) -> str:
    """The MIME type a browser asks for, with the codecs inside."""
    codecs = ",".join(([video.codec] if video else []) + (["opus"] if audio else []))
    return f'{"video" if video else "audio"}/mp4; codecs="{codecs}"'


def mp4_init(video: H264Track | None, audio: bool) -> bytes:
    """The init segment (ftyp + moov) for one video and/or one stereo Opus track."""
    tracks = b""
    extends = b""
    if video:
        tracks += _track(
            _VIDEO_TRACK, VIDEO_RATE, b"vide", _full(b"vmhd", 0, 1, bytes(8)), _avc1(video), video
        )
        extends += _full(b"trex", 0, 0, struct.pack(">IIIII", _VIDEO_TRACK, 1, 0, 0, 0))
    if audio:
        tracks += _track(_AUDIO_TRACK, AUDIO_RATE, b"soun", _full(b"smhd", 0, 0, bytes(4)), _opus(), None)
        extends += _full(b"trex", 0, 0, struct.pack(">IIIII", _AUDIO_TRACK, 1, 0, 0, 0))
    header = _full(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH", 0, 0, 1000, 0, 0x10000, 0x100),
        bytes(10),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 3),
    )
    brands = _box(b"ftyp", b"iso6", struct.pack(">I", 1), b"iso6cmfcmp41")
    return brands + _box(b"moov", header, tracks, _box(b"mvex", extends))


def mp4_fragment(number: int, video: Samples, audio: Samples, utc_ms: int) -> bytes:
    """One fragment: producer reference time, moof, mdat. number counts from 1; at least one sample must be
    given.
    """
    runs = [(track, s) for track, s in ((_VIDEO_TRACK, video), (_AUDIO_TRACK, audio)) if s.data]
    reference, first = runs[0]
    size = _MOOF + sum(_TRAF.size + _RUN * len(samples.data) for _, samples in runs)
    parts = [_HEAD.pack(_PRFT, reference, _ntp(utc_ms), first.start, size, _MFHD, number)]
    offset = size + 8
    for track, samples in runs:
        count, sizes = len(samples.data), [*map(len, samples.data)]
        table = [_KEY_SAMPLE] * (3 * count)
        table[::3], table[1::3] = samples.durations, sizes
        if track == _VIDEO_TRACK:
            table[2::3] = [_KEY_SAMPLE if keyframe else _DELTA_SAMPLE for keyframe in samples.keyframes]
        run = _RUN * count
        parts.append(
            _TRAF.pack(_TRAF.size + run, _TFHD[track], samples.start, 20 + run, _TRUN, count, offset)
        )
        parts.append(struct.pack(f">{3 * count}I", *table))
        offset += sum(sizes)
    parts.append(struct.pack(">I4s", offset - size, b"mdat"))
    for _, samples in runs:
        parts += samples.data
    return b"".join(parts)


# What stands between the numbers of a fragment: names, sizes that never change, versions and flags.
_HEAD: Final = struct.Struct(">12sIQQ I16sI")
_PRFT: Final = struct.pack(">I4sI", 32, b"prft", 1 << 24)
_MFHD: Final = b"moof" + struct.pack(">I4sI", 16, b"mfhd", 0)
_TRAF: Final = struct.Struct(">I32sQ I8sIi")
_TFHD: Final = {
    track: b"traf" + struct.pack(">I4sII I4sI", 16, b"tfhd", 0x20000, track, 20, b"tfdt", 1 << 24)
    for track in (_VIDEO_TRACK, _AUDIO_TRACK)
}
_TRUN: Final = b"trun" + struct.pack(">I", 0x701)
_MOOF: Final = 24  # bytes of a moof around its trafs: its own head, mfhd
_RUN: Final = 12  # bytes of a sample in the table: duration, size, flags


def _ntp(utc_ms: int) -> int:
    return ((utc_ms + _NTP_EPOCH * 1000) << 32) // 1000


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _avc1(video: H264Track) -> bytes:
    sps, pps = video.sps, video.pps
    configuration = _box(
        b"avcC",
        bytes([1, sps[1], sps[2], sps[3], 0xFF, 0xE1]),
        struct.pack(">H", len(sps)) + sps,
        b"\x01" + struct.pack(">H", len(pps)) + pps,
    )
    size = struct.pack(">HHIIIH", video.width, video.height, 0x480000, 0x480000, 0, 1)
    entry = bytes(6) + struct.pack(">H", 1) + bytes(16) + size + bytes(32) + struct.pack(">Hh", 24, -1)
    return _box(b"avc1", entry, configuration)


def _opus() -> bytes:
    specific = _box(b"dOps", struct.pack(">BBHIhB", 0, 2, 0, AUDIO_RATE, 0, 0))
    entry = bytes(6) + struct.pack(">H", 1) + bytes(8) + struct.pack(">HHHHI", 2, 16, 0, 0, AUDIO_RATE << 16)
    return _box(b"Opus", entry, specific)


def _track(
    number: int, rate: int, handler: bytes, header: bytes, entry: bytes, video: H264Track | None
) -> bytes:
    tables = _box(
        b"stbl",
        _full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        _full(b"stts", 0, 0, bytes(4)),
        _full(b"stsc", 0, 0, bytes(4)),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    source = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, rate, 0, 0x55C4, 0)),
        _full(b"hdlr", 0, 0, bytes(4), handler, bytes(12), b"hall\x00"),
        _box(b"minf", header, source, tables),
    )
    width, height = (video.width, video.height) if video else (0, 0)
    volume = 0 if video else 0x100
    placed = _full(
        b"tkhd",
        0,
        3,
        struct.pack(">IIIII", 0, 0, number, 0, 0),
        bytes(8),
        struct.pack(">HHHH", 0, 0, volume, 0),
        _MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )
    return _box(b"trak", placed, media)


# ---------------------------------------------------------------- WebM


def webm_mime(audio: bool) -> str:
    """The MIME type a browser asks for."""
    return f'video/webm; codecs="vp8{",opus" if audio else ""}"'


def webm_init(video: Vp8Track, audio: bool) -> bytes:
    """EBML header and the start of a segment of unknown size; clusters follow until the file ends."""
    head = element(
        "1A45DFA3",
        unsigned("4286", 1) + unsigned("42F7", 1) + unsigned("42F2", 4) + unsigned("42F3", 8),
        element("4282", b"webm") + unsigned("4287", 4) + unsigned("4285", 2),
    )
    info = element(
        "1549A966", unsigned("2AD7B1", 1_000_000), element("4D80", b"hall"), element("5741", b"hall")
    )
    size = element("E0", unsigned("B0", video.width), unsigned("BA", video.height))
    tracks = element(
        "AE", unsigned("D7", 1), unsigned("73C5", 1), unsigned("83", 1), element("86", b"V_VP8"), size
    )
    if audio:
        opus_head = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, AUDIO_RATE, 0, 0)
        sound = element("E1", element("B5", struct.pack(">d", float(AUDIO_RATE))), unsigned("9F", 2))
        tracks += element(
            "AE",
            unsigned("D7", 2) + unsigned("73C5", 2) + unsigned("83", 2) + element("86", b"A_OPUS"),
            element("63A2", opus_head) + sound,
        )
    unknown_size = bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7
    return head + unknown_size + info + element("1654AE6B", tracks)


def webm_cluster(video: Samples, audio: Samples) -> bytes:
    """One cluster of known size; times become milliseconds. At least one sample must be given, spanning < 32
    s.
    """
    blocks = [
        (at * 1000 // rate, track, keyframe, data)
        for track, rate, samples in ((_VIDEO_TRACK, VIDEO_RATE, video), (_AUDIO_TRACK, AUDIO_RATE, audio))
        for at, keyframe, data in zip(
            accumulate(samples.durations, initial=samples.start),
            samples.keyframes,
            samples.data,
            strict=False,
        )
    ]
    blocks.sort(key=itemgetter(0))
    start = blocks[0][0]
    body = [unsigned("E7", start, 8)]
    for time, track, keyframe, data in blocks:
        key = 0x80 if keyframe else 0
        body.append(element("A3", bytes([0x80 | track]) + struct.pack(">hB", time - start, key) + data))
    return element("1F43B675", *body)


def element(identifier: str, *parts: bytes) -> bytes:
    """An EBML element: its name in hexadecimal, a size of eight bytes, its content."""
    body = b"".join(parts)
    return bytes.fromhex(identifier) + (len(body) | 1 << 56).to_bytes(8, "big") + body


def unsigned(identifier: str, value: int, length: int = 4) -> bytes:
    """An element that holds a number of so many bytes."""
    return element(identifier, value.to_bytes(length, "big"))


# ---------------------------------------------------------------- picture size


class _Bits:
    """Bit reader over a raw byte sequence payload; reading past the end raises ValueError (negative shift)."""

    def __init__(self, data: bytes) -> None:
        clean = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(clean, "big")
        self._left = len(clean) * 8

    def take(self, count: int) -> int:
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128})


@lru_cache(maxsize=256)
def _sps_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels (ITU-T H.264, 7.3.2.1.1)."""
    if not 4 <= len(sps) <= 256 or sps[0] & 31 != 7:
        raise ValueError("not a sequence parameter set")
    bits = _Bits(sps[1:])
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    if profile in _WITH_CHROMA:
        if bits.golomb() == 3:
            bits.take(1)
        bits.golomb()
        bits.golomb()
        bits.take(1)
        if bits.take(1):
            raise ValueError("scaling matrices are not expected from a camera")
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1)
        bits.golomb()
        bits.golomb()
        for _ in range(bits.golomb()):
            bits.golomb()
    bits.golomb()
    bits.take(1)
    width = (bits.golomb() + 1) * 16
    map_units = bits.golomb() + 1
    frames_only = bits.take(1)
    height = map_units * 16 * (2 - frames_only)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        left, right, top, bottom = (bits.golomb() for _ in range(4))
        width -= 2 * (left + right)
        height -= 2 * (top + bottom) * (2 - frames_only)
    return width, height
