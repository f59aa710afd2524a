"""From RTP packets to whole encoded frames, in order, without decoding: H.264 (RFC 6184), VP8 (RFC 7741),
Opus (RFC 7587).

What lives here is pure: packets and the time of their arrival in, frames and wishes (retransmit, keyframe)
out. A hole is waited for, then skipped; after a hole pictures are held back until the next keyframe, so that
a recording never shows a broken picture. What may not: connections, clocks, containers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hall.media.rtp import Packet, ahead

RENACK_S = 0.08
PATIENCE_S = {"video": 0.6, "audio": 0.12}
MAX_HELD = 1024
MAX_FRAME = 4 << 20
MAX_MISSING = 64


class Frame(NamedTuple):
    """One encoded picture (NAL units, or one VP8 frame) or one Opus packet, with its RTP timestamp."""

    codec: str
    units: tuple[bytes, ...]
    timestamp: int


def h264_units(payloads: Sequence[bytes]) -> tuple[bytes, ...]:
    """NAL units of one access unit. Raises ValueError for a payload that is neither single, STAP-A nor FU-A."""
    units: list[bytes] = []
    part: bytearray | None = None
    for payload in payloads:
        if len(payload) < 2:
            raise ValueError("H.264 payload too short")
        kind = payload[0] & 31
        if kind == 28:
            if payload[1] & 0x80:
                part = bytearray([payload[0] & 0xE0 | payload[1] & 31])
            if part is None:
                raise ValueError("H.264 fragment without its start")
            part += payload[2:]
            if payload[1] & 0x40:
                units.append(bytes(part))
                part = None
        elif kind == 24:
            units += _aggregated(payload)
        elif 1 <= kind <= 23:
            units.append(payload)
        else:
            raise ValueError(f"H.264 payload type {kind}")
    if part is not None:
        raise ValueError("H.264 fragment without its end")
    return tuple(units)


def _aggregated(payload: bytes) -> list[bytes]:
    units = []
    at = 1
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        unit = payload[at + 2 : at + 2 + size]
        if not size or len(unit) != size:
            raise ValueError("H.264 aggregate truncated")
        units.append(unit)
        at += 2 + size
    return units


def vp8_frame(payloads: Sequence[bytes]) -> bytes:
    """One VP8 frame from its packets. Raises ValueError when the descriptors are truncated or the start is
    missing.
    """
    if not payloads or not payloads[0] or payloads[0][0] & 0x17 != 0x10:
        raise ValueError("VP8 frame without its start")
    return b"".join(p[_vp8_descriptor(p) :] for p in payloads)


def _vp8_descriptor(payload: bytes) -> int:
    """Length of the payload descriptor (RFC 7741, 4.2)."""
    at = 1
    if payload and payload[0] & 0x80:
        if len(payload) < 2:
            raise ValueError("VP8 descriptor truncated")
        extended = payload[1]
        at = 2
        if extended & 0x80:
            if len(payload) < 3:
                raise ValueError("VP8 descriptor truncated")
            at += 2 if payload[2] & 0x80 else 1
        if extended & 0x40:
            at += 1
        if extended & 0x30:
            at += 1
    if len(payload) <= at:
        raise ValueError("VP8 payload empty")
    return at


def is_keyframe(codec: str, units: Sequence[bytes]) -> bool:
    """Whether a decoder can start here; for Opus always."""
    if codec == "h264":
        return any(u[0] & 31 == 5 for u in units)
    return codec == "opus" or not units[0][0] & 1


@dataclass(slots=True)
class Assembler:
    """Puts the packets of one stream into order and gives whole frames.

    After `add` and `tick`, while `troubled`, ask `wants_keyframe` and `missing`; both are cleared by asking.
    """

    codec: str
    lost: int = 0
    _next: int | None = None
    _held: dict[int, Packet] = field(default_factory=dict)
    _parts: list[Packet] = field(default_factory=list)
    _size: int = 0
    _hole_since: float | None = None
    _nacked_at: float = float("-inf")
    _skip_timestamp: int | None = None
    _broken: bool = False
    _wants_keyframe: bool = False

    def add(self, packet: Packet, now: float) -> list[Frame]:
        """Take a packet that arrived at `now` (monotonic seconds); give the frames it completes."""
        expected = self._next
        if expected is None:
            expected = self._next = packet.seq
        # An empty payload is padding by which senders probe the line: it counts as received, no more.
        if packet.seq == expected & 0xFFFF and not self._held:
            self._next = expected + 1
            frames: list[Frame] = []
            if packet.payload:
                self._take(packet, frames)
            return frames
        step = ahead(packet.seq, expected & 0xFFFF)
        if step < -MAX_HELD or step > MAX_HELD:
            self._restart(packet.seq)
            expected, step = packet.seq, 0
        if step < 0:
            return []
        self._held[expected + step] = packet if packet.payload else _PADDING
        return self._drain(now)

    @property
    def troubled(self) -> bool:
        """Whether a hole is waited for, or pictures were lost for good."""
        return self._hole_since is not None or self._wants_keyframe

    def tick(self, now: float) -> list[Frame]:
        """Give up a hole that lasted too long, and go on behind it."""
        if self._hole_since is None or now - self._hole_since < PATIENCE_S[self.kind] or not self._held:
            return []
        assert self._next is not None
        first = min(self._held)
        self.lost += first - self._next
        self._next = first
        if self.kind == "video":
            self._parts, self._size = [], 0
            held = self._held[first]
            self._skip_timestamp = held.timestamp if held is not _PADDING else None
            self._broken = self._wants_keyframe = True
        self._hole_since = None
        return self._drain(now)

    @property
    def kind(self) -> str:
        return "audio" if self.codec == "opus" else "video"

    def missing(self, now: float) -> list[int]:
        """Sequence numbers to ask for again now; empty when there is no hole or it was just asked."""
        if self._hole_since is None or self.kind == "audio" or now - self._nacked_at < RENACK_S:
            return []
        assert self._next is not None
        self._nacked_at = now
        until = min(max(self._held, default=self._next), self._next + MAX_MISSING)
        return [n & 0xFFFF for n in range(self._next, until) if n not in self._held]

    def wants_keyframe(self) -> bool:
        """Whether pictures were lost for good since the last question."""
        wanted, self._wants_keyframe = self._wants_keyframe, False
        return wanted

    def _restart(self, seq: int) -> None:
        """The sender started over: what was held belongs to a stream that is gone."""
        self._next, self._held, self._hole_since = seq, {}, None
        self._parts, self._size = [], 0
        if self.kind == "video":
            self._broken = self._wants_keyframe = True

    def _drain(self, now: float) -> list[Frame]:
        assert self._next is not None
        frames: list[Frame] = []
        while (packet := self._held.pop(self._next, None)) is not None:
            self._next += 1
            if packet is not _PADDING:
                self._take(packet, frames)
        if not self._held:
            self._hole_since = None
        elif self._hole_since is None:
            self._hole_since = now
            self._nacked_at = float("-inf")
        return frames

    def _take(self, packet: Packet, frames: list[Frame]) -> None:
        if self.codec == "opus":
            frames.append(Frame("opus", (packet.payload,), packet.timestamp))
            return
        if self._skip_timestamp is not None:
            if packet.timestamp == self._skip_timestamp:
                return  # the rest of a picture whose beginning is lost
            self._skip_timestamp = None
        if self._parts and self._parts[0].timestamp != packet.timestamp:
            self._emit(frames)  # a sender that sets no marker
        self._parts.append(packet)
        self._size += len(packet.payload)
        if self._size > MAX_FRAME:
            self._parts, self._size = [], 0
        elif packet.marker:
            self._emit(frames)

    def _emit(self, frames: list[Frame]) -> None:
        parts, self._parts, self._size = self._parts, [], 0
        payloads = [p.payload for p in parts]
        try:
            units = h264_units(payloads) if self.codec == "h264" else (vp8_frame(payloads),)
        except ValueError:
            self._broken = self._wants_keyframe = True
            return
        if not units:
            return
        if self._broken and not is_keyframe(self.codec, units):
            return
        self._broken = False
        frames.append(Frame(self.codec, units, parts[0].timestamp))


_PADDING = Packet(0, False, 0, 0, 0, b"")
