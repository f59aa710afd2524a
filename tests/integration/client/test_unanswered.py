"""A release that gets no answer in time is stamped by an authority outside, and the file proves when it existed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hall.client import unanswered
from hall.client.api import Hall
from hall.clock import ManualClock
from hall.errors import Refused
from hall.procurement.acts import SignedAct
from hall.signing import tokens
from hall.signing.certificates import load_certificate
from hall.signing.suite import load_private_key
from hall.signing.timestamps import InternalTimeStamps
from tests.demo_world import AT, world
from tests.unit.client import openings as o
from tests.unit.client.people import someone


@asynccontextmanager
async def silent_hall(answer: asyncio.Event, *, broken: bool = False) -> AsyncIterator[str]:
    """Takes acts and says nothing until `answer` is set; beside it, an authority of its own."""
    pki = world()
    key = load_private_key(pki.tsa.key.read_bytes())
    der = load_certificate(pki.tsa.certificate.read_bytes()).der
    authority = InternalTimeStamps(der, key, ManualClock(AT), [pki.issuing.read_bytes()])

    async def stamp(request: web.Request) -> web.Response:
        body = b"busy" if broken else authority.respond(await request.read())
        return web.Response(body=body, content_type="application/timestamp-reply")

    async def act(request: web.Request) -> web.Response:
        sent = SignedAct.from_json((await request.json())["act"])
        await answer.wait()
        told = {"v": 1, "act": sent.type, "opening": o.OPENING, "body_digest": sent.body_digest}
        return web.json_response(o.promise("ack", {**told, "received_at": 1, "events": [], "leaf": ""}))

    async def nonce(request: web.Request) -> web.Response:
        return web.json_response({"nonce": o.NONCE})

    app = web.Application()
    app.add_routes([web.post("/tsa", stamp), web.get("/api/nonce", nonce)])
    app.router.add_post("/api/openings/{opening}/acts", act)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address: Any = runner.addresses[0]
    try:
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        await runner.cleanup()


async def released(
    base: str, folder: Path, answer: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Release at a hall that is silent until the file is there; give what the file says."""
    files: list[Path] = []

    async def kept(act: SignedAct, tsa_url: str, to: Path) -> None:
        files.append(await unanswered.keep(act, tsa_url, to))
        answer.set()

    monkeypatch.setattr(unanswered, "keep_later", kept)  # at once, not after ten seconds
    async with Hall(base, someone("bidder"), memory=folder) as hall:
        hall.tsa_url = f"{base}/tsa"
        await hall.act(o.OPENING, "release", o.context(), {"content_key": "a secret"})
    text = files[0].read_text(encoding="utf-8")  # a test may wait for its own small file
    assert "a secret" not in text  # the body holds a key
    return dict(json.loads(text))


async def test_clause_4_7_an_unanswered_release_is_stamped_past_the_hall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = asyncio.Event()
    async with silent_hall(answer) as base:
        told = await released(base, tmp_path, answer, monkeypatch)
    act, token = SignedAct.from_json(told["act"]), base64.b64decode(told["token"])
    said = tokens.check(token, unanswered.stamped(act), [world().root.read_bytes()])
    assert (said.at, act.body) == (AT, None)


async def test_without_an_authority_the_message_itself_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = asyncio.Event()
    async with silent_hall(answer, broken=True) as base:
        told = await released(base, tmp_path, answer, monkeypatch)
        with pytest.raises(Refused, match="stamp_malformed"):
            await unanswered.ask(f"{base}/tsa", b"data")
    assert told["token"] == ""
    assert SignedAct.from_json(told["act"]).type == "release"
