"""Who does not read is dropped; it may cost memory for a moment, and never the others."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from hall.gateway import channel as gateway_channel
from hall.gateway.channel import Channel


async def test_a_reader_that_stopped_reading_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_channel, "MAX_WAITING", 16)
    channel, gone = Channel(), asyncio.Event()
    sids: list[str] = []

    async def arrived(sid: str, request: web.Request, auth: object) -> None:
        sids.append(sid)

    async def left(sid: str, farewell: bool) -> None:
        gone.set()

    channel.on_connect(arrived)
    channel.on_disconnect(left)
    app = web.Application()
    channel.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        async with session.ws_connect(url) as line:
            await line.receive_str(timeout=5)
            await line.send_str("40{}")
            await line.receive_str(timeout=5)
            assert line._response.connection is not None and line._response.connection.transport is not None
            line._response.connection.transport.pause_reading()
            async with asyncio.timeout(40):
                sent = 0
                while not gone.is_set():
                    await channel.send(sids[0], "update", {"picture": "x" * 100_000})
                    sent += 1
                    await asyncio.sleep(0)
    assert sent > 16
    await channel.stop()
    await runner.cleanup()
