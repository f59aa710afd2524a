"""The live side: who may join, who takes whose place, what each is told, and what becomes of hostile packets."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from hall.client.api import Hall
from hall.client.keys import Context
from hall.errors import Refused
from hall.gateway import sockets
from hall.procurement import canonical
from hall.storage.keys import HallKeys
from tests.integration.gateway.conftest import Doors, opened

SIGN_IN = {
    "representative": "张三",
    "identity": "110101199001011237",
    "phones": ["13800000000", "13900000000"],
    "acts_for_bidder": True,
    "salt": "00" * 16,
}

RELEASE: dict[str, object] = {
    "sha256": "00" * 32,
    "custody": "hall",
    "content_key": base64.b64encode(bytes(32)).decode(),
}

SIGNED_IN = {"path": "signed_in", "value": True}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Window:
    """One party's open window: its socket, and what the hall has said to it."""

    hall: Hall
    socket: Any
    client: str
    said: list[tuple[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, name: str, message: object) -> dict[str, Any]:
        return dict(await self.socket.call(name, message, timeout=5))

    async def hear(self, name: str) -> Any:
        """Wait for a message of this name that was not heard before."""
        async with asyncio.timeout(10):
            while not (heard := [one for one in self.said if one[0] == name]):
                self.news.clear()
                await self.news.wait()
        self.said.remove(heard[0])
        return heard[0][1]

    def note(self, name: str, message: Any = None) -> None:
        self.said.append((name, message))
        self.news.set()


@asynccontextmanager
async def window(
    doors: Doors, who: str, *, robot: bool = False, login: bool = True, client: str = ""
) -> AsyncIterator[Window]:
    async with doors.client(who) as hall:
        if login:
            await hall.login(robot=robot)
        socket = socketio.AsyncClient(reconnection=False, http_session=hall.session, handle_sigint=False)
        opened_window = Window(hall, socket, client or secrets.token_hex(16))
        for name in ("update", "hb?", "superseded", "bye", "connect_error", "disconnect"):
            socket.on(name, _noting(opened_window, name))
        try:
            await connect(opened_window, robot=robot)
            yield opened_window
        finally:
            await socket.disconnect()


def _noting(window: Window, name: str) -> Any:
    async def note(message: object = None) -> None:
        window.note(name, message)

    return note


async def connect(
    window: Window, *, robot: bool = False, opening: str = "O1", takeover: object = None
) -> None:
    try:
        await window.socket.connect(
            window.hall.base,
            auth={"opening": opening, "robot": robot, "client": window.client, "takeover": takeover},
            transports=["websocket"],
            wait_timeout=5,
        )
    except socketio.exceptions.ConnectionError:
        pass  # what was said stands in the notes


def context_of(view: dict[str, Any], lot: str = "") -> Context:
    return Context("hall.localhost", tender="T1", lot=lot, opening="O1", deadline=view["bid_deadline"])


async def sign_in(hall: Hall, view: dict[str, Any]) -> None:
    await hall.act("O1", "sign_in", context_of(view), SIGN_IN)


async def test_who_joins_sees_its_view_and_then_its_changes(doors: Doors) -> None:
    async with window(doors, "b1") as b1:
        joined = (await b1.ask("join", {"cursor": 0}))["ok"]
        assert (joined["view"]["you"]["party"], joined["view"]["signed_in"]) == ("b1", False)
        await sign_in(b1.hall, joined["view"])
        async with asyncio.timeout(10):
            news = [await b1.hear("update")]
            while SIGNED_IN not in news[-1]["changes"]:
                news.append(await b1.hear("update"))
        assert [one["version"] for one in news] == [joined["version"] + n for n in range(1, len(news) + 1)]
        assert news[0]["cursor"] == joined["cursor"] + len(joined["timeline"])


async def test_who_asks_again_gets_the_whole_and_then_what_changes_in_that(doors: Doors) -> None:
    async with window(doors, "scrutineer") as scrutineer:
        joined = [(await scrutineer.ask("join", {"cursor": 0}))["ok"] for _ in range(2)]
        assert joined[0]["view"] == joined[1]["view"]
        assert joined[1]["version"] > joined[0]["version"]


async def test_no_bidder_is_told_anything_when_another_signs_in(doors: Doors) -> None:
    """Until the announcement not even a message without content may reach others: its moment would speak."""
    async with window(doors, "b2") as b2, window(doors, "b3") as b3:
        view = (await b2.ask("join", {"cursor": 0}))["ok"]["view"]
        await b3.ask("join", {"cursor": 0})
        await sign_in(b2.hall, view)
        async with asyncio.timeout(10):
            while SIGNED_IN not in (await b2.hear("update"))["changes"]:
                pass
        await b3.hear("hb?")  # b2's update went out in the same round, in which b3's turn was, too
        await b3.hear("hb?")
        assert [name for name, _ in b3.said if name == "update"] == []


async def test_without_a_login_nobody_is_let_in(doors: Doors) -> None:
    async with window(doors, "b1", login=False) as stranger:
        assert (await stranger.hear("connect_error"))["data"]["code"] == "login_needed"


async def test_an_opening_that_is_not_there_is_refused(doors: Doors) -> None:
    async with doors.client("b1") as hall:
        await hall.login()
        socket = socketio.AsyncClient(reconnection=False, http_session=hall.session, handle_sigint=False)
        visitor = Window(hall, socket, "visitor")
        socket.on("connect_error", _noting(visitor, "connect_error"))
        await connect(visitor, opening="O2")
        assert (await visitor.hear("connect_error"))["data"]["code"] == "no_such_opening"
        await socket.disconnect()


async def test_a_foreign_page_opens_no_socket(doors: Doors, visitor: aiohttp.ClientSession) -> None:
    url = "/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await visitor.ws_connect(url, origin="http://evil.example")
    assert refused.value.status == 403


async def test_long_polling_is_not_spoken(visitor: aiohttp.ClientSession) -> None:
    async with visitor.get("/socket.io/?EIO=4&transport=polling") as answer:
        assert answer.status == 400


async def takeover(window: Window, fence: int) -> dict[str, Any]:
    """The signed act by which a window takes the place of the connection with this number."""
    view = (await window.hall.get("/api/openings/O1?cursor=0"))["view"]
    return (await window.hall.sign("take_over", context_of(view), {"fence": fence})).to_json()


async def test_clause_5_3_7_another_device_takes_over_by_a_signed_act_with_the_old_number(
    doors: Doors,
) -> None:
    async with window(doors, "supervisor") as first:
        await first.ask("join", {"cursor": 0})
        async with window(doors, "supervisor") as second:
            refused = (await second.hear("connect_error"))["data"]
            assert refused["code"] == "takeover_needed"
            assert "ok" in await first.ask("join", {"cursor": 0})  # nothing has happened to the first
            fence = refused["facts"]["fence"]
            await connect(second, takeover=await takeover(second, fence))
            assert await first.hear("superseded") == {"reason": "takeover"}
            await first.hear("disconnect")
            assert "ok" in await second.ask("join", {"cursor": 0})
            presence = doors.core.registry.opening("O1").room.state.presence
            ended = next(i for i in presence if (i.participant, i.connection) == ("supervisor", fence))
            assert (ended.cause, ended.confidence, ended.proofs[0][:9]) == ("takeover", "high", "takeover:")


async def test_a_takeover_is_good_for_one_connection_only(doors: Doors) -> None:
    async with window(doors, "supervisor") as first, window(doors, "supervisor") as second:
        fence = (await second.hear("connect_error"))["data"]["facts"]["fence"]
        act = await takeover(second, fence)
        await connect(second, takeover=act)
        await first.hear("superseded")
        async with window(doors, "supervisor") as third:
            now = (await third.hear("connect_error"))["data"]["facts"]["fence"]
            assert now == fence + 1
            for stale in (act, await takeover(third, fence)):
                await connect(third, takeover=stale)
                assert (await third.hear("connect_error"))["data"]["code"] == "takeover_needed"
            assert "ok" in await second.ask("join", {"cursor": 0})


async def test_the_same_page_that_comes_back_takes_its_place_without_an_act(doors: Doors) -> None:
    async with window(doors, "supervisor", client="page") as first:
        await first.ask("join", {"cursor": 0})
        async with window(doors, "supervisor", client="page") as again:
            await first.hear("disconnect")
            assert "ok" in await again.ask("join", {"cursor": 0})


async def test_a_release_does_not_ask_who_holds_the_live_connection(doors: Doors) -> None:
    """Acts go over HTTP: the device that was superseded, or never had a connection, may still act."""
    async with window(doors, "b2") as first, window(doors, "b2") as second:
        assert (await second.hear("connect_error"))["data"]["code"] == "takeover_needed"
        view = (await first.ask("join", {"cursor": 0}))["ok"]["view"]
        with pytest.raises(Refused, match="too_early"):  # refused by the stage, as the live device would be
            await second.hall.act("O1", "release", context_of(view, "1"), RELEASE)


async def test_a_party_takes_its_own_presence_home_signed_by_the_hall(doors: Doors) -> None:
    async with window(doors, "b3") as b3, window(doors, "announcer"):
        shown = await b3.hall.get("/api/openings/O1/presence.json")
    signature = base64.b64decode(shown.pop("signature"))
    keys = HallKeys.load_or_create(doors.config.storage.data / "keys")
    keys.log.public_key().verify(signature, b"bidhall/1 presence\0" + canonical.dumps(shown))
    assert (shown["kind"], shown["opening"], shown["participant"]) == ("presence", "O1", "bidder-b3")
    assert shown["intervals"][-1]["state"] == "online"
    assert (shown["assessed"], shown["intervals"][-1]["cause"]) == (False, None)
    assert "announcer" not in str(shown)


async def test_a_robot_hands_over_to_a_person_and_never_takes_back(doors: Doors) -> None:
    async with window(doors, "clerk", robot=True) as robot:
        assert "ok" in await robot.ask("join", {"cursor": 0})
        async with window(doors, "clerk") as person:
            assert await robot.hear("superseded") == {"reason": "handover"}
            async with window(doors, "clerk", robot=True) as again:
                assert (await again.hear("connect_error"))["data"]["code"] == "handed_over"
            assert "ok" in await person.ask("join", {"cursor": 0})


async def test_who_comes_back_gets_the_timeline_from_where_it_was(doors: Doors) -> None:
    async with window(doors, "host") as host:
        joined = (await host.ask("join", {"cursor": 0}))["ok"]
        entries = len(joined["timeline"])
        await host.socket.disconnect()
        await connect(host)
        again = (await host.ask("join", {"cursor": entries}))["ok"]
        assert again["cursor"] == entries and len(again["timeline"]) <= 1


async def test_heartbeats_carry_hall_time_and_want_an_answer(doors: Doors) -> None:
    async with window(doors, "announcer") as announcer:
        asked = await announcer.hear("hb?")
        assert asked["now"] >= doors.core.clock.base[0]
        assert await announcer.ask("hb", {"n": asked["n"]}) == {"ok": {}}


async def test_one_and_the_same_heartbeat_goes_to_everybody(doors: Doors) -> None:
    async with window(doors, "announcer") as announcer, window(doors, "clerk") as clerk:
        first, second = await announcer.hear("hb?"), await clerk.hear("hb?")
        while first["n"] < second["n"]:
            first = await announcer.hear("hb?")
        while second["n"] < first["n"]:
            second = await clerk.hear("hb?")
        assert first == second


@pytest.mark.parametrize(
    ("name", "message", "code"),
    [
        ("nonsense", {}, "no_such_message"),
        ("connect", {}, "no_such_message"),
        ("disconnect", {}, "no_such_message"),
        ("join", {}, "malformed_message"),
        ("join", {"cursor": -1}, "malformed_message"),
        ("join", [], "malformed_message"),
        ("hb", {"n": "1"}, "malformed_message"),
        ("hint", {"kind": "asleep", "gap_ms": 1}, "malformed_message"),
        ("publish", {"sdp": "v=0" * 30_000}, "malformed_message"),
        ("publish", {"sdp": "v=0"}, "media_room_closed"),
        ("watch", {"participant": "bidder-b1", "sdp": "v=0"}, "may_not_watch"),
    ],
)
async def test_nonsense_is_answered_and_the_line_stays(
    doors: Doors, name: str, message: object, code: str
) -> None:
    async with window(doors, "host") as host:
        assert (await host.ask(name, message))["error"]["code"] == code
        assert "ok" in await host.ask("join", {"cursor": 0})


@pytest.mark.parametrize(
    "packet",
    [
        "9",
        "b4AAAA",
        "4",
        "49",
        '42["join"',
        '42{"a":1}',
        "42[]",
        "42[5]",
        '40/admin,{"opening":"O1"}',
        '451-["join",{"_placeholder":true,"num":0}]',
        "42" + "[" * 60_000,
        "4" + "2" * 200_000,
        b"\x04binary",
    ],
)
async def test_a_packet_that_is_none_ends_the_line_and_nothing_else(
    doors: Doors, visitor: aiohttp.ClientSession, packet: str | bytes
) -> None:
    async with visitor.ws_connect("/socket.io/?EIO=4&transport=websocket") as line:
        assert (await line.receive_str(timeout=5)).startswith("0")
        await (line.send_bytes(packet) if isinstance(packet, bytes) else line.send_str(packet))
        while (await line.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
    async with visitor.get("/healthz") as answer:
        assert answer.status == 200


async def test_a_logout_ends_the_connections_that_live_by_it(doors: Doors) -> None:
    async with window(doors, "scrutineer") as scrutineer:
        await scrutineer.ask("join", {"cursor": 0})
        await scrutineer.hall.post("/api/logout", {})
        await scrutineer.hear("disconnect")


async def test_after_a_restart_of_the_hall_a_client_logs_in_again_and_finds_everything(place: Path) -> None:
    async with AsyncExitStack() as stack:
        before = await stack.enter_async_context(opened(place))
        async with window(before, "b1") as b1:
            view = (await b1.ask("join", {"cursor": 0}))["ok"]["view"]
            await sign_in(b1.hall, view)
            await asyncio.gather(stack.aclose(), b1.hear("disconnect"))
    async with opened(place) as after, window(after, "b1") as b1:
        assert (await b1.ask("join", {"cursor": 0}))["ok"]["view"]["signed_in"] is True


@pytest.fixture(autouse=True)
def quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "HEARTBEAT", 0.2)
