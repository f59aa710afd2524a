"""A real media worker process, real WebRTC on the loopback, real files."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hall.clock import HallClock
from hall.media.control import MediaWorkers
from hall.recording.manifest import Verification, verify_recording
from hall.recording.tail import RecordingTail
from hall.rehearsal.camera import Clip, load_clip

OPENING = "opening-1"


@pytest.fixture(scope="session")
def clip_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clip")


@pytest.fixture(scope="session")
def clip(clip_directory: Path) -> Clip:
    return load_clip(clip_directory, "h264")


@pytest.fixture(scope="session")
def vp8_clip(clip_directory: Path) -> Clip:
    return load_clip(clip_directory, "vp8")


class Plane:
    """One media plane with its clock and the server's view of its recordings."""

    def __init__(self, recordings: Path, keys: Callable[[str], bytes] | None = None) -> None:
        self.recordings = recordings
        self.clock = HallClock()
        self.workers = MediaWorkers(recordings=recordings, clock=self.clock, keys=keys)
        self.tail = RecordingTail(recordings)

    async def publish(self, participant: str, sdp: str) -> str:
        return await self.workers.publish(OPENING, participant, sdp)

    def directory(self, participant: str) -> Path:
        return self.recordings / OPENING / participant

    def media(self, participant: str) -> list[Path]:
        return sorted(p for p in self.directory(participant).iterdir() if p.suffix in (".mp4", ".webm"))

    def verified(self, media: Path) -> Verification:
        return verify_recording(media.read_bytes(), media.with_suffix(".index.jsonl").read_bytes())

    async def until(self, condition: Callable[[], object], seconds: float = 20) -> None:
        """Wait for something that real processes bring about."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - the files of another process raise no event
                await asyncio.sleep(0.05)

    async def recorded(self, participant: str, seconds: float, epoch: int = 1) -> None:
        """Wait until so much of a participant's epoch is recorded and flushed."""

        def done() -> bool:
            heads = [h for h in self.tail.heads(OPENING) if (h.participant, h.epoch) == (participant, epoch)]
            return bool(heads) and heads[0].fragments >= seconds * 2

        await self.until(done, seconds + 20)


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    plane = Plane(tmp_path / "recordings")
    await plane.workers.start()
    await plane.workers.open_room(OPENING)
    yield plane
    await plane.workers.close()


def ffprobe(path: Path) -> dict[str, int]:
    """Streams and packets by kind, as ffprobe counts them; it must not complain."""
    command = ["ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=30)
    assert done.stderr == b""
    return {s["codec_name"]: int(s["nb_read_packets"]) for s in json.loads(done.stdout)["streams"]}
