"""From detectors to the register of one opening, on the journal in memory and a clock that is told the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from hall.procurement.tender import HOUR, MINUTE
from hall.runtime.disk import ENOUGH, LOW, Disk
from hall.runtime.faults import RECORDER_PATIENCE, Faults
from hall.runtime.health import Health, Trouble
from hall.runtime.ntp import time_service
from hall.session import commands as c
from hall.session import events as e
from hall.session.rules import Stage
from tests.playbook import DEADLINE, MIDNIGHT, plan
from tests.unit.runtime.test_room import Stage as Theatre

PROOF = e.RecorderProof("host", "001.mp4", 1, "ab" * 32, DEADLINE)


class Tape:
    """Recordings that prove what they are told to."""

    def __init__(self) -> None:
        self.proof: e.RecorderProof | None = PROOF
        self.asked: list[str] = []

    def heads(self, opening: str) -> list[e.RecordingHead]:
        return []

    def prove(self, opening: str, participant: str, now_ms: int, within_ms: int = 0) -> Any:
        self.asked.append(participant)
        return self.proof

    def files(self, opening: str) -> list[Any]:
        return []

    def path(self, opening: str, participant: str, file: str) -> Path:
        raise NotImplementedError


class Play:
    """One opening, its faults and its detectors."""

    def __init__(self, theatre: Theatre, health: Health) -> None:
        self.theatre = theatre
        self.clock = theatre.clock
        self.room = theatre.room
        self.tape = Tape()
        self.faults = Faults(theatre.room, theatre.clock, health, self.tape)

    async def quiet(self) -> None:
        """Let the room decide what it was told: nothing else is under way."""
        await self.room.submit(c.Tick(), received_at=self.clock.now())

    async def at(self, moment: int) -> None:
        self.clock.pass_ms(moment - self.clock.now())
        await self.quiet()


@pytest_asyncio.fixture
async def play(tmp_path: Path) -> AsyncIterator[Play]:
    theatre = Theatre()
    await theatre.room.open()
    await theatre.says(c.ScheduleOpening(plan()))
    yield Play(theatre, Health(theatre.clock, tmp_path / "heartbeat", networks=lambda: None))
    await theatre.room.close()


async def test_trouble_weeks_before_the_deadline_is_nobody_s_business(play: Play) -> None:
    now = play.clock.now()
    play.faults.note("server_restart", "a", now - MINUTE, now)
    await play.quiet()
    assert play.room.state.incidents == ()
    await play.at(MIDNIGHT)
    play.faults.note("server_restart", "a", MIDNIGHT - MINUTE, MIDNIGHT)
    await play.quiet()
    assert [i.kind for i in play.room.state.incidents] == ["server_restart"]
    assert play.room.state.suspension is None, "nothing runs yet that could stand still"


async def test_clause_4_7_a_fault_across_the_deadline_is_heard_before_the_deadline_fires(play: Play) -> None:
    await play.at(DEADLINE - MINUTE)
    play.clock.pass_ms(2 * MINUTE)
    play.faults.note("server_stall", "a", DEADLINE - MINUTE, DEADLINE + MINUTE, "120000 ms")
    await play.quiet()
    assert play.room.state.stage is Stage.HELD


async def test_what_lasts_is_ended_when_it_is_told_again(play: Play) -> None:
    await play.at(MIDNIGHT + HOUR)
    began = play.clock.now()
    play.faults.trouble(Trouble("node_network", began, None, "no carrier"))
    await play.quiet()
    play.clock.pass_ms(MINUTE)
    play.faults.trouble(Trouble("node_network", began, began + MINUTE, "no carrier"))
    await play.quiet()
    (entry,) = play.room.state.incidents
    assert (entry.start, entry.end) == (began, began + MINUTE)


async def test_clause_6_1_a_recorder_that_falls_silent_stops_the_opening(play: Play) -> None:
    await play.at(DEADLINE)
    play.faults.look()
    play.tape.proof = None
    play.clock.pass_ms(int(RECORDER_PATIENCE * 1000) - 1)
    play.faults.look()
    await play.quiet()
    assert play.room.state.suspension is None
    play.clock.pass_ms(1)
    play.faults.look()
    await play.quiet()
    assert play.room.state.suspension is not None
    (entry,) = play.room.state.incidents
    assert (entry.kind, entry.clause, entry.subject, entry.start) == ("recorder_silent", "a", "", PROOF.at)


async def test_before_anybody_was_recorded_the_agenda_waits_and_nothing_is_suspended(play: Play) -> None:
    await play.at(DEADLINE)
    play.tape.proof = None
    play.faults.look()
    play.clock.pass_ms(HOUR)
    play.faults.look()
    await play.quiet()
    assert play.room.state.incidents == ()


async def test_the_same_finding_is_put_down_once(play: Play) -> None:
    await play.at(MIDNIGHT + HOUR)
    for _ in range(3):
        play.faults.once("revocation_unknown", "f", "CN=一家CA")
    await play.quiet()
    assert [(i.kind, i.clause, i.detail) for i in play.room.state.incidents] == [
        ("revocation_unknown", "f", "CN=一家CA")
    ]


async def test_clause_4_7_a_window_that_ended_in_an_absence_is_not_closed_by_it(play: Play) -> None:
    """The note of an absence is stamped after the window's end, and still decided before time is let in."""
    await play.at(DEADLINE - 10 * MINUTE)
    await play.room.close()
    room = play.theatre.another_room()
    play.clock.pass_ms(HOUR)
    await room.open()
    faults = Faults(room, play.clock, play.faults._health, play.tape)
    faults.restarted()
    await room.submit(c.Tick(), received_at=play.clock.now())
    assert room.state.stage is Stage.HELD
    await room.close()
    play.room = room


async def test_what_threatens_is_kept_once_while_it_lasts_and_the_opening_is_near(play: Play) -> None:
    play.faults.keep("disk_low", lasts=True)
    await play.at(MIDNIGHT + HOUR)
    assert play.room.state.incidents == ()
    for lasts in (True, True, False, False, True):
        play.faults.keep("disk_low", lasts=lasts)
        await play.at(play.clock.now() + MINUTE)
    entries = [i for i in play.room.state.incidents if i.kind == "disk_low"]
    assert [i.end is None for i in entries] == [False, True]
    assert {i.clause for i in entries} == {""}


def test_a_disk_is_full_until_there_is_plenty_again() -> None:
    left = [ENOUGH, LOW - 1, LOW - 1, LOW + 1, ENOUGH]
    disk = Disk(lambda: left.pop(0))
    assert [disk.look(at) for at in range(5)] == [None, (1, None), None, None, (1, 4)]


def test_the_kernel_tells_of_its_time_service_or_nothing() -> None:
    found = time_service()
    assert found is None or str(found).startswith(("synchronised", "not synchronised"))


async def test_who_reads_ahead_is_waited_for_and_nobody_else(play: Play) -> None:
    room = play.room
    with room.reserved(100):
        await asyncio.wait_for(room.clear_of(100), 1)
        waiting = asyncio.get_running_loop().create_task(room.clear_of(101))
        await asyncio.sleep(0)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 1)
