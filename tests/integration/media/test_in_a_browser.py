"""Chromium itself publishes, watches and plays what was recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from tests.integration.media.conftest import OPENING, Plane, ffprobe

PUBLISH = """async (codec) => {
  const stream = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width: 320, height: 180, frameRate: 10}});
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  for (const track of stream.getTracks()) pc.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
  const able = RTCRtpSender.getCapabilities('video').codecs;
  pc.getTransceivers().find((t) => t.sender.track.kind === 'video')
    .setCodecPreferences(able.filter((c) => codec === 'any' || c.mimeType === codec));
  await pc.setLocalDescription();
  const answer = await fetch('/publish', {method: 'POST', body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  window.pc = pc;
}"""

WATCH = """async () => {
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  pc.addTransceiver('audio', {direction: 'recvonly'});
  pc.addTransceiver('video', {direction: 'recvonly'});
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; video.id = 'live';
  document.body.append(video);
  pc.ontrack = (e) => { video.srcObject = e.streams[0]; };
  await pc.setLocalDescription();
  const answer = await fetch('/watch', {method: 'POST', body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  window.pc = pc;
}"""

LIVE = """async () => {
  const found = {};
  for (const s of (await window.pc.getStats()).values())
    if (s.type === 'inbound-rtp') found[s.kind] = s.framesDecoded ?? s.packetsReceived;
  const v = document.getElementById('live');
  return {...found, width: v.videoWidth, height: v.videoHeight};
}"""

PLAY = """async (file) => {
  const video = document.createElement('video');
  video.muted = true; video.src = file; document.body.append(video);
  await video.play();
  await new Promise((done, failed) => {
    video.onerror = () => failed(new Error(video.error.message));
    video.ontimeupdate = () => { if (video.currentTime > 1.5) done(); };
  });
  const q = video.getVideoPlaybackQuality();
  return {width: video.videoWidth, height: video.videoHeight, frames: q.totalVideoFrames,
          sound: video.webkitAudioDecodedByteCount, picture: video.webkitVideoDecodedByteCount};
}"""


@pytest.fixture
async def origin(plane: Plane) -> AsyncIterator[str]:
    async def publish(request: web.Request) -> web.Response:
        return web.Response(text=await plane.publish("host", await request.text()))

    async def watch(request: web.Request) -> web.Response:
        answer = await plane.workers.watch(OPENING, "host", "supervisor", await request.text())
        return web.Response(text=answer)

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>media</title><body>", content_type="text/html")

    async def recording(request: web.Request) -> web.FileResponse:
        return web.FileResponse(plane.tail.path(OPENING, "host", request.match_info["file"]))

    app = web.Application()
    app.router.add_post("/publish", publish)
    app.router.add_post("/watch", watch)
    app.router.add_get("/", page)
    app.router.add_get("/recording/{file}", recording)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def stats(page: Page) -> dict[str, int]:
    found: dict[str, int] = await page.evaluate(LIVE)
    return found


@pytest.mark.parametrize(
    ("offered", "suffix", "streams"),
    [("any", ".mp4", {"h264", "opus"}), ("video/VP8", ".webm", {"vp8", "opus"})],
)
async def test_chromium_publishes_watches_and_plays_the_recording(
    plane: Plane, origin: str, offered: str, suffix: str, streams: set[str]
) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--disable-background-networking",
            ],
        )
        watcher = await browser.new_page()
        await watcher.goto(origin)
        await watcher.evaluate(WATCH)
        publisher = await browser.new_page()
        await publisher.goto(origin)
        await publisher.evaluate(PUBLISH, offered)
        await plane.recorded("host", 3)
        live = await stats(watcher)
        assert live["video"] >= 22  # of 30: every hole is filled or asked for
        assert live["audio"] >= 100
        assert (live["width"], live["height"]) == (320, 180)
        await plane.workers.stop_publishing(OPENING, "host")
        await publisher.close()

        for media in plane.media("host"):
            found = plane.verified(media)
            assert found.ok, found.faults
        [media] = plane.media("host")
        assert media.suffix == suffix
        assert ffprobe(media).keys() == streams
        played = await watcher.evaluate(PLAY, f"/recording/{media.name}")
        assert (played["width"], played["height"]) == (320, 180)
        assert played["frames"] >= 10
        assert played["sound"] > 0
        await browser.close()
