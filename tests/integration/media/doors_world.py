"""A hall with its doors open and a real media worker behind them; its opening is played by hand, over the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcconfiguration import RTCBundlePolicy

from hall import app, tasks
from hall.client.api import Hall
from hall.client.keys import Identity
from hall.clock import Clock
from hall.config import load
from hall.gateway.server import Gateway
from hall.media.control import MediaWorkers
from hall.media.still import decode
from hall.recording.tail import RecordingTail
from hall.rehearsal.camera import Clip, Publication, gather_on, read_counter
from tests.demo_world import holder
from tests.own_hall import OPENING, OwnHall, own_hall

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = "application/trickle-ice-sdpfrag"
CAMERA = "camera-venue"


class Workers(MediaWorkers):
    """The real media plane, where the hall of these tests expects the one that pretends."""

    def __init__(self, recordings: Path, clock: Clock) -> None:
        super().__init__(recordings=recordings, clock=clock)

    def begin(self, opening: str, participant: str) -> None:
        """Whoever is recorded here sends by itself."""

    def write(self) -> None:
        """Nothing is invented."""


@dataclass
class OpenHall:
    """A running hall at `base`."""

    hall: OwnHall
    workers: Workers
    base: str
    recordings: RecordingTail

    @property
    def api(self) -> str:
        return f"{self.base}/api/openings/{OPENING}"

    def client(self, who: str) -> Hall:
        """A client for the holder of one of the demo's certificates."""
        one = holder(who)
        return Hall(self.base, Identity(one.certificate, one.key))

    @asynccontextmanager
    async def login(self, who: str) -> AsyncIterator[Hall]:
        """Somebody logs in over HTTP."""
        async with self.client(who) as client:
            await client.login()
            yield client

    async def token(self, who: str, participant: str, minutes: int = 60) -> dict[str, Any]:
        async with self.login(who) as client:
            shown: dict[str, Any] = await client.post(
                f"/api/openings/{OPENING}/tokens", {"participant": participant, "minutes": minutes}
            )
            return shown

    async def recorded(self, participant: str, fragments: int = 2) -> None:
        """Wait until so much of a participant is recorded."""
        await until(
            lambda: any(
                h.participant == participant and h.fragments >= fragments
                for h in self.recordings.heads(OPENING)
            )
        )


@asynccontextmanager
async def open_hall(directory: Path, **tender: object) -> AsyncIterator[OpenHall]:
    """Open it: 09:00, sign-in has begun, the deadline is an hour away, one camera stands in the hall."""
    made: list[Workers] = []

    def plane(recordings: Path, clock: Clock) -> Workers:
        made.append(Workers(recordings, clock))
        return made[0]

    cameras = [{"id": "venue", "name": "开标大厅"}]
    async with own_hall(directory, plane, camera=cameras, **tender) as hall:
        [workers] = made
        await workers.start()
        await workers.clock_changed()
        config = load(directory / "hall.toml", {})
        config = replace(config, server=replace(config.server, port=0, web_root=directory))
        gateway = Gateway(config, app.inside(hall.core))
        await gateway.start(None)
        try:
            await until(lambda: OPENING in workers._placed)
            tail = RecordingTail(directory / "data" / "recordings")
            yield OpenHall(hall, workers, f"http://localhost:{gateway.port}", tail)
        finally:
            await gateway.stop()
            await workers.close()


def picture_of(clip: Clip) -> bytes:
    """A JPEG, as a page makes one of its camera."""
    units = tuple(u for u in clip.video[0].replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if u)
    return decode("h264", units)


async def until(condition: Any, seconds: float = 20) -> None:
    """Wait for something that real processes bring about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the files of another process raise no event
            await asyncio.sleep(0.05)


@dataclass
class Session:
    """What WHIP or WHEP answered."""

    status: int
    headers: Mapping[str, str]
    body: str


async def offered(url: str, token: str, sdp: str, **headers: str) -> Session:
    """POST an offer as a device does: a token, no cookie, no origin."""
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=sdp.encode(), headers={**SDP, **bearer, **headers}) as answer,
    ):
        return Session(answer.status, answer.headers.copy(), await answer.text())


async def asked(method: str, url: str, token: str, data: str = "", **headers: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as http,
        http.request(
            method, url, data=data.encode(), headers={"Authorization": f"Bearer {token}", **headers}
        ) as answer,
    ):
        return answer.status, answer.headers


class Encoder:
    """An encoder with a token, as OBS is one."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._publication = Publication()
        self.session = Session(0, {}, "")
        self.offer = ""

    async def send(self, hall: OpenHall, token: str) -> Session:
        async def send_offer(sdp: str) -> str:
            self.offer = sdp
            self.session = await offered(f"{hall.api}/whip", token, sdp)
            assert self.session.status == 201, self.session.body
            return self.session.body

        await self._publication.publish(send_offer, self._clip)
        return self.session

    @property
    def state(self) -> str:
        return self._publication.state

    async def close(self) -> None:
        await self._publication.close()


class Player:
    """A player with a token: it decodes, and reads the counter of what it sees."""

    def __init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.numbers: list[int] = []
        self.session = Session(0, {}, "")
        self._tasks: list[asyncio.Task[None]] = []

    async def watch(self, hall: OpenHall, participant: str, token: str) -> Session:
        for kind in ("audio", "video"):
            transceiver: Any = self.pc.addTransceiver(kind, direction="recvonly")
            gather_on(transceiver.receiver.transport.transport.iceGatherer._connection, "127.0.0.1")
        self.pc.on("track", lambda track: self._tasks.append(tasks.start(self._read(track), "player")))
        await self.pc.setLocalDescription(await self.pc.createOffer())
        self.session = await offered(f"{hall.api}/whep/{participant}", token, self.pc.localDescription.sdp)
        if self.session.status == 201:
            await self.pc.setRemoteDescription(RTCSessionDescription(self.session.body, "answer"))
        return self.session

    @property
    def over(self) -> bool:
        return self.pc.connectionState in ("closed", "failed")

    async def _read(self, track: Any) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "video" and (number := read_counter(frame)) is not None:
                self.numbers.append(number)

    async def close(self) -> None:
        await tasks.stop(*self._tasks)
        await self.pc.close()
