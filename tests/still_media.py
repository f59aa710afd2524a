"""A media plane without media: it writes small invented fragments under real indices, whenever a test tells it to."""

from __future__ import annotations

import asyncio
import hashlib
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


class StillMedia:
    """The media plane without media: writes a fragment for everybody whenever it is told to."""

    def __init__(self, recordings: Path, clock: Clock) -> None:
        self._recordings = recordings
        self._clock = clock
        self.tapes: dict[str, _Tape] = {}

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def open_room(self, opening: str) -> None:
        self.begin(opening, "host")

    def begin(self, opening: str, participant: str) -> None:
        """Begin a participant's recording."""
        if participant in self.tapes:
            return
        folder = self._recordings / opening / participant
        folder.mkdir(parents=True, exist_ok=True)
        number = len(list(folder.glob("*.mp4"))) + 1
        name, now = f"{number:03d}.mp4", self._clock.now()
        epoch = Epoch(opening, participant, number, name, "video/mp4", "h264", 640, 360, now, "start")
        tape = _Tape(IndexWriter(epoch), folder / name, folder / f"{number:03d}.index.jsonl")
        segment = f"init of {participant}".encode()
        self._append(tape, segment, tape.writer.init(segment))
        self.tapes[participant] = tape

    def write(self) -> None:
        """Write a fragment of half a second that has just ended, for everybody who is recorded."""
        utc = self._clock.now() - 550
        for participant, tape in self.tapes.items():
            n = tape.writer.fragments + 1
            data = hashlib.sha256(f"{participant} {n}".encode()).digest() * 8
            line = tape.writer.fragment(data, utc=utc, duration=500, keyframe=True, video=7, audio=12)
            self._append(tape, data, line)

    async def close_room(self, opening: str) -> None:
        for tape in self.tapes.values():
            self._append(tape, b"", tape.writer.end("closed"))
        self.tapes = {}

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

    @staticmethod
    def _append(tape: _Tape, data: bytes, line: bytes) -> None:
        with tape.media.open("ab") as media, tape.index.open("ab") as index:
            media.write(data)
            index.write(line)
        tape.lines += 1
        synced_path(tape.index).write_text(str(tape.lines))
