"""A server that tells everybody the same: the hall's channel, or python-socketio as it comes. Orders come on stdin.

Usage: python -m bench.load.broadcaster hall|stock. It prints {"port"}; then for each line of stdin one line of JSON:
{"do": "broadcast", "message", "count", "every"} gives {"sent": [ns], "cpu": seconds, "resident": bytes}, and
{"do": "look"} gives {"cpu", "connections", "resident"}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import socketio
from aiohttp import web

from bench.load.limits import raise_open_files
from hall.gateway.channel import Channel

Tell = Callable[[dict[str, object]], Awaitable[None]]


def hall(app: web.Application) -> tuple[Tell, Callable[[], int]]:
    """The hall's own channel."""
    channel, here = Channel(), dict[str, None]()

    async def arrived(sid: str, request: web.Request, auth: object) -> None:
        here[sid] = None

    async def left(sid: str, farewell: bool) -> None:
        here.pop(sid, None)

    async def tell(message: dict[str, object]) -> None:
        channel.broadcast(here, "update", message)

    channel.on_connect(arrived)
    channel.on_disconnect(left)
    channel.attach(app)
    return tell, here.__len__


def stock(app: web.Application) -> tuple[Tell, Callable[[], int]]:
    """python-socketio as it comes."""
    server: Any = socketio.AsyncServer(
        async_mode="aiohttp", transports=["websocket"], ping_interval=10, ping_timeout=10
    )
    server.attach(app)

    async def connect(sid: str, environ: object, auth: object = None) -> None: ...

    async def tell(message: dict[str, object]) -> None:
        await server.emit("update", message)

    server.on("connect", connect)
    return tell, lambda: len(server.eio.sockets)


async def broadcast(tell: Tell, order: dict[str, Any]) -> dict[str, object]:
    """Tell everybody `count` times, one time each `every` seconds."""
    sent = []
    before, due = time.process_time(), time.monotonic()
    for n in range(order["count"]):
        sent.append(time.monotonic_ns())
        await tell({**order["message"], "n": n})
        due += order["every"]
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    return {"sent": sent, "cpu": time.process_time() - before, **resident()}


def resident() -> dict[str, object]:
    return {"resident": psutil.Process().memory_info().rss}


async def main(kind: str) -> None:
    raise_open_files()
    app = web.Application()
    tell, connections = {"hall": hall, "stock": stock}[kind](app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(runner.server, "127.0.0.1", 0, backlog=4096)
    print(json.dumps({"port": listening.sockets[0].getsockname()[1]}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        if order["do"] == "broadcast":
            answer = await broadcast(tell, order)
        else:
            answer = {"cpu": time.process_time(), "connections": connections(), **resident()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
