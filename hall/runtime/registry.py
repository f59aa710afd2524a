"""Which rooms live: the directory, one tendering room per tender, one opening room with its performer and
attendance.

Rooms are replayed at the start. What one stream of a tender owes the other is `handover`'s business; what the hall
notices about itself, `faults`'.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hall import tasks
from hall.clock import HallClock
from hall.errors import NotPermitted
from hall.runtime import machine
from hall.runtime.attendance import Attendance, Losses
from hall.runtime.disk import Disk
from hall.runtime.faults import Faults
from hall.runtime.handover import HandOver
from hall.runtime.health import Health, Trouble
from hall.runtime.lookalikes import Lookalikes
from hall.runtime.media_ports import MediaNotice, MediaPlane
from hall.runtime.performer import Outside, Performer
from hall.runtime.ports import Journal, KeptState, Row
from hall.runtime.reliable import ReliableTest
from hall.runtime.room import Room
from hall.runtime.speaking import Speaking
from hall.session import commands as oc
from hall.session import events as oe
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.tendering import commands as tc
from hall.tendering.directory import (
    Directory,
    OfficeGiven,
    PairRegistered,
    PartyRegistered,
    Register,
    StandingNoted,
    TenderListed,
)
from hall.tendering.events import TenderPublished
from hall.tendering.state import TenderState

log = logging.getLogger("hall.registry")
DIRECTORY_TENDER = "hall"
DIRECTORY_STREAM = "directory/hall"
RECALLED_AFTER = 90.0
"""Seconds after the start at which openings that rest are opened, where no kept state of them fits."""

_BREATH = 0.1  # seconds between two of them
_FEW_ROWS = 50
"""Rows of a stream up to which a start reads it together with all others like it: an opening before its day."""

_LOOKED_AT_ONCE = 100
LOOK_EVERY = 5.0
"""Seconds between two looks at the recorders of all openings and at the disk."""


@dataclass(slots=True)
class Opening:
    """One opening and everything that runs around it. `publishing`: participants whose media arrive now."""

    room: Room[OpeningState]
    performer: Performer
    attendance: Attendance
    faults: Faults
    hand_over: HandOver
    publishing: set[str]
    listeners: list[Callable[[], None]]
    speaking: Speaking = field(default_factory=Speaking)
    stills: set[str] = field(default_factory=set)
    """Participants whose pictures come as stills alone, over their connection."""
    lookalikes: Lookalikes | None = None

    def changed(self) -> None:
        """Something a view shows has changed."""
        for listener in tuple(self.listeners):
            listener()


class Registry:
    """All rooms of one hall. serving: false for who only writes a plan down while no server runs; then no time passes
    in the rooms, nothing that they owe is done, and the next start is no restart."""

    def __init__(
        self, journal: Journal, clock: HallClock, outside: Outside, health: Health, *, serving: bool = True
    ) -> None:
        self._serving = serving
        self.health = health
        self._losses = Losses()
        self.clock = clock
        self.journal = journal
        self._out = outside
        self._disk = Disk(outside.free)
        self._warning = Disk(
            outside.free_anywhere, low=outside.disk_low, enough=outside.disk_low + outside.disk_low // 10
        )
        self.directory: Room[Directory] = Room(
            DIRECTORY_TENDER, DIRECTORY_STREAM, machine.DIRECTORY, journal, clock
        )
        self.tenderings: dict[str, Room[TenderState]] = {}
        self.openings: dict[str, Opening] = {}
        self._resting: dict[str, str] = {}
        self._recalls: dict[str, asyncio.Task[None]] = {}
        self._running: tuple[asyncio.Task[None], ...] = ()
        self.followers: list[Callable[[Room[TenderState], Opening], Awaitable[None]]] = []
        """Awaited for each tender that is opened from now on, and once more for each that wakes: the post office and
        the procedures follow."""

    async def open(self) -> None:
        """Replay what goes on; hall time is never before the last journalled moment (clause 4.1).

        Openings that rest are taken up from their kept states; where none fits (the rules are newer than it), they are
        opened behind the running hall, or when somebody asks.
        """
        await self.directory.open()
        self.clock.not_before(self.directory.last_at)
        kept, last = await self.journal.kept_states(), await self.journal.last_of_all("opening")
        tenderings = dict(await self.journal.load_all("tendering"))
        short = dict(await self.journal.load_all("opening", _FEW_ROWS))
        for tender, opening in self.directory.state.tenders.items():
            stream = f"opening/{opening}"
            if stream not in kept and stream in last and machine.OPENING.is_last(last[stream][1]):
                self._resting[opening] = tender
                self.clock.not_before(last[stream][0].received_at)
            else:
                before, during = tenderings.pop(f"tendering/{tender}", []), short.pop(stream, None)
                await self._open_tender(tender, opening, kept, before, during)
        if self._serving:
            hearing = tasks.start(self._hear_media(self._out.media), "media notices")
            behind = tasks.start(self._recall_all(), "openings that rest")
            self._running = (hearing, behind, tasks.start(self._look(), "look around"))
            self.health.listen(self._own_trouble)

    async def close(self) -> None:
        """Stop all rooms; the journal holds everything."""
        await tasks.stop(*self._running, *self._recalls.values())
        for opening in self.openings.values():
            await opening.hand_over.close()
            if opening.lookalikes is not None:
                await opening.lookalikes.close()
            await opening.attendance.close()
            await opening.performer.close()
            await opening.room.close()
        for room in self.tenderings.values():
            await room.close()
        await self.directory.close()

    async def register(self, party: PartyRegistered | PairRegistered | OfficeGiven | StandingNoted) -> None:
        """Make a party's certificate or office known."""
        await self.directory.submit(Register(party), received_at=self.clock.now())

    async def publish(self, tender: TenderPublished, opening: oe.OpeningScheduled) -> None:
        """Publish a tender and schedule its opening; what is there already stays as it is."""
        await self.recall(opening.opening)
        if tender.tender not in self.tenderings:
            await self._open_tender(tender.tender, opening.opening, {}, [])
        now = self.clock.now()
        await self.directory.submit(Register(TenderListed(tender.tender, opening.opening)), received_at=now)
        await self.tenderings[tender.tender].submit(tc.PublishTender(tender), received_at=now)
        await self.openings[opening.opening].room.submit(oc.ScheduleOpening(opening), received_at=now)

    async def recall(self, opening: str) -> None:
        """Wake an opening that rests since long: before anybody enters it. Unknown ones are nobody's business here."""
        if opening in self._resting:
            if (recalling := self._recalls.get(opening)) is None:
                recalling = tasks.start(self._recall(opening), f"recall {opening}")
                self._recalls[opening] = recalling
            await asyncio.shield(recalling)
        if (live := self.openings.get(opening)) is not None:
            await live.room.recall()
            for follow in self.followers:
                await follow(self.tenderings[live.room.tender], live)

    async def _recall(self, opening: str) -> None:
        await self._open_tender(self._resting[opening], opening, {}, None)
        del self._resting[opening], self._recalls[opening]

    async def _recall_all(self) -> None:
        if self._resting:
            log.info("openings that rest are opened behind", extra={"facts": {"count": len(self._resting)}})
            await asyncio.sleep(RECALLED_AFTER)
        for opening in tuple(self._resting):
            await self.recall(opening)
            await asyncio.sleep(_BREATH)

    def opening(self, opening: str) -> Opening:
        """Raises NotPermitted("no_such_opening")."""
        if (found := self.openings.get(opening)) is None or found.room.state.plan is None:
            raise NotPermitted("no_such_opening", opening=opening)
        return found

    def tendering(self, tender: str) -> Room[TenderState]:
        """Raises NotPermitted("no_such_tender")."""
        if (found := self.tenderings.get(tender)) is None or found.state.plan is None:
            raise NotPermitted("no_such_tender", tender=tender)
        return found

    @property
    def failed(self) -> bool:
        """Whether a room has stopped: the process is to end, a restart recovers."""
        rooms: list[Room[Any]] = [self.directory, *self.tenderings.values()]
        return any(room.failed for room in (*rooms, *(o.room for o in self.openings.values())))

    async def _open_tender(
        self,
        tender: str,
        opening: str,
        kept: Mapping[str, KeptState],
        deposited: Sequence[tuple[Row, Any]] | None,
        opened: Sequence[tuple[Row, Any]] | None = None,
    ) -> None:
        """deposited, opened: the rows of the tender's own stream and of its opening's, for who has them at hand."""
        before, during = machine.TENDERING, machine.OPENING
        if not self._serving:
            before, during = machine.timeless(before), machine.timeless(during)
        tendering = Room(tender, f"tendering/{tender}", before, self.journal, self.clock)
        room = Room(tender, f"opening/{opening}", during, self.journal, self.clock)
        await tendering.open(rows=deposited)
        await room.open(kept.get(room.stream), opened)
        self.tenderings[tender] = tendering
        self.clock.not_before(tendering.last_at)
        self.clock.not_before(room.last_at)
        listeners: list[Callable[[], None]] = []

        def changed() -> None:
            for listener in tuple(listeners):
                listener()

        publishing: set[str] = set()
        faults = Faults(room, self.clock, self.health, self._out.recordings, publishing)
        test = ReliableTest(
            room,
            self.clock,
            self.health,
            journal=self.journal,
            sealed=self._out.sealed,
            opener=self._out.opener,
            media=self._out.media,
            recordings=self._out.recordings,
        )
        performer = Performer(room, self._out, self.clock, changed, test)
        attendance = Attendance(room, self.clock, self.health, self._losses, faults.note)
        hand_over = HandOver(tendering, room, self.clock)
        live = Opening(room, performer, attendance, faults, hand_over, publishing, listeners)
        self.openings[opening] = live
        if not self._serving:
            return
        # Nothing was awaited since the replay: the room hears of the absence before it looks at the clock.
        faults.restarted()
        await performer.open()
        await attendance.open()
        room.listen(lambda events: self._after(live, events))
        hand_over.open()
        if (faces := self._out.faces) is not None:
            live.lookalikes = Lookalikes(room, self.clock, faces, self._out.media, self._out.photo)
            live.lookalikes.open()
        for follow in self.followers:
            await follow(tendering, live)

    def _own_trouble(self, trouble: Trouble) -> None:
        for live in self.openings.values():
            live.faults.trouble(trouble)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            shortage = self._disk.look(self.clock.now())
            if (warned := self._warning.look(self.clock.now())) is not None:
                log.error("little room is left on a disk", extra={"facts": {"over": warned[1] is not None}})
            for number, live in enumerate(tuple(self.openings.values())):
                if not live.listeners:
                    live.room.doze()
                before_its_day = live.room.state.stage in (Stage.NEW, Stage.SCHEDULED)
                if not before_its_day:
                    live.faults.look()  # reads a fragment from the disk: others get their turn in between
                if shortage is not None:
                    live.faults.note("disk_full", "a", *shortage)
                live.faults.keep("disk_low", lasts=self._warning.full_since is not None)
                if not before_its_day or number % _LOOKED_AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _after(self, live: Opening, events: Sequence[Any]) -> None:
        """What an appended event changes outside the room at once."""
        moved = sum(event.by_ms for event in events if isinstance(event, oe.ClockAdvanced))
        if moved:
            self.clock.advance(moved)
            rooms: list[Room[Any]] = [*self.tenderings.values(), *(o.room for o in self.openings.values())]
            for room in rooms:
                room.wake()
            tasks.start(self._out.media.clock_changed(), "media clock")
        live.changed()

    async def _hear_media(self, media: MediaPlane) -> None:
        async for notice in media.notices():
            if (live := self.openings.get(notice.opening)) is not None:
                self._heard(live, notice)
            elif notice.kind in ("worker_lost", "worker_back"):
                for opening in self.openings.values():
                    self._heard(opening, notice)

    def _heard(self, live: Opening, notice: MediaNotice) -> None:
        match notice.kind:
            case "publication_started":
                live.publishing.add(notice.participant)
                live.stills.discard(notice.participant)
                live.changed()
            case "publication_ended":
                live.publishing.discard(notice.participant)
                live.speaking.heard(notice.participant, speaks=False)
                live.changed()
            case "speaking":
                live.speaking.heard(notice.participant, speaks=notice.detail == "1")
            case "media_alive":
                live.attendance.media_alive(notice.participant)
                live.faults.pictures.came_back(notice.participant)
            case "worker_lost":
                live.publishing.clear()
                live.speaking.hush()
                live.changed()
                self._incident(live, "media_worker_lost", notice)
            case "worker_back":
                self._incident(live, "media_worker_back", notice)
            case "recording_refused" | "recording_resumed" | "recording_altered":
                self._incident(live, notice.kind, notice)
            case "media_gap":
                live.faults.pictures.stopped(notice.participant, notice.at_ms)
            case _:
                log.warning("unknown media notice %s", notice.kind)

    def _incident(self, live: Opening, kind: str, notice: MediaNotice) -> None:
        if live.room.state.plan is None or live.room.state.stage in (Stage.SCHEDULED, Stage.CLOSED):
            return
        self._submit(live, oc.NoteIncident(kind, "", notice.participant, notice.detail))

    def _submit(self, live: Opening, note: oc.NoteIncident) -> None:
        answer = live.room.submit(note, received_at=self.clock.now())
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
