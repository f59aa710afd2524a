"""Janus in the media benchmark: its process, configured as its own documentation advises for load, and the way to it.

Janus 1.1.2 as Debian 12 packages it (`apt-get install janus`), the VideoRoom plugin with recording on, one event loop
thread for all handles (`event_loops=1`; one thread for each handle, the default, costs it half as much again). It
writes what it receives into .mjr files, which have to be converted before anything plays them.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiortc import RTCPeerConnection, RTCSessionDescription

from bench.load.media_clip import Codec
from bench.load.media_ends import Server, connection, use_address

PORT = 18188
ROOM = 7
LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/janus")
_OTHER_PLUGINS = (
    "audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail".split()
)
_OTHER_TRANSPORTS = "http mqtt nanomsg pfunix rabbitmq".split()


def _libraries(names: list[str]) -> str:
    return ",".join(f"libjanus_{name}.so" for name in names)


@contextmanager
def janus(directory: Path, address: str) -> Iterator[int]:
    """Run Janus with its files in `directory`; gives its process id."""
    (directory / "janus.jcfg").write_text(f"""
general: {{ configs_folder="{directory}" plugins_folder="{LIBRARIES}/plugins"
 transports_folder="{LIBRARIES}/transports" events_folder="/nonexistent" loggers_folder="/nonexistent"
 debug_level=2 event_loops=1 }}
media: {{ ipv6=false }}
nat: {{ ice_enforce_list="{address}" nice_debug=false }}
plugins: {{ disable="{_libraries(_OTHER_PLUGINS)}" }}
transports: {{ disable="{_libraries(_OTHER_TRANSPORTS)}" }}
""")
    (directory / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ json="compact" ws=true ws_port={PORT} ws_interface="lo" }}\nadmin: {{ admin_ws=false }}\n'
    )
    (directory / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")
    command = ["janus", "-C", str(directory / "janus.jcfg"), "-F", str(directory)]
    with (directory / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class Janus(Server):
    """Janus's own protocol over a WebSocket. bundled: a viewer's watches share one connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, codec: Codec, bundled: bool) -> None:
        self._socket, self._codec, self._bundled = socket, codec, bundled
        self._numbers = itertools.count()
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._events: dict[int, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)
        self._feeds: dict[str, int] = {}
        self._session = 0

    @classmethod
    async def dial(cls, url: str, codec: Codec, *, bundled: bool) -> Janus:
        """Connect and make the room; `url`'s fragment is the directory for recordings."""
        url, _, directory = url.partition("#")
        session = aiohttp.ClientSession()
        for _ in range(50):
            try:
                socket = await session.ws_connect(url, protocols=["janus-protocol"], max_msg_size=0)
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
        else:
            raise RuntimeError("Janus does not answer")
        self = cls(socket, codec, bundled)
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._stay())]
        self._session = (await self._ask(janus="create"))["data"]["id"]
        room = {
            "request": "create",
            "room": ROOM,
            "publishers": 1000,
            "audiocodec": "opus",
            "videocodec": codec,
        }
        await self._message(
            await self._attach(), room | {"bitrate": 0, "record": True, "rec_dir": directory, "fir_freq": 0}
        )
        return self

    async def publish(self, name: str, sdp: str) -> str:
        handle = await self._attach()
        joined = await self._message(handle, {"request": "join", "ptype": "publisher", "room": ROOM})
        self._feeds[name] = joined["plugindata"]["data"]["id"]
        codecs = {"audiocodec": "opus", "videocodec": self._codec}
        offer = {"type": "offer", "sdp": sdp}
        answer = await self._message(handle, {"request": "configure", **codecs}, offer)
        return str(answer["jsep"]["sdp"])

    async def watch(
        self, viewer: str, names: list[str], address: str, codec: Codec
    ) -> list[RTCPeerConnection]:
        groups = [names] if self._bundled else [[name] for name in names]
        return [await self._subscribe(group, address) for group in groups]

    async def _subscribe(self, names: list[str], address: str) -> RTCPeerConnection:
        handle = await self._attach()
        streams = [{"feed": self._feeds[name]} for name in names]
        request = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams}
        offer = (await self._message(handle, request))["jsep"]["sdp"]
        pc = connection()
        for kind in ("audio", "video"):
            use_address(pc.addTransceiver(kind, direction="recvonly"), address)
        await pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": pc.localDescription.sdp})
        return pc

    async def _attach(self) -> int:
        made = await self._ask(janus="attach", plugin="janus.plugin.videoroom", session_id=self._session)
        return int(made["data"]["id"])

    async def _message(
        self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Ask the plugin; gives its answer, at once or as an event."""
        more = {"jsep": jsep} if jsep else {}
        told = await self._ask(janus="message", session_id=self._session, handle_id=handle, body=body, **more)
        while told["janus"] != "success":
            told = await asyncio.wait_for(self._events[handle].get(), 40)
            data = told["plugindata"]["data"]
            if "error" in data:
                raise RuntimeError(str(data))
            if "jsep" in told or data.get("videoroom") == "joined" or data.get("started"):
                break
        return told

    async def _ask(self, **what: Any) -> dict[str, Any]:
        number = str(next(self._numbers))
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({**what, "transaction": number})
        return await answer

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            waiting = self._answers.get(told.get("transaction", ""))
            if told["janus"] == "event":
                self._events[told["sender"]].put_nowait(told)
            elif waiting is not None and not waiting.done():
                waiting.set_result(told)

    async def _stay(self) -> None:
        while True:
            await asyncio.sleep(20)
            await self._ask(janus="keepalive", session_id=self._session)
