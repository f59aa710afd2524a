"""A bidder whose browser has no H.264: Debian's Firefox (package firefox-esr), as it is installed.

Its picture is VP8 the whole way: sent, recorded as WebM, watched, broadcast and replayed. What others send as H.264
it cannot show live: it sees still pictures and is told why; recordings of it are played by the library of ffmpeg
(package libavcodec59).

Firefox pairs no address of a network with the loopback one, and gathers only the former. So the whole walk, hall and
browsers, takes place in a network namespace of its own with one address, from which nothing can leave.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from hall.rehearsal.stage import Scene, Stage
from tests.e2e.firefox import BidderWithFirefox
from tests.e2e.people import PATIENCE, Person, a_bid

ADDRESS = "10.99.0.1"
INSIDE = "HALL_TEST_NAMESPACE"
"""Set where the tests run in a namespace that has `ADDRESS`."""

NAMESPACE = (
    "ip link set lo up && ip link add hall0 type veth peer name hall1"
    f" && ip addr add {ADDRESS}/24 dev hall0 && ip link set hall0 up && ip link set hall1 up"
    ' && ip route add default dev hall0 && exec "$@"'
)

COLUMNS = {"price": "11805968.88", "period": "300 日历天", "quality": "合格", "manager": "周建国"}

MOVES = """at => {
  const video = document.querySelector(`${at} video`)
  return !!video && video.videoWidth > 0 && video.currentTime > 0.5 && !video.paused && { width: video.videoWidth }
}"""
"""A picture is there and goes on."""

STILL = """([at, than]) => {
  const img = document.querySelector(`${at} img`)
  return !!img && img.naturalWidth > 0 && Number(img.dataset.taken) > than && Number(img.dataset.taken)
}"""
"""A still picture that was taken after `than`, ms UTC."""

DRAWN = """at => {
  const video = document.querySelector(`${at} video`)
  if (!video || video.readyState < 2) return false
  const pen = new OffscreenCanvas(16, 16).getContext('2d')
  pen.drawImage(video, 0, 0, 16, 16)
  return pen.getImageData(0, 0, 16, 16).data.some((value, i) => i % 4 < 3 && value > 60)
}"""
"""The picture is more than black."""


HEARD = """at => {
  const sound = document.querySelector(`${at} video`)?.srcObject?.getAudioTracks()[0]
  return !!sound && !sound.muted && sound.readyState === 'live'
}"""
"""Sound arrives: a track is muted until its first packet."""

FETCHED = """async path => {
  const blob = await (await fetch(path)).blob()
  return await new Promise((done) => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result.split(',')[1])
    reader.readAsDataURL(blob)
  })
}"""
"""A file of the hall, in base64."""


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("HALL_MEDIA_HOST", ADDRESS)
    return Scene(
        "T-firefox",
        "演招2026-012",
        "演示市第三小学供暖改造",
        bidders=1,
        lead_ms=30 * 60_000,
        movable_clock=True,
    )


async def walk(stage: Stage, browser: Browser, tmp_path: Path) -> None:
    assert stage.pki is not None
    [identity] = stage.pki.bidders
    opening, me = stage.scene.opening, f"bidder-{identity.id}"
    async with BidderWithFirefox.starts() as bidder:
        host = await Person.arrives(browser, "host", stage.port, stage.pki.by_role("host"))
        supervisor = await Person.arrives(browser, "supervisor", stage.port, stage.pki.by_role("supervisor"))
        for person in (host, supervisor):
            await person.log_in()
            await person.enters()
        await host.starts_camera()

        # Logs in with its file, seals, deposits, signs in: key, worker and upload are the same as anywhere.
        await bidder.arrives(stage.port, "bidder1", identity)
        pdf = tmp_path / "bid.pdf"
        pdf.write_bytes(a_bid(stage.scene, host, COLUMNS["price"]))
        await bidder.deposits(pdf, {**COLUMNS, "security": "200000.00"})
        await bidder.picture("firefox-deposited")
        await bidder.signs_in("王小明")
        await bidder.starts_camera()
        assert "H264" not in await bidder.evaluate(
            "() => RTCRtpSender.getCapabilities('video').codecs.map((codec) => codec.mimeType).join()"
        )
        await bidder.picture("firefox-signed-in")

        await host.see("advance-by").click()
        await host.see("advance-deadline").click()
        await host.does("advance_clock")
        await host.does("announce_bidders")
        await bidder.sees("listed", "data-listed", "true")

        # The host sends H.264: still pictures that go on, the words for it, and never a dead tile.
        await bidder.sees("watch-host", "data-state", "unseen")
        first = await bidder.until(STILL, ["[data-testid=watch-host]", 0])
        assert await bidder.until(STILL, ["[data-testid=watch-host]", first]) > first
        await bidder.until(
            "() => document.querySelector('[data-testid=watch-host]').innerText.includes('改看照片')"
        )
        await bidder.until(HEARD, "[data-testid=watch-host]")
        await bidder.picture("firefox-room")

        # The supervisor has its still pictures, and its live one on a click.
        seat = f"[data-testid=watch-{me}]"
        first = await (await supervisor.page.wait_for_function(STILL, arg=[seat, 0])).json_value()
        await supervisor.page.wait_for_function(STILL, arg=[seat, first])
        await supervisor.see(f"watch-{me}").get_by_test_id("go-live").click()
        await supervisor.page.wait_for_function(MOVES, arg=seat)
        await supervisor.page.wait_for_function(DRAWN, arg=seat)
        await supervisor.picture("firefox-watched")

        # With the floor it is on the air, as the WebM that it is.
        await bidder.click("raise-hand")
        await bidder.sees("hand", "data-state", "raised")
        await host.see(f"give-{me}").click()
        await bidder.sees("has-floor")
        public = await (await browser.new_context(locale="zh-CN")).new_page()
        public.set_default_timeout(PATIENCE)
        await public.goto(f"http://localhost:{stage.port}/live/{opening}")
        on_air = public.get_by_test_id(f"live-{me}")
        await expect(on_air).to_have_attribute("data-state", "picture")
        await expect(on_air).to_have_attribute("data-mime", re.compile("webm"))
        await public.wait_for_function(DRAWN, arg=f"[data-testid=live-{me}]")
        await _picture(public, "firefox-broadcast")
        await bidder.picture("firefox-has-floor")

        # The replay shows it to the supervisor in Chromium, and to itself in Firefox beside the host's MP4.
        await _replays_in_chromium(supervisor, opening, me, tmp_path)
        await host.see("take-floor").click()
        await bidder.goto(f"http://bidder1.localhost:{stage.port}/openings/{opening}/replay?with=host,{me}")
        await bidder.sees("moment")
        await _replays_in_firefox(bidder, opening, me)

        # And the broadcast, for anybody with such a browser: H.264 from a recording is no trouble there.
        await bidder.goto(f"http://localhost:{stage.port}/live/{opening}")
        await bidder.sees("live-host", "data-state", "picture")
        await bidder.until(DRAWN, "[data-testid=live-host]")
        assert "mp4" in await bidder.evaluate(
            "() => document.querySelector('[data-testid=live-host]').dataset.mime"
        )
        await bidder.picture("firefox-public")
        assert not [complaint for person in (host, supervisor) for complaint in person.complaints]


async def _replays_in_chromium(person: Person, opening: str, participant: str, folder: Path) -> None:
    await person.page.goto(f"{person.base}/openings/{opening}/replay?with=host,{participant}")
    await person.page.locator("[data-testid=transcript] [data-kind=FloorGiven]").click()
    tile = person.see(f"replay-{participant}")
    await expect(tile).to_have_attribute("data-state", "picture")
    await person.page.wait_for_function(DRAWN, arg=f"[data-testid=replay-{participant}]")
    recordings = f"/api/openings/{opening}/recordings"
    files = await person.page.evaluate(
        "path => fetch(path).then((answer) => answer.json())", f"{recordings}?participant={participant}"
    )
    assert {Path(one["file"]).suffix for one in files} == {".webm"}
    whole = await person.page.evaluate(FETCHED, f"{recordings}/{participant}/{files[-1]['file']}")
    path = folder / "firefox.webm"
    path.write_bytes(base64.b64decode(whole))
    assert set(await asyncio.to_thread(ffprobe, path)) == {"vp8", "opus"}
    await person.picture("firefox-replayed")


async def _replays_in_firefox(bidder: BidderWithFirefox, opening: str, me: str) -> None:
    await bidder.click("[data-testid=transcript] [data-kind=FloorGiven]")
    for one in ("host", me):
        await bidder.sees(f"replay-{one}", "data-state", "picture")
        await bidder.until(DRAWN, f"[data-testid=replay-{one}]")
    before = int(await bidder.evaluate("() => document.querySelector('[data-testid=moment]').dataset.utc"))
    await bidder.click("play")
    await bidder.until(
        "than => Number(document.querySelector('[data-testid=moment]').dataset.utc) > than + 3000", before
    )
    for one in ("host", me):
        await bidder.sees(f"replay-{one}", "data-state", "picture")
    await bidder.picture("firefox-replays")


def ffprobe(path: Path) -> dict[str, int]:
    """Packets by codec, as ffprobe counts them; it must not complain."""
    command = ["ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    return {one["codec_name"]: int(one["nb_read_packets"]) for one in json.loads(done.stdout)["streams"]}


async def _picture(page: Page, name: str) -> None:
    """A screenshot for the documents, when they are being made."""
    if folder := os.environ.get("HALL_SCREENS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


if INSIDE in os.environ:
    test_the_walk = pytest.mark.long(pytest.mark.timeout(900)(walk))
else:

    @pytest.mark.long
    @pytest.mark.timeout(960)
    def test_a_bidder_with_firefox_is_recorded_watched_broadcast_and_replayed(tmp_path: Path) -> None:
        tests = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "long",
            f"--basetemp={tmp_path / 'inside'}",
            __file__,
        ]
        done = subprocess.run(
            ["unshare", "-n", "--", "sh", "-c", NAMESPACE, "sh", *tests],
            env={**os.environ, INSIDE: "1"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
