"""A camera of the hall by RTSP, from a server of its own: watched, recorded, lost, and found again."""

from __future__ import annotations

import asyncio
import itertools
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest

from hall.clock import HallClock
from hall.media.control import MediaWorkers
from hall.media.rtsp import Sound, without_password
from hall.rehearsal.camera import Clip
from hall.runtime.media_ports import MediaNotice
from tests.integration.media.conftest import OPENING, Plane, ffprobe
from tests.integration.media.test_forwarding import Viewer

CAMERA = "camera-venue"
SERVE = """
import asyncio, sys
from aio_rtsp_toolkit.server import serve
directory, host, port = sys.argv[1:]
asyncio.run(serve(directory, host, int(port)))
"""


class RtspServer:
    """A server that shows one file again and again, as a camera shows its room."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"rtsp://viewer:topsecret@127.0.0.1:{self._port}/clip.mp4?play_count=0"

    async def start(self) -> None:
        """Start it where it was before. At first anywhere: a port that was free may be taken a moment later."""
        ports = [self._port] if self._port else [free_port() for _ in range(5)]
        said = self._directory.parent / "said"
        for port in ports:
            command = [sys.executable, "-c", SERVE, str(self._directory), "127.0.0.1", str(port)]
            with said.open("wb") as errors:
                self._process = subprocess.Popen(  # noqa: ASYNC220 - it only starts
                    command, stdout=subprocess.DEVNULL, stderr=errors
                )
            while self._process.poll() is None:
                if reachable(port):
                    self._port = port
                    return
                await asyncio.sleep(0.05)
        raise AssertionError(f"the camera's server ended: {said.read_text()}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def reachable(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def write_clip(clip: Clip, path: Path) -> None:
    """The clip as a file with AAC sound, as cameras have it: nothing of the picture is encoded again."""
    raw = path.with_suffix(".h264")
    raw.write_bytes(b"".join(clip.video))
    tone = ["-f", "lavfi", "-i", "sine=frequency=1000:duration=20"]
    command = ["ffmpeg", "-v", "error", "-y", "-r", "10", "-f", "h264", "-i", str(raw), *tone]
    subprocess.run([*command, "-c:v", "copy", "-c:a", "aac", "-shortest", str(path)], check=True, timeout=60)


@pytest.fixture
async def server(clip: Clip, tmp_path: Path) -> AsyncIterator[RtspServer]:
    (tmp_path / "shown").mkdir()
    write_clip(clip, tmp_path / "shown" / "clip.mp4")
    server = RtspServer(tmp_path / "shown")
    try:
        await server.start()
        yield server
    finally:
        server.kill()


async def heard_of(workers: MediaWorkers, kind: str, participant: str) -> MediaNotice:
    """Wait for what a worker tells of a participant."""
    async with asyncio.timeout(20):
        async for notice in workers.notices():
            if (notice.kind, notice.participant) == (kind, participant):
                return notice
    raise AssertionError


async def test_a_camera_is_watched_and_recorded_and_comes_back_after_a_loss(
    server: RtspServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plane = Plane(tmp_path / "recordings")
    plane.workers = MediaWorkers(
        recordings=plane.recordings, clock=HallClock(), cameras={CAMERA: server.url, "camera-2": "rtsp://x"}
    )
    await plane.workers.start()
    await plane.workers.open_room(OPENING)
    await plane.workers.film(OPENING, [CAMERA, "camera-unknown"])
    viewer = Viewer()
    await viewer.watch(plane, CAMERA)

    await plane.recorded(CAMERA, 2)
    await plane.until(lambda: len(viewer.numbers) > 10 and viewer.sounds > 20)
    still = await plane.workers.still(OPENING, CAMERA)
    server.kill()
    ended = await heard_of(plane.workers, "publication_ended", CAMERA)
    await server.start()
    await heard_of(plane.workers, "publication_started", CAMERA)
    await plane.recorded(CAMERA, 1, epoch=2)
    await plane.workers.close_room(OPENING)
    await viewer.close()
    await plane.workers.close()

    assert ended.detail == "camera_lost"
    assert still is not None
    media = plane.media(CAMERA)
    assert [m.name for m in media] == ["001.mp4", "002.mp4"]
    for one in media:
        found = plane.verified(one)
        assert found.ok, found.faults
        assert ffprobe(one).keys() == {"h264", "opus"}
    steps = [(b - a) % 200 for a, b in itertools.pairwise(viewer.numbers)]
    assert steps.count(1) >= len(steps) - 3, "the picture goes through whole"
    shown = capfd.readouterr()
    assert "is tried again" in shown.err
    assert "topsecret" not in shown.err + shown.out


def test_an_address_is_shown_without_what_opens_it() -> None:
    assert without_password("rtsp://a:b@192.0.2.1:554/s?k=v") == "rtsp://192.0.2.1:554/s"
    assert without_password("rtsp://camera/s") == "rtsp://camera/s"


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw"])
def test_the_sound_of_older_cameras_becomes_opus(codec: str, tmp_path: Path) -> None:
    file = tmp_path / "tone.wav"
    tone = ["-f", "lavfi", "-i", "sine=frequency=1000:duration=2:sample_rate=8000"]
    command = ["ffmpeg", "-v", "error", *tone, "-c:a", codec, str(file)]
    subprocess.run(command, check=True, timeout=60)
    with av.open(str(file)) as source:
        sound = Sound(source.streams.audio[0])
        pieces = [piece for packet in source.demux() if packet.size for piece in sound.pieces(packet)]
    assert 95 <= len(pieces) <= 100  # of 20 ms
    steps = {b.timestamp - a.timestamp for a, b in itertools.pairwise(pieces)}
    assert steps <= {959, 960, 961}
