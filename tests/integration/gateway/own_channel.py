"""A channel with its door open on a free port, in this process, and peers that speak to it by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from hall.gateway.channel import Channel


@dataclass
class OwnChannel:
    """`here`: connections by sid. `gone`: (sid, whether it said goodbye) of those that ended."""

    channel: Channel
    port: int = 0
    here: list[str] = field(default_factory=list)
    gone: list[tuple[str, bool]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def arrived(self, sid: str, request: web.Request, auth: object) -> None:
        self.here.append(sid)
        self.changed.set()

    async def left(self, sid: str, farewell: bool) -> None:
        self.here.remove(sid)
        self.gone.append((sid, farewell))
        self.changed.set()

    async def until_gone(self, sid: str) -> bool:
        """Wait until the connection is gone; give whether it said goodbye."""
        async with asyncio.timeout(20):
            while (found := dict(self.gone).get(sid)) is None:
                self.changed.clear()
                await self.changed.wait()
        return found

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[Peer]:
        """Somebody who has connected."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/socket.io/?EIO=4&transport=websocket") as line,
        ):
            opened = await line.receive_str(timeout=5)
            assert opened.startswith("0{")
            await line.send_str("40{}")
            answer = await line.receive_str(timeout=5)
            peer = Peer(line, json.loads(answer[2:])["sid"])
            try:
                yield peer
            finally:
                peer.transport.resume_reading()  # it would wait for the hall's farewell


@dataclass(frozen=True)
class Peer:
    """One connection, packet by packet."""

    line: aiohttp.ClientWebSocketResponse
    sid: str

    @property
    def transport(self) -> asyncio.Transport:
        connection = self.line._response.connection
        assert connection is not None and isinstance(connection.transport, asyncio.Transport)
        return connection.transport

    async def event(self) -> list[Any]:
        """Give the next event, as [name, message]; pings are answered on the way."""
        while True:
            packet = await self.line.receive_str(timeout=10)
            if packet == "2":
                await self.line.send_str("3")
            elif packet.startswith("42"):
                return list(json.loads(packet[2:]))


@asynccontextmanager
async def own_channel() -> AsyncIterator[OwnChannel]:
    """Open a channel, close it again."""
    found = OwnChannel(Channel())
    found.channel.on_connect(found.arrived)
    found.channel.on_disconnect(found.left)
    app = web.Application()
    found.channel.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    server = runner.server
    assert server is not None
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    found.port = listening.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        listening.close()
        await found.channel.stop()
        await runner.cleanup()
