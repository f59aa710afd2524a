"""Packets in, packets out: one source, many outlets. Nothing is decoded, encoded or waited for.

What lives here is pure but for the callbacks it is given: an outlet gives each watcher its own ssrc, sequence
and payload type; a source keeps a short memory from which retransmissions are answered; keyframe requests go up,
rate-limited. What may not: aiortc, sockets, clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hall.media.rtp import HEADER, Packet, write_header

HISTORY = 256
"""Packets of a picture: a few seconds."""

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


@dataclass(slots=True, eq=False)
class Source:
    """One incoming stream: its codec, its last sender report (64-bit NTP, RTP timestamp), and its last packets."""

    kind: str
    codec: str
    report: tuple[int, int] | None = None
    _newest: int = -1
    _history: list[Packet | None] = field(default_factory=lambda: [None] * HISTORY)

    def follows(self, packet: Packet) -> bool:
        """Whether this packet comes right after the one that was asked about before."""
        expected, self._newest = self._newest + 1 & 0xFFFF, packet.seq
        return packet.seq == expected

    def keep(self, packet: Packet) -> None:
        """Remember a packet for those who lose it on their way."""
        self._history[packet.seq % HISTORY] = packet

    def kept(self, seq: int) -> Packet | None:
        """The packet with this number, while it is remembered."""
        packet = self._history[seq % HISTORY]
        return packet if packet is not None and packet.seq == seq else None


@dataclass(slots=True)
class Outlet:
    """One outgoing stream of one watcher. `put`: takes a packet in two halves, header and payload, as it goes out;
    `payload_types`: by codec name, as the watcher's offer numbers them.
    """

    put: Callable[[bytes, bytes], None]
    ssrc: int
    rate: int
    payload_types: Mapping[str, int]
    seq: int
    timestamp: int
    packets: int = 0
    octets: int = 0
    _source: Source | None = None
    _payload_type: int | None = None
    _seq_shift: int = 0
    _time_shift: int = 0
    _sent_at: float | None = None

    def send(self, source: Source, packet: Packet, now: float) -> None:
        """Send a packet of a source with this watcher's numbers; not at all when it did not agree to the codec.

        A change of source continues sequence and time where the last one stopped, `now` in monotonic seconds.
        """
        if source is not self._source:
            self._adopt(source, packet, now)
        if self._payload_type is None:
            return
        # Packets of padding alone go out too (empty): a hole in the sequence would be waited for.
        _, marker, seq, timestamp, _, payload, _ = packet
        seq = (seq + self._seq_shift) & 0xFFFF
        timestamp = (timestamp + self._time_shift) & 0xFFFFFFFF
        if (seq + 1 - self.seq) & 0xFFFF < 0x8000:
            self.seq, self.timestamp, self._sent_at = (seq + 1) & 0xFFFF, timestamp, now
        self.packets += 1
        self.octets += len(payload)
        second = self._payload_type | 0x80 if marker else self._payload_type
        self.put(HEADER.pack(0x80, second, seq, timestamp, self.ssrc), payload)

    def send_again(self, seq: int) -> None:
        """Send what was sent with this sequence number as it was, while its source remembers it."""
        if self._source is None or self._payload_type is None:
            return
        packet = self._source.kept((seq - self._seq_shift) & 0xFFFF)
        if packet is not None:
            timestamp = packet.timestamp + self._time_shift
            self.put(
                write_header(self._payload_type, packet.marker, seq, timestamp, self.ssrc), packet.payload
            )

    def shifted(self, source: Source, timestamp: int) -> int | None:
        """A source's RTP timestamp as this watcher counts it; None when another source is being sent."""
        return (timestamp + self._time_shift) & 0xFFFFFFFF if source is self._source else None

    def _adopt(self, source: Source, packet: Packet, now: float) -> None:
        self._payload_type = self.payload_types.get(source.codec)
        if self._payload_type is None:
            return
        self._source = source
        self._seq_shift = self.seq - packet.seq
        passed = max(1, int((now - self._sent_at) * self.rate)) if self._sent_at is not None else 0
        self._time_shift = self.timestamp + passed - packet.timestamp
