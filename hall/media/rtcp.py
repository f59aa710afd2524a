"""RTCP as bytes: the reports and wishes that the hall sends, and the few it listens to (RFC 3550, 4585, 5104).

What lives here is pure. What may not: aiortc, sockets, clocks, encryption.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SENDER, RECEIVER, DESCRIPTION, TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 200, 201, 202, 205, 206
NACK, PICTURE_LOSS, INTRA_REQUEST, APPLICATION = 1, 1, 4, 15
MAX_ASKED = 256

_HEAD = struct.Struct("!BBH")
_SENDER = struct.Struct("!BBHLQLLL")
_BLOCK = struct.Struct("!LLLLLL")
_FEEDBACK = struct.Struct("!BBHLL")
_LOST = struct.Struct("!HH")


@dataclass(frozen=True, slots=True)
class SenderReport:
    """Which moment (64-bit NTP) one stream's RTP timestamp stands for."""

    ssrc: int
    ntp: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Again:
    """A wish for packets of one stream, by sequence number (generic NACK)."""

    ssrc: int
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeWanted:
    """A wish for a keyframe (PLI or FIR)."""


Heard = SenderReport | Again | KeyframeWanted


def read_rtcp(data: bytes) -> list[Heard]:
    """What a compound packet says that matters here. Raises ValueError when it is none."""
    heard: list[Heard] = []
    at = 0
    while at < len(data):
        if len(data) - at < 4:
            raise ValueError("RTCP header truncated")
        first, kind, words = _HEAD.unpack_from(data, at)
        body = data[at + 4 : at + 4 + 4 * words]
        if first >> 6 != 2 or len(body) != 4 * words:
            raise ValueError("RTCP packet truncated, or no RTCP")
        at += 4 + 4 * words
        if kind == SENDER and len(body) >= 24:
            ssrc, ntp, timestamp = struct.unpack_from("!LQL", body)
            heard.append(SenderReport(ssrc, ntp, timestamp))
        elif kind == TRANSPORT_FEEDBACK and first & 31 == NACK and len(body) >= 12:
            heard.append(Again(int.from_bytes(body[4:8], "big"), tuple(_numbers(body[8:]))[:MAX_ASKED]))
        elif kind == PAYLOAD_FEEDBACK and first & 31 in (PICTURE_LOSS, INTRA_REQUEST) and len(body) >= 8:
            heard.append(KeyframeWanted())
    return heard


def _numbers(wishes: bytes) -> Iterable[int]:
    for at in range(0, len(wishes) - 3, 4):
        first, following = _LOST.unpack_from(wishes, at)
        yield first
        yield from (first + 1 + bit & 0xFFFF for bit in range(16) if following >> bit & 1)


def sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    """Which moment a timestamp of ours stands for, and how much was sent so far."""
    counts = packets & 0xFFFFFFFF, octets & 0xFFFFFFFF
    return _SENDER.pack(0x80, SENDER, 6, ssrc, ntp, timestamp, *counts)


def description(ssrcs: Sequence[int], name: bytes) -> bytes:
    """The name under which streams belong together (SDES CNAME)."""
    item = bytes([1, len(name)]) + name
    item += bytes(4 - len(item) % 4)  # at least one zero byte ends the list
    chunks = b"".join(ssrc.to_bytes(4, "big") + item for ssrc in ssrcs)
    return _HEAD.pack(0x80 | len(ssrcs), DESCRIPTION, len(chunks) // 4) + chunks


@dataclass(frozen=True, slots=True)
class ReceptionBlock:
    """How one stream arrives: see `rtp.Reception.report`; `last`: the middle of the last sender report's NTP time,
    `delay`: 1/65536 s since it came.
    """

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last: int
    delay: int


def receiver_report(own: int, blocks: Sequence[ReceptionBlock]) -> bytes:
    """How the peer's streams arrive here."""
    body = b"".join(
        _BLOCK.pack(b.ssrc, b.fraction << 24 | b.lost & 0xFFFFFF, b.highest, b.jitter, b.last, b.delay)
        for b in blocks
    )
    return struct.pack("!BBHL", 0x80 | len(blocks), RECEIVER, 1 + len(body) // 4, own) + body


def bitrate_limit(own: int, bits: int, ssrc: int) -> bytes:
    """So many bits a second are welcome (REMB)."""
    exponent = max(0, bits.bit_length() - 18)
    limit = struct.pack(
        "!4sBBHL", b"REMB", 1, exponent << 2 | bits >> exponent >> 16, bits >> exponent & 0xFFFF, ssrc
    )
    return _FEEDBACK.pack(0x80 | APPLICATION, PAYLOAD_FEEDBACK, 5, own, 0) + limit


def keyframe_request(own: int, ssrc: int) -> bytes:
    """A keyframe, please (PLI)."""
    return _FEEDBACK.pack(0x80 | PICTURE_LOSS, PAYLOAD_FEEDBACK, 2, own, ssrc)


def again_request(own: int, ssrc: int, missing: Iterable[int]) -> bytes:
    """These packets again, please (generic NACK); `missing` in order of sending, may wrap."""
    wishes: list[list[int]] = []
    for seq in missing:
        ahead = seq - wishes[-1][0] - 1 & 0xFFFF if wishes else 16
        if ahead < 16:
            wishes[-1][1] |= 1 << ahead
        else:
            wishes.append([seq, 0])
    body = b"".join(_LOST.pack(first, following) for first, following in wishes)
    return _FEEDBACK.pack(0x80 | NACK, TRANSPORT_FEEDBACK, 2 + len(wishes), own, ssrc) + body
