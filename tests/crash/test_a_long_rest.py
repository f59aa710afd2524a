"""A restart with openings that are long over: they sleep through it, and whoever asks finds all that happened."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bench import restart
from hall import app
from hall.errors import NotPermitted
from hall.journal.store import SqlJournal
from hall.runtime import registry as registries
from hall.runtime.ports import Append, NewEvent
from hall.session.rules import Stage
from hall.tendering.directory import TenderListed
from tests.own_hall import OPENING, OwnHall, own_hall, reopened
from tests.playbook import HOST, MIDNIGHT, Playbook

NUMBERS = (7, 8)


async def write_history(hall: OwnHall) -> None:
    """Two openings that ended long ago, with no kept states: as an upgrade of the rules leaves them."""
    act = Playbook().act(HOST, "announce_bidders")
    appends, listed = [], []
    for number in NUMBERS:
        course = restart.whole(closed=True).events
        opening = [NewEvent(at, "hall", "", restart.named(event, number)) for at, event in course]
        deposits = [NewEvent(MIDNIGHT, "hall", "", event) for event in restart.tendering(number, act)]
        appends.append(Append(f"T-{number}", f"opening/O-{number}", 0, opening))
        appends.append(Append(f"T-{number}", f"tendering/T-{number}", 0, deposits))
        listed.append(NewEvent(MIDNIGHT, "hall", "", TenderListed(f"T-{number}", f"O-{number}")))
    known = len(hall.core.registry.directory.entries)
    await hall.core.registry.directory.close()
    await hall.core.journal.append_many([*appends, Append("hall", "directory/hall", known, listed)])


def test_a_kept_state_comes_back_as_it_was() -> None:
    play = Playbook()
    play.until_disclosed("jia", "yi", "bing")
    codec = app.STATES["opening"]
    assert codec.decode(codec.encode(play.state)) == play.state


async def test_openings_that_rest_are_not_folded_at_a_start_and_wake_when_somebody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "ROWS_PER_OPENING", 150)
    async with own_hall(tmp_path) as hall:
        await write_history(hall)
    loaded: list[str] = []
    load = SqlJournal.load

    async def counted(journal: SqlJournal, stream: str) -> Any:
        loaded.append(stream)
        return await load(journal, stream)

    monkeypatch.setattr(SqlJournal, "load", counted)
    async with reopened(hall, 60_000) as again:
        registry, desk = again.core.registry, again.core.desk
        assert OPENING in registry.openings
        assert not {f"opening/O-{number}" for number in NUMBERS} & set(loaded)
        with pytest.raises(NotPermitted, match="no_such_opening"):
            registry.opening("O-7")
        await asyncio.gather(desk.recall("O-7"), desk.recall("O-7"))
        assert registry.opening("O-7").room.state.stage is Stage.CLOSED
        assert registry.tendering("T-7").state.handed_over
        assert loaded.count("opening/O-7") == 1
        assert len(registry.opening("O-7").room.entries) == restart.ROWS_PER_OPENING, "nothing came of it"
        assert "T-7" in again.core.post_office.mailrooms


async def test_what_nobody_asks_for_is_opened_behind_the_running_hall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "ROWS_PER_OPENING", 150)
    monkeypatch.setattr(registries, "RECALLED_AFTER", 0.0)
    async with own_hall(tmp_path) as hall:
        await write_history(hall)
    async with reopened(hall, 60_000) as again:
        behind = [task for task in asyncio.all_tasks() if task.get_name() == "openings that rest"]
        await asyncio.gather(*behind)
        for number in NUMBERS:
            assert again.core.registry.opening(f"O-{number}").room.state.stage is Stage.CLOSED
