"""A page and a person for the tests of `hall ukey`: real frames over a real socket, answers given in advance."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, web

from hall.clock import ManualClock
from hall.ukey.dialogue import Question
from hall.ukey.pairing import Pairings, proof
from hall.ukey.program import Keyring, Program
from hall.ukey.server import PATH, application, listen
from hall.ukey.words import LANGUAGES

ORIGIN = "https://hall.example"


class Answers:
    """A person who has made up their mind: consents or not, and types this PIN."""

    def __init__(self, pin: str | None = None) -> None:
        self.agrees = True
        self.typed = pin
        self.asked: list[Question] = []
        self.told: list[Question] = []

    async def consents(self, question: Question) -> bool:
        self.asked.append(question)
        return self.agrees

    async def pin(self, question: Question) -> str | None:
        self.asked.append(question)
        return self.typed

    def tell(self, question: Question) -> None:
        self.told.append(question)

    @property
    def code(self) -> str:
        return self.told[-1].lines[-1][1]


class RefusedHere(Exception):
    """The program's refusal as a page gets it."""

    def __init__(self, code: str, facts: dict[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Page:
    """One connection as the web client makes it."""

    def __init__(self, ws: ClientWebSocketResponse, origin: str) -> None:
        self.ws = ws
        self.origin = origin
        self.pairing: dict[str, str] = {}
        self._next = 0

    async def greet(self, pairing: dict[str, str] | None = None) -> dict[str, Any]:
        nonce = secrets.token_hex(16)
        self.pairing = pairing or {}
        await self.ws.send_json({"hall_ukey": 1, "pairing": self.pairing.get("pairing", ""), "nonce": nonce})
        answer: dict[str, Any] = await self.ws.receive_json()
        if answer.get("paired"):
            assert answer["proof"] == proof(self.pairing["secret"], "program", nonce, self.origin)
            given = proof(self.pairing["secret"], "page", answer["nonce"], self.origin)
            await self.ask("prove", proof=given)
        return answer

    async def pair(self, person: Answers) -> dict[str, str]:
        await self.ask("pair", name="Chromium")
        self.pairing = await self.ask("pair_code", code=person.code)
        return self.pairing

    async def ask(self, what: str, **given: Any) -> dict[str, Any]:
        self._next += 1
        await self.ws.send_json({"id": self._next, "do": what, **given})
        answer = await self.ws.receive_json()
        assert answer["id"] == self._next
        if "error" in answer:
            raise RefusedHere(answer["error"]["code"], answer["error"]["facts"])
        ok: dict[str, Any] = answer["ok"]
        return ok


class Running:
    """The program on a port of the system's choice."""

    def __init__(self, port: int, clock: ManualClock, http: ClientSession) -> None:
        self.port = port
        self.clock = clock
        self.http = http

    @asynccontextmanager
    async def page(self, origin: str = ORIGIN) -> AsyncIterator[Page]:
        url = f"http://127.0.0.1:{self.port}{PATH}"
        async with self.http.ws_connect(url, origin=origin, max_msg_size=0) as ws:
            yield Page(ws, origin)


@asynccontextmanager
async def running(keyring: Keyring, person: Any, state: Path, extra: Any = ()) -> AsyncIterator[Running]:
    clock = ManualClock(1_790_000_000_000)
    program = Program(keyring, Pairings(state), person, clock, LANGUAGES["en"])
    listening = listen([0])
    runner = web.AppRunner(application(program, frozenset({ORIGIN}), extra), access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        async with ClientSession() as http:
            yield Running(listening.getsockname()[1], clock, http)
    finally:
        await runner.cleanup()
        program.close()
