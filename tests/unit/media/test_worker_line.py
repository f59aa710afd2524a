from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hall import tasks
from hall.errors import Malformed, Unavailable
from hall.media.worker_line import LINE_LIMIT, WorkerLine


class Server:
    """The server's end, by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def ask(self, *questions: Mapping[str, Any]) -> None:
        self.writer.write(b"".join(json.dumps(question).encode() + b"\n" for question in questions))

    async def hear(self) -> Any:
        return json.loads(await self.reader.readline())


class Worker:
    """Knows three things to do; `wait` is answered when it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    def at_once(self, question: Mapping[str, Any]) -> Mapping[str, object] | None:
        match question["do"]:
            case "ping":
                return {"n": question["n"]}
            case "refuse":
                raise Unavailable("media_room_closed", opening=7)
            case "fail":
                raise RuntimeError("a fault of the program")
        return None

    async def by_and_by(self, question: Mapping[str, Any]) -> Mapping[str, object]:
        if question["do"] != "wait":
            raise Malformed("unknown_media_request", do=question["do"])
        await self.let_go.wait()
        return {}


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[tuple[Server, Worker, asyncio.Task[None]]]:
    """A line with both its ends; two questions were asked before the worker began to serve."""
    connected: asyncio.Queue[Server] = asyncio.Queue()
    socket = tmp_path / "s"
    listening = await asyncio.start_unix_server(lambda r, w: connected.put_nowait(Server(r, w)), socket)
    line = await WorkerLine.dial(socket)
    server, worker = await connected.get(), Worker()
    server.ask({"id": 1, "do": "ping", "n": 1}, {"id": 2, "do": "wait"})
    serving = tasks.start(line.serve(worker.at_once, worker.by_and_by), "serving")
    yield server, worker, serving
    await tasks.stop(serving)
    line.close()
    server.writer.close()
    listening.close()


Ends = tuple[Server, Worker, asyncio.Task[None]]


async def test_a_question_that_waits_holds_up_no_other(ends: Ends) -> None:
    server, worker, _ = ends
    assert await server.hear() == {"id": 1, "ok": {"n": 1}}
    server.ask({"id": 3, "do": "ping", "n": 3})
    assert await server.hear() == {"id": 3, "ok": {"n": 3}}
    worker.let_go.set()
    assert await server.hear() == {"id": 2, "ok": {}}


async def test_a_refusal_and_a_fault_are_answers_too(ends: Ends) -> None:
    server, _, _ = ends
    await server.hear()
    server.ask({"id": 3, "do": "refuse"}, {"id": 4, "do": "fail"}, {"id": 5, "do": "unheard-of"})
    refused = {"kind": "unavailable", "code": "media_room_closed", "facts": {"opening": "7"}}
    assert await server.hear() == {"id": 3, "error": refused}
    failed = {"kind": "unavailable", "code": "media_unavailable", "facts": {}}
    assert await server.hear() == {"id": 4, "error": failed}
    unknown = {"kind": "malformed", "code": "unknown_media_request", "facts": {"do": "unheard-of"}}
    assert await server.hear() == {"id": 5, "error": unknown}


async def test_a_question_may_come_in_pieces(ends: Ends) -> None:
    server, _, _ = ends
    await server.hear()
    for piece in (b'{"id": 3, "do', b'": "ping", "n"', b": 3}\n"):
        server.writer.write(piece)
        await server.writer.drain()
    assert await server.hear() == {"id": 3, "ok": {"n": 3}}


async def test_the_worker_serves_until_the_server_hangs_up(ends: Ends) -> None:
    server, _, serving = ends
    await server.hear()
    server.writer.close()
    await serving


async def test_a_line_without_an_end_is_given_up(ends: Ends) -> None:
    server, _, serving = ends
    await server.hear()
    server.writer.write(b"x" * (LINE_LIMIT + 1))
    await serving
