"""The public broadcast as people see it: before, during and after, on our own page and in a player that is not ours.

The host's camera shows the moment at which each picture was taken, so the page that plays it knows how late it is.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from hall.rehearsal.stage import Stage
from tests.e2e.lateness import BEHIND, CLOCK_CAMERA, VP8_ONLY, hls_js
from tests.e2e.people import PATIENCE, Person


@pytest.mark.timeout(240)
async def test_the_public_watches_the_hall_from_the_deadline_on(stage: Stage, browser: Browser) -> None:
    assert stage.pki is not None
    host = await Person.arrives(browser, "host", stage.port, stage.pki.by_role("host"))
    await host.context.add_init_script(f"({CLOCK_CAMERA})()")
    await host.page.reload()
    await host.log_in()
    await host.enters()
    await host.starts_camera()

    anybody = await browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    anybody.set_default_timeout(PATIENCE)
    page = await anybody.new_page()
    address = f"http://localhost:{stage.port}/live/{stage.scene.opening}"
    await page.goto(address)
    await expect(page.get_by_test_id("broadcast-before")).to_be_visible()
    await picture(page, "broadcast-before")

    await host.see("advance-by").click()
    await host.see("advance-deadline").click()
    await host.does("advance_clock")
    live = page.get_by_test_id("live-host")
    await expect(live).to_have_attribute("data-state", "picture")
    await picture(page, "broadcast-live")
    assert await anybody.cookies() == []

    playlist = f"/api/broadcast/{stage.scene.opening}/host/live.m3u8"
    judge = await hls_js(await anybody.new_page(), stage.port, playlist)
    for watched in (page, judge):
        assert len(await watched.evaluate(BEHIND, 10)) == 10  # the hall's own picture, as it is now
    assert await judge.evaluate("window.fatal") == []
    await judge.close()
    probe(f"http://localhost:{stage.port}{playlist}")

    await anybody.set_offline(True)
    await expect(page.get_by_test_id("broadcast-lost")).to_be_visible()
    await picture(page, "broadcast-lost")
    await anybody.set_offline(False)
    await expect(page.get_by_test_id("broadcast-lost")).to_be_hidden()
    await expect(live).to_have_attribute("data-state", "picture")

    # The host comes again with a browser that has no H.264: the page goes on with WebM.
    await host.context.add_init_script(f"({VP8_ONLY})()")
    await host.page.reload()
    await host.unlocks()
    await host.starts_camera()
    await expect(live).to_have_attribute("data-mime", re.compile("webm"))
    await expect(live).to_have_attribute("data-state", "picture")
    assert len(await page.evaluate(BEHIND, 10)) == 10

    # Afterwards: whoever may replay has the same bytes as one playlist, both epochs of H.264 and the hole between them.
    archive = f"/api/openings/{stage.scene.opening}/recordings/host/playlist.m3u8"
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in await host.context.cookies())
    probe(f"http://localhost:{stage.port}{archive}", f"Cookie: {cookie}\r\n")
    text = await host.page.evaluate("(path) => fetch(path).then((found) => found.text())", archive)
    assert text.count("#EXT-X-MAP") >= 2
    assert text.endswith("#EXT-X-ENDLIST\n")
    await page.goto(f"{address}-other")
    await expect(page.get_by_test_id("broadcast-unknown")).to_be_visible()


def probe(playlist: str, headers: str = "") -> None:
    """ffprobe finds the recorded streams in the playlist and nothing to complain about."""
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0"]
    command += [*(["-headers", headers] if headers else []), playlist]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert set(done.stdout.split()) == {"h264", "opus"}
    assert done.stderr == ""


async def picture(page: Page, name: str) -> None:
    """A screenshot for the documents, when they are being made."""
    if folder := os.environ.get("HALL_SCREENS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
