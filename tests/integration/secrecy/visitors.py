"""People at a real hall in another process: they log in, bid and act over its public address, and note what comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from hall import tasks, wire
from hall.client.api import Hall, TenderCard
from hall.client.keys import open_p12
from hall.client.live import Live
from hall.client.release import release
from hall.client.sealing import Columns, SealedBid, seal_bid
from hall.clock import HallClock
from hall.errors import HallError
from hall.procurement.tender import MINUTE
from hall.rehearsal.camera import Publication, load_clip
from hall.rehearsal.demo_ca import PASSWORD, DemoIdentity
from hall.rehearsal.stage import LOT, Scene, Stage

STAFF = ("host", "procuring_entity", "supervisor", "announcer", "scrutineer", "clerk")
LEAD = 30 * MINUTE
WITHIN = 90.0
"""Seconds of patience with a busy machine."""


class Witness(Live):
    """A live connection that keeps everything the hall sends to it."""

    def __init__(self, hall: Hall, opening: str) -> None:
        super().__init__(hall, opening, HallClock())
        self.updates: list[object] = []
        self.beats: list[dict[str, Any]] = []

    async def _update(self, message: object) -> None:
        self.updates.append(message)
        await super()._update(message)

    async def _heartbeat(self, message: dict[str, Any]) -> None:
        self.beats.append(message)
        await super()._heartbeat(message)
        self.news.set()


def tapped(frames: list[str]) -> type[aiohttp.ClientWebSocketResponse]:
    """A WebSocket that writes down each text frame it receives."""

    class Tapped(aiohttp.ClientWebSocketResponse):
        async def receive(self, timeout: float | None = None) -> aiohttp.WSMessage:  # noqa: ASYNC109  # the library's own signature
            message = await super().receive(timeout)
            if message.type is aiohttp.WSMsgType.TEXT:
                frames.append(message.data)
            return message

    return Tapped


@dataclass
class Visitor:
    """One logged-in party with its screen."""

    id: str
    hall: Hall
    card: TenderCard
    live: Witness
    pinned: bytes
    frames: list[str]
    """Every frame of the live connection as it came over the wire."""

    camera: Publication | None = None
    bid: SealedBid | None = None

    @property
    def view(self) -> wire.View:
        view = self.live.known.view
        assert view is not None
        return view

    def screen(self) -> dict[str, Any]:
        """All that the screen shows."""
        return {"view": asdict(self.view), "timeline": [asdict(x) for x in self.live.known.timeline]}

    async def until(self, what: Callable[[], bool]) -> None:
        """Wait for news until `what` holds."""
        async with asyncio.timeout(WITHIN):
            while not what():
                self.live.news.clear()
                await self.live.news.wait()

    async def beats(self, count: int) -> None:
        """Let the hall speak: its heartbeats come every 2 s, its updates more often."""
        end = len(self.live.beats) + count
        await self.until(lambda: len(self.live.beats) >= end)

    async def act(self, kind: str, lot: str = "", **body: object) -> None:
        """Send an act; wait and try again while the recorder's proof is not there yet."""
        async with asyncio.timeout(WITHIN):
            while True:
                try:
                    await self.hall.act(self.view.opening, kind, self.live.context(lot), body)
                    return
                except HallError as error:
                    if error.code not in ("recorder_not_proved", "act_for_another_history"):
                        raise
                await self.beats(1)

    async def deposit(self, pdf: bytes, columns: Columns, work: Path) -> None:
        self.bid = await asyncio.to_thread(
            seal_bid,
            pdf,
            columns,
            self.hall.identity,
            work / f"{self.id}.bid",
            tender=self.card.tender,
            lot=LOT,
            bidder=self.view.you.party,
            signed_at=self.view.sign_in_from,
        )
        await self.hall.deposit(self.card, self.bid.header, self.bid.file, self.bid.receipt)

    async def sign_in(self) -> None:
        person: dict[str, object] = {"representative": "王小明", "identity": f"DEMO-{self.id}"}
        await self.act("sign_in", **person, phones=["13800000000"], acts_for_bidder=True, salt="ab" * 16)

    async def publish(self, clips: Path) -> None:
        """Turn the camera on."""

        async def offered(sdp: str) -> str:
            return str((await self.live.call("publish", {"sdp": sdp}))["sdp"])

        self.camera = Publication()
        await self.camera.publish(offered, await asyncio.to_thread(load_clip, clips))

    async def release(self) -> None:
        await release(self.hall, self.live, LOT, self.pinned)


@dataclass
class House:
    """A running hall and who is there."""

    stage: Stage
    stack: AsyncExitStack
    clips: Path
    visitors: dict[str, Visitor] = field(default_factory=dict)

    async def enter(self, who: str) -> Visitor:
        """Log somebody in and open the opening's screen."""
        pki = self.stage.pki
        assert pki is not None
        one: DemoIdentity = next(x for x in (*pki.bidders, *pki.staff) if x.id == who)
        hall = await self.stack.enter_async_context(
            Hall(self.stage.base, open_p12(one.p12.read_bytes(), PASSWORD))
        )
        frames: list[str] = []
        hall.session._ws_response_class = tapped(frames)
        await hall.login()
        card = await hall.tender(self.stage.scene.tender)
        host = next(post for post in card.staff if post.role == "host")
        live = Witness(hall, card.opening)
        running = tasks.start(live.run(), f"live {who}")
        pinned = await hall.certificate(card.opening, host.certificate)
        visitor = Visitor(who, hall, card, live, pinned, frames)
        self.visitors[who] = visitor

        async def leave() -> None:
            if visitor.camera is not None:
                await visitor.camera.close()
            await live.leave()
            await tasks.stop(running)

        self.stack.push_async_callback(leave)
        await visitor.until(lambda: live.known.view is not None and bool(live.beats))
        return visitor


@asynccontextmanager
async def house(
    directory: Path, clips: Path, *, bidders: int = 4, custody: str = "hall"
) -> AsyncIterator[House]:
    """A hall of its own process, its deadline half an hour away and its clock movable."""
    scene = Scene(
        "T2026-009", "DEMO-2026-009", "保密演示工程", bidders, LEAD, movable_clock=True, custody=custody
    )
    stage = Stage(directory, scene)
    await asyncio.to_thread(stage.prepare)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(stage.close)
        await stage.open()
        yield House(stage, stack, clips)
