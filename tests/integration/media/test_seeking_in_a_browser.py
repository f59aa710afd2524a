"""Chromium seeks in a finished WebM recording that is given its other head, to the picture that was wanted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from hall.clock import ManualClock
from hall.recording.files import EpochFile
from hall.recording.reading import Reading
from hall.recording.recorder import Recorder
from hall.rehearsal.camera import Clip
from tests.e2e.people import CHROMIUM

pytestmark = pytest.mark.long

NOON = 1_795_000_000_000
SECONDS = 60
SEEK = """async ([file, moments]) => {
  const video = document.createElement('video')
  video.muted = true
  video.src = file
  document.body.append(video)
  await new Promise((done, failed) => {
    video.onloadedmetadata = done
    video.onerror = () => failed(new Error(video.error.message))
  })
  const shown = []
  for (const at of moments) {
    const frame = new Promise((done) => video.requestVideoFrameCallback((_, { mediaTime }) => done(mediaTime)))
    video.currentTime = at
    shown.push(await frame)
  }
  return { duration: video.duration, shown }
}"""


def record(root: Path, clip: Clip) -> Path:
    """A minute of VP8 and sound, ten pictures a second: the media file."""
    clock = ManualClock(NOON)
    recorder = Recorder(
        root,
        "O1",
        "host",
        clock,
        request_keyframe=lambda: None,
        opened=lambda file: None,
        finished=EpochFile.close,
    )
    recorder.begin(video=True)
    for n in range(SECONDS * 10):
        recorder.video("vp8", (clip.video[n % len(clip.video)],), n * 9_000)
        for k in range(5):
            recorder.audio(b"\xf8\xff\xfe", n * 4_800 + k * 960)
            clock.pass_ms(20)
        recorder.tick()
    recorder.end("stopped")
    [media] = (root / "O1" / "host").glob("*.webm")
    return media


async def test_a_browser_seeks_in_the_bare_file_within_one_picture(tmp_path: Path, vp8_clip: Clip) -> None:
    media = record(tmp_path, vp8_clip)
    reading = Reading(tmp_path, lambda opening: b"")
    head, instead = await reading.seekable(media)
    easy = tmp_path / "easy.webm"
    easy.write_bytes(head + media.read_bytes()[instead:])
    lines = [json.loads(x) for x in media.with_suffix(".index.jsonl").read_bytes().splitlines()]
    assert len(head) < 40 * len(lines)

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>seek</title><body>", content_type="text/html")

    async def file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(easy)

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/easy.webm", file)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    moments = [47.35, 3.05, 58.95, 0.05, 31.75]
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = await browser.new_page()
        await tab.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        found = await tab.evaluate(SEEK, ["/easy.webm", moments])
        await browser.close()
    await runner.cleanup()
    await reading.close()

    assert found["duration"] == pytest.approx(SECONDS, abs=0.2)
    for wanted, shown in zip(moments, found["shown"], strict=True):
        assert 0 <= wanted - shown < 0.1, (wanted, shown)
