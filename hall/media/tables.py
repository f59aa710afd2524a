"""What the compiled packet path knows, as tables: one row for each connection, stream and outgoing stream.

What lives here: the rows' fields, and making, giving and taking back rows. What may not: what packets mean. Numbers are
64 bits wide unless they are bytes: unsigned and signed ones together would become fractions.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import Any, Final

import numpy

from hall.media.compiled import MESSAGE, PART, array, compiled

BYTE, SMALL, LENGTH, NUMBER = (numpy.dtype(name) for name in ("u1", "i2", "i4", "i8"))

BATCH: Final = 64
"""Datagrams at a time."""

SIZE: Final = 2048
TRAILER: Final = 16 + 128 + 4  # the longest tag, key identifier and SRTCP index that libsrtp may append
NAME: Final = 28  # struct sockaddr_in6

NO_CODEC, OPUS, H264, VP8 = range(4)
CODECS: Final = ("", "opus", "h264", "vp8")
AUDIO, VIDEO = range(2)
KINDS: Final = ("audio", "video")
RATES: Final = (48_000, 90_000)
NONE: Final = -1

SLOT: Final = 1536
SLOTS: Final = (64, 256)
"""Packets of each kind that are remembered, a few seconds: powers of two."""
ROOM: Final = (1 << 16, 1 << 22)
"""Bytes for whole frames that wait for the recorder and the one that is coming: the largest that there may be."""

QUEUE: Final = 512
"""Frames that may wait: more than a batch and what waited for a hole to be filled."""

ROUTINE, URGENT = 1, 2

LINE: Final = numpy.dtype(
    [
        # A connection: what comes from its peer, and the way to it. Addresses of libsrtp's sessions, 0: none.
        ("seal", "i8"),
        ("way", "i8"),
        ("socket", "i8"),
        ("name_length", "i8"),  # of the peer's address in `names`, 0: nothing is sent
        ("open", "?"),
        ("heard_at", "f8"),
        # Its publication.
        ("entered", "?"),
        ("muted", "?"),
        ("started", "?"),
        ("packet_at", "f8"),
        ("waiting", "i8"),  # packets since the recorder had some
        ("waits_since", "f8"),
        ("frames", "i8"),
        ("due", "i8"),
        # Its voice.
        ("level_number", "i8"),
        ("level", "f8"),
        ("spoken_at", "f8"),
        ("speaks", "?"),
        ("speaking_told", "?"),
    ]
)

STREAM: Final = numpy.dtype(
    [
        # What a receiver report says of it.
        ("ssrc", "i8"),
        ("received", "i8"),
        ("base", "i8"),
        ("highest", "i8"),
        ("jitter", "f8"),
        ("timed", "?"),
        ("counted_timestamp", "i8"),
        ("transit", "f8"),
        ("expected_before", "i8"),
        ("received_before", "i8"),
        ("report_middle", "i8"),  # of the last sender report's NTP time, and when it came
        ("report_at", "f8"),
        # Its source: a codec, and a number of its own that changes with the codec. The last sender report of it.
        ("codec", "i8"),
        ("source", "i8"),
        ("ntp", "u8"),
        ("ntp_timestamp", "i8"),
        ("outlet", "i8"),  # the first of those it goes to
        # Order. `next`: number of the packet that is to come, with as many wraps as there were; NONE before the first.
        ("next", "i8"),
        ("held", "i8"),
        ("top", "i8"),
        ("hole", "?"),
        ("hole_since", "f8"),
        ("asked_at", "f8"),
        ("lost", "i8"),
        ("skipping", "?"),
        ("skip_timestamp", "i8"),
        ("broken", "?"),
        ("wants_keyframe", "?"),
        # The frame that is coming: bytes [begin, at) of its memory.
        ("parts", "i8"),
        ("timestamp", "i8"),
        ("begin", "i8"),
        ("at", "i8"),
        ("unit_at", "i8"),  # begin of the unit that comes in fragments, NONE: none does
        ("bad", "?"),
        ("key", "?"),
        ("parameters", "?"),
        # Memory of its own: for frames, then for packets.
        ("memory", "i8"),
        ("packets", "i8"),
    ]
)

KEPT: Final = numpy.dtype(
    [("number", "i8"), ("size", "i8"), ("timestamp", "i8"), ("marker", "?"), ("held", "?")]
)

FRAME: Final = numpy.dtype(
    [
        ("codec", "i8"),
        ("begin", "i8"),
        ("end", "i8"),
        ("timestamp", "i8"),
        ("arrived", "f8"),
        ("key", "?"),
        ("parameters", "?"),
    ]
)

OUTLET: Final = numpy.dtype(
    [
        ("line", "i8"),
        ("stream", "i8"),  # that it is to get; NONE: nothing goes out
        ("following", "i8"),
        ("ssrc", "i8"),
        ("rate", "i8"),
        ("source", "i8"),
        ("payload_type", "i8"),
        ("seq", "i8"),
        ("timestamp", "i8"),
        ("seq_shift", "i8"),
        ("time_shift", "i8"),
        ("sent", "?"),
        ("sent_at", "f8"),
        ("packets", "i8"),
        ("octets", "i8"),
    ]
)


Tables = int
"""All that a compiled function may want to see: the address of a list of addresses. Arrays themselves would be copied
at each call, and their references counted. The functions below say what lies where.
"""

(
    _SIZE,
    _LINES,
    _KINDS,
    _NAMES,
    _FRAMES,
    _STREAMS,
    _KEPT,
    _OUTLETS,
    _TYPES,
    _DUE,
    _COUNTS,
    _SCRATCH,
    _HEAD,
    _CAME_DATA,
    _CAME_LENGTHS,
    _CAME_NAMES,
    _CAME_MESSAGES,
    _GOES_DATA,
    _GOES_LENGTHS,
    _GOES_LINES,
    _GOES_MESSAGES,
    _GOES_PARTS,
) = range(22)


@compiled
def _at(t: Tables, entry: int) -> int:
    return int(array(t, 22, NUMBER)[entry])


@compiled
def lines(t: Tables) -> Any:
    """[line] LINE."""
    return array(_at(t, _LINES), _at(t, _SIZE), LINE)


@compiled
def kinds(t: Tables) -> Any:
    """[line, payload type] codec."""
    return array(_at(t, _KINDS), (_at(t, _SIZE), 128), BYTE)


@compiled
def names(t: Tables) -> Any:
    """[line, NAME] bytes of the peer's address."""
    return array(_at(t, _NAMES), (_at(t, _SIZE), NAME), BYTE)


@compiled
def frames(t: Tables) -> Any:
    """[line, QUEUE] FRAME."""
    return array(_at(t, _FRAMES), (_at(t, _SIZE), QUEUE), FRAME)


@compiled
def streams(t: Tables) -> Any:
    """[stream] STREAM; a line's are 2 * line + kind."""
    return array(_at(t, _STREAMS), 2 * _at(t, _SIZE), STREAM)


@compiled
def kept(t: Tables) -> Any:
    """[stream, most SLOTS] KEPT."""
    return array(_at(t, _KEPT), (2 * _at(t, _SIZE), SLOTS[VIDEO]), KEPT)


@compiled
def outlets(t: Tables) -> Any:
    """[outlet] OUTLET."""
    return array(_at(t, _OUTLETS), _at(t, _SIZE), OUTLET)


@compiled
def types(t: Tables) -> Any:
    """[outlet, codec] payload type, NONE: not agreed."""
    return array(_at(t, _TYPES), (_at(t, _SIZE), len(CODECS)), SMALL)


@compiled
def due(t: Tables) -> Any:
    """Lines that want a look (ROUTINE or URGENT, each at most once), their count first."""
    return array(_at(t, _DUE), 2 * _at(t, _SIZE) + 1, NUMBER)


@compiled
def counts(t: Tables) -> Any:
    """[SOURCES] given, datagrams [OUTGOING], the one that is being worked through [AT]."""
    return array(_at(t, _COUNTS), 3, NUMBER)


@compiled
def scratch(t: Tables) -> Any:
    """[SIZE] bytes."""
    return array(_at(t, _SCRATCH), SIZE, BYTE)


@compiled
def head(t: Tables) -> Any:
    """[8] bytes."""
    return array(_at(t, _HEAD), 8, BYTE)


@compiled
def came(t: Tables) -> tuple[Any, Any, Any, Any]:
    """Datagrams that came: [BATCH, SIZE] bytes, [BATCH] lengths, [BATCH, NAME] addresses, [BATCH] MESSAGE."""
    return (
        array(_at(t, _CAME_DATA), (BATCH, SIZE), BYTE),
        array(_at(t, _CAME_LENGTHS), BATCH, LENGTH),
        array(_at(t, _CAME_NAMES), (BATCH, NAME), BYTE),
        array(_at(t, _CAME_MESSAGES), BATCH, MESSAGE),
    )


@compiled
def goes(t: Tables) -> tuple[Any, Any, Any, Any, Any]:
    """Datagrams that wait to go out: [BATCH, SIZE] bytes, [BATCH] lengths, [BATCH] whose they are, and for the system
    [BATCH] MESSAGE and [BATCH] PART.
    """
    return (
        array(_at(t, _GOES_DATA), (BATCH, SIZE), BYTE),
        array(_at(t, _GOES_LENGTHS), BATCH, LENGTH),
        array(_at(t, _GOES_LINES), BATCH, NUMBER),
        array(_at(t, _GOES_MESSAGES), BATCH, MESSAGE),
        array(_at(t, _GOES_PARTS), BATCH, PART),
    )


SOURCES, OUTGOING, AT = range(3)


class Mail:
    """Datagrams, and how the system is told where they lie."""

    def __init__(self) -> None:
        self.data = numpy.zeros((BATCH, SIZE), BYTE)
        self.lengths = numpy.zeros(BATCH, LENGTH)
        self.names = numpy.zeros((BATCH, NAME), BYTE)
        self.lines = numpy.full(BATCH, NONE, NUMBER)
        self.messages = numpy.zeros(BATCH, MESSAGE)
        self.parts = numpy.zeros(BATCH, PART)
        for n in range(BATCH):
            self.parts[n] = self.data[n].ctypes.data, SIZE
            self.messages["name"][n] = self.names[n].ctypes.data
            self.messages["parts"][n] = self.parts[n:].ctypes.data
            self.messages["part_count"][n] = 1


class Rows:
    """The tables of one worker. A row is a number; rows and their memory are taken back before they are given again.

    monotonic: seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self._scratch, self._head = numpy.zeros(SIZE, BYTE), numpy.zeros(8, BYTE)
        self.counts = numpy.zeros(3, NUMBER)
        self.came, self._goes = Mail(), Mail()
        self._free_lines: list[int] = []
        self._free_outlets: list[int] = []
        self._memory: dict[int, mmap.mmap] = {}
        self._lookers: dict[int, Callable[[int], None]] = {}
        self._make(0, 32)

    def _make(self, before: int, size: int) -> None:
        """Empty tables with so many rows, of which those from `before` on are free."""
        self.lines = numpy.zeros(size, LINE)
        self.kinds = numpy.zeros((size, 128), BYTE)
        self.names = numpy.zeros((size, NAME), BYTE)
        self.frames = numpy.zeros((size, QUEUE), FRAME)
        self.streams = numpy.zeros(2 * size, STREAM)
        self.kept = numpy.zeros((2 * size, SLOTS[VIDEO]), KEPT)
        self.outlets = numpy.zeros(size, OUTLET)
        self.outlets["line"] = self.outlets["stream"] = NONE
        self.types = numpy.full((size, len(CODECS)), NONE, SMALL)
        self.due = numpy.zeros(2 * size + 1, NUMBER)
        own: tuple[Any, ...] = (
            self.lines,
            self.kinds,
            self.names,
            self.frames,
            self.streams,
            self.kept,
            self.outlets,
            self.types,
        )
        own += (self.due, self.counts, self._scratch, self._head)
        came, goes = self.came, self._goes
        own += (came.data, came.lengths, came.names, came.messages)
        own += (goes.data, goes.lengths, goes.lines, goes.messages, goes.parts)
        self._addresses = numpy.array([size, *(one.ctypes.data for one in own)], NUMBER)
        self.tables: Tables = self._addresses.ctypes.data
        free = range(size - 1, before - 1, -1)
        self._free_lines += free
        self._free_outlets += free

    def line(self) -> int:
        """A row for a connection."""
        if not self._free_lines:
            self._grow()
        row = self._free_lines.pop()
        lines = self.lines
        lines[row] = 0
        lines["heard_at"][row] = lines["packet_at"][row] = self.monotonic()
        lines["level"][row], lines["spoken_at"][row], lines["level_number"][row] = 127.0, -numpy.inf, NONE
        self.kinds[row] = NO_CODEC
        for kind in (AUDIO, VIDEO):
            self._begin(2 * row + kind)
        return row

    def look(self) -> None:
        """Let the publications for which something was noted have a look at it."""
        due = self.due
        if not due[0]:
            return
        rows, due[0] = due[1 : due[0] + 1].tolist(), 0
        for row in rows:
            if (looker := self._lookers.get(row)) is not None:
                looker(int(self.lines["due"][row]))

    def publishes(self, row: int, looker: Callable[[int], None]) -> None:
        """Give a line's streams the memory that they need. It is the system's until it is written to.

        looker: told ROUTINE or URGENT, or both; it must not raise.
        """
        self._lookers[row] = looker
        for kind in (AUDIO, VIDEO):
            frames, packets = ROOM[kind], SLOTS[kind] * SLOT
            memory = self._memory[2 * row + kind] = mmap.mmap(-1, frames + packets)
            at = numpy.frombuffer(memory, numpy.uint8).ctypes.data
            self.streams["memory"][2 * row + kind] = at
            self.streams["packets"][2 * row + kind] = at + frames

    def frames_of(self, stream: int) -> mmap.mmap:
        """The memory in which a stream's frames lie."""
        return self._memory[stream]

    def open(self, row: int, seal: int, way: int, socket: int) -> None:
        """What comes over a line is decrypted, and what goes out encrypted, with these sessions (their addresses)."""
        lines = self.lines
        lines["seal"][row], lines["way"][row], lines["socket"][row] = seal, way, socket

    def direct(self, row: int, name: bytes) -> None:
        """Send what goes over a line to this address (`mail.name_of`), empty: nowhere."""
        self.names[row, : len(name)] = list(name)
        self.lines["name_length"][row] = len(name)

    def shut(self, row: int) -> None:
        """Nothing comes or goes over a line any more: its keys may go."""
        lines = self.lines
        lines["open"][row] = False
        lines["seal"][row] = lines["way"][row] = lines["name_length"][row] = 0

    def give_back_line(self, row: int) -> None:
        """A connection is gone, with its outlets. Whoever held the keys may let go of them then."""
        self._lookers.pop(row, None)
        self.lines[row] = 0
        for outlet in numpy.flatnonzero(self.outlets["line"] == row):
            self.outlets[outlet] = 0
            self.outlets["line"][outlet] = self.outlets["stream"][outlet] = NONE
            self._free_outlets.append(int(outlet))
        for stream in (2 * row, 2 * row + 1):
            self.connect(stream, [])
            self._begin(stream)
            self._memory.pop(stream, None)
        self._free_lines.append(row)

    def outlet(self, line: int) -> int:
        """A row for a stream that goes out over a line."""
        if not self._free_outlets:
            self._grow()
        row = self._free_outlets.pop()
        self.outlets[row] = 0
        self.outlets["line"][row] = line
        self.outlets["stream"][row] = NONE
        self.types[row] = NONE
        return row

    def connect(self, stream: int, outlets: list[int]) -> None:
        """From now on a stream goes to these outlets and to no others."""
        streams, rows = self.streams, self.outlets
        rows["stream"][rows["stream"] == stream] = NONE
        following = NONE
        for row in reversed(outlets):
            rows["stream"][row], rows["following"][row] = stream, following
            following = row
        streams["outlet"][stream] = following

    def _begin(self, stream: int) -> None:
        row = self.streams
        row[stream] = 0
        row["outlet"][stream] = row["next"][stream] = row["unit_at"][stream] = NONE
        self.kept[stream] = 0
        self.kept["number"][stream] = NONE

    def _grow(self) -> None:
        """Twice as many rows."""
        old = [getattr(self, name) for name in _GROWING]
        self._make(len(self.lines), 2 * len(self.lines))
        for name, before in zip(_GROWING, old, strict=True):
            getattr(self, name)[: len(before)] = before


_GROWING: Final = ("lines", "kinds", "names", "frames", "streams", "kept", "outlets", "types", "due")
