"""The hall's side of the media benchmark: its real media workers behind a door for offers, and the load's way to it.

`python -m bench.load.media_hall DIRECTORY ADDRESS` starts `hall.media.control.MediaWorkers` as the server does, with
recordings in DIRECTORY. Orders, as lines of JSON: {"do": "control", "seconds"} times the control line, {"do":
"kill"} kills the worker, {"do": "settle"} ends all recordings.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription

from bench.load.limits import raise_open_files
from bench.load.media_clip import Codec
from bench.load.media_ends import Server, add, connection
from bench.load.parts import ROOT
from hall.clock import HallClock
from hall.media.control import MediaWorkers

OPENING = "bench"
ASKED_EVERY_S = 0.02


class Hall(Server):
    """Offers by HTTP, as browsers send theirs."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def _ask(self, path: str, sdp: str) -> str:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        async with self._session.post(self._url + path, data=sdp) as response:
            if response.status != 200:
                raise RuntimeError(await response.text())
            return await response.text()

    async def publish(self, name: str, sdp: str) -> str:
        return await self._ask(f"/publish/{name}", sdp)

    async def watch(
        self, viewer: str, names: list[str], address: str, codec: Codec
    ) -> list[RTCPeerConnection]:
        made = []
        for name in names:
            pc = connection()
            for kind in ("audio", "video"):
                add(pc, kind, "recvonly", codec, address)
            await pc.setLocalDescription(await pc.createOffer())
            answer = await self._ask(f"/watch/{name}/{viewer}", pc.localDescription.sdp)
            await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            made.append(pc)
        return made


class Door:
    """Media workers behind HTTP."""

    def __init__(self, recordings: Path, address: str) -> None:
        self.workers = MediaWorkers(recordings=recordings, clock=HallClock(), host=address)

    async def publish(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.Response(text=await self.workers.publish(OPENING, name, await request.text()))

    async def watch(self, request: web.Request) -> web.Response:
        name, viewer = request.match_info["name"], request.match_info["viewer"]
        return web.Response(text=await self.workers.watch(OPENING, name, viewer, await request.text()))

    async def answer(self, order: dict[str, Any]) -> Any:
        match order["do"]:
            case "control":
                return await self._time_control(order["seconds"])
            case "kill":
                at = self.workers._clock.now()
                os.kill(self.workers.processes()[0], signal.SIGKILL)
                return {"at": at}
            case "settle":
                await self.workers.close_room(OPENING)
                return {}
        raise ValueError(order["do"])

    async def _time_control(self, seconds: float) -> Any:
        """Round trips of the smallest request there is, in ms; and those to an idle process, that answers at once: what
        the machine and the asking itself take.
        """
        trips, floor = [], []
        echo = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.load.echo",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert echo.stdin is not None and echo.stdout is not None
        await _echoed(echo.stdin, echo.stdout)  # it is there
        for _ in range(int(seconds / ASKED_EVERY_S)):
            began = time.perf_counter()
            await self.workers.mute(OPENING, [])
            trips.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(ASKED_EVERY_S / 2)
            began = time.perf_counter()
            await _echoed(echo.stdin, echo.stdout)
            floor.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(ASKED_EVERY_S / 2)
        echo.stdin.close()
        await echo.wait()
        found: dict[str, float] = {"asked": len(trips)}
        for name, times in (("", sorted(trips)), ("floor_", sorted(floor))):
            found |= {f"{name}p50": times[len(times) // 2], f"{name}p99": times[len(times) * 99 // 100]}
        return found


async def _echoed(to: asyncio.StreamWriter, back: asyncio.StreamReader) -> None:
    to.write(b"{}\n")
    await back.readline()


async def main() -> None:
    raise_open_files()
    door = Door(Path(sys.argv[1]), sys.argv[2])
    await door.workers.start()
    await door.workers.open_room(OPENING)
    app = web.Application()
    app.add_routes(
        [web.post("/publish/{name}", door.publish), web.post("/watch/{name}/{viewer}", door.watch)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "pid": door.workers.processes()[0]}), flush=True)
    while line := await orders.readline():
        print(json.dumps(await door.answer(json.loads(line))), flush=True)
    await runner.cleanup()
    await door.workers.close()


if __name__ == "__main__":
    asyncio.run(main())
