"""The doors that devices use, WHIP and WHEP, and that what came in by a right leaves with it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from hall.errors import NotPermitted
from hall.recording.manifest import verify_recording
from hall.rehearsal.camera import Clip
from tests.integration.gateway.test_sockets import window
from tests.integration.media.doors_world import (
    CAMERA,
    FRAGMENT,
    SDP,
    Encoder,
    OpenHall,
    Player,
    asked,
    offered,
    open_hall,
    picture_of,
    until,
)
from tests.own_hall import MINUTE, OPENING

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OpenHall]:
    """One hall for all who only knock; sign-in has begun there, and no time passes."""
    async with open_hall(tmp_path_factory.mktemp("hall")) as found:
        yield found


def ufrag(sdp: str) -> str:
    return next(x for x in sdp.splitlines() if x.startswith("a=ice-ufrag:"))


async def test_a_camera_of_the_hall_is_sent_by_whip_watched_by_whep_and_recorded(
    hall: OpenHall, clip: Clip
) -> None:
    sends, watches = await hall.token("clerk", CAMERA), await hall.token("b1", "")
    encoder, player = Encoder(clip), Player()

    session = await encoder.send(hall, sends["token"])

    assert session.headers["Location"].startswith(f"/api/openings/{OPENING}/whip/")
    assert session.headers["Content-Type"].startswith("application/sdp")
    assert session.headers["Access-Control-Allow-Origin"] == "*"
    await hall.recorded(CAMERA)
    assert (await player.watch(hall, CAMERA, watches["token"])).status == 201
    await until(lambda: len(player.numbers) > 5)

    here = f"{hall.base}{session.headers['Location']}"
    tag = session.headers["ETag"]
    own, other = f"{ufrag(encoder.offer)}\r\n", "a=ice-ufrag:other\r\na=ice-pwd:" + "x" * 22 + "\r\n"
    for expected, fragment, headers in (
        (204, own, {"Content-Type": FRAGMENT, "If-Match": tag}),
        (428, own, {"Content-Type": FRAGMENT}),
        (412, own, {"Content-Type": FRAGMENT, "If-Match": '"another"'}),
        (422, own, {"Content-Type": FRAGMENT, "If-Match": "*"}),
        (422, other, {"Content-Type": FRAGMENT, "If-Match": tag}),
        (422, "a=ice-ufrag:other\r\n", {"Content-Type": FRAGMENT, "If-Match": "*"}),
        (415, own, {**SDP, "If-Match": tag}),
    ):
        status, _ = await asked("PATCH", here, sends["token"], fragment, **headers)
        assert status == expected, headers
    # From another network: the session, its keys and its recording go on.
    restart = {"Content-Type": FRAGMENT, "If-Match": "*"}
    status, told = await asked("PATCH", here, sends["token"], other, **restart)
    assert (status, told["Content-Type"].split(";")[0]) == (200, FRAGMENT)
    assert told["ETag"] != tag
    assert (await asked("PATCH", here, watches["token"], other, **restart))[0] == 404
    written = max(h.fragments for h in hall.recordings.heads(OPENING) if h.participant == CAMERA)
    await hall.recorded(CAMERA, written + 2)

    assert (await asked("DELETE", here, watches["token"]))[0] == 404, "another's session"

    assert (await asked("DELETE", here, sends["token"]))[0] == 200
    await until(lambda: CAMERA not in hall.hall.core.registry.opening(OPENING).publishing)
    assert (await asked("DELETE", here, sends["token"]))[0] == 404
    await encoder.close()
    await player.close()


async def test_a_token_that_is_revoked_ends_what_it_let_in(hall: OpenHall, clip: Clip) -> None:
    sends, watches = await hall.token("host", CAMERA), await hall.token("supervisor", "")
    encoder, player = Encoder(clip), Player()
    await encoder.send(hall, sends["token"])
    await hall.recorded(CAMERA)
    await player.watch(hall, CAMERA, watches["token"])
    await until(lambda: player.numbers)

    async with hall.login("supervisor") as client:
        answer = await client.session.delete(f"/api/openings/{OPENING}/tokens/{watches['id']}")
        assert answer.status == 200
    await until(lambda: player.over)
    async with hall.login("clerk") as client:  # whoever looks after the cameras, not only the token's maker
        known = (await client.get(f"/api/openings/{OPENING}/tokens"))["tokens"]
        assert {"id": sends["id"], "participant": CAMERA, "until": sends["until"]} in known
        assert watches["id"] not in [one["id"] for one in known]
        await client.session.delete(f"/api/openings/{OPENING}/tokens/{sends['id']}")
    await until(lambda: CAMERA not in hall.hall.core.registry.opening(OPENING).publishing)

    assert (await offered(f"{hall.api}/whip", sends["token"], encoder.offer)).status == 401
    await encoder.close()
    await player.close()


async def test_a_watch_ends_when_the_floor_goes_to_somebody_else(tmp_path: Path, clip: Clip) -> None:
    async with open_hall(tmp_path) as hall:
        await the_floor_moves(hall, clip)


async def the_floor_moves(hall: OpenHall, clip: Clip) -> None:
    own = hall.hall
    host, speaker, player = Encoder(clip), Encoder(clip), Player()
    for who in ("b1", "b2", "b3"):
        await own.deposit(who)
        await own.sign_in(who)
    own.after(60 * MINUTE)
    await own.until("DepositsHandedOver")
    await hall.workers.clock_changed()
    await host.send(hall, (await hall.token("host", "host"))["token"])
    await speaker.send(hall, (await hall.token("b1", "bidder-b1"))["token"])
    watches = (await hall.token("b2", ""))["token"]
    await hall.recorded("host")
    await hall.recorded("bidder-b1")
    assert (await player.watch(hall, "bidder-b1", watches)).status == 403, "nobody may know of it yet"
    await player.close()
    await own.act("host", "announce_bidders")
    await own.act("host", "give_floor", participant="bidder-b1")
    player = Player()
    assert (await player.watch(hall, "bidder-b1", watches)).status == 201
    await until(lambda: player.numbers)

    await own.act("host", "give_floor", participant="")

    await until(lambda: player.over)
    again = Player()
    assert (await again.watch(hall, "bidder-b1", watches)).status == 403
    for one in (host, speaker, player, again):
        await one.close()


async def test_who_may_not_send_as_a_camera_gets_no_token_for_it(hall: OpenHall) -> None:
    for who, participant in (
        ("b1", CAMERA),
        ("b1", "bidder-b2"),
        ("supervisor", "host"),
        ("host", "camera-2"),
    ):
        with pytest.raises(NotPermitted, match="may_not_publish"):
            await hall.token(who, participant)


async def test_a_token_opens_the_doors_of_media_and_no_others(hall: OpenHall) -> None:
    token = (await hall.token("clerk", CAMERA))["token"]
    for method, path in (("GET", ""), ("POST", "/acts"), ("GET", "/recordings"), ("POST", "/tokens")):
        status, _ = await asked(method, f"{hall.api}{path}", token)
        assert status in (401, 403), path
    assert (await asked("POST", f"{hall.api}/whep/host", token, "v=0", **SDP))[0] == 403
    assert (await asked("POST", f"{hall.api}/whip", token, "v=0", **SDP))[0] == 400
    assert (await asked("POST", f"{hall.api}/whip", token, "v=0"))[0] == 415
    assert (await asked("POST", f"{hall.api}/whip", "x" * 43, "v=0", **SDP))[0] == 401


async def test_pages_of_other_origins_may_come_with_a_token_and_never_with_a_cookie(hall: OpenHall) -> None:
    foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    async with hall.login("host") as client:
        async with client.session.post(f"{hall.api}/whip", data="v=0", headers={**SDP, **foreign}) as answer:
            assert answer.status == 403
            assert "Access-Control-Allow-Origin" not in answer.headers
        bad = {**SDP, **foreign, "Authorization": "Bearer nothing"}
        async with client.session.post(f"{hall.api}/whip", data="v=0", headers=bad) as answer:
            assert answer.status == 401, "the cookie counts for nothing beside a token"
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
    async with aiohttp.ClientSession() as http, http.options(f"{hall.api}/whip", headers=foreign) as answer:
        assert answer.status == 204
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert answer.headers["Accept-Post"] == "application/sdp"
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_where_only_single_pictures_come_through_they_are_seen_counted_and_recorded(
    hall: OpenHall, clip: Clip
) -> None:
    jpeg = picture_of(clip)
    live = hall.hall.core.registry.opening(OPENING)

    async with window(hall, "host") as page:
        assert await page.ask("still", {"jpeg": base64.b64encode(jpeg).decode()}) == {"ok": {}}
        again = await page.ask("still", {"jpeg": base64.b64encode(jpeg).decode()})
        assert again["error"]["code"] == "too_many_questions"
        nothing = await page.ask("still", {"jpeg": base64.b64encode(b"\xff\xd8 none \xff\xd9").decode()})
        assert nothing["error"]["code"] == "not_a_picture"
    async with window(hall, "clerk") as page:
        other = await page.ask("still", {"jpeg": base64.b64encode(jpeg).decode()})
        assert other["error"]["code"] == "may_not_publish"
    assert live.stills == {"host"}
    async with hall.login("supervisor") as client, client.session.get(f"{hall.api}/stills/host") as answer:
        assert answer.status == 200
        assert answer.content_type == "image/jpeg"
        assert await answer.read() == jpeg
        taken = int(answer.headers["X-Taken-At"])
        assert abs(hall.hall.clock.now() - taken) < 10_000
        known = {"If-None-Match": answer.headers["ETag"]}
        async with client.session.get(f"{hall.api}/stills/host", headers=known) as again:
            assert again.status == 304
    encoder = Encoder(clip)
    await encoder.send(hall, (await hall.token("host", "host"))["token"])
    await hall.recorded("host", 2)
    assert live.stills == set(), "picture and sound have come after all"
    await encoder.close()
    await hall.workers.stop_publishing(OPENING, "host")

    directory = hall.recordings.path(OPENING, "host", "001.mjpeg").parent
    pictures = verify_recording(
        (directory / "001.mjpeg").read_bytes(), (directory / "001.index.jsonl").read_bytes()
    )
    assert pictures.ok, pictures.faults
    assert pictures.end_cause == "reconnect"
    assert [f.length for f in pictures.fragments] == [len(jpeg)]
    assert (directory / "002.mp4").exists()
