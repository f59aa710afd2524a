"""The state of a room that rests is used again only where it fits its rows, the code and its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hall.journal.memory import MemoryJournal
from hall.journal.states import StateCodec
from hall.journal.store import SqlJournal
from hall.runtime.ports import KeptState, NewEvent
from tests.integration.journal.conftest import Noted

Note = Callable[..., NewEvent]
Reopen = Callable[..., Any]

STATES = {"opening": StateCodec(Noted, "this code")}
KEPT = KeptState(2, 1000, Noted("the state"))


@pytest.fixture
async def closed(reopen: Reopen, note: Note) -> None:
    """A journal with the kept states of two streams, closed again."""
    journal: SqlJournal = await reopen(states=STATES)
    for stream in ("opening/a", "opening/b"):
        await journal.append("T", stream, 0, [note("x"), note("y")])
        await journal.keep_state(stream, KEPT)
    await journal.close()


async def test_a_state_is_given_back_until_its_stream_grows(journal: Any, note: Note) -> None:
    if isinstance(journal, SqlJournal):
        journal._states = STATES
    assert await journal.kept_states() == {}
    await journal.append("T", "opening/a", 0, [note("x"), note("y")])
    await journal.keep_state("opening/a", KEPT)
    assert await journal.kept_states() == {"opening/a": KEPT}
    await journal.append("T", "opening/a", 2, [note("z")])
    assert await journal.kept_states() == {}
    newer = KeptState(3, 1000, Noted("a newer one"))
    await journal.keep_state("opening/a", newer)
    assert await journal.kept_states() == {"opening/a": newer}
    assert isinstance(journal, SqlJournal | MemoryJournal)


@pytest.mark.usefixtures("closed")
async def test_a_state_outlives_a_restart(reopen: Reopen) -> None:
    journal: SqlJournal = await reopen(states=STATES)
    assert await journal.kept_states() == {"opening/a": KEPT, "opening/b": KEPT}
    await journal.close()


async def test_a_state_that_is_not_of_the_last_row_is_not_kept(reopen: Reopen, note: Note) -> None:
    journal: SqlJournal = await reopen(states=STATES)
    await journal.append("T", "opening/a", 0, [note("x")])
    await journal.keep_state("opening/a", KEPT)
    await journal.keep_state("opening/unknown", KEPT)
    assert await journal.kept_states() == {}
    await journal.close()


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE room_states SET sealed = zeroblob(60) WHERE stream = 'opening/a'",
        "UPDATE room_states SET sealed = x'' WHERE stream = 'opening/a'",
        "UPDATE room_states SET sealed = (SELECT sealed FROM room_states WHERE stream = 'opening/b') "
        "WHERE stream = 'opening/a'",
        "UPDATE room_states SET seq = 1 WHERE stream = 'opening/a'",
        "UPDATE room_states SET leaf = 'ab' WHERE stream = 'opening/a'",
        "UPDATE room_states SET code = 'other' WHERE stream = 'opening/a'",
        "DELETE FROM room_states WHERE stream = 'opening/a'",
    ],
)
async def test_a_damaged_or_missing_state_is_passed_over(
    statement: str, reopen: Reopen, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "data" / "hall.db") as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()
    journal: SqlJournal = await reopen(states=STATES)
    assert await journal.kept_states() == {"opening/b": KEPT}
    assert len(await journal.load("opening/a")) == 2
    await journal.close()


@pytest.mark.usefixtures("closed")
async def test_a_state_made_by_other_code_is_passed_over(reopen: Reopen) -> None:
    journal: SqlJournal = await reopen(states={"opening": StateCodec(Noted, "other code")})
    assert await journal.kept_states() == {}
    await journal.close()
