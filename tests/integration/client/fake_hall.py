"""A hall that answers as it is told, loses connections, and writes down everything it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from hall.procurement.acts import SignedAct
from tests.unit.client import openings as o


@dataclass
class FakeHall:
    """`lose`: how many of the next answers are lost on the way; `refuse`: codes that the next acts get."""

    statement: dict[str, Any] = field(default_factory=dict)
    header: bytes = b""
    lose: int = 0
    refuse: list[tuple[int, str]] = field(default_factory=list)
    acts: list[dict[str, Any]] = field(default_factory=list)
    nonces: int = 0
    stored: bytearray = field(default_factory=bytearray)
    damage: int = 0
    base: str = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/nonce", self.nonce),
            web.post("/api/openings/{opening}/acts", self.act),
            web.get("/api/openings/{opening}/certificates/{sha256}", self.certificate),
            web.get("/api/tenders/{tender}/lots/{lot}/deposit", self.own_deposit),
            web.get("/api/tenders/{tender}/lots/{lot}/header", self.own_header),
            web.post("/api/tenders/{tender}/lots/{lot}/uploads", self.begin),
            web.get("/api/uploads/{upload}", self.status),
            web.put("/api/uploads/{upload}", self.write),
            web.post("/api/uploads/{upload}/deposit", self.deposit),
        ]

    async def nonce(self, request: web.Request) -> web.Response:
        self.nonces += 1
        return web.json_response({"nonce": f"{self.nonces:032x}"})

    async def act(self, request: web.Request) -> web.Response:
        sent = (await request.json())["act"]
        self.acts.append(sent)
        self._maybe_lose(request)
        if self.refuse:
            status, code = self.refuse.pop(0)
            return web.json_response({"error": {"code": code, "facts": {"n": 1}}}, status=status)
        ack = o.promise(
            "ack",
            {
                "v": 1,
                "act": sent["type"],
                "opening": request.match_info["opening"],
                "body_digest": SignedAct.from_json(sent).body_digest,
                "received_at": 1,
                "events": [],
                "leaf": "",
            },
        )
        return web.json_response(ack)

    async def certificate(self, request: web.Request) -> web.Response:
        """It gives nobody's."""
        return web.json_response({"error": {"code": "no_such_certificate", "facts": {}}}, status=403)

    async def own_deposit(self, request: web.Request) -> web.Response:
        return web.json_response({"act": self.statement})

    async def own_header(self, request: web.Request) -> web.Response:
        return web.Response(body=self.header)

    async def begin(self, request: web.Request) -> web.Response:
        return web.json_response({"upload": "u1", "received": len(self.stored)})

    async def status(self, request: web.Request) -> web.Response:
        return web.json_response({"received": len(self.stored), "size": 0})

    async def write(self, request: web.Request) -> web.Response:
        data = await request.read()
        if self.damage:
            self.damage -= 1
            data = b"?" + data[1:]
        if hashlib.sha256(data).hexdigest() != request.headers["X-Slice-SHA256"]:
            return web.json_response({"error": {"code": "slice_damaged", "facts": {}}}, status=409)
        if int(request.query["offset"]) != len(self.stored):
            return web.json_response({"error": {"code": "wrong_offset", "facts": {}}}, status=409)
        self.stored += data
        self._maybe_lose(request)
        return web.json_response({"received": len(self.stored)})

    async def deposit(self, request: web.Request) -> web.Response:
        sent = (await request.json())["act"]
        self.acts.append(sent)
        body = SignedAct.from_json(sent).body_json()
        receipt = o.promise(
            "receipt",
            {
                "v": 1,
                "origin": sent["origin"],
                "tender": sent["tender"],
                "lot": sent["lot"],
                "bidder": "b1",
                "size": body["size"],
                "sha256": hashlib.sha256(bytes(self.stored)).hexdigest(),
                "commit": body["commit"],
                "recipient": body["recipient"],
                "received_at": 1,
                "leaf": "",
                "trust_roots": "",
                "log_key": hashlib.sha256(o.LOG.public_key().public_bytes_raw()).hexdigest(),
            },
        )
        return web.json_response(receipt)

    def _maybe_lose(self, request: web.Request) -> None:
        """Cut the connection after the message has arrived: the worst moment for the peer."""
        if self.lose:
            self.lose -= 1
            assert request.transport is not None
            request.transport.abort()


@asynccontextmanager
async def open_fake_hall() -> AsyncIterator[FakeHall]:
    """Serve a fake hall on a free port."""
    fake = FakeHall()
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.add_routes(fake.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address: Any = runner.addresses[0]
    fake.base = f"http://127.0.0.1:{address[1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()
