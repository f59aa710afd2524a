"""The worker's end of the line between the server and a media worker (the server's end and the messages: `control`).

What lives here: lines in, answers out, and which questions are answered on the spot. What may not: what the questions
mean.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from hall import tasks
from hall.errors import HallError, Malformed
from hall.runtime.media_ports import MediaNotice

log = logging.getLogger("hall.media.control")

LINE_LIMIT: Final = 1 << 20

Fields = Mapping[str, object]
AtOnce = Callable[[Mapping[str, Any]], Fields | None]
ByAndBy = Callable[[Mapping[str, Any]], Awaitable[Fields]]


class WorkerLine(asyncio.Protocol):
    """Takes questions as they arrive. A stream and a task for each would take three turns of the loop, and in each of
    them packets go first.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._at_once: AtOnce = lambda question: None
        self._by_and_by: ByAndBy | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()

    @classmethod
    async def dial(cls, socket: Path) -> WorkerLine:
        """Connect to the server that started this worker; nothing is read before `serve`."""
        _, line = await asyncio.get_running_loop().create_unix_connection(cls, str(socket))
        return line

    def notice(self, notice: MediaNotice) -> None:
        """Tell the server something it did not ask."""
        self._write(
            {
                "notice": {
                    "kind": notice.kind,
                    "opening": notice.opening,
                    "participant": notice.participant,
                    "at_ms": notice.at_ms,
                    "detail": notice.detail,
                }
            }
        )

    async def serve(self, at_once: AtOnce, by_and_by: ByAndBy) -> None:
        """Answer questions, several at a time, until the server hangs up.

        at_once: gives the answer's fields, or None for a question that has to wait for something: `by_and_by` answers.
        """
        assert self._transport is not None
        self._at_once, self._by_and_by = at_once, by_and_by
        self._transport.resume_reading()
        try:
            await self._over.wait()
        finally:
            await tasks.stop(*self._running)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        if len(self._rest) > LINE_LIMIT:
            log.error("a question longer than a line may be: the line to the server is given up")
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over.set()

    def _take(self, question: dict[str, Any]) -> None:
        try:
            answer = self._at_once(question)
        except Exception as error:
            self._refuse(question, error)
            return
        if answer is not None:
            self._write({"id": question["id"], "ok": answer})
            return
        task = tasks.start(self._answer(question), "media request")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, question: dict[str, Any]) -> None:
        assert self._by_and_by is not None
        try:
            self._write({"id": question["id"], "ok": await self._by_and_by(question)})
        except Exception as error:
            self._refuse(question, error)

    def _refuse(self, question: Mapping[str, Any], error: Exception) -> None:
        if isinstance(error, HallError):
            kind = "malformed" if isinstance(error, Malformed) else "unavailable"
            refusal = {"kind": kind, "code": error.code, "facts": {k: str(v) for k, v in error.facts.items()}}
        else:
            log.error("a request to the media worker failed: %s", question.get("do"), exc_info=error)
            refusal = {"kind": "unavailable", "code": "media_unavailable", "facts": {}}
        self._write({"id": question["id"], "error": refusal})

    def _write(self, message: Mapping[str, object]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(json_line(message))


def json_line(message: Mapping[str, object]) -> bytes:
    """A message as it goes over the line."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
