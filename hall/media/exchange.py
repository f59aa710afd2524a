"""The way of a packet: from its datagram to its watchers and into the frames that wait for the recorder.

What lives here is compiled, the order of the steps. What may not: the steps themselves (`rtp`, `forward`, `assemble`,
`loudness`, `mail`), connections, time.
"""

from __future__ import annotations

from typing import Any, Final

from hall.media import tables
from hall.media.assemble import RENACK_S, add, beyond, drop_frame, give_up, keep, numbered, troubled
from hall.media.compiled import byte, compiled, srtp_unprotect
from hall.media.forward import forward
from hall.media.loudness import heard
from hall.media.mail import post, whose
from hall.media.rtp import NO_LEVEL, audio_level, count, four, parts, two
from hall.media.tables import AT, AUDIO, NO_CODEC, NONE, OPUS, RATES, ROUTINE, SOURCES, URGENT, VIDEO, Tables

TOGETHER: Final = 16
"""So many packets wait for the recorder at a time: its code then runs while the machine has it at hand."""

WAIT_S: Final = 0.2
"""No packet waits longer for the recorder."""

_RTCP_FIRST, _RTCP_LAST = 192, 223


@compiled
def work(t: Tables, places: Any, at: int, stop: int, now: float) -> int:
    """Of the datagrams that came, send the media at [at, stop) on their way; gives the number of the first that is
    anything else (or comes from where no open line is), `stop` when there is none. Where it fails, `counts` tells at
    which one.
    """
    came, lengths, names, messages = tables.came(t)
    while at < stop:
        tables.counts(t)[AT] = at
        data, length = came[at], messages[at].length
        if (length and not (128 <= data[0] < 192 and length >= 12)) or _RTCP_FIRST <= data[1] <= _RTCP_LAST:
            break
        if length:
            line = whose(places, names[at])
            if line == NONE or not tables.lines(t)[line].open:
                break
            lengths[at] = length
            _open(t, line, data, lengths[at:], now)
        at += 1
    post(t)
    return at


@compiled
def take_sealed(t: Tables, line: int, data: Any, length: Any, now: float) -> None:
    """A media packet of a line's peer that was kept, still encrypted, at the begin of `data`. length: one int32."""
    if tables.lines(t)[line].open and length[0] <= data.size:
        _open(t, line, data, length, now)
        post(t)


@compiled
def _open(t: Tables, line: int, data: Any, length: Any, now: float) -> None:
    row = tables.lines(t)[line]
    if srtp_unprotect(row.seal, data.ctypes.data, length.ctypes.data) == 0:
        row.heard_at = now
        take_rtp(t, line, data, length[0], now)


@compiled
def take_rtp(t: Tables, line: int, data: Any, length: int, now: float) -> None:
    """A decrypted packet of a line's peer, whatever it is."""
    extensions, start, stop = parts(data, length)
    if not start:
        return
    codec = byte(tables.kinds(t)[line], data[1] & 0x7F)
    if codec == NO_CODEC:
        return
    kind = AUDIO if codec == OPUS else VIDEO
    seq, timestamp = two(data, 2), four(data, 4)
    count(tables.streams(t)[2 * line + kind], four(data, 8), seq, timestamp, RATES[kind], now)
    row = tables.lines(t)[line]
    if kind == AUDIO and row.level_number != NONE and row.entered and not row.muted:
        level = audio_level(data, extensions, start, row.level_number)
        if level != NO_LEVEL and heard(row, level, now):
            note(t, line, URGENT)
    take(t, line, codec, seq, data[1] > 0x7F, timestamp, data, start, stop, now)


@compiled
def take(
    t: Tables,
    line: int,
    codec: int,
    seq: int,
    marker: bool,
    timestamp: int,
    data: Any,
    start: int,
    stop: int,
    now: float,
) -> None:
    """A packet of a publication: on to its watchers at once, and to the frames. data[start:stop]: its payload."""
    row, kind = tables.lines(t)[line], AUDIO if codec == OPUS else VIDEO
    if not row.entered:
        return  # answered, but not yet in its room
    row.packet_at = now
    stream = tables.streams(t)[2 * line + kind]
    if stream.codec != codec:
        _begin_source(t, stream, codec, seq)
    number = numbered(stream, kind, seq)
    if stream.outlet != NONE and not (kind == AUDIO and row.muted):
        keep(stream, tables.kept(t)[2 * line + kind], kind, number, marker, timestamp, data, start, stop)
        forward(t, 2 * line + kind, seq, marker, timestamp, data, start, stop, now)
    follows = number == stream.next and row.started
    row.started = True
    add(t, line, kind, number, marker, timestamp, data, start, stop, now)
    if not row.waiting:
        row.waits_since = now
    row.waiting += 1
    if not follows or troubled(stream):
        note(t, line, URGENT)
    elif row.waiting >= TOGETHER:
        note(t, line, ROUTINE)


@compiled
def pass_time(t: Tables, now: float) -> None:
    """Call ten times a second: holes are given up or asked for again, and nothing waits for the recorder longer than
    `WAIT_S`.
    """
    lines, streams = tables.lines(t), tables.streams(t)
    for line in range(lines.size):
        row, picture = lines[line], streams[2 * line + VIDEO]
        if not row.entered:
            continue
        gone_on = give_up(t, line, AUDIO, now)
        if give_up(t, line, VIDEO, now) or (picture.hole and now - picture.asked_at >= RENACK_S) or gone_on:
            note(t, line, URGENT)
        elif row.waiting and now - row.waits_since > WAIT_S:
            note(t, line, ROUTINE)


@compiled
def note(t: Tables, line: int, how: int) -> None:
    """Let a line's publication have a look."""
    row = tables.lines(t)[line]
    if how & ~row.due:
        row.due |= how
        due = tables.due(t)
        if due[0] + 1 < due.size:
            due[0] += 1
            due[due[0]] = line


@compiled
def _begin_source(t: Tables, stream: Any, codec: int, seq: int) -> None:
    """Another codec: another source, which has its own order."""
    tables.counts(t)[SOURCES] += 1
    stream.codec, stream.source, stream.ntp = codec, tables.counts(t)[SOURCES], 0
    if stream.next != NONE:
        stream.next = beyond(stream.next, seq)
    stream.held, stream.hole = 0, False
    stream.skipping = stream.broken = stream.wants_keyframe = False
    drop_frame(stream)
