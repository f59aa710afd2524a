"""One publication and one watch: packets from a peer to watchers and recorder, wishes for keyframes back.

What lives here: per-connection state between `peer` and `switchboard`. What may not: aiortc's names, rooms'
life, files.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, Protocol

from hall.clock import Clock
from hall.media.assemble import Assembler, Frame
from hall.media.forward import KeyframeGate, Outlet, Source
from hall.media.loudness import Loudness
from hall.media.peer import Publisher, Watcher
from hall.media.rtp import Packet
from hall.media.still import LastPicture
from hall.media.turns import Work, at_once

log = logging.getLogger("hall.media")

ALIVE_S = 2.0
GAP_S = 2.0
SILENT_S = 15.0
TOGETHER = 16
"""So many packets go to the recorder at a time: its code then runs while the machine has it at hand."""
WAIT_S = 0.2
"""No packet waits longer for that."""


class Listener(Protocol):
    """The recorder of one participant, as the media plane sees it."""

    def begin(self, *, video: bool) -> None: ...

    def video(self, codec: str, units: Sequence[bytes], timestamp: int, arrived: int) -> None:
        """A whole picture; `arrived`: hall time in ms at which its last packet came."""

    def audio(self, packet: bytes, timestamp: int, arrived: int) -> None: ...

    def sender_report(self, kind: Literal["video", "audio"], ntp: int, timestamp: int) -> None: ...

    def tick(self) -> None: ...

    def clock_advanced(self) -> None: ...

    def end(self, cause: str) -> None: ...


class Watch:
    """One viewer's connection for one participant's media."""

    def __init__(self, clock: Clock, wish: Callable[[], None]) -> None:
        self._clock, self._wish = clock, wish
        self.peer: Watcher | None = None
        self.outlets: dict[str, Outlet] = {}
        """By kind, once the line is open."""
        self.gone = asyncio.Event()

    def report(self, sources: Collection[Source]) -> None:
        """Pass the sources' sender reports on."""
        if self.peer is not None:
            self.peer.report(sources)

    def is_silent(self) -> bool:
        """Whether so long nothing came that the viewer must be gone: browsers speak up every few seconds."""
        return self.peer is not None and self._clock.monotonic() - self.peer.heard_at > SILENT_S

    async def close(self) -> None:
        """Take the connection down."""
        self.gone.set()
        if self.peer is not None:
            await self.peer.close()

    # WatcherEvents

    def on_keyframe_wanted(self, kind: str) -> None:
        self._wish()

    def on_ready(self) -> None:
        self._wish()

    def on_gone(self) -> None:
        self.gone.set()


class Publication:
    """One participant's connection to the hall. `watches`: by viewer, kept by the room, read for each packet."""

    def __init__(
        self,
        watches: Mapping[str, Watch],
        clock: Clock,
        notice: Callable[[str, int, str], None],
        later: Callable[[Work], None] = at_once,
    ) -> None:
        """later: has work done when the packets that have arrived are forwarded."""
        self._watches, self._clock, self._notice, self._later = watches, clock, notice, later
        self.peer: Publisher | None = None
        self.listener: Listener | None = None
        self.sources: dict[str, Source] = {}
        self.picture = LastPicture()
        self._assemblers: dict[str, Assembler] = {}
        self._keyframes = KeyframeGate(self._ask_for_keyframe)
        self.gone = asyncio.Event()
        self.started = False
        self._muted = False
        self._loudness = Loudness()
        self._waiting: list[tuple[Assembler, Packet, float]] = []
        self._last_mono = clock.monotonic()
        self._told_mono = float("-inf")
        self._gap = False

    @property
    def muted(self) -> bool:
        """Whether its sound goes to the recording alone."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted
        if muted and self._loudness.silenced():
            self._tell_speaking()

    def request_keyframe(self) -> None:
        """Ask the sender for a keyframe, at most twice a second."""
        self._keyframes.request(self._clock.monotonic())

    def is_silent(self) -> bool:
        """Whether so long nothing came that the sender must be gone."""
        return self._clock.monotonic() - self._last_mono > SILENT_S

    def tick(self, now: float) -> None:
        """Ten times a second: give up holes, ask again, tell the server of life or silence."""
        assert self.listener is not None
        self._keyframes.tick(now)
        if self._waiting and now - self._waiting[0][2] > WAIT_S:
            self.record()
        for assembler in self._assemblers.values():
            if assembler.troubled:
                self._deliver(assembler, assembler.tick(now), now, self._hall_time(now))
        self.listener.tick()
        if self._loudness.passed(now):
            self._tell_speaking()
        if not self.started:
            return
        if now - self._last_mono > GAP_S:
            if not self._gap:
                self._gap = True
                self._notice("media_gap", self._hall_time(self._last_mono), "")
        elif self._gap or now - self._told_mono >= ALIVE_S:
            self._gap = False
            self._told_mono = now
            self._notice("media_alive", self._hall_time(self._last_mono), "")

    def report(self) -> None:
        """Once a second: receiver reports to the publisher, sender reports to the watchers."""
        if self.peer is not None:
            self.peer.report()
        for watch in self._watches.values():
            watch.report(self.sources.values())

    async def close(self) -> None:
        """Take the connection down."""
        self.gone.set()
        if self.peer is not None:
            await self.peer.close()

    # PublisherEvents

    def on_packet(self, kind: str, codec: str, packet: Packet, now: float) -> None:
        if self.listener is None:
            return  # answered, but not yet entered in its room
        self._last_mono = now
        if not self.started:
            self.started = True
            self._notice("publication_started", self._clock.now(), "")
        source = self.sources.get(kind)
        if source is None or source.codec != codec:
            source = self.sources[kind] = Source(kind, codec)
            self._assemblers[kind] = Assembler(codec)
        if self._watches and (kind != "audio" or not self._muted):
            source.keep(packet)
            for watch in self._watches.values():
                if (outlet := watch.outlets.get(kind)) is not None:
                    outlet.send(source, packet, now)
        # Watchers are served at once; the recorder, which has more to do, gets a few packets together.
        assembler = self._assemblers[kind]
        self._waiting.append((assembler, packet, now))
        if not source.follows(packet) or assembler.troubled:
            self.record()
        elif len(self._waiting) == TOGETHER:
            self._later(self._record_in_turn)

    def on_level(self, level: int, now: float) -> None:
        if not self._muted and self._loudness.heard(level, now):
            self._tell_speaking()

    def on_sender_report(self, kind: str, ntp: int, timestamp: int) -> None:
        if kind in self.sources:
            self.sources[kind].report = (ntp, timestamp)
        if self.listener is not None:
            self.listener.sender_report("audio" if kind == "audio" else "video", ntp, timestamp)

    def on_gone(self) -> None:
        self.gone.set()

    def record(self) -> None:
        """Hand what waits to the recorder; call before the recording ends or hall time is moved."""
        waiting, self._waiting = self._waiting, []
        hall_ms, mono = self._clock.now(), self._clock.monotonic()
        for assembler, packet, at in waiting:
            frames = assembler.add(packet, at)
            if frames or assembler.troubled:
                self._deliver(assembler, frames, at, hall_ms - round((mono - at) * 1000))

    def _record_in_turn(self) -> None:
        try:
            self.record()
        except Exception:
            log.exception("the packets of a publication could not be recorded")
            self.gone.set()

    def _deliver(self, assembler: Assembler, frames: Sequence[Frame], now: float, arrived: int) -> None:
        assert self.listener is not None
        for codec, units, timestamp in frames:
            if codec == "opus":
                self.listener.audio(units[0], timestamp, arrived)
            else:
                self.listener.video(codec, units, timestamp, arrived)
                self.picture.take(codec, units, arrived)
        if assembler.troubled:
            if self.peer is not None and (missing := assembler.missing(now)):
                self.peer.request_again(assembler.kind, missing)
            if assembler.wants_keyframe():
                self._keyframes.request(now)

    def _hall_time(self, monotonic: float) -> int:
        return self._clock.now() - round((self._clock.monotonic() - monotonic) * 1000)

    def _tell_speaking(self) -> None:
        self._notice("speaking", self._clock.now(), "1" if self._loudness.speaks else "0")

    def _ask_for_keyframe(self) -> None:
        if self.peer is not None:
            self.peer.request_keyframe()
