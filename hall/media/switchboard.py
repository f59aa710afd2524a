"""What a media worker holds: for each opening its publications and watches, and the wires between them.

What lives here: connecting packets to watchers and to the recorder, and noticing who went silent. What may
not: aiortc's names, files, the control line, or any rule about who may see whom (the server asks only for
what is permitted).
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from hall import tasks
from hall.clock import Clock
from hall.errors import Malformed, Unavailable
from hall.media.exchange import pass_time
from hall.media.peer import Publisher, Watcher
from hall.media.port import ANY_NUMBER, Numbers, Ports
from hall.media.publication import Listener, Publication, Watch, Watches
from hall.media.sdp import read_offer, read_restart
from hall.media.still import StillMaker
from hall.media.tables import Rows
from hall.media.turns import Turns
from hall.runtime.media_ports import MediaNotice, Still

log = logging.getLogger("hall.media")

FORGET_AFTER = 32
"""Connections that ended: the library leaves each as a ring of objects, and the collector would wait for long."""

TURN_S = 0.25
"""Each publication has a turn of the ticker so often."""

GROUPS, GROUP, WATCHED_GROUP = 3, 40, 10
"""Turns are taken in so many groups, or more where there are more publications than that in one (fewer while somebody
watches): all at once would hold packets up, and each wake has its price. At each, time passes for all.
"""

TURNS = 4
"""So many turns from one report of a publication to the next: a second."""

CONNECT_S = 20.0

DATED_S = 1.0
"""From its first packet on, a publication's are fetched at once for so long: by the least delayed of them its recording
is dated.
"""


class Records(Protocol):
    """The recording side of a worker."""

    async def open(self, opening: str, key: bytes = b"") -> None:
        """Close what a dead worker left open. key: the opening's recording key, empty: nothing is encrypted."""
        ...

    def listener(self, opening: str, participant: str, request_keyframe: Callable[[], None]) -> Listener: ...

    async def settle(self) -> None:
        """Return when every finished file is flushed and closed."""
        ...


@dataclass(slots=True, eq=False)
class _Room:
    opening: str
    publications: dict[str, Publication] = field(default_factory=dict)
    watches: dict[str, Watches] = field(default_factory=dict)  # by participant
    listeners: dict[str, Listener] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()

    def watches_of(self, participant: str) -> Watches:
        return self.watches.setdefault(participant, Watches())

    def request_keyframe(self, participant: str) -> None:
        if (publication := self.publications.get(participant)) is not None:
            publication.request_keyframe()


class Switchboard:
    """All rooms of one worker. `emit` tells the server something; it must not block. numbers: UDP ports it may bind."""

    def __init__(
        self,
        records: Records,
        host: str,
        clock: Clock,
        emit: Callable[[MediaNotice], None],
        *,
        numbers: Numbers = ANY_NUMBER,
        ports: Ports | None = None,
    ) -> None:
        """ports: another board's, which it shares and leaves open."""
        self._records, self._clock, self._emit = records, clock, emit
        self._rooms: dict[str, _Room] = {}
        self._stills = StillMaker()
        self._dating_until = 0.0
        self._turns = Turns(self._watched)
        self.ports = ports or Ports(host, self._hurried, numbers, Rows(clock.monotonic))
        self._own_ports = ports is None

    async def open_room(self, opening: str, key: bytes = b"") -> None:
        """Begin to serve an opening; recordings that a dead worker left open are closed first. key: see `Records`."""
        if opening not in self._rooms:
            await self._records.open(opening, key)
            self._rooms.setdefault(opening, _Room(opening))

    async def publish(self, opening: str, participant: str, sdp: str) -> str:
        """Answer a publisher's offer; replaces the participant's earlier publication."""
        room = self._room(opening)
        offer = read_offer(sdp, "publisher")
        publication = self._publication(room, participant)
        try:
            publication.peer = Publisher(offer, self.ports.port(), publication)
            answer = await publication.peer.answer()
        except BaseException:
            await publication.close()
            raise
        await self._enter(room, participant, publication, video="video" in offer.active)
        tasks.start(self._keep(room, participant, publication), f"publication of {participant}")
        return answer

    async def take(self, opening: str, participant: str) -> Publication | None:
        """Enter a publication whose packets come another way than by WebRTC: who asked hands them to it. None while
        the participant sends by itself, or the room is closed."""
        room = self._rooms.get(opening)
        if room is None or participant in room.publications:
            return None
        publication = self._publication(room, participant)
        await self._enter(room, participant, publication, video=True)
        return publication

    async def leave(self, opening: str, participant: str, publication: object, cause: str) -> None:
        """Take a publication out again, unless another has its place."""
        room = self._rooms.get(opening)
        if room is not None and room.publications.get(participant) is publication:
            await self._end(room, participant, cause)

    def _publication(self, room: _Room, participant: str) -> Publication:
        def notice(kind: str, at: int, detail: str) -> None:
            if kind == "publication_started":
                self._dating_until = self._clock.monotonic() + DATED_S
            self._emit(MediaNotice(kind, room.opening, participant, at, detail))

        watches = room.watches_of(participant)
        return Publication(self.ports.rows, watches, self._clock, notice, self._turns.later)

    async def _enter(self, room: _Room, participant: str, publication: Publication, *, video: bool) -> None:
        """Put a publication in the place of the participant's earlier one, and record it."""
        listener = room.listeners.get(participant)
        if listener is None:
            listener = self._records.listener(
                room.opening, participant, lambda: room.request_keyframe(participant)
            )
            room.listeners[participant] = listener
        await self._end(room, participant, "reconnect")
        if self._rooms.get(room.opening) is not room:
            await publication.close()
            raise Unavailable("media_room_closed")
        listener.begin(video=video)
        publication.enter(listener, muted=participant in room.muted)
        room.publications[participant] = publication

    async def watch(self, opening: str, participant: str, viewer: str, sdp: str) -> str:
        """Answer a watcher's offer; media flows as soon as, and whenever, the participant publishes."""
        room = self._room(opening)
        offer = read_offer(sdp, "watcher")
        watch = Watch(self.ports.rows, lambda: room.request_keyframe(participant))
        try:
            watch.peer = Watcher(offer, self.ports.port(), watch)
            answer = await watch.peer.answer()
        except BaseException:
            await watch.close()
            raise
        published = room.publications.get(participant)
        sources = published.sources if published is not None else {}
        picture, agreed = sources.get("video"), watch.peer.video_codecs()
        unseen = picture is not None and bool(agreed) and picture.codec not in agreed
        # Who can't see can still hear: Firefox without H.264 keeps the line for the sound.
        if unseen and not ("audio" in sources and "audio" in offer.active):
            await watch.close()
            raise Malformed("no_common_codec")
        watches = room.watches_of(participant)
        earlier = watches.pop(viewer, None)
        watches[viewer] = watch
        if earlier is not None:
            await earlier.close()
        tasks.start(self._keep_watch(watches, viewer, watch), f"watch of {viewer}")
        return answer

    async def restart(self, opening: str, participant: str, viewer: str, sdp: str) -> str:
        """Let who publishes (viewer ""), or watches, come another way over the connection that stands: the recording
        goes on in its epoch. sdp: an offer that restarts ICE, or a fragment of one.

        Raises Unavailable("connection_over"): it is another's or gone, a new one is wanted.
        """
        room, wanted = self._room(opening), read_restart(sdp)
        holder: Publication | Watch | None = room.publications.get(participant)
        if viewer:
            holder = room.watches_of(participant).get(viewer)
        peer = holder.peer if holder is not None else None
        answer = await peer.restart(wanted) if peer is not None else None
        if answer is None:
            raise Unavailable("connection_over")
        return answer

    async def stop_watching(self, opening: str, viewer: str) -> None:
        """End all watches of one viewer."""
        room = self._rooms.get(opening)
        for watches in room.watches.values() if room is not None else ():
            if (watch := watches.pop(viewer, None)) is not None:
                await watch.close()

    async def still(self, opening: str, participant: str) -> Still | None:
        """The participant's last keyframe as a picture; None where nobody publishes, or none came yet."""
        publication = self._room(opening).publications.get(participant)
        return await self._stills.of(publication.picture) if publication is not None else None

    def mute(self, opening: str, participants: Collection[str]) -> None:
        """From now on nobody hears these participants, and everybody else is heard; all are recorded as before."""
        room = self._room(opening)
        room.muted = frozenset(participants)
        for participant, publication in room.publications.items():
            publication.muted = participant in room.muted

    async def stop_publishing(self, opening: str, participant: str) -> None:
        """End a participant's publication; when this returns its recording is flushed."""
        room = self._rooms.get(opening)
        if room is not None:
            await self._end(room, participant, "stopped")
            await self._records.settle()

    async def close_room(self, opening: str, cause: str = "closed") -> None:
        """End everything of an opening; when this returns its recordings are flushed and closed."""
        room = self._rooms.pop(opening, None)
        if room is None:
            return
        for participant in list(room.publications):
            await self._end(room, participant, cause)
        for watches in room.watches.values():
            while watches:  # a viewer may leave by itself while another one's watch is being closed
                _, watch = watches.popitem()
                await watch.close()
        await self._records.settle()

    async def close(self, cause: str) -> None:
        """End every opening of this worker."""
        for opening in list(self._rooms):
            await self.close_room(opening, cause)
        if self._own_ports:
            self.ports.close()
        self._stills.close()

    def clock_advancing(self) -> None:
        """Hall time is about to be moved: each recording ends its epoch by the old time and begins another."""
        for room in self._rooms.values():
            for publication in room.publications.values():
                publication.record()
            for listener in room.listeners.values():
                listener.clock_advanced()

    async def run(self) -> None:
        """The one ticker: holes, reports, silence. Runs until cancelled."""
        forgotten = 0
        for turn in itertools.count():
            if (left := self.ports.left()) - forgotten >= FORGET_AFTER:
                forgotten = left
                gc.collect()
            publications = sum(len(room.publications) for room in self._rooms.values())
            groups = max(GROUPS, -(-publications // (WATCHED_GROUP if self._watched() else GROUP)))
            for group in range(groups):
                await asyncio.sleep(TURN_S / groups)
                await self._take_turn(turn, group, groups)
            if turn % TURNS == 0:
                for room in list(self._rooms.values()):
                    await self._drop_silent(room)

    async def _take_turn(self, turn: int, group: int, groups: int) -> None:
        now = self._clock.monotonic()
        pass_time(self.ports.rows.tables, now)
        self.ports.rows.look()
        for room in list(self._rooms.values()):
            for number, (participant, publication) in enumerate(list(room.publications.items())):
                if number % groups == group:
                    reporting = (turn + number // groups) % TURNS == 0
                    await self._look_after(room, participant, publication, now, reporting)

    async def _look_after(
        self, room: _Room, participant: str, publication: Publication, now: float, reporting: bool
    ) -> None:
        """One publication's turn of the ticker; what goes wrong here ends this publication and no other."""
        try:
            publication.tick(now)
            if reporting:
                publication.report()
        except Exception:
            log.exception("the publication of %s failed", participant)
            await self._end(room, participant, "failed")
        if publication.is_silent():
            await self._end(room, participant, "silent")

    async def _drop_silent(self, room: _Room) -> None:
        for watches in room.watches.values():
            for viewer, watch in list(watches.items()):
                if watch.is_silent() and watches.get(viewer) is watch:
                    del watches[viewer]
                    await watch.close()

    def _hurried(self) -> bool:
        """Whether it matters when a packet is fetched."""
        return self._clock.monotonic() < self._dating_until or self._watched()

    def _watched(self) -> bool:
        """Whether anybody watches anything."""
        return any(any(room.watches.values()) for room in self._rooms.values())

    def _room(self, opening: str) -> _Room:
        room = self._rooms.get(opening)
        if room is None:
            raise Unavailable("media_room_closed")
        return room

    async def _end(self, room: _Room, participant: str, cause: str) -> None:
        publication = room.publications.pop(participant, None)
        if publication is None:
            return
        try:
            publication.record()
            room.listeners[participant].end(cause)
        except Exception:
            log.exception("the recording of %s did not end well", participant)
        await publication.close()
        if publication.started:
            self._emit(MediaNotice("publication_ended", room.opening, participant, self._clock.now(), cause))

    async def _keep(self, room: _Room, participant: str, publication: Publication) -> None:
        """End a publication that never connects, or whose connection is lost."""
        assert publication.peer is not None
        await _while_connected(publication.peer.connected, publication.gone)
        if room.publications.get(participant) is publication:
            await self._end(room, participant, "connection_lost")

    async def _keep_watch(self, watches: Watches, viewer: str, watch: Watch) -> None:
        assert watch.peer is not None
        await _while_connected(watch.peer.connected, watch.gone)
        if watches.get(viewer) is watch:
            del watches[viewer]
            await watch.close()


async def _while_connected(connected: asyncio.Event, gone: asyncio.Event) -> None:
    """Return when a connection is gone, or has not come about in time."""
    try:
        async with asyncio.timeout(CONNECT_S):
            first = [tasks.start(e.wait(), "connection") for e in (connected, gone)]
            try:
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await tasks.stop(*first)
    except TimeoutError:
        return
    await gone.wait()
