"""The line between the server and its media workers, JSON lines over a local socket: the server's end.

What lives here: `MediaWorkers`, the server's media plane (starts worker processes, watches over them, places
whole rooms on them). The worker's end is `worker_line`. What may not: aiortc, av, recordings; neither end knows
the other's inside.

Server to worker: {"id", "do", ...}; worker to server: {"id", "ok"} or {"id", "error": {"kind", "code",
"facts"}}, and {"notice": {...}} unasked. Clock bases go in "base_ms" and "base_monotonic_us": one machine has
one CLOCK_MONOTONIC.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError, Malformed, Unavailable
from hall.media.spare import Spare
from hall.media.worker_line import LINE_LIMIT, json_line
from hall.runtime.media_ports import MediaNotice, Still

log = logging.getLogger("hall.media.control")

ANSWER_S = 15.0
START_S = 120.0  # a machine busy with other things takes its time to import the library, or to compile the packet path
PULSE_S = 2.0
FIRST_RESTART_S = 0.2
LAST_RESTART_S = 2.0
GOOD_S = 10.0  # who lived so long is replaced at once
KEPT_NOTICES = 2_000
STILL_S = 0.5  # so long a picture is given without asking whether there is a newer one

Wire = str | int | list[int] | Mapping[str, str]

_KINDS: dict[str, type[HallError]] = {"malformed": Malformed, "unavailable": Unavailable}


class MediaWorkers:
    """The server's media plane. Rooms live whole on one worker; a dead worker is replaced and its rooms
    opened again there.

    recordings: where workers write. host: the address they bind to and give in their answers. keys: gives the recording
    key of an opening (it may block), None: recordings are not encrypted. udp_ports: the first and last number that
    media may use, 0: any; no more workers are started than there are numbers.
    """

    def __init__(
        self,
        *,
        recordings: Path,
        clock: Clock,
        host: str = "127.0.0.1",
        workers: int = 1,
        keys: Callable[[str], bytes] | None = None,
        cameras: Mapping[str, str] | None = None,
        quota: int = 0,
        udp_ports: tuple[int, int] = (0, 0),
    ) -> None:
        self._recordings, self._clock, self._host = recordings, clock, host
        self._keys, self._quota = keys, quota
        self._cameras = cameras or {}
        first, last = udp_ports
        numbers = last - first + 1 if first else 0
        self._count = min(workers, numbers) if numbers else workers
        self._udp_ports = first, last, numbers // self._count
        self._workers: list[_Worker] = []
        self._placed: dict[str, _Worker] = {}
        self._notices: asyncio.Queue[MediaNotice] = asyncio.Queue(KEPT_NOTICES)
        self._directory: Path | None = None
        self.spare = Spare(())
        self._stills: dict[tuple[str, str], tuple[float, Still | None]] = {}

    async def start(self) -> None:
        """Start the workers; returns when each has answered. Raises Unavailable("media_unavailable")."""
        self._recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = Path(tempfile.mkdtemp(prefix="hall-media-"))
        arguments = ["--recordings", str(self._recordings), "--host", self._host]
        arguments += ["--quota", str(self._quota), "--udp-ports", *map(str, self._udp_ports)]
        self.spare = Spare(arguments)
        for number in range(self._count):
            socket = self._directory / f"{number}.sock"
            worker = _Worker(socket, self.spare, self._clock, self._emit)
            self._workers.append(worker)
            await worker.start()
        try:
            await asyncio.gather(*(w.wait_ready() for w in self._workers))
        except Unavailable:
            await self.close()
            raise

    async def close(self) -> None:
        """End all recordings and workers."""
        await self.spare.close()
        await asyncio.gather(*(w.close() for w in self._workers))
        self._workers.clear()
        self._placed.clear()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)

    async def open_room(self, opening: str) -> None:
        """Place an opening on the worker with the fewest; again is fine."""
        if not self._workers:
            raise Unavailable("media_unavailable")
        key = await asyncio.to_thread(self._keys, opening) if self._keys is not None else b""
        worker = self._placed.get(opening) or min(self._workers, key=lambda w: len(w.rooms))
        self._placed[opening] = worker
        worker.keys[opening] = key.hex()
        worker.rooms.add(opening)
        await worker.ask("open_room", opening=opening, key=worker.keys[opening])

    async def publish(self, opening: str, participant: str, sdp: str) -> str:
        """Answer a publisher's offer; replaces an earlier publication of the participant."""
        found = await self._of(opening).ask("publish", opening=opening, participant=participant, sdp=sdp)
        return str(found["sdp"])

    async def watch(self, opening: str, participant: str, viewer: str, sdp: str) -> str:
        """Answer a watcher's offer; one watch per viewer and participant, a second one replaces it."""
        found = await self._of(opening).ask(
            "watch", opening=opening, participant=participant, viewer=viewer, sdp=sdp
        )
        return str(found["sdp"])

    async def restart(self, opening: str, participant: str, viewer: str, sdp: str) -> str:
        """Let who publishes (viewer ""), or watches, come another way: the answer to an offer that restarts ICE, or
        to a fragment of one. Raises Unavailable("connection_over")."""
        found = await self._of(opening).ask(
            "restart", opening=opening, participant=participant, viewer=viewer, sdp=sdp
        )
        return str(found["sdp"])

    async def stop_watching(self, opening: str, viewer: str) -> None:
        """End all watches of a viewer."""
        await self._of(opening).ask("stop_watching", opening=opening, viewer=viewer)

    async def stop_publishing(self, opening: str, participant: str) -> None:
        """End a publication; its recording is flushed when this returns."""
        self._stills.pop((opening, participant), None)
        await self._of(opening).ask("stop_publishing", opening=opening, participant=participant)

    async def film(self, opening: str, cameras: Collection[str]) -> None:
        """Read these cameras of the hall (participants) from now on, those whose address is known."""
        worker = self._of(opening)
        worker.filmed[opening] = {x: self._cameras[x] for x in cameras if x in self._cameras}
        if worker.filmed[opening]:
            await worker.ask("film", opening=opening, cameras=worker.filmed[opening])

    async def mute(self, opening: str, participants: Collection[str]) -> None:
        """Whom nobody hears from now on; a worker that takes the room over is told again."""
        worker = self._of(opening)
        worker.muted[opening] = " ".join(sorted(participants))
        await worker.ask("mute", opening=opening, participants=worker.muted[opening])

    async def still(self, opening: str, participant: str) -> Still | None:
        """The participant's last picture, None where there is none. Many may ask: the worker is asked at most twice a
        second, and sends each picture once."""
        place, now = (opening, participant), self._clock.monotonic()
        asked, kept = self._stills.get(place, (float("-inf"), None))
        if now - asked < STILL_S:
            return kept
        self._stills[place] = (now, kept)
        known = [kept.at_ms, kept.keyframe] if kept is not None else []
        found = await self._of(opening).ask("still", opening=opening, participant=participant, known=known)
        if not found.get("same"):
            jpeg = base64.b64decode(found.get("jpeg", ""))
            kept = Still(found["at_ms"], found["keyframe"], jpeg) if jpeg else None
        self._stills[place] = (now, kept)
        return kept

    async def picture(self, opening: str, participant: str, jpeg: bytes, width: int, height: int) -> None:
        """A single picture of who can send nothing else: recorded, and given as its still."""
        data = base64.b64encode(jpeg).decode("ascii")
        ask = self._of(opening).ask
        await ask("picture", opening=opening, participant=participant, jpeg=data, width=width, height=height)

    async def close_room(self, opening: str) -> None:
        """End an opening's media; its recordings are closed and flushed when this returns."""
        worker = self._placed.pop(opening, None)
        if worker is not None:
            worker.rooms.discard(opening)
            worker.muted.pop(opening, None)
            worker.filmed.pop(opening, None)
            worker.keys.pop(opening, None)
            self._stills = {place: kept for place, kept in self._stills.items() if place[0] != opening}
            await worker.ask("close_room", opening=opening)

    async def test_call(self) -> None:
        """Let sound go through every worker and back, over real connections.

        Raises Unavailable("test_call_failed"), Unavailable("media_unavailable").
        """
        if not self._workers:
            raise Unavailable("media_unavailable")
        await asyncio.gather(*(w.ask("test_call") for w in self._workers))

    async def clock_changed(self) -> None:
        """Hall time was moved: tell every worker; each recording begins a new epoch."""
        await asyncio.gather(*(w.send_clock() for w in self._workers if w.ready))

    async def notices(self) -> AsyncIterator[MediaNotice]:
        """What the workers tell, for one reader, for ever; when nobody reads, the newest are kept."""
        while True:
            yield await self._notices.get()

    def processes(self) -> list[int]:
        """Process ids of the running workers, for status pages and tests."""
        found = [w.process for w in self._workers if w.process is not None]
        return [p.pid for p in found if p.returncode is None]

    def _of(self, opening: str) -> _Worker:
        worker = self._placed.get(opening)
        if worker is None:
            raise Unavailable("media_room_closed")
        return worker

    def _emit(self, notice: MediaNotice) -> None:
        if self._notices.full():
            self._notices.get_nowait()
        self._notices.put_nowait(notice)


class _Worker:
    """One worker process and the line to it, supervised."""

    def __init__(self, socket: Path, spare: Spare, clock: Clock, emit: Callable[[MediaNotice], None]) -> None:
        self._socket, self._spare, self._clock, self._emit = socket, spare, clock, emit
        self.rooms: set[str] = set()
        self.keys: dict[str, str] = {}  # opening -> its recording key in hex, for whoever takes the room over
        self.filmed: dict[str, dict[str, str]] = {}  # opening -> its cameras (participant -> address)
        self.muted: dict[str, str] = {}  # opening -> participants whom nobody hears, by spaces
        self._ready = asyncio.Event()
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last_id = 0
        self._writer: asyncio.StreamWriter | None = None
        self.process: asyncio.subprocess.Process | None = None
        self._server: asyncio.Server | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._connected, self._socket, limit=LINE_LIMIT)
        os.chmod(self._socket, 0o600)
        self._supervisor = tasks.start(self._supervise(), "media worker supervisor")

    async def wait_ready(self) -> None:
        try:
            async with asyncio.timeout(START_S):
                await self._ready.wait()
        except TimeoutError:
            raise Unavailable("media_unavailable") from None

    async def close(self) -> None:
        self._closing = True
        if self._writer is not None:
            self._writer.close()  # the worker ends its recordings and leaves by itself
        if self.process is not None:
            try:
                async with asyncio.timeout(5):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
        await tasks.stop(self._supervisor)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def ask(self, do: str, **what: Wire) -> dict[str, Any]:
        """One question, one answer. Raises what the worker raised, or Unavailable("media_unavailable")."""
        if not self.ready:
            raise Unavailable("media_unavailable")
        return await self._ask(do, **what)

    async def send_clock(self) -> None:
        """Send the base hall time is derived from."""
        hall_ms, monotonic_us = self._clock.now(), int(self._clock.monotonic() * 1e6)
        await self._ask("clock", base_ms=hall_ms, base_monotonic_us=monotonic_us)

    async def _ask(self, do: str, **what: Wire) -> dict[str, Any]:
        if self._writer is None:
            raise Unavailable("media_unavailable")
        self._last_id += 1
        number = self._last_id
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            self._writer.write(json_line({"id": number, "do": do, **what}))
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except (TimeoutError, ConnectionError):
            raise Unavailable("media_unavailable") from None
        finally:
            self._pending.pop(number, None)

    async def _supervise(self) -> None:
        """Keep one process running; `close` cancels this when the process has left."""
        pause = 0.0
        while True:
            began = self._clock.monotonic()
            self.process = await self._spare.launch(self._socket)
            code = await self.process.wait()
            if self._closing:
                return
            log.error("media worker ended with code %s", code)
            self._lost()
            lasted = self._clock.monotonic() - began
            pause = 0.0 if lasted > GOOD_S else min(max(pause, FIRST_RESTART_S) * 2, LAST_RESTART_S)
            await asyncio.sleep(pause)

    def _lost(self) -> None:
        self._writer = None
        if self._ready.is_set():
            self._ready.clear()
            for opening in sorted(self.rooms):
                self._emit(MediaNotice("worker_lost", opening, "", self._clock.now(), ""))
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(Unavailable("media_unavailable"))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A worker has dialled in: give it the time and its rooms, then listen until it is gone."""
        self._writer = writer
        greeting = tasks.start(self._greet(), "media worker greeting")
        pulse = tasks.start(self._feel_pulse(), "media worker pulse")
        try:
            while line := await reader.readline():
                self._heard(json.loads(line))
        except (ConnectionError, ValueError) as error:
            log.error("the line to a media worker broke: %s", error)
        finally:
            await tasks.stop(greeting, pulse)
            writer.close()
            if self._writer is writer and not self._closing:
                self._lost()

    async def _greet(self) -> None:
        await self.send_clock()
        for opening in sorted(self.rooms):
            await self._ask("open_room", opening=opening, key=self.keys.get(opening, ""))
            await self._ask("mute", opening=opening, participants=self.muted.get(opening, ""))
            if cameras := self.filmed.get(opening):
                await self._ask("film", opening=opening, cameras=cameras)
        back = [MediaNotice("worker_back", o, "", self._clock.now(), "") for o in sorted(self.rooms)]
        self._ready.set()
        for notice in back:
            self._emit(notice)

    async def _feel_pulse(self) -> None:
        """Kill a worker that lives but no longer answers: its packets are lost already."""
        try:
            while True:
                await asyncio.sleep(PULSE_S)
                await self._ask("ping")
        except Unavailable:
            if self.process is not None and self.process.returncode is None and not self._closing:
                log.error("media worker does not answer")
                self.process.kill()

    def _heard(self, message: dict[str, Any]) -> None:
        if "notice" in message:
            self._emit(MediaNotice(**message["notice"]))
            return
        answer = self._pending.get(message["id"])
        if answer is None or answer.done():
            return
        if "ok" in message:
            answer.set_result(message["ok"])
        else:
            error = message["error"]
            answer.set_exception(_KINDS.get(error["kind"], Unavailable)(error["code"], **error["facts"]))
