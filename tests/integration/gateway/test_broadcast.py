"""The public broadcast over HTTP: what nobody logged in can see, hear and infer, at every stage of an opening."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hall import app
from hall.config import load
from hall.gateway.server import Gateway
from hall.session.rules import Stage
from tests.own_hall import BIDDERS, MINUTE, OPENING, OwnHall, own_hall, until_commanded

NOTHING = {"error": {"code": "no_such_broadcast", "facts": {}}}


@dataclass
class Public:
    """Somebody without a login, and the hall that it looks at."""

    hall: OwnHall
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> tuple[int, Any, aiohttp.ClientResponse]:
        """Status, body, and the response itself; no answer ever sets a cookie."""
        async with self.session.get(f"/api/broadcast/{path}", headers=headers) as response:
            body = await response.read()
            assert "Set-Cookie" not in response.headers
            return response.status, body, response

    async def card(self) -> dict[str, Any]:
        status, body, _ = await self.get(f"{OPENING}/index.json")
        assert status == 200
        found: dict[str, Any] = json.loads(body)
        return found

    async def on_air(self) -> list[str]:
        return [one["participant"] for one in (await self.card())["on_air"]]

    async def is_nothing(self, path: str, **headers: str) -> bool:
        """Whether the one answer comes that tells nothing; any other but a success is a mistake."""
        status, body, response = await self.get(path, **headers)
        if status in (200, 206):
            return False
        assert (status, json.loads(body)) == (404, NOTHING), path
        assert response.headers["Cache-Control"] == "no-store"
        return True

    async def seen(self, participant: str) -> list[int]:
        """Numbers of the fragments that can be had; each is asked for, and everything between them too."""
        folder = self.hall.directory / "data" / "recordings" / OPENING / participant
        found = []
        for index in sorted(folder.glob("*.index.jsonl")):
            file = f"{index.name.partition('.')[0]}.mp4"
            stored = index.with_name(file).read_bytes()
            for line in map(json.loads, index.read_text().splitlines()):
                if line["kind"] != "fragment":
                    continue
                start, stop = line["offset"], line["offset"] + line["length"]
                path = f"{OPENING}/{participant}/{file}"
                status, body, _ = await self.get(path, Range=f"bytes={start}-{stop - 1}")
                nothing = await self.is_nothing(path, Range=f"bytes={start + 7}-{start + 8}")
                assert nothing is (status == 404)
                assert status == 404 or (status == 206 and body == stored[start:stop])
                if status == 206:
                    found.append(line["n"])
        return found

    async def hears_nothing_of(self, participant: str) -> None:
        path = f"{OPENING}/{participant}"
        assert await self.is_nothing(f"{path}/live.m3u8")
        assert await self.is_nothing(f"{path}/001.mp4/index")
        assert await self.is_nothing(f"{path}/001.mp4", Range="bytes=0-3")
        assert await self.is_nothing(f"{path}/001.mp4", Range="bytes=0-")
        assert await self.seen(participant) == []


@pytest.fixture
async def public(tmp_path: Path) -> AsyncIterator[Public]:
    async with own_hall(tmp_path) as hall:
        gateway = Gateway(load(tmp_path / "hall.toml", {"HALL_SERVER_PORT": "0"}), app.inside(hall.core))
        await gateway.start(None)
        async with aiohttp.ClientSession(f"http://localhost:{gateway.port}") as session:
            yield Public(hall, session)
        await gateway.stop()


async def goes_on(hall: OwnHall, seconds: int) -> None:
    """So much time passes, and everybody who sends is recorded."""
    for _ in range(seconds * 2):
        hall.clock.advance(500)
        hall.media.write()
    await asyncio.sleep(0.12)  # two looks at the indices


async def to_the_deadline(hall: OwnHall) -> None:
    hall.media.begin(OPENING, "host")
    for who in BIDDERS:
        await hall.deposit(who)
        await hall.sign_in(who)
    await goes_on(hall, 3)


async def test_before_the_deadline_everybody_is_nobody(public: Public) -> None:
    await to_the_deadline(public.hall)
    card = await public.card()
    assert (card["phase"], card["on_air"]) == ("before", [])
    assert not any(word in json.dumps(card) for word in ("b1", "王小明"))
    for participant in ("host", "bidder-b1", "bidder-nobody", "host%2F..%2Fhost"):
        await public.hears_nothing_of(participant)
    assert await public.is_nothing("no-such-opening/index.json")
    assert await public.is_nothing("no-such-opening/host/live.m3u8")


async def test_the_hall_is_on_the_air_from_the_deadline_to_the_close_and_nobody_else(public: Public) -> None:
    hall = public.hall
    await to_the_deadline(hall)
    hall.after(60 * MINUTE)
    await hall.until("DepositsHandedOver")
    await goes_on(hall, 5)
    assert await public.on_air() == ["host"]
    before = hall.media.tapes["host"].writer.fragments - 10
    assert min(await public.seen("host")) > before  # what was said before the deadline stays in the room
    await public.hears_nothing_of("bidder-b1")
    await hall.act("host", "announce_bidders")
    await goes_on(hall, 2)
    assert await public.on_air() == ["host"]
    await public.hears_nothing_of("bidder-b1")
    await hall.act("host", "suspend", kind="dispute", clause="", reason="现场争执")
    await goes_on(hall, 1)
    card = await public.card()
    assert (card["phase"], [x["participant"] for x in card["on_air"]]) == ("suspended", ["host"])


async def test_a_bidder_is_on_the_air_only_while_it_has_the_floor_and_is_not_muted(public: Public) -> None:
    hall, tapes = public.hall, public.hall.media.tapes
    await to_the_deadline(hall)
    hall.after(60 * MINUTE)
    await hall.until("DepositsHandedOver")
    await hall.act("host", "announce_bidders")
    await goes_on(hall, 2)

    given = tapes["bidder-b1"].writer.fragments
    await hall.act("host", "give_floor", participant="bidder-b1")
    await goes_on(hall, 3)
    [_, mine] = (await public.card())["on_air"]
    assert (mine["participant"], mine["kind"]) == ("bidder-b1", "bidder")
    assert mine["name"] == hall.room.state.signed_in["b1"].name
    seen = await public.seen("bidder-b1")
    assert seen == list(range(seen[0], tapes["bidder-b1"].writer.fragments + 1))
    assert seen[0] > given
    await public.hears_nothing_of("bidder-b2")

    await hall.act("host", "mute", participant="bidder-b1", muted=True)
    await public.hears_nothing_of("bidder-b1")
    await goes_on(hall, 2)
    muted = tapes["bidder-b1"].writer.fragments
    await hall.act("host", "mute", participant="bidder-b1", muted=False)
    await goes_on(hall, 3)
    seen = await public.seen("bidder-b1")
    assert seen[0] > muted

    await hall.act("host", "give_floor", participant="bidder-b2")
    await public.hears_nothing_of("bidder-b1")
    await goes_on(hall, 2)
    assert await public.on_air() == ["host", "bidder-b2"]
    await public.hears_nothing_of("bidder-b1")


async def test_the_playlist_is_waited_for_and_its_ranges_are_the_recorded_bytes(public: Public) -> None:
    hall = public.hall
    await to_the_deadline(hall)
    hall.after(60 * MINUTE)
    await hall.until("DepositsHandedOver")
    await goes_on(hall, 4)
    status, body, response = await public.get(f"{OPENING}/host/live.m3u8")
    text = body.decode()
    assert status == 200
    assert response.content_type == "application/vnd.apple.mpegurl"
    assert response.headers["Cache-Control"] == "public, max-age=1"
    stored = (hall.directory / "data" / "recordings" / OPENING / "host" / "001.mp4").read_bytes()
    for length, offset in re.findall(r'BYTERANGE[:="]+(\d+)@(\d+)', text):
        start, stop = int(offset), int(offset) + int(length)
        status, body, response = await public.get(
            f"{OPENING}/host/001.mp4", Range=f"bytes={start}-{stop - 1}"
        )
        assert (status, body) == (206, stored[start:stop])
        assert response.headers["Cache-Control"] == "public, max-age=3600, immutable"
        assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/*"

    # Each fragment is a segment here, for each begins with a keyframe.
    first = int(re.findall(r"MEDIA-SEQUENCE:(\d+)", text)[0])
    last = first + text.count("#EXTINF")
    hint = int(re.findall(r"BYTERANGE-START=(\d+)", text)[0])
    asked = asyncio.gather(
        public.get(f"{OPENING}/host/live.m3u8?_HLS_msn={last + 1}&_HLS_part=0"),
        public.get(f"{OPENING}/host/001.mp4", Range=f"bytes={hint}-"),
        public.get(
            f"{OPENING}/host/001.mp4/index?after={hall.media.tapes['host'].writer.fragments}&wait=3000"
        ),
    )
    await asyncio.sleep(0.1)
    assert not asked.done()
    await goes_on(hall, 1)
    (_, later, _), (status, part, _), (_, news, _) = await asked
    assert f"BYTERANGE-START={hint}" not in later.decode()
    stored = (hall.directory / "data" / "recordings" / OPENING / "host" / "001.mp4").read_bytes()
    assert (status, part) == (206, stored[hint : hint + len(part)])
    assert len(json.loads(news)["fragments"]) >= 1
    status, body, _ = await public.get(f"{OPENING}/host/live.m3u8?_HLS_msn={last + 99}")
    assert (status, json.loads(body)["error"]["code"]) == (400, "playlist_too_far")
    assert await public.is_nothing(f"{OPENING}/host/001.mp4")  # no file is public as a whole


async def test_whoever_waits_is_told_at_once_that_it_is_over(public: Public) -> None:
    hall = public.hall
    await until_commanded(hall)
    await hall.act("host", "give_floor", participant="bidder-b1")
    await goes_on(hall, 3)
    _, body, _ = await public.get(f"{OPENING}/bidder-b1/live.m3u8")
    number = int(re.findall(r"MEDIA-SEQUENCE:(\d+)", body.decode())[0]) + body.decode().count("#EXTINF")
    path = f"{OPENING}/bidder-b1/live.m3u8?_HLS_msn={number}"
    waiting = asyncio.gather(public.is_nothing(path))
    await asyncio.sleep(0.1)
    await hall.act("host", "give_floor", participant="")
    assert await waiting == [True]


async def test_nothing_is_public_any_more_after_the_close(public: Public) -> None:
    hall = public.hall
    await to_the_deadline(hall)
    hall.after(60 * MINUTE)
    await hall.until("DepositsHandedOver")
    await goes_on(hall, 4)
    assert await public.seen("host")
    # The way there is long, and others' to test; here it is the stage alone that counts.
    hall.room.state = replace(hall.room.state, stage=Stage.LEAVING)
    card = await public.card()
    assert (card["phase"], card["on_air"]) == ("over", [])
    await public.hears_nothing_of("host")
