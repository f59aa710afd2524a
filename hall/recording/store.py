"""All recordings of one media worker: hands out recorders, and flushes their files from threads of its own.

What lives here: the life of files between recorders (who write) and the flushing threads. What may not: RTP,
containers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hall.clock import Clock
from hall.recording.files import EpochFile, recover_opening
from hall.recording.recorder import Recorder
from hall.recording.space import Space
from hall.recording.stills import StillRecorder
from hall.runtime.media_ports import MediaNotice

log = logging.getLogger("hall.recording")

SYNC_S = 1.0
FLUSHERS = 4


class RecordingStore:
    """The recording side of a worker.

    space: whether anything may be written, None: always. tell: hears of openings whose recording is refused, resumed
    or altered; participant "" where it concerns all.
    """

    def __init__(
        self,
        recordings: Path,
        clock: Clock,
        space: Space | None = None,
        tell: Callable[[MediaNotice], None] = lambda notice: None,
    ) -> None:
        self._recordings, self._clock, self._space, self._tell = recordings, clock, space, tell
        self._refusing: dict[str, set[str]] = {}
        self._open: set[EpochFile] = set()
        self._keys: dict[str, bytes] = {}
        # Several at once: a file system commits flushes that come together in one go.
        self._pool = ThreadPoolExecutor(max_workers=FLUSHERS, thread_name_prefix="recording-flush")
        self._closing: set[asyncio.Future[None]] = set()

    async def open(self, opening: str, key: bytes = b"") -> None:
        """Close what a dead worker left open. key: the opening's recording key, empty: nothing is encrypted."""
        self._keys[opening] = key
        loop = asyncio.get_running_loop()
        for closed in await loop.run_in_executor(self._pool, recover_opening, self._recordings, opening):
            if closed.altered:
                log.error("recording %s was left open and does not verify; it stays as it is", closed.index)
                name = f"{closed.index.parent.name}/{closed.index.name}"
                self._tell(MediaNotice("recording_altered", opening, "", self._clock.now(), name))
            else:
                log.warning(
                    "recording %s was left open; %d bytes dropped", closed.index, closed.dropped_bytes
                )

    def listener(self, opening: str, participant: str, request_keyframe: Callable[[], None]) -> Recorder:
        """A recorder for one participant of one opening."""
        return Recorder(
            self._recordings,
            opening,
            participant,
            self._clock,
            request_keyframe=request_keyframe,
            opened=self._open.add,
            finished=self._finish,
            key=self._keys.get(opening, b""),
            refused=self._refused,
            tell=lambda kind, detail: self._heard(opening, participant, kind, detail),
        )

    def pictures(self, opening: str, participant: str) -> StillRecorder:
        """A recorder for the single pictures of one participant of one opening."""
        return StillRecorder(
            self._recordings,
            opening,
            participant,
            self._clock,
            opened=self._open.add,
            finished=self._finish,
            key=self._keys.get(opening, b""),
            refused=self._refused,
        )

    async def settle(self) -> None:
        """Return when every finished file is flushed and closed."""
        while self._closing:
            await asyncio.wait(set(self._closing))

    async def run(self) -> None:
        """Flush once a second. Runs until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SYNC_S)
            await self._look(loop)
            files = list(self._open)
            # Each thread gets its share at once: a hundred hand-overs a second would hold packets up.
            shares = [share for n in range(FLUSHERS) if (share := files[n::FLUSHERS])]
            await asyncio.gather(*(loop.run_in_executor(self._pool, _flush, share) for share in shares))

    async def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._space is not None:
            try:
                await loop.run_in_executor(self._pool, self._space.look)
            except OSError as error:
                log.error("the recordings' disk can't be looked at: %s", error)

    def _refused(self) -> str:
        return self._space.refused if self._space is not None else ""

    def _heard(self, opening: str, participant: str, kind: str, detail: str) -> None:
        """A recorder was refused, or goes on. A disk refuses everybody: the first is told, and the end of the last."""
        refusing = self._refusing.setdefault(opening, set())
        others = bool(refusing - {participant})
        if kind == "recording_refused":
            refusing.add(participant)
        else:
            refusing.discard(participant)
        if not others and kind != "recording_ended":
            self._tell(MediaNotice(kind, opening, "", self._clock.now(), detail))

    def close(self) -> None:
        """Let the flushing thread end; call after the last `settle`."""
        self._pool.shutdown()

    def _finish(self, file: EpochFile) -> None:
        self._open.discard(file)
        closing = asyncio.get_running_loop().run_in_executor(self._pool, file.close)
        self._closing.add(closing)
        closing.add_done_callback(self._finished)

    def _finished(self, closing: asyncio.Future[None]) -> None:
        self._closing.discard(closing)
        if not closing.cancelled() and (error := closing.exception()) is not None:
            log.error("closing a recording failed: %s", error)


def _flush(files: list[EpochFile]) -> None:
    """Flush some files; runs in a thread of the pool."""
    for file in files:
        try:
            file.sync()
        except OSError as error:
            log.error("flushing %s failed: %s", file.epoch.file, error)
