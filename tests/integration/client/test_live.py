"""A live connection: joined, answered, missed, found again, and given up when it is over for good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
import socketio
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as SocketRefused

from hall import tasks, wire
from hall.client import live as live_module
from hall.client.api import Hall
from hall.client.live import Live
from hall.clock import HallClock
from hall.errors import NotPermitted, Refused, Unavailable
from hall.rehearsal.stage import free_port
from tests.unit.client import openings as o
from tests.unit.client.people import someone

VIEW = o.view(someone("bidder"), someone("host"), None)


def update(cursor: int, last: int) -> dict[str, Any]:
    entries = [wire.TimelineEntry(n, o.NINE, "Kind", "", "", "") for n in range(cursor, last)]
    return asdict(wire.Update(cursor, VIEW, entries))


@dataclass
class Script:
    """What the other side does, and what it was sent."""

    refuse: list[str] = field(default_factory=list)
    told: int = 0
    joins: list[int] = field(default_factory=list)
    auth: list[Any] = field(default_factory=list)
    beats: list[int] = field(default_factory=list)
    sids: list[str] = field(default_factory=list)
    server: Any = None
    base: str = ""

    async def say(self, name: str, message: object) -> None:
        await self.server.emit(name, message, to=self.sids[-1])


@asynccontextmanager
async def socket_hall(script: Script, port: int = 0) -> AsyncIterator[None]:
    """A bare Socket.IO server that follows the script."""
    server = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"], cors_allowed_origins=[])
    script.server = server

    async def connect(sid: str, environ: object, auth: object) -> None:
        script.auth.append(auth)
        if script.refuse:
            raise SocketRefused(script.refuse.pop(0))
        script.sids.append(sid)

    async def join(sid: str, message: dict[str, int]) -> dict[str, Any]:
        script.joins.append(message["cursor"])
        return {"ok": update(message["cursor"], script.told)}

    async def hb(sid: str, message: dict[str, int]) -> None:
        script.beats.append(message["n"])

    async def publish(sid: str, message: object) -> dict[str, Any]:
        return {"error": {"code": "may_not_publish", "facts": {"why": "test"}}}

    for name, handler in (("connect", connect), ("join", join), ("hb", hb), ("publish", publish)):
        server.on(name, handler)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    address: Any = runner.addresses[0]
    script.base = f"http://127.0.0.1:{address[1]}"
    try:
        yield
    finally:
        await server.shutdown()
        await runner.cleanup()


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    written = Script()
    async with socket_hall(written):
        yield written


@pytest.fixture
async def live(script: Script, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    monkeypatch.setattr(live_module.random, "uniform", lambda least, most: 0.0)
    async with Hall(script.base, someone("bidder")) as hall:
        made = Live(hall, o.OPENING, HallClock(), robot=True)
        yield made
        await made.leave()


async def news(live: Live) -> None:
    await live.news.wait()
    live.news.clear()


async def until_joined(live: Live, times: int = 1) -> None:
    while live.connection < times:
        await news(live)


async def test_a_client_says_who_it_is_joins_and_follows(live: Live, script: Script) -> None:
    script.told = 2
    running = tasks.start(live.run(), "live")
    await until_joined(live)
    [auth] = script.auth
    assert auth == {"opening": o.OPENING, "robot": True, "client": auth["client"], "takeover": None}
    assert len(auth["client"]) == 32
    assert (len(live.known.timeline), live.known.view) == (2, VIEW)
    await script.say("update", update(2, 3))
    while len(live.known.timeline) < 3:
        await news(live)
    await live.leave()
    assert await running == "left"


async def test_a_heartbeat_is_answered_at_once_and_sets_the_clock(live: Live, script: Script) -> None:
    running = tasks.start(live.run(), "live")
    await until_joined(live)
    assert live.now() is None
    await script.say("hb?", {"n": 7, "now": o.COMMANDED})
    await script.say("update", update(0, 1))
    while not live.known.timeline:
        await news(live)
    assert live.now() is not None
    assert 0 <= int(live.now() or 0) - o.COMMANDED < 60_000
    await live.leave()
    await running
    assert script.beats == [7]


async def test_missing_entries_are_asked_for(live: Live, script: Script) -> None:
    script.told = 1
    running = tasks.start(live.run(), "live")
    await until_joined(live)
    script.told = 5
    await script.say("update", update(4, 5))
    while len(live.known.timeline) < 5:
        await news(live)
    assert script.joins == [0, 1]
    await live.leave()
    await running


async def test_a_silent_hall_is_left_and_joined_again_from_where_one_was(
    live: Live, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "SILENCE", 0.2)
    script.told = 3
    running = tasks.start(live.run(), "live")
    await until_joined(live, 2)
    assert script.joins[:2] == [0, 3]
    assert len(script.sids) >= 2
    await live.leave()
    await running


async def test_a_dropped_connection_is_made_anew(live: Live, script: Script) -> None:
    running = tasks.start(live.run(), "live")
    await until_joined(live)
    await script.server.disconnect(script.sids[-1])
    await until_joined(live, 2)
    await live.leave()
    assert await running == "left"


async def test_where_nobody_answers_the_client_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hall that is being restarted refuses connections for a while: that is no refusal of the hall."""
    tried = asyncio.Event()
    monkeypatch.setattr(live_module.random, "uniform", lambda least, most: tried.set() or 0.0)
    port, script = free_port(), Script()
    async with Hall(f"http://127.0.0.1:{port}", someone("bidder")) as hall:
        live = Live(hall, o.OPENING, HallClock())
        running = tasks.start(live.run(), "live")
        await tried.wait()
        async with socket_hall(script, port):
            await until_joined(live)
            await live.leave()
            assert await running == "left"


@pytest.mark.parametrize(
    ("name", "message", "reason"),
    [
        ("superseded", {"reason": "handover"}, "handover"),
        ("superseded", {"reason": "takeover"}, "takeover"),
        ("bye", {"reason": "closed"}, "closed"),
    ],
)
async def test_who_is_led_out_does_not_come_back(
    live: Live, script: Script, name: str, message: object, reason: str
) -> None:
    running = tasks.start(live.run(), "live")
    await until_joined(live)
    await script.say(name, message)
    assert await running == reason
    assert len(script.auth) == 1


@pytest.mark.parametrize(("code", "reason"), [("handed_over", "handover"), ("opening_closed", "closed")])
async def test_some_refusals_are_the_end(live: Live, script: Script, code: str, reason: str) -> None:
    script.refuse = [code]
    assert await live.run() == reason


async def test_an_unknown_refusal_is_loud(live: Live, script: Script) -> None:
    script.refuse = ["not_appointed"]
    with pytest.raises(NotPermitted, match="not_appointed"):
        await live.run()
    assert (live.ended, live.news.is_set()) == ("refused", True)


async def test_an_update_that_can_not_be_read_makes_the_client_ask_again(live: Live, script: Script) -> None:
    running = tasks.start(live.run(), "live")
    await until_joined(live)
    script.told = 2
    await script.say("update", {"cursor": "nonsense"})
    await until_joined(live, 2)
    assert len(live.known.timeline) == 2
    await live.leave()
    assert await running == "left"


async def test_calls_give_the_halls_code_or_say_that_it_is_away(live: Live, script: Script) -> None:
    with pytest.raises(Unavailable, match="not_joined"):
        await live.call("publish", {"sdp": ""})
    running = tasks.start(live.run(), "live")
    await until_joined(live)
    with pytest.raises(Refused) as caught:
        await live.call("publish", {"sdp": ""})
    assert (caught.value.code, caught.value.facts) == ("may_not_publish", {"why": "test"})
    await live.leave()
    await running
