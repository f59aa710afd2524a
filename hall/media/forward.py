"""Packets in, packets out: one stream, many outlets. Nothing is decoded, encoded or waited for.

What lives here: an outlet gives each watcher its own ssrc, sequence and payload type; what was sent is sent again while
its stream remembers it; keyframe requests go up, rate-limited. Compiled where each packet passes. What may not: aiortc,
sockets, clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hall.media import tables
from hall.media.compiled import compiled, get
from hall.media.mail import enclose, post
from hall.media.tables import CODECS, KINDS, NONE, RATES, SLOT, SLOTS, Rows, Tables

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


@dataclass(frozen=True, slots=True)
class Source:
    """One incoming stream: its kind and codec, a number that no other has, and its last sender report (64-bit NTP, RTP
    timestamp).
    """

    kind: str
    codec: str
    number: int = 0
    report: tuple[int, int] | None = None


class Outlet:
    """One outgoing stream of one watcher, over the line that is the row `line`; `payload_types`: by codec name, as the
    watcher's offer numbers them.
    """

    def __init__(
        self,
        rows: Rows,
        line: int,
        kind: str,
        *,
        ssrc: int,
        payload_types: Mapping[str, int],
        seq: int,
        timestamp: int,
    ) -> None:
        self._rows, self.ssrc, self.row = rows, ssrc, rows.outlet(line)
        fields = rows.outlets
        fields["ssrc"][self.row], fields["rate"][self.row] = ssrc, RATES[KINDS.index(kind)]
        fields["seq"][self.row], fields["timestamp"][self.row] = seq, timestamp
        for codec, number in payload_types.items():
            if codec in CODECS:
                rows.types[self.row, CODECS.index(codec)] = number

    @property
    def packets(self) -> int:
        """How many have gone out, and how many bytes they carried (`octets`)."""
        return int(self._rows.outlets["packets"][self.row])

    @property
    def octets(self) -> int:
        return int(self._rows.outlets["octets"][self.row])

    def shifted(self, source: Source, timestamp: int) -> int | None:
        """A source's RTP timestamp as this watcher counts it; None when another source is being sent."""
        fields = self._rows.outlets[self.row]
        return (
            (timestamp + int(fields["time_shift"])) & 0xFFFFFFFF
            if source.number == fields["source"]
            else None
        )

    def send_again(self, seq: int) -> None:
        """Send what was sent with this sequence number as it was, while its stream remembers it."""
        put_again(self._rows.tables, self.row, seq)
        post(self._rows.tables)


@compiled
def forward(
    t: Tables,
    stream_row: int,
    seq: int,
    marker: bool,
    timestamp: int,
    data: Any,
    start: int,
    stop: int,
    now: float,
) -> None:
    """Send a packet of a stream to its outlets, each with its watcher's numbers; not to those that did not agree to the
    codec. data[start:stop]: the payload.

    A change of source continues sequence and time where the last one stopped, `now` in monotonic seconds.
    """
    stream = tables.streams(t)[stream_row]
    row = stream.outlet
    while row != NONE:
        outlet = tables.outlets(t)[row]
        if outlet.stream != stream_row:
            return  # the list was changed: what stands behind is no more
        payload_type = tables.types(t)[row, stream.codec]
        if payload_type != NONE:
            if outlet.source != stream.source:
                outlet.source, outlet.payload_type = stream.source, payload_type
                outlet.seq_shift = outlet.seq - seq
                passed = max(1, int((now - outlet.sent_at) * outlet.rate)) if outlet.sent else 0
                outlet.time_shift = outlet.timestamp + passed - timestamp
            # Packets of padding alone go out too (empty): a hole in the sequence would be waited for.
            number = (seq + outlet.seq_shift) & 0xFFFF
            moment = (timestamp + outlet.time_shift) & 0xFFFFFFFF
            if (number + 1 - outlet.seq) & 0xFFFF < 0x8000:
                outlet.seq, outlet.timestamp = (number + 1) & 0xFFFF, moment
                outlet.sent, outlet.sent_at = True, now
            outlet.packets += 1
            outlet.octets += stop - start
            enclose(t, outlet.line, payload_type, marker, number, moment, outlet.ssrc, data, start, stop)
        row = outlet.following


@compiled
def put_again(t: Tables, row: int, seq: int) -> None:
    """Have a packet go out once more, as it was when it had this sequence number."""
    outlet = tables.outlets(t)[row]
    if outlet.stream == NONE or outlet.source != tables.streams(t)[outlet.stream].source:
        return
    kind, wanted = outlet.stream & 1, (seq - outlet.seq_shift) & 0xFFFF
    slot = tables.kept(t)[outlet.stream, wanted % SLOTS[kind]]
    at, stream = wanted % SLOTS[kind] * SLOT, tables.streams(t)[outlet.stream]
    if slot.number < 0 or slot.number & 0xFFFF != wanted:
        return
    if get(tables.scratch(t), stream.packets, SLOTS[kind] * SLOT, at, slot.size):
        timestamp = (slot.timestamp + outlet.time_shift) & 0xFFFFFFFF
        payload_type = outlet.payload_type
        enclose(
            t,
            outlet.line,
            payload_type,
            slot.marker,
            seq,
            timestamp,
            outlet.ssrc,
            tables.scratch(t),
            0,
            slot.size,
        )
