"""Thirty openings on one disk that is slow: what it costs to say so, and that saying so stops none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.clock import ManualClock
from hall.journal.codec import EventCodec
from hall.journal.memory import MemoryJournal
from hall.runtime import machine
from hall.runtime.faults import Faults
from hall.runtime.health import Health
from hall.runtime.ports import Append, Row
from hall.runtime.room import Room
from hall.runtime.timed_journal import TimedJournal
from hall.session import commands as c
from hall.session import events as e
from hall.session.rules import Stage
from hall.session.state import OpeningState
from tests.playbook import DEADLINE, MIDNIGHT, plan

ROOMS = 30
NOBODY: Any = None


class SlowDisk(MemoryJournal):
    """Appends wait for `free`, all of them for the same moment, as commits wait for one flush."""

    free: asyncio.Event
    held: asyncio.Event
    waiting = 0
    batches = 0

    async def append_many(self, appends: Sequence[Append]) -> list[list[Row]]:
        self.batches += 1
        self.waiting += 1
        self.held.set()
        try:
            await self.free.wait()
        finally:
            self.waiting -= 1
        return await super().append_many(appends)


class Machine:
    """Thirty openings past their deadline, their faults and their detector."""

    def __init__(self) -> None:
        key = Ed25519PrivateKey.generate()
        self.disk = SlowDisk(
            key, codecs={"opening": EventCodec(e.Event)}, origin="hall.example", rehearsal=False
        )
        self.disk.free, self.disk.held = asyncio.Event(), asyncio.Event()
        self.disk.free.set()
        self.clock = ManualClock(MIDNIGHT)
        self.health = Health(self.clock, Path("nowhere"), wall=self.clock.now, networks=lambda: None)
        journal = TimedJournal(self.disk, self.clock, self.health.appended)
        self.rooms: list[Room[OpeningState]] = [
            Room(f"T-{n}", f"opening/O-{n}", machine.OPENING, journal, self.clock) for n in range(ROOMS)
        ]
        self.faults = [Faults(room, self.clock, self.health, NOBODY) for room in self.rooms]
        for one in self.faults:
            self.health.listen(one.trouble)

    async def begins(self) -> None:
        for number, room in enumerate(self.rooms):
            await room.open()
            scheduled = replace(plan(), opening=f"O-{number}", tender=f"T-{number}")
            await self.says(room, c.ScheduleOpening(scheduled))
        self.clock.pass_ms(DEADLINE - self.clock.now())
        await asyncio.gather(*(self.says(room, c.Tick()) for room in self.rooms))
        assert {room.state.stage for room in self.rooms} == {Stage.DEADLINE}

    async def says(self, room: Room[OpeningState], command: c.Command) -> None:
        await room.submit(command, received_at=self.clock.now())

    async def slow(self, ms: int, commands: Sequence[asyncio.Future[Any]]) -> None:
        """All that is under way takes `ms`, and so does the noting of it."""
        await self.held(ROOMS)
        self.clock.pass_ms(ms)
        self.disk.free.set()  # for those that wait now, and for no other
        self.disk.free.clear()
        await asyncio.gather(*commands)
        await self.held(ROOMS)  # the notes have been decided, and wait for the disk in their turn
        self.clock.pass_ms(ms)
        self.disk.free.set()
        await asyncio.sleep(0)
        await asyncio.gather(*(self.says(room, c.Tick()) for room in self.rooms))
        await asyncio.sleep(0)

    async def held(self, count: int) -> None:
        async with asyncio.timeout(10):
            while self.disk.waiting < count:
                self.disk.held.clear()
                await self.disk.held.wait()

    def told(self) -> list[int]:
        return [sum(i.kind == "slow_append" for i in room.state.incidents) for room in self.rooms]


@pytest.mark.parametrize(("ms", "suspensions"), [(4_000, 0), (12_000, 1)])
async def test_a_slow_flush_is_noted_once_in_each_opening_however_many_waited_for_it(
    ms: int, suspensions: int
) -> None:
    machine_ = Machine()
    await machine_.begins()
    machine_.disk.free.clear()
    under_way = [
        room.submit(c.NoteIncident("media_gap", "", "host", "1 s"), received_at=machine_.clock.now())
        for room in machine_.rooms
    ]
    before = machine_.disk.batches
    await machine_.slow(ms, under_way)
    assert machine_.told() == [1] * ROOMS
    assert machine_.disk.batches - before <= 3 * ROOMS
    # The flush itself stops openings if it took long; the noting of it, which took as long, adds nothing to that.
    assert [room.state.epoch for room in machine_.rooms] == [suspensions] * ROOMS
    for room in machine_.rooms:
        await room.close()


async def test_the_noting_of_a_slow_append_is_not_itself_an_append_that_counts() -> None:
    took: list[float] = []
    machine_ = Machine()
    journal = TimedJournal(machine_.disk, machine_.clock, took.append)
    room: Room[OpeningState] = Room("T-x", "opening/O-x", machine.OPENING, journal, machine_.clock)
    await room.open()
    await machine_.says(room, c.ScheduleOpening(plan()))
    counted = len(took)
    note = c.NoteFault("slow_append", "b", "", (), MIDNIGHT, MIDNIGHT + 1, False, MIDNIGHT)
    await machine_.says(room, note)
    assert room.state.incidents and len(took) == counted
    await machine_.says(room, replace(note, kind="server_stall"))
    assert len(took) == counted + 1
    await room.close()
