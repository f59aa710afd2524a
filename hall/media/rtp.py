"""RTP packets as bytes: reading headers, writing new ones, counting what was received (RFC 3550).

What lives here is pure, and compiled where each packet meets it; packets lie in arrays of bytes. What may not: codecs,
connections, clocks.
"""

from __future__ import annotations

import struct
from typing import Any

from hall.media.compiled import byte, compiled

HEADER = struct.Struct("!BBHLL")
HEADER_LENGTH = HEADER.size
NO_LEVEL = -1


@compiled
def two(data: Any, at: int) -> int:
    """The 16-bit number there."""
    return byte(data, at) << 8 | byte(data, at + 1)


@compiled
def four(data: Any, at: int) -> int:
    """The 32-bit number there."""
    return two(data, at) << 16 | two(data, at + 2)


@compiled
def parts(data: Any, length: int) -> tuple[int, int, int]:
    """Where the parts of a decrypted packet lie: the begin of its header extensions (profile and length first, RFC
    8285), the begin of its payload (where the extensions end), and the payload's end, before any padding. (0, 0, 0)
    for what is no RTP packet.
    """
    none = 0, 0, 0
    if length < HEADER_LENGTH or length > data.size:
        return none
    first = byte(data, 0)
    if first >> 6 != 2:
        return none
    begin = start = HEADER_LENGTH + 4 * (first & 15)
    if first & 0x10:
        if length < start + 4:
            return none
        start += 4 + 4 * two(data, start + 2)
    stop = length
    if first & 0x20:
        stop -= byte(data, length - 1)
        if not data[length - 1]:
            return none
    if start > stop:
        return none
    return begin, start, stop


def write_header(payload_type: int, marker: bool, seq: int, timestamp: int, ssrc: int) -> bytes:
    """The header of an RTP packet without extensions; seq and timestamp wrap."""
    second = payload_type | 0x80 if marker else payload_type
    return HEADER.pack(0x80, second, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)


@compiled
def audio_level(data: Any, begin: int, stop: int, number: int) -> int:
    """How loud a packet's sound is, in dB below the loudest there can be: 0 to 127, 127 is silence (RFC 6464).

    begin, stop: where its header extensions lie; number: under which this one was agreed. NO_LEVEL: not there.
    """
    if stop - begin < 4 or two(data, begin) != 0xBEDE:
        return NO_LEVEL
    at = begin + 4
    while at < stop:
        head = byte(data, at)
        if head == 0:  # padding
            at += 1
            continue
        if head >> 4 == number:
            return byte(data, at + 1) & 0x7F if at + 1 < stop else NO_LEVEL
        at += 2 + (head & 15)
    return NO_LEVEL


@compiled
def ahead(seq: int, of: int) -> int:
    """How far one 16-bit sequence number is ahead of another: -32768 to 32767."""
    return ((seq - of + 0x8000) & 0xFFFF) - 0x8000


@compiled
def count(stream: Any, ssrc: int, seq: int, timestamp: int, rate: int, now: float) -> None:
    """Count a packet that arrived at `now` (monotonic seconds), for the reports on its stream (RFC 3550, appendix A).

    stream: a row of `tables.STREAM`; rate: ticks a second. Another ssrc begins anew.
    """
    if not stream.received or stream.ssrc != ssrc:
        stream.ssrc, stream.base, stream.highest = ssrc, seq, seq
        stream.received = stream.expected_before = stream.received_before = 0
        stream.jitter = 0.0
        stream.timed = False
        stream.report_middle = 0
    stream.received += 1
    step = ahead(seq, stream.highest & 0xFFFF)
    if step > 0:
        stream.highest += step
    if stream.timed and timestamp == stream.counted_timestamp:
        return  # the rest of a picture was sent when its first packet was
    transit = now * rate - timestamp
    if stream.timed:
        change = abs(transit - stream.transit)
        if change < rate:  # timestamps wrapped or jumped: no jitter
            stream.jitter += (change - stream.jitter) / 16
    stream.timed, stream.counted_timestamp, stream.transit = True, timestamp, transit


@compiled
def report(stream: Any) -> tuple[int, int, int, int]:
    """(fraction lost of 256, packets lost, extended highest seq, jitter in ticks) since the last report."""
    expected = stream.highest - stream.base + 1
    lost = max(0, min(expected - stream.received, 0x7FFFFF))
    interval = expected - stream.expected_before
    lost_now = interval - (stream.received - stream.received_before)
    stream.expected_before, stream.received_before = expected, stream.received
    fraction = min(255, (lost_now << 8) // interval) if interval > 0 and lost_now > 0 else 0
    return fraction, lost, stream.highest & 0xFFFFFFFF, int(stream.jitter)
