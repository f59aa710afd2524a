"""A room that rests: its state is kept, the next start takes it up, and its rows come when somebody wants them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from hall.clock import ManualClock
from hall.errors import Unavailable
from hall.runtime import machine
from hall.runtime import room as rooms
from hall.runtime.ports import KeptState
from hall.runtime.room import Room
from hall.session import commands as c
from hall.session import events as e
from hall.session.state import OpeningState
from tests.playbook import MIDNIGHT, bidder, plan
from tests.unit.runtime.test_room import STREAM, TENDER, Journal, Stage

RESTS = replace(machine.OPENING, rests=lambda state: bool(state.signed_in))


async def rested(monkeypatch: pytest.MonkeyPatch) -> tuple[Stage, asyncio.Future[Any], c.Act]:
    """A room that came to rest when jia had signed in; its answer and its command."""
    monkeypatch.setattr(rooms, "KEEP_AFTER", 0.0)
    stage, kept = Stage(), asyncio.Event()
    keep = stage.journal.keep_state

    async def noticed(stream: str, state: KeptState) -> None:
        await keep(stream, state)
        kept.set()

    monkeypatch.setattr(stage.journal, "keep_state", noticed)
    stage.room = Room(TENDER, STREAM, RESTS, stage.journal, stage.clock)
    await stage.room.open()
    await stage.says(c.ScheduleOpening(plan()))
    stage.clock.at = MIDNIGHT + 1
    await stage.says(c.Tick())
    stage.script.now = stage.clock.at
    person = {"representative": "王小明", "identity": "14**********34", "phones": ["13800000000"]}
    command = stage.script.command(bidder("jia"), "sign_in", **person, acts_for_bidder=True, salt="ab" * 16)
    answer = stage.again(bidder("jia"), command)
    await answer
    async with asyncio.timeout(10):
        await kept.wait()
    await stage.room.close()
    return stage, answer, command


async def test_the_next_start_takes_up_the_kept_state_and_loads_rows_on_demand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, answer, command = await rested(monkeypatch)
    kept = (await stage.journal.kept_states())[STREAM]
    loads: list[str] = []
    load = stage.journal.load

    async def counted(stream: str) -> Any:
        loads.append(stream)
        return await load(stream)

    monkeypatch.setattr(stage.journal, "load", counted)
    room = Room(TENDER, STREAM, RESTS, stage.journal, stage.clock)
    await room.open(kept)
    assert (room.state, room.last_at, loads) == (stage.room.state, stage.room.last_at, [])
    with pytest.raises(Unavailable, match="room_asleep"):
        assert room.entries
    await asyncio.gather(room.recall(), room.recall())
    assert (room.entries, loads) == (stage.room.entries, [STREAM])
    stage.room = room
    assert await stage.again(bidder("jia"), command) == await answer
    await room.close()


async def test_who_speaks_to_a_sleeping_room_gets_the_first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, answer, command = await rested(monkeypatch)
    before = len(await stage.rows())
    room = Room(TENDER, STREAM, RESTS, stage.journal, stage.clock)
    await room.open((await stage.journal.kept_states())[STREAM])
    stage.room = room
    assert await stage.again(bidder("jia"), command) == await answer
    assert len(await stage.rows()) == before
    assert not room.asleep
    await room.close()


async def test_the_rows_count_where_a_kept_state_says_something_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage, _, _ = await rested(monkeypatch)
    wrong = replace((await stage.journal.kept_states())[STREAM], state=OpeningState())
    room = Room(TENDER, STREAM, RESTS, stage.journal, stage.clock)
    await room.open(wrong)
    await room.recall()
    assert room.state == stage.room.state
    assert "the rows count" in caplog.text
    await room.close()


async def test_a_room_that_does_not_rest_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "KEEP_AFTER", 0.0)
    journal = Journal()
    room = Room(TENDER, STREAM, machine.OPENING, journal, ManualClock(MIDNIGHT - 1))
    await room.open()
    await room.submit(c.ScheduleOpening(plan()), received_at=MIDNIGHT - 1)
    assert isinstance(room.entries[0][2], e.OpeningScheduled)
    assert await journal.kept_states() == {}
    await room.close()


async def test_a_room_that_nobody_wants_forgets_its_rows_and_knows_them_again_when_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, answer, command = await rested(monkeypatch)
    room = Room(TENDER, STREAM, RESTS, stage.journal, stage.clock)
    await room.open((await stage.journal.kept_states())[STREAM])
    await room.recall()
    entries = room.entries
    room.doze()
    assert not room.asleep, "somebody has just wanted them"
    stage.clock.mono += rooms.SLEEP_AFTER
    room.doze()
    assert room.asleep
    assert room.state == stage.room.state
    stage.room = room
    assert await stage.again(bidder("jia"), command) == await answer
    assert room.entries == entries
    await room.close()
