"""python-socketio behind types and limits; it ships no types, so `Any` ends here.

What this adds to the library: WebSocket only, strict packets, no compression per connection, the bounded sending of
`fanout.py`, a bound on what one peer may ask at a time, errors as acknowledgements. What may not live here: what
messages mean.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import socketio
from aiohttp import WSMsgType, web
from socketio.exceptions import ConnectionRefusedError as SocketRefused

from hall import tasks
from hall.errors import Malformed, Refused
from hall.gateway.answers import failure, known
from hall.gateway.fanout import Outbox, event, frame, to_json

log = logging.getLogger("hall.channel")

MAX_MESSAGE: Final = 128 * 1024
"""Most bytes of one message: an SDP of 64 KB, escaped at worst."""

_MAX_ASKED = 32  # questions of one peer that are being answered at a time
_PING: Final = 10
_FAREWELLS: Final = ("client disconnect", "server disconnect")
_CLOSING: Final = 3.0  # seconds for a peer to hear what was said last and to hang up
_INTRODUCTION: Final = 10.0  # seconds from the WebSocket to the login

Connect = Callable[[str, web.Request, object], Awaitable[None]]
Disconnect = Callable[[str, bool], Awaitable[None]]
Handle = Callable[[str, object], Awaitable[object]]


class Channel:
    """The Socket.IO server of one namespace. Connections are named by the `sid` the library gives them."""

    def __init__(self) -> None:
        quiet = logging.getLogger("hall.socketio")
        quiet.setLevel(logging.ERROR)
        self._server: Any = _Server(
            async_mode="aiohttp",
            transports=["websocket"],
            cors_allowed_origins=[],  # the shield has looked at the origin
            ping_interval=_PING,
            ping_timeout=_PING,
            max_http_buffer_size=MAX_MESSAGE,
            json=_Json,
            logger=quiet,
            engineio_logger=quiet,
        )
        self._server.eio.create_queue = Outbox
        self._server.eio._async = {**self._server.eio._async, "websocket": _WebSocket}
        self._server.on("disconnect", self._ended)
        self._asked: dict[str, int] = {}
        self._gone: Disconnect | None = None

    def attach(self, app: web.Application) -> None:
        """Add the routes."""
        self._server.attach(app)

    def on_connect(self, connect: Connect) -> None:
        """Call `connect(sid, request, auth)` for each new connection; a HallError from it refuses the peer."""

        async def handler(sid: str, environ: dict[str, Any], auth: object) -> None:
            try:
                await connect(sid, environ["aiohttp.request"], auth)
            except Exception as error:
                why = known(error)
                raise SocketRefused(why.code, failure(why)["error"]) from None
            self._asked[sid] = 0

        self._server.on("connect", handler)

    def on_disconnect(self, gone: Disconnect) -> None:
        """Call `gone(sid, farewell)` when a connection has ended.

        farewell: one side said goodbye. The library's finer words are no evidence: one and the same freeze of a
        client was a timeout once and a closed transport another time.
        """
        self._gone = gone

    def on(self, name: str, handle: Handle) -> None:
        """Answer the message `name` with `{"ok": handle(sid, message)}`, or with its error."""

        async def handler(sid: str, *args: object) -> dict[str, object]:
            if self._asked.get(sid, 0) >= _MAX_ASKED:
                return failure(Refused("too_many_questions"))
            self._asked[sid] = self._asked.get(sid, 0) + 1
            try:
                if len(args) > 1:
                    raise Malformed("malformed_message", field="message")
                return {"ok": await handle(sid, args[0] if args else {})}
            except Exception as error:
                return failure(known(error))
            finally:
                if sid in self._asked:
                    self._asked[sid] -= 1

        self._server.on(name, handler)

    async def send(self, sid: str, name: str, message: object) -> None:
        """Tell one peer. It does not wait: who does not read is dropped; one that is gone is no error."""
        self.broadcast((sid,), name, message)

    def broadcast(self, sids: Iterable[str], name: str, message: object) -> None:
        """Tell many peers the same: encoded once, and written to each as it stands."""
        data = event(name, message)
        outboxes = self._server.outboxes
        for sid in sids:
            if (outbox := outboxes.get(sid)) is not None:
                outbox.send(data)

    def close(self, sid: str, name: str | None = None, message: object = None) -> None:
        """End a connection, after one last message if there is one to send."""
        tasks.start(self._close(sid, name, message), f"close {sid}")

    async def stop(self) -> None:
        """End all connections and the library's own tasks."""
        await asyncio.gather(*(self._close(sid, None, None) for sid in tuple(self._asked)))
        await self._server.shutdown()

    async def _ended(self, sid: str, reason: object) -> None:
        self._asked.pop(sid, None)
        self._server.outboxes.pop(sid, None)
        if self._gone is not None:
            await self._gone(sid, reason in _FAREWELLS)

    async def _close(self, sid: str, name: str | None, message: object) -> None:
        outbox = self._server.outboxes.get(sid)
        if outbox is None:
            return
        if name is not None:
            outbox.send(event(name, message))
        asyncio.get_running_loop().call_later(_CLOSING, outbox.abort)
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        await self._server.disconnect(sid)
        try:
            async with asyncio.timeout(_CLOSING):
                await self._server.eio.disconnect(eio_sid)
        except TimeoutError:
            outbox.abort()


class _Server(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio ships no types
    """Refuses what the library lets pass: binary packets, other namespaces, reserved names, peers that stay silent.

    `outboxes`: those of the peers that were let in, by sid. The names with an underscore are the library's own; that it
    still has them, and calls them, is what `tests/integration/gateway/test_library.py` is for.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.outboxes: dict[str, Outbox] = {}

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        environ["hall.outbox"] = self.eio.sockets[eio_sid].queue
        await super()._handle_eio_connect(eio_sid, environ)
        asyncio.get_running_loop().call_later(_INTRODUCTION, self._expect_introduction, eio_sid)

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        try:
            if not isinstance(data, str) or data[:1] not in ("0", "1", "2"):
                raise ValueError("a kind of packet that has no use here")
            await super()._handle_eio_message(eio_sid, data)
        except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
            log.info("malformed packet", extra={"facts": {"reason": str(error)[:80]}})
            self.abort(eio_sid)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: object) -> None:
        if namespace not in (None, "/") or self.manager.sid_from_eio_sid(eio_sid, "/") is not None:
            raise ValueError("one connection, one namespace")
        await super()._handle_connect(eio_sid, namespace, data)
        if self._introduced(eio_sid):
            sid: str = self.manager.sid_from_eio_sid(eio_sid, "/")
            outbox = self.outboxes[sid] = self.environ[eio_sid]["hall.outbox"]
            outbox.name = sid
        else:  # refused: the peer has its answer and nothing more to do here
            asyncio.get_running_loop().call_later(1.0, self.abort, eio_sid)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: object) -> None:
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise ValueError("an event without a name")
        if data[0] not in self.handlers["/"] or data[0] in ("connect", "disconnect"):
            data = ["no_such_message"]
        await super()._handle_event(eio_sid, namespace, id, data)

    def abort(self, eio_sid: str | None) -> None:
        """Cut the connection at once."""
        if eio_sid in self.environ:
            self.environ[eio_sid]["hall.outbox"].abort()

    def _introduced(self, eio_sid: str) -> bool:
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        return sid is not None and self.manager.is_connected(sid, "/")

    def _expect_introduction(self, eio_sid: str) -> None:
        if not self._introduced(eio_sid):
            self.abort(eio_sid)


class _WebSocket:
    """One WebSocket, as python-engineio wants it. What is sent goes past it, from the outbox to the wire."""

    def __init__(self, handler: Callable[[_WebSocket], Awaitable[None]], server: Any) -> None:
        self._handler = handler
        self._socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE, compress=False)
        self._outbox = Outbox()

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        await self._socket.prepare(request)
        self._outbox = environ["hall.outbox"]
        assert isinstance(request.transport, asyncio.WriteTransport)
        self._outbox.open(request.transport)
        await self._handler(self)
        return self._socket

    async def send(self, packet: str) -> None:
        self._outbox.send(frame(packet))

    async def wait(self) -> str:
        """The next packet; OSError ends the connection, and that is what a malformed one does."""
        message = await self._socket.receive()
        if message.type is not WSMsgType.TEXT or message.data[:1] not in tuple("0123456"):
            self._outbox.close()
            raise OSError("closed, or not a packet")
        return str(message.data)

    async def close(self) -> None:
        self._outbox.close()
        await self._socket.close()


class _Json:
    """JSON for the library. One setting of it serves the whole process, so it is no stricter than JSON itself."""

    @staticmethod
    def dumps(value: object, **options: Any) -> str:
        return to_json(value, **options)

    @staticmethod
    def loads(text: str, **options: Any) -> object:
        try:
            return json.loads(text, **options)
        except RecursionError:
            raise ValueError("nested too deep") from None
