"""How late a picture is: a camera that shows when it was taken, and players that read it off the screen."""

from __future__ import annotations

import statistics
from pathlib import Path

from playwright.async_api import Page, Route

HLS_JS = Path(__file__).parents[2] / "web" / "node_modules" / "hls.js" / "dist" / "hls.min.js"

CLOCK_CAMERA = """() => {
  // 24 bits of the machine's clock, as blocks that survive any encoder; a ninth column tells black from white.
  const canvas = document.createElement('canvas'); canvas.width = 320; canvas.height = 180;
  const pen = canvas.getContext('2d', {alpha: false});
  const draw = () => {
    const now = Date.now() % 2 ** 24;
    for (let bit = 0; bit < 24; bit++) {
      pen.fillStyle = (now >> bit) & 1 ? '#fff' : '#000';
      pen.fillRect((bit % 8) * 40, Math.floor(bit / 8) * 60, 40, 60);
    }
  };
  draw(); setInterval(draw, 20);
  const sound = new AudioContext(); const out = sound.createMediaStreamDestination();
  const tone = sound.createOscillator(); tone.connect(out); tone.start();
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = canvas.captureStream(15);
    if (!wanted.video) stream.getVideoTracks().forEach((track) => stream.removeTrack(track));
    if (wanted.audio) stream.addTrack(out.stream.getAudioTracks()[0].clone());
    return stream;
  };
}"""

BEHIND = """async (count) => {
  const video = document.querySelector('video');
  const canvas = document.createElement('canvas'); canvas.width = 320; canvas.height = 180;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const found = [];
  for (let tries = 0; found.length < count && tries < 40 * count; tries++) {
    await new Promise((shown) => setTimeout(shown, 50));
    if (video === null || video.readyState < 2) continue;
    pen.drawImage(video, 0, 0, 320, 180);
    let then = 0;
    for (let bit = 0; bit < 24; bit++) {
      const [level] = pen.getImageData((bit % 8) * 40 + 20, Math.floor(bit / 8) * 60 + 30, 1, 1).data;
      if (level > 127) then += 2 ** bit;
    }
    const late = (Date.now() % 2 ** 24) - then;
    if (late > 0 && late < 60000) found.push(late);
  }
  return found;
}"""

JUDGE = """<!doctype html><title>judge</title><video muted playsinline width="320"></video>
<script src="/assets/judge.js"></script>"""

PLAY = """(playlist) => {
  const video = document.querySelector('video');
  const hls = new Hls({lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.5});
  window.fatal = [];
  hls.on(Hls.Events.ERROR, (_, told) => { if (told.fatal) window.fatal.push(told.details); });
  hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
  hls.loadSource(playlist); hls.attachMedia(video);
}"""


VP8_ONLY = """() => {
  // What a browser without H.264 would offer.
  const able = RTCRtpSender.getCapabilities('video').codecs.filter(({mimeType}) => mimeType === 'video/VP8');
  const plain = RTCRtpTransceiver.prototype.setCodecPreferences;
  RTCRtpTransceiver.prototype.setCodecPreferences = () => undefined;
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (what, how) {
    const made = add.call(this, what, how);
    if ((what.kind ?? what) === 'video') plain.call(made, able);
    return made;
  };
}"""


async def hls_js(page: Page, port: int, playlist: str) -> Page:
    """Another's player on the playlist, at the hall's own address, past the pages of the hall."""

    async def judged(route: Route) -> None:
        if route.request.url.endswith(".js"):
            await route.fulfill(path=HLS_JS, content_type="text/javascript")
        else:
            await route.fulfill(body=JUDGE, content_type="text/html")

    await page.route("**/assets/judge*", judged)
    await page.goto(f"http://localhost:{port}/assets/judge.html")
    await page.evaluate(PLAY, playlist)
    await page.wait_for_function("document.querySelector('video').currentTime > 0.5")
    await page.wait_for_timeout(3_000)  # a player finds its distance to the live edge in its first seconds
    return page


def summary(late: list[int]) -> str:
    """Median and range of what `BEHIND` found, ms."""
    return f"{round(statistics.median(late))} ({min(late)}-{max(late)})" if late else "nothing"
