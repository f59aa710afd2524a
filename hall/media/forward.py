"""Packets in, packets out: one source, many outlets. Nothing is decoded, encoded or waited for.

What lives here is pure but for the callbacks it is given: an outlet gives each watcher its own ssrc, sequence
and payload type, keeps a short memory to answer retransmission requests, and passes keyframe requests up,
rate-limited. What may not: aiortc, sockets, clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hall.media.rtp import Packet, write_packet

HISTORY = 512
KEYFRAME_GAP_S = 0.5


@dataclass(slots=True)
class KeyframeGate:
    """Lets at most one keyframe request through in half a second, and remembers one that came too early."""

    ask: Callable[[], None]
    last: float = float("-inf")
    owed: bool = False

    def request(self, now: float) -> None:
        if now - self.last >= KEYFRAME_GAP_S:
            self.last, self.owed = now, False
            self.ask()
        else:
            self.owed = True

    def tick(self, now: float) -> None:
        if self.owed:
            self.request(now)


@dataclass(slots=True)
class Outlet:
    """One outgoing stream of one watcher. `payload_types`: by codec name, as its offer numbers them."""

    ssrc: int
    rate: int
    payload_types: Mapping[str, int]
    seq: int
    timestamp: int
    packets: int = 0
    octets: int = 0
    _source: object = None
    _seq_shift: int = 0
    _time_shift: int = 0
    _sent_at: float | None = None
    _history: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    def rewrite(self, source: object, codec: str, packet: Packet, now: float) -> bytes | None:
        """The packet as this watcher gets it; None when it did not agree to the codec.

        A change of source continues sequence and time where the last one stopped, `now` in monotonic seconds.
        """
        payload_type = self.payload_types.get(codec)
        if payload_type is None:
            return None
        # Packets of padding alone go out too (empty): a hole in the sequence would be waited for.
        if source is not self._source:
            self._source = source
            self._seq_shift = self.seq - packet.seq
            passed = max(1, int((now - self._sent_at) * self.rate)) if self._sent_at is not None else 0
            self._time_shift = self.timestamp + passed - packet.timestamp
        seq = (packet.seq + self._seq_shift) & 0xFFFF
        timestamp = (packet.timestamp + self._time_shift) & 0xFFFFFFFF
        data = write_packet(payload_type, packet.marker, seq, timestamp, self.ssrc, packet.payload)
        self._history[seq % HISTORY] = (seq, data)
        if (seq + 1 - self.seq) & 0xFFFF < 0x8000:
            self.seq, self.timestamp, self._sent_at = (seq + 1) & 0xFFFF, timestamp, now
        self.packets += 1
        self.octets += len(packet.payload)
        return data

    def again(self, seq: int) -> bytes | None:
        """The packet that was sent with this sequence number, while it is remembered."""
        kept = self._history.get(seq % HISTORY)
        return kept[1] if kept is not None and kept[0] == seq else None

    def shifted(self, source: object, timestamp: int) -> int | None:
        """A source's RTP timestamp as this watcher counts it; None when another source is being sent."""
        return (timestamp + self._time_shift) & 0xFFFFFFFF if source is self._source else None


@dataclass(slots=True, eq=False)
class Source:
    """One incoming stream: its codec and its last sender report (64-bit NTP, RTP timestamp)."""

    kind: str
    codec: str
    report: tuple[int, int] | None = None
