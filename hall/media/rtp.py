"""RTP packets as bytes: reading headers, writing new ones, counting what was received (RFC 3550).

What lives here is pure and knows neither aiortc nor a socket. What may not: codecs, connections, clocks.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

HEADER = struct.Struct("!BBHLL")
HEADER_LENGTH = HEADER.size
_new = tuple.__new__  # a named tuple's own maker is a function call more


class Packet(NamedTuple):
    """One RTP packet without contributing sources and padding. `extension`: its header extensions as they came,
    profile and length first (RFC 8285), or empty. A named tuple because thousands are made each second.
    """

    payload_type: int
    marker: bool
    seq: int
    timestamp: int
    ssrc: int
    payload: bytes
    extension: bytes = b""


def read_packet(data: bytes) -> Packet:
    """Read a decrypted RTP packet. Raises ValueError when it is none."""
    length = len(data)
    if length < HEADER_LENGTH:
        raise ValueError("RTP packet too short")
    first, second, seq, timestamp, ssrc = HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise ValueError("RTP version is not 2")
    begin = start = HEADER_LENGTH + 4 * (first & 15)
    if first & 0x10:
        if length < start + 4:
            raise ValueError("RTP extension truncated")
        start += 4 + 4 * (data[start + 2] << 8 | data[start + 3])
    stop = length
    if first & 0x20:
        stop -= data[-1]
        if not data[-1]:
            raise ValueError("RTP padding of length 0")
    if start > stop:
        raise ValueError("RTP packet shorter than its header says")
    fields = second & 0x7F, second > 0x7F, seq, timestamp, ssrc, data[start:stop], data[begin:start]
    return _new(Packet, fields)


def write_header(payload_type: int, marker: bool, seq: int, timestamp: int, ssrc: int) -> bytes:
    """The header of an RTP packet without extensions; seq and timestamp wrap."""
    second = payload_type | 0x80 if marker else payload_type
    return HEADER.pack(0x80, second, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)


def audio_level(extension: bytes, number: int) -> int | None:
    """How loud a packet's sound is, in dB below the loudest there can be: 0 to 127, 127 is silence (RFC 6464).

    extension: as in `Packet`; number: under which the extension was agreed. None when the packet does not say.
    """
    if extension[:2] != b"\xbe\xde":
        return None
    at = 4
    while at < len(extension):
        head = extension[at]
        if head == 0:  # padding
            at += 1
            continue
        if head >> 4 == number:
            return extension[at + 1] & 0x7F if at + 1 < len(extension) else None
        at += 2 + (head & 15)
    return None


def ahead(seq: int, of: int) -> int:
    """How far one 16-bit sequence number is ahead of another: -32768 to 32767."""
    return ((seq - of + 0x8000) & 0xFFFF) - 0x8000


@dataclass(slots=True)
class Reception:
    """What a receiver report says of one stream (RFC 3550, appendix A)."""

    rate: int
    ssrc: int
    base: int = 0
    highest: int = 0
    received: int = 0
    jitter: float = 0.0
    _timestamp: int | None = None
    _transit: float = 0.0
    _expected_before: int = 0
    _received_before: int = 0

    def add(self, packet: Packet, now: float) -> None:
        """Count a packet that arrived at `now` (monotonic seconds)."""
        seq, timestamp = packet.seq, packet.timestamp
        if not self.received:
            self.base = self.highest = seq
        self.received += 1
        step = ((seq - self.highest + 0x8000) & 0xFFFF) - 0x8000
        if step > 0:
            self.highest += step
        if timestamp == self._timestamp:
            return  # the rest of a picture was sent when its first packet was
        transit = now * self.rate - timestamp
        if self._timestamp is not None:
            change = abs(transit - self._transit)
            if change < self.rate:  # timestamps wrapped or jumped: no jitter
                self.jitter += (change - self.jitter) / 16
        self._timestamp, self._transit = timestamp, transit

    def report(self) -> tuple[int, int, int, int]:
        """(fraction lost of 256, packets lost, extended highest seq, jitter in ticks) since the last report."""
        expected = self.highest - self.base + 1
        lost = max(0, min(expected - self.received, 0x7FFFFF))
        interval = expected - self._expected_before
        lost_now = interval - (self.received - self._received_before)
        self._expected_before, self._received_before = expected, self.received
        fraction = min(255, (lost_now << 8) // interval) if interval > 0 and lost_now > 0 else 0
        return fraction, lost, self.highest & 0xFFFFFFFF, int(self.jitter)
