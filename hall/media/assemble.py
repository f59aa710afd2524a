"""From RTP packets to whole encoded frames, in order, without decoding: H.264 (RFC 6184), VP8 (RFC 7741),
Opus (RFC 7587).

What lives here is pure and compiled: packets and the time of their arrival in, frames and wishes (retransmit, keyframe)
out. A hole is waited for, then skipped; after a hole pictures are held back until the next keyframe, so that
a recording never shows a broken picture. What may not: connections, clocks, containers.

Whole frames wait in `tables.frames` and lie in their stream's memory: Opus and VP8 as they are, NAL units of H.264 each
behind its length in four bytes.
"""

from __future__ import annotations

from typing import Any, Final

from hall.media import tables
from hall.media.compiled import compiled, get, put
from hall.media.rtp import ahead, two
from hall.media.tables import AUDIO, H264, NONE, OPUS, QUEUE, ROOM, SLOT, SLOTS, VIDEO, Tables

RENACK_S: Final = 0.08
PATIENCE_S: Final = (0.12, 0.6)  # for sound and picture
MAX_MISSING: Final = 64

_DELIMITING, _SLICE = (
    (7, 8, 9),
    5,
)  # NAL unit types that samples leave out, and that of a picture that stands alone
_WRAP: Final = 1 << 16


@compiled
def numbered(stream: Any, kind: int, seq: int) -> int:
    """The number of the packet with this 16-bit sequence number, wraps counted. A sender that starts over is followed:
    what was held belongs to a stream that is gone.
    """
    if stream.next == NONE:
        stream.next = seq
        return seq
    step = ahead(seq, stream.next & 0xFFFF)
    if -SLOTS[VIDEO] * 4 <= step < SLOTS[kind]:
        return int(stream.next + step)
    stream.lost += max(step, 0)
    stream.next = beyond(stream.next, seq)
    stream.held, stream.hole = 0, False
    drop_frame(stream)
    if kind == VIDEO:
        stream.broken = stream.wants_keyframe = True
    return int(stream.next)


@compiled
def beyond(number: int, seq: int) -> int:
    """A number for a packet that follows none of those before `number`."""
    return (number // _WRAP + 2) * _WRAP + seq


@compiled
def keep(
    stream: Any,
    kept: Any,
    kind: int,
    number: int,
    marker: bool,
    timestamp: int,
    data: Any,
    start: int,
    stop: int,
) -> bool:
    """Remember a packet for those who lose it on their way; False for one that is too large, or too old. kept: the
    stream's row.
    """
    slot = kept[number % SLOTS[kind]]
    if slot.number >= number:
        return bool(slot.number == number)
    room = SLOTS[kind] * SLOT
    if stop - start > SLOT or not put(data, start, stop, stream.packets, room, number % SLOTS[kind] * SLOT):
        return False
    slot.number, slot.size, slot.timestamp = number, stop - start, timestamp
    slot.marker, slot.held = marker, False
    return True


@compiled
def add(
    t: Tables,
    line: int,
    kind: int,
    number: int,
    marker: bool,
    timestamp: int,
    data: Any,
    start: int,
    stop: int,
    now: float,
) -> None:
    """Take a packet, its payload in data[start:stop], that arrived at `now` (monotonic seconds)."""
    stream = tables.streams(t)[2 * line + kind]
    step = number - stream.next
    if step < 0:
        return
    # An empty payload is padding by which senders probe the line: it counts as received, no more.
    if step == 0 and not stream.held:
        stream.next += 1
        if stop > start:
            _join(t, line, kind, marker, timestamp, data, start, stop, now)
        return
    kept = tables.kept(t)[2 * line + kind]
    if not keep(stream, kept, kind, number, marker, timestamp, data, start, stop):
        return
    slot = kept[number % SLOTS[kind]]
    if not slot.held:
        slot.held = True
        stream.held += 1
        stream.top = max(stream.top, number) if stream.held > 1 else number
    _drain(t, line, kind, now)


@compiled
def troubled(stream: Any) -> bool:
    """Whether a hole is waited for, or pictures were lost for good."""
    return bool(stream.hole or stream.wants_keyframe)


@compiled
def give_up(t: Tables, line: int, kind: int, now: float) -> bool:
    """Give up a hole that lasted too long, and go on behind it; whether there was one."""
    stream, kept = tables.streams(t)[2 * line + kind], tables.kept(t)[2 * line + kind]
    if not stream.hole or now - stream.hole_since < PATIENCE_S[kind] or not stream.held:
        return False
    first = stream.next
    while first < stream.top and not _is_held(kept, kind, first):
        first += 1
    stream.lost += first - stream.next
    stream.next = first
    if kind == VIDEO:
        drop_frame(stream)
        slot = kept[first % SLOTS[kind]]
        stream.skipping, stream.skip_timestamp = slot.size > 0, slot.timestamp
        stream.broken = stream.wants_keyframe = True
    stream.hole = False
    _drain(t, line, kind, now)
    return True


@compiled
def missing(t: Tables, line: int, found: Any, now: float) -> int:
    """Sequence numbers of pictures' packets to ask for again now, put into `found`; gives how many: none when there is
    no hole or it was just asked.
    """
    stream, kept = tables.streams(t)[2 * line + VIDEO], tables.kept(t)[2 * line + VIDEO]
    if not stream.hole or now - stream.asked_at < RENACK_S:
        return 0
    stream.asked_at = now
    count = 0
    for number in range(stream.next, min(stream.top, stream.next + MAX_MISSING)):
        if not _is_held(kept, VIDEO, number):
            found[count] = number & 0xFFFF
            count += 1
    return count


@compiled
def taken(t: Tables, line: int) -> None:
    """The frames that waited are taken: make room for others."""
    scratch = tables.scratch(t)
    tables.lines(t)[line].frames = 0
    for kind in (AUDIO, VIDEO):
        stream = tables.streams(t)[2 * line + kind]
        if stream.begin and stream.memory:
            at, begin = 0, stream.begin
            while begin < stream.at:
                part = min(stream.at - begin, scratch.size)
                get(scratch, stream.memory, ROOM[kind], begin, part)
                put(scratch, 0, part, stream.memory, ROOM[kind], at)
                at, begin = at + part, begin + part
            if stream.unit_at != NONE:
                stream.unit_at -= stream.begin
            stream.begin, stream.at = 0, at


@compiled
def _is_held(kept: Any, kind: int, number: int) -> bool:
    slot = kept[number % SLOTS[kind]]
    return bool(slot.number == number and slot.held)


@compiled
def _drain(t: Tables, line: int, kind: int, now: float) -> None:
    stream, kept = tables.streams(t)[2 * line + kind], tables.kept(t)[2 * line + kind]
    while stream.held and _is_held(kept, kind, stream.next):
        slot = kept[stream.next % SLOTS[kind]]
        slot.held = False
        at = stream.next % SLOTS[kind] * SLOT
        stream.held -= 1
        stream.next += 1
        if slot.size and get(tables.scratch(t), stream.packets, SLOTS[kind] * SLOT, at, slot.size):
            _join(t, line, kind, slot.marker, slot.timestamp, tables.scratch(t), 0, slot.size, now)
    if not stream.held:
        stream.hole = False
    elif not stream.hole:
        stream.hole, stream.hole_since, stream.asked_at = True, now, -1e300


@compiled
def drop_frame(stream: Any) -> None:
    """Forget what is there of the frame that is coming."""
    stream.at, stream.parts, stream.unit_at, stream.bad = stream.begin, 0, NONE, False


@compiled
def _join(
    t: Tables,
    line: int,
    kind: int,
    marker: bool,
    timestamp: int,
    data: Any,
    start: int,
    stop: int,
    now: float,
) -> None:
    """The packet that comes next: part of a frame, or a whole one."""
    stream = tables.streams(t)[2 * line + kind]
    if kind == VIDEO:
        if stream.skipping:
            if timestamp == stream.skip_timestamp:
                return  # the rest of a picture whose beginning is lost
            stream.skipping = False
        if stream.parts and stream.timestamp != timestamp:
            _emit(t, line, kind, now)  # a sender that sets no marker
    if not stream.parts:
        stream.timestamp = timestamp
        stream.key = stream.parameters = False
    stream.parts += 1
    if stream.codec == OPUS:
        stream.key = True
        stream.bad = not _write(stream, kind, data, start, stop)
    elif not stream.bad:
        if stream.codec == H264:
            stream.bad = not _take_h264(t, stream, data, start, stop)
        else:
            stream.bad = not _take_vp8(stream, data, start, stop)
    if marker or kind == AUDIO:
        _emit(t, line, kind, now)


@compiled
def _emit(t: Tables, line: int, kind: int, now: float) -> None:
    stream, row = tables.streams(t)[2 * line + kind], tables.lines(t)[line]
    if stream.bad or stream.unit_at != NONE or row.frames == QUEUE:
        if kind == VIDEO:
            stream.broken = stream.wants_keyframe = True
        drop_frame(stream)
        return
    if stream.at == stream.begin or (stream.broken and not stream.key):
        drop_frame(stream)
        return
    stream.broken = False
    frame = tables.frames(t)[line, row.frames]
    frame.codec, frame.begin, frame.end = stream.codec, stream.begin, stream.at
    frame.timestamp, frame.arrived = stream.timestamp, now
    frame.key, frame.parameters = stream.key, stream.parameters
    row.frames += 1
    stream.begin, stream.parts = stream.at, 0


@compiled
def _write(stream: Any, kind: int, data: Any, start: int, stop: int) -> bool:
    if not put(data, start, stop, stream.memory, ROOM[kind], stream.at):
        return False
    stream.at += stop - start
    return True


@compiled
def _note_unit(stream: Any, kind: int) -> None:
    if kind == _SLICE:
        stream.key = True
    elif kind in _DELIMITING:
        stream.parameters = True


@compiled
def _put_length(t: Tables, stream: Any, at: int, length: int) -> bool:
    """Write a unit's length before it."""
    for n in range(4):
        tables.head(t)[n] = length >> 24 - 8 * n & 0xFF
    return put(tables.head(t), 0, 4, stream.memory, ROOM[VIDEO], at)


@compiled
def _add_unit(t: Tables, stream: Any, data: Any, start: int, stop: int) -> bool:
    """A whole unit."""
    if not _put_length(t, stream, stream.at, stop - start):
        return False
    stream.at += 4
    _note_unit(stream, data[start] & 31)
    return _write(stream, VIDEO, data, start, stop)


@compiled
def _take_h264(t: Tables, stream: Any, data: Any, start: int, stop: int) -> bool:
    """One payload; False for one that is neither a single unit, nor STAP-A, nor FU-A, or spoiled."""
    if stop - start < 2:
        return False
    kind = data[start] & 31
    if kind == 28:
        return _take_fragment(t, stream, data, start, stop)
    if stream.unit_at != NONE:
        return False
    if kind == 24:
        at = start + 1
        while at < stop:
            size = two(data, at) if at + 2 <= stop else 0
            if not size or at + 2 + size > stop or not _add_unit(t, stream, data, at + 2, at + 2 + size):
                return False
            at += 2 + size
        return True
    return 1 <= kind <= 23 and _add_unit(t, stream, data, start, stop)


@compiled
def _take_fragment(t: Tables, stream: Any, data: Any, start: int, stop: int) -> bool:
    """Part of a unit (FU-A)."""
    second = data[start + 1]
    if second & 0x80:
        if stream.unit_at != NONE:
            stream.at = stream.unit_at  # that one never came to an end
        stream.unit_at = stream.at
        tables.head(t)[4] = data[start] & 0xE0 | second & 31
        if not _put_length(t, stream, stream.at, 0):
            return False
        stream.at += 4
        if not _write(stream, VIDEO, tables.head(t), 4, 5):
            return False
        _note_unit(stream, second & 31)
    elif stream.unit_at == NONE:
        return False
    if not _write(stream, VIDEO, data, start + 2, stop):
        return False
    if second & 0x40:
        _put_length(t, stream, stream.unit_at, stream.at - stream.unit_at - 4)
        stream.unit_at = NONE
    return True


@compiled
def _take_vp8(stream: Any, data: Any, start: int, stop: int) -> bool:
    """One payload: its descriptor is left out (RFC 7741, 4.2); False for a spoiled one, or no frame's beginning where
    one is due.
    """
    first = data[start]
    if stream.parts == 1 and first & 0x17 != 0x10:
        return False
    at = start + 1
    if first & 0x80:
        if stop - start < 2:
            return False
        extended = data[start + 1]
        at = start + 2
        if extended & 0x80:
            if stop - start < 3:
                return False
            at += 2 if data[start + 2] & 0x80 else 1
        if extended & 0x40:
            at += 1
        if extended & 0x30:
            at += 1
    if stop <= at:
        return False
    if stream.parts == 1:
        stream.key = not data[at] & 1
    return _write(stream, VIDEO, data, at, stop)
