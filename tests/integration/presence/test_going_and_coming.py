"""A real hall that is stopped and comes back: who was there, since when, and whose absence it was."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hall import tasks
from hall.client.api import Hall
from hall.client.keys import open_p12
from hall.client.live import Live
from hall.clock import HallClock
from hall.rehearsal.demo_ca import PASSWORD
from hall.rehearsal.stage import Scene, Stage

pytestmark = pytest.mark.timeout(180)

SCENE = Scene("T-1", "T-1", "工程", bidders=3, lead_ms=10 * 60_000)
WITHIN = 60.0


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path / "hall", SCENE)
    await asyncio.to_thread(made.prepare)
    try:
        await made.open()
        yield made
    finally:
        await made.close()


@contextlib.asynccontextmanager
async def present(stage: Stage, who: str) -> AsyncIterator[Live]:
    assert stage.pki is not None
    one = next(x for x in stage.pki.bidders if x.id == who)
    async with Hall(stage.base, open_p12(one.p12.read_bytes(), PASSWORD)) as hall:
        await hall.login()
        live = Live(hall, SCENE.opening, HallClock())
        running = tasks.start(live.run(), f"live {who}")
        await until_beaten(live)
        try:
            yield live
        finally:
            await live.leave()
            await running


async def until_beaten(live: Live, connections: int = 1) -> None:
    """Wait until the client is in, and has been told the time."""
    async with asyncio.timeout(WITHIN):
        while live.connection < connections or live.now() is None:
            live.news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(live.news.wait(), 0.2)


def intervals(stage: Stage, who: str) -> list[dict[str, Any]]:
    """What the journal holds of a bidder's presence, in order; a later note of the same interval replaces the first."""
    database = stage.directory / "data" / "journal.db"
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as journal:
        rows = journal.execute("select body from rows where kind = 'PresenceChanged' order by seq").fetchall()
    noted = [json.loads(body) for (body,) in rows]
    mine = {(n["connection"], n["start"]): n for n in noted if n["participant"] == f"bidder-{who}"}
    return [mine[key] for key in sorted(mine)]


def told(found: list[dict[str, Any]]) -> list[tuple[int, str, str, bool]]:
    return [(n["connection"], n["state"], n["cause"], n["end"] is None) for n in found]


async def with_its_end(stage: Stage, who: str) -> list[dict[str, Any]]:
    """The intervals once the last goodbye is journalled: it is noted a moment after the line is closed."""
    found = intervals(stage, who)
    for _ in range(200):
        if found[-1]["state"] == "offline":
            break
        await asyncio.sleep(0.1)
        found = intervals(stage, who)
    return found


async def test_clause_4_7_the_hall_s_going_is_its_own_and_clients_come_back_by_themselves(
    stage: Stage,
) -> None:
    async with present(stage, "b1") as stays:
        async with present(stage, "b2"):
            pass
        server = stage._server
        assert server is not None
        server.send_signal(signal.SIGTERM)
        await stage.gone()
        # Who had just said goodbye has left; who was there is away by the hall's doing, from the moment it went.
        assert told(intervals(stage, "b2"))[-1] == (1, "offline", "client_left", True)
        assert told(intervals(stage, "b1")) == [
            (1, "online", "server_restart", False),
            (1, "offline", "server_restart", True),
        ]
        await stage.open()
        await until_beaten(stays, 2)
    found = await with_its_end(stage, "b1")
    assert told(found) == [
        (1, "online", "server_restart", False),
        (1, "offline", "server_restart", False),
        (2, "online", "client_left", False),
        (2, "offline", "client_left", True),
    ]
    assert {n["confidence"] for n in found if n["cause"] == "server_restart"} == {"low"}
    assert found[1]["end"] == found[2]["start"]
