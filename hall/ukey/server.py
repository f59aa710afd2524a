"""The loopback socket: who may connect at all, and messages in their order.

What lives here: addresses, Origin and Host, frames of JSON. What may not: what messages mean (`program`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterable
from typing import Any, Final

from aiohttp import WSMsgType, web

from hall import tasks
from hall.errors import HallError, Malformed
from hall.ukey.program import Program, Session

PORTS: Final = (47613, 47614, 47615)
"""Where pages look for the program, in this order; it takes the first that is free."""

PATH: Final = "/hall-ukey/1"
MAX_MESSAGE: Final = 64 * 1024 * 1024
"""Most bytes of a message: an opening record as base64 is the longest."""

_MOST_WAITING: Final = 16
"""Messages of one page that may wait; more wait in its own socket."""


def listen(ports: Iterable[int]) -> socket.socket:
    """Listen on 127.0.0.1 at the first free port. Raises OSError when none is."""
    failed: OSError | None = None
    for port in ports:
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            one.bind(("127.0.0.1", port))
            one.listen(16)
        except OSError as error:
            one.close()
            failed = error
        else:
            return one
    raise failed or OSError("no port was named")


def application(
    program: Program, origins: frozenset[str], extra: Iterable[web.RouteDef] = ()
) -> web.Application:
    """Build the program's own small server. origins: pages that may connect, as browsers write them in Origin."""

    async def connect(request: web.Request) -> web.WebSocketResponse:
        # Both are refused as if nothing were here, so that a foreign page learns little of this machine.
        origin = request.headers.get("Origin", "")
        if origin not in origins:
            raise web.HTTPForbidden
        ws = web.WebSocketResponse(max_msg_size=MAX_MESSAGE, heartbeat=30)
        await ws.prepare(request)
        session = Session(program, origin)
        try:
            await _serve(ws, session)
        finally:
            await session.leave()
        return ws

    app = web.Application(middlewares=[_loopback_only])
    app.add_routes([web.get(PATH, connect), *extra])
    return app


@web.middleware
async def _loopback_only(request: web.Request, handler: Any) -> web.StreamResponse:
    """A name that somebody lets point to 127.0.0.1 is not this program's name (DNS rebinding)."""
    if request.host.rpartition(":")[0] not in ("127.0.0.1", "localhost"):
        raise web.HTTPForbidden
    response: web.StreamResponse = await handler(request)
    return response


async def _serve(ws: web.WebSocketResponse, session: Session) -> None:
    """Answer a page, message after message. When it goes, whatever its person is being asked goes too."""
    frames: asyncio.Queue[Any] = asyncio.Queue(_MOST_WAITING)
    answering = tasks.start(_answer(ws, session, frames), "answer a page")
    try:
        async for frame in ws:
            await frames.put(frame)
    finally:
        await tasks.stop(answering)


async def _answer(ws: web.WebSocketResponse, session: Session, frames: asyncio.Queue[Any]) -> None:
    greeted = False
    while not ws.closed:
        number: object = None
        try:
            message = _read(await frames.get())
            if greeted:
                number = message.get("id")
                answer: dict[str, object] = {"id": number, "ok": await session.answer(message)}
            else:
                answer = session.hello(message)
        except HallError as error:
            answer = {"id": number, "error": {"code": error.code, "facts": error.facts}}
            if not greeted:
                await _send(ws, answer)
                await ws.close()
                return
        greeted = True
        await _send(ws, answer)


async def _send(ws: web.WebSocketResponse, answer: dict[str, object]) -> None:
    with contextlib.suppress(ConnectionError):  # the page has gone meanwhile
        await ws.send_json(answer)


def _read(frame: Any) -> dict[str, Any]:
    if frame.type is not WSMsgType.TEXT:
        raise Malformed("malformed_message", field="frame")
    try:
        message = json.loads(frame.data)
    except ValueError:
        raise Malformed("malformed_message", field="json") from None
    if not isinstance(message, dict):
        raise Malformed("malformed_message", field="json")
    return message
