"""The media plane without media: the host's recording of each opening grows by an invented fragment per half second."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from hall.clock import Clock
from hall.recording.files import synced_path
from hall.recording.manifest import Epoch, IndexWriter
from hall.runtime.media_ports import MediaNotice


@dataclass(slots=True)
class _Tape:
    writer: IndexWriter
    media: Path
    index: Path
    lines: int = 0

    def append(self, data: bytes, line: bytes) -> None:
        with self.media.open("ab") as media, self.index.open("ab") as index:
            media.write(data)
            index.write(line)
        self.lines += 1
        synced_path(self.index).write_text(str(self.lines))


class Tapes:
    """One tape per opening."""

    def __init__(self, recordings: Path, clock: Clock) -> None:
        self._recordings = recordings
        self._clock = clock
        self._tapes: dict[str, _Tape] = {}
        self._writing = threading.Lock()

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def open_room(self, opening: str) -> None:
        if opening in self._tapes:
            return
        folder = self._recordings / opening / "host"
        folder.mkdir(parents=True)
        at = self._clock.now()
        epoch = Epoch(opening, "host", 1, "001.mp4", "video/mp4", "h264", 640, 360, at, "start")
        tape = _Tape(IndexWriter(epoch), folder / "001.mp4", folder / "001.index.jsonl")
        segment = f"init of {opening}".encode()
        tape.append(segment, tape.writer.init(segment))
        self._tapes[opening] = tape

    async def close_room(self, opening: str) -> None:
        tape = self._tapes.pop(opening)
        tape.append(b"", tape.writer.end("closed"))

    def write(self) -> None:
        """Write half a second that has just ended, for every opening."""
        with self._writing:
            utc = self._clock.now() - 550
            for opening, tape in tuple(self._tapes.items()):
                n = tape.writer.fragments + 1
                data = hashlib.sha256(f"{opening} {n}".encode()).digest() * 8
                line = tape.writer.fragment(data, utc=utc, duration=500, keyframe=True, video=7, audio=12)
                tape.append(data, line)

    async def run(self) -> None:
        """Go on writing; beside the loop, as a process of its own would."""
        while True:
            await asyncio.sleep(0.5)
            await asyncio.to_thread(self.write)

    async def publish(self, opening: str, participant: str, sdp: str) -> str:
        raise NotImplementedError

    async def watch(self, opening: str, participant: str, viewer: str, sdp: str) -> str:
        raise NotImplementedError

    async def restart(self, opening: str, participant: str, viewer: str, sdp: str) -> str:
        return sdp

    async def stop_watching(self, opening: str, viewer: str) -> None: ...

    async def stop_publishing(self, opening: str, participant: str) -> None: ...

    async def mute(self, opening: str, participants: object) -> None: ...

    async def film(self, opening: str, cameras: object) -> None: ...

    async def still(self, opening: str, participant: str) -> None: ...

    async def picture(self, opening: str, participant: str, jpeg: bytes, width: int, height: int) -> None: ...

    async def clock_changed(self) -> None: ...

    async def test_call(self) -> None: ...

    async def notices(self) -> AsyncIterator[MediaNotice]:
        await asyncio.Event().wait()
        yield MediaNotice("", "", "", 0, "")
