"""One publication and one watch: what a peer sends, as rows of the tables; its frames to the recorder, wishes for
keyframes back.

What lives here: per-connection state between `peer` and `switchboard`. What may not: aiortc's names, rooms'
life, files.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, MutableMapping, Sequence
from typing import Any, Literal, Protocol

import numpy

from hall.clock import Clock
from hall.media import loudness
from hall.media.assemble import MAX_MISSING, missing, taken
from hall.media.exchange import take
from hall.media.forward import KeyframeGate, Outlet, Source
from hall.media.mail import post
from hall.media.peer import Publisher, Watcher
from hall.media.still import LastPicture
from hall.media.tables import AUDIO, CODECS, KINDS, OPUS, SIZE, URGENT, VIDEO, Rows
from hall.media.turns import Work, at_once

log = logging.getLogger("hall.media")

ALIVE_S = 2.0
GAP_S = 2.0
SILENT_S = 15.0


class Listener(Protocol):
    """The recorder of one participant, as the media plane sees it."""

    def begin(self, *, video: bool) -> None: ...

    def take(self, frames: Sequence[tuple[str, bytes, int, int, bool]]) -> None:
        """Whole frames in the order in which they came whole: codec (h264, vp8, opus), bytes (H.264: NAL units, each
        behind its length in four bytes), RTP timestamp, hall time in ms at which the last packet came, and whether it
        is more than a picture that depends on others: a keyframe, or one with parameters.
        """

    def sender_report(self, kind: Literal["video", "audio"], ntp: int, timestamp: int) -> None: ...

    def tick(self) -> None: ...

    def clock_advanced(self) -> None: ...

    def end(self, cause: str) -> None: ...


class Watch:
    """One viewer's connection for one participant's media."""

    def __init__(self, rows: Rows, wish: Callable[[], None]) -> None:
        self.rows, self._wish = rows, wish
        self.row = rows.line()
        self.peer: Watcher | None = None
        self.outlets: dict[str, Outlet] = {}
        """By kind, once the line is open."""
        self.wired: Callable[[], None] = lambda: None
        """Told when there is an outlet more."""
        self.gone = asyncio.Event()
        self._closed = False

    def report(self, sources: Collection[Source]) -> None:
        """Pass the sources' sender reports on."""
        if self.peer is not None:
            self.peer.report(sources)

    def is_silent(self) -> bool:
        """Whether so long nothing came that the viewer must be gone: browsers speak up every few seconds."""
        silent = self.peer is not None and self.rows.monotonic() - self.peer.heard_at > SILENT_S
        return silent and not self._closed

    async def close(self) -> None:
        """Take the connection down."""
        self.gone.set()
        if self._closed:
            return
        self._closed = True
        if self.peer is not None:
            await self.peer.close()
        self.rows.give_back_line(self.row)

    # WatcherEvents

    def on_keyframe_wanted(self, kind: str) -> None:
        self._wish()

    def on_ready(self) -> None:
        self.wired()
        self._wish()

    def on_gone(self) -> None:
        self.gone.set()


class Watches(MutableMapping[str, Watch]):
    """Who watches one participant, by viewer. changed: told whenever somebody else does, or gets more."""

    def __init__(self) -> None:
        self._by_viewer: dict[str, Watch] = {}
        self.changed: Callable[[], None] = lambda: None

    def __getitem__(self, viewer: str) -> Watch:
        return self._by_viewer[viewer]

    def __setitem__(self, viewer: str, watch: Watch) -> None:
        self._by_viewer[viewer] = watch
        watch.wired = self._wired
        self.changed()

    def _wired(self) -> None:
        self.changed()

    def __delitem__(self, viewer: str) -> None:
        del self._by_viewer[viewer]
        self.changed()

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_viewer)

    def __len__(self) -> int:
        return len(self._by_viewer)


class Publication:
    """One participant's connection to the hall, or whatever else hands its packets in. `watches`: kept by the room."""

    def __init__(
        self,
        rows: Rows,
        watches: Watches,
        clock: Clock,
        notice: Callable[[str, int, str], None],
        later: Callable[[Work], None] = at_once,
    ) -> None:
        """later: has work done when the packets that have arrived are forwarded."""
        self.rows, self._watches, self._clock = rows, watches, clock
        self._notice, self._later = notice, later
        self.row = rows.line()
        rows.publishes(self.row, self._look)
        self.peer: Publisher | None = None
        self.listener: Listener | None = None
        self.picture = LastPicture()
        self._keyframes = KeyframeGate(self._ask_for_keyframe)
        self.gone = asyncio.Event()
        self.started = False
        self._speaks = False
        self._told_mono = float("-inf")
        self._gap = False
        self._closed = False

    def enter(self, listener: Listener, *, muted: bool) -> None:
        """The publication has its place in its room: from now on packets are passed on and recorded."""
        self.listener = listener
        self.muted = muted
        self.rows.lines["entered"][self.row] = True
        self._watches.changed = self._connect
        self._connect()

    @property
    def muted(self) -> bool:
        """Whether its sound goes to the recording alone."""
        return bool(self.rows.lines["muted"][self.row])

    @muted.setter
    def muted(self, muted: bool) -> None:
        if self._closed:
            return
        line = self.rows.lines[self.row]
        line["muted"] = muted
        if muted and loudness.silenced(line):
            self._tell_speaking()

    @property
    def sources(self) -> dict[str, Source]:
        """What it sends, by kind."""
        found: dict[str, Source] = {}
        for kind, name in enumerate(KINDS if not self._closed else ()):
            stream = self.rows.streams[2 * self.row + kind]
            if codec := CODECS[stream["codec"]]:
                report = (int(stream["ntp"]), int(stream["ntp_timestamp"])) if stream["ntp"] else None
                found[name] = Source(name, codec, int(stream["source"]), report)
        return found

    def request_keyframe(self) -> None:
        """Ask the sender for a keyframe, at most twice a second."""
        self._keyframes.request(self._clock.monotonic())

    def is_silent(self) -> bool:
        """Whether so long nothing came that the sender must be gone."""
        return not self._closed and self._clock.monotonic() - self._packet_at() > SILENT_S

    def tick(self, now: float) -> None:
        """A few times a second: ask again for keyframes, tell the server of life or silence."""
        if self._closed:
            return  # its row is another's
        assert self.listener is not None
        self._keyframes.tick(now)
        line = self.rows.lines[self.row]
        self.listener.tick()
        if loudness.passed(line, now):
            self._tell_speaking()
        if not self.started:
            return
        if now - line["packet_at"] > GAP_S:
            if not self._gap:
                self._gap = True
                self._notice("media_gap", self._hall_time(self._packet_at()), "")
        elif self._gap or now - self._told_mono >= ALIVE_S:
            self._gap = False
            self._told_mono = now
            self._notice("media_alive", self._hall_time(self._packet_at()), "")

    def report(self) -> None:
        """Once a second: receiver reports to the publisher, sender reports to the watchers."""
        if self.peer is not None and not self._closed:
            self.peer.report()
        if self._watches:
            sources = self.sources.values()
            for watch in self._watches.values():
                watch.report(sources)

    def hand_in(self, codec: str, seq: int, marker: bool, timestamp: int, payload: bytes) -> None:
        """Take a packet that came another way than by WebRTC, now. codec: h264, vp8 or opus."""
        if self._closed or len(payload) > SIZE:
            return
        data = numpy.frombuffer(payload, numpy.uint8).copy()
        now, stamp = self._clock.monotonic(), timestamp & 0xFFFFFFFF
        number = CODECS.index(codec)
        take(self.rows.tables, self.row, number, seq & 0xFFFF, marker, stamp, data, 0, len(data), now)
        post(self.rows.tables)
        self.rows.look()

    async def close(self) -> None:
        """Take the connection down."""
        self.gone.set()
        if self._closed:
            return
        self._closed = True
        if self._watches.changed == self._connect:
            self._watches.changed = lambda: None
        if self.peer is not None:
            await self.peer.close()
        self.rows.give_back_line(self.row)

    # PublisherEvents

    def on_sender_report(self, kind: str, ntp: int, timestamp: int) -> None:
        stream = self.rows.streams[2 * self.row + KINDS.index(kind)]
        if stream["codec"]:
            stream["ntp"], stream["ntp_timestamp"] = ntp, timestamp
        if self.listener is not None:
            self.listener.sender_report("audio" if kind == "audio" else "video", ntp, timestamp)

    def on_gone(self) -> None:
        self.gone.set()

    def record(self) -> None:
        """Hand what waits to the recorder; call before the recording ends or hall time is moved."""
        if self._closed:
            return
        rows, row = self.rows, self.row
        line = rows.lines[row]
        frames = rows.frames[row, : line["frames"]].tolist()
        line["waiting"] = line["due"] = 0
        hall_ms, mono = self._clock.now(), self._clock.monotonic()
        assert self.listener is not None
        memory = rows.frames_of(2 * row + AUDIO), rows.frames_of(2 * row + VIDEO)
        arrived = [
            (
                CODECS[codec],
                memory[codec != OPUS][begin:end],
                timestamp,
                hall_ms - round((mono - at) * 1000),
                codec != OPUS and (key or parameters),
            )
            for codec, begin, end, timestamp, at, key, parameters in frames
        ]
        taken(rows.tables, row)
        self.listener.take(arrived)
        for name, data, _, at, special in arrived:
            if special:
                self.picture.take(name, units_of(data) if name == "h264" else (data,), at)
        picture = rows.streams[2 * row + VIDEO]
        if picture["hole"] or picture["wants_keyframe"]:
            self._mend(picture, mono)

    def _mend(self, picture: Any, now: float) -> None:
        """Ask for what is missing."""
        if self.peer is not None:
            wanted = numpy.zeros(MAX_MISSING, numpy.int64)
            if count := missing(self.rows.tables, self.row, wanted, now):
                self.peer.request_again("video", wanted[:count].tolist())
        if picture["wants_keyframe"]:
            picture["wants_keyframe"] = False
            self._keyframes.request(now)

    def _look(self, how: int) -> None:
        """Packets came that want a look."""
        if not self.started and self.rows.lines["started"][self.row]:
            self.started = True
            self._notice("publication_started", self._clock.now(), "")
        if self.rows.lines["speaks"][self.row] != self._speaks:
            self._tell_speaking()
        if how & URGENT:
            self._record_in_turn()
        else:
            self._later(self._record_in_turn)

    def _record_in_turn(self) -> None:
        try:
            self.record()
        except Exception:
            log.exception("the packets of a publication could not be recorded")
            self.gone.set()

    def _connect(self) -> None:
        """Somebody else watches than before."""
        if not self._closed:
            for kind, name in enumerate(KINDS):
                outlets = [w.outlets[name].row for w in self._watches.values() if name in w.outlets]
                self.rows.connect(2 * self.row + kind, outlets)

    def _packet_at(self) -> float:
        return float(self.rows.lines["packet_at"][self.row])

    def _hall_time(self, monotonic: float) -> int:
        return self._clock.now() - round((self._clock.monotonic() - monotonic) * 1000)

    def _tell_speaking(self) -> None:
        self._speaks = bool(self.rows.lines["speaks"][self.row])
        self._notice("speaking", self._clock.now(), "1" if self._speaks else "0")

    def _ask_for_keyframe(self) -> None:
        if self.peer is not None:
            self.peer.request_keyframe()


def units_of(data: bytes) -> tuple[bytes, ...]:
    """NAL units, each behind its length in four bytes."""
    found, at = [], 0
    while at < len(data):
        stop = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : stop])
        at = stop
    return tuple(found)
