"""A WHIP and a WHEP client of other people, from npm, in Chromium, on a page of another origin: they send as a camera
of the hall and watch it, and the time from glass to glass is read from the picture itself.
"""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from tests.house.repository import ROOT
from tests.integration.media.doors_world import CAMERA, OpenHall, open_hall, until
from tests.own_hall import OPENING

CLIENTS = ROOT / "web/node_modules/whip-whep"

PAGE = """<!doctype html><title>elsewhere</title><body>
<script type="module">
import { WHIPClient } from '/whip.js';
import { WHEPClient } from '/whep.js';
const CELLS = 24, WIDE = 480, HIGH = 270, SIDE = WIDE / CELLS;

function drawing() {  // the time in milliseconds as black and white cells, and something that moves
  const canvas = Object.assign(document.createElement('canvas'), {width: WIDE, height: HIGH});
  document.body.append(canvas);
  const g = canvas.getContext('2d');
  setInterval(() => {
    const now = Date.now() % (1 << CELLS);
    g.fillStyle = '#556'; g.fillRect(0, 0, WIDE, HIGH);
    g.fillStyle = '#fa3'; g.fillRect(now / 4 % WIDE, 150, 40, 60);
    for (let i = 0; i < CELLS; i++) {
      const set = now >> i & 1;
      g.fillStyle = set ? '#fff' : '#000'; g.fillRect(i * SIDE, 0, SIDE, SIDE);
      g.fillStyle = set ? '#000' : '#fff'; g.fillRect(i * SIDE, SIDE, SIDE, SIDE);
    }
  }, 15);
  return canvas.captureStream(30);
}

function tone() {
  const context = new AudioContext(), out = context.createMediaStreamDestination();
  const beep = context.createOscillator();
  beep.connect(out); beep.start();
  return out.stream.getAudioTracks()[0];
}

window.send = async (url, token) => {
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'}), client = new WHIPClient();
  const stream = drawing();
  stream.addTrack(tone());
  for (const track of stream.getTracks()) pc.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
  window.sender = client; window.sending = pc;
  await client.publish(pc, url, token);
};

window.watch = async (url, token) => {
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'}), client = new WHEPClient();
  const video = Object.assign(document.createElement('video'), {muted: true, autoplay: true});
  document.body.append(video);
  const stream = new MediaStream();
  video.srcObject = stream;
  pc.ontrack = (event) => stream.addTrack(event.track);
  for (const kind of ['video', 'audio']) pc.addTransceiver(kind, {direction: 'recvonly'});
  window.watcher = client; window.watching = pc; window.delays = [];
  const g = new OffscreenCanvas(WIDE, 2 * SIDE).getContext('2d', {willReadFrequently: true});
  const look = () => {
    const shown = Date.now();
    g.drawImage(video, 0, 0, WIDE, HIGH);
    let time = 0, whole = true;
    for (let i = 0; i < CELLS; i++) {
      const [above, below] = [0, 1].map((row) => g.getImageData((i + .5) * SIDE, (row + .5) * SIDE, 1, 1).data[1]);
      whole &&= Math.abs(above - below) > 60;
      if (above > below) time += 2 ** i;
    }
    if (whole) window.delays.push((shown - time) % (1 << CELLS) & (1 << CELLS) - 1);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  await client.view(pc, url, token);
};
window.heard = async () => {
  for (const s of (await window.watching.getStats()).values())
    if (s.type === 'inbound-rtp' && s.kind === 'audio') return s.packetsReceived;
  return 0;
};
</script>"""


@pytest.fixture
async def elsewhere() -> AsyncIterator[str]:
    """A page of another origin."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def script(request: web.Request) -> web.Response:
        text = (CLIENTS / f"{request.match_info['name']}.js").read_text(encoding="utf-8")
        return web.Response(text=text, content_type="text/javascript")

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/{name:whip|whep}.js", script)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_clients_of_other_people_send_and_watch(tmp_path: Path, elsewhere: str) -> None:
    async with open_hall(tmp_path) as hall, async_playwright() as playwright:
        sends, watches = await hall.token("clerk", CAMERA), await hall.token("supervisor", "")
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--autoplay-policy=no-user-gesture-required",
                "--disable-background-networking",
            ],
        )
        page = await browser.new_page()
        await page.goto(elsewhere)
        await page.wait_for_function("() => Boolean(window.watch)")
        await page.evaluate("([url, token]) => send(url, token)", [f"{hall.api}/whip", sends["token"]])
        await hall.recorded(CAMERA)
        await page.evaluate(
            "([url, token]) => watch(url, token)", [f"{hall.api}/whep/{CAMERA}", watches["token"]]
        )
        await page.wait_for_function("window.delays.length > 60", timeout=30_000)

        delays = (await page.evaluate("window.delays"))[-50:]
        assert await page.evaluate("heard()") > 20
        print(f"glass to glass: median {statistics.median(delays)} ms, worst {max(delays)} ms")  # noqa: T201
        await page.evaluate("sender.stop()")
        await until(lambda: not publishing(hall))
        await page.evaluate("watcher.stop()")
        await browser.close()


def publishing(hall: OpenHall) -> bool:
    return CAMERA in hall.hall.core.registry.opening(OPENING).publishing
