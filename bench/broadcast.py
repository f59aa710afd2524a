"""The public broadcast: how late a spectator sees the hall, and what many spectators cost.

A real hall; the host's picture comes from Chromium, whose camera shows the moment at which each picture was taken, and
spectators read it off their screens: the hall's own page (H.264, then VP8), and hls.js on the same bytes. Then 200
spectators on the loopback ask for all that the page asks for, and the server's CPU and its answers to others are
measured beside a quiet time. Needs Chromium and the built web client; about two minutes. On a machine that has other
work the times say little, CPU of a request still does. `python -m bench.broadcast SPECTATORS` measures another case.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil
from playwright.async_api import Browser, Page, async_playwright, expect

from bench.load.parts import Part, module, part
from bench.table import Row, publish
from hall.rehearsal.stage import Scene, Stage
from tests.e2e.lateness import BEHIND, CLOCK_CAMERA, VP8_ONLY, hls_js
from tests.e2e.people import Person, launch

SCENE: Final = Scene(
    tender="T-bench", number="B-1", name="公开直播", bidders=1, lead_ms=30 * 60_000, movable_clock=True
)
SAMPLES: Final = 100
VIEWERS: Final = 200
SECONDS: Final = 20.0
GOAL: Final = 2_500.0


async def watch(stage: Stage, browser: Browser, rows: list[Row]) -> None:
    """Bring the host on the air and measure how late it is seen."""
    assert stage.pki is not None
    host = await Person.arrives(browser, "host", stage.port, stage.pki.by_role("host"))
    await host.context.add_init_script(f"({CLOCK_CAMERA})()")
    await host.page.reload()
    await host.log_in()
    await host.enters()
    await host.starts_camera()
    await host.see("advance-by").click()
    await host.see("advance-deadline").click()
    await host.does("advance_clock")
    page = await (await browser.new_context()).new_page()
    await page.goto(f"http://localhost:{stage.port}/live/{SCENE.opening}")
    live = page.get_by_test_id("live-host")
    await expect(live).to_have_attribute("data-state", "picture")
    rows += await late(page, "own page, H.264", "the hall's own page")
    await page.close()
    judge = await hls_js(
        await (await browser.new_context()).new_page(),
        stage.port,
        f"/api/broadcast/{SCENE.opening}/host/live.m3u8",
    )
    rows += await late(judge, "hls.js, LL-HLS, H.264", "hls.js 1.7 with maxLiveSyncPlaybackRate 1.5")
    await judge.close()
    await host.context.add_init_script(f"({VP8_ONLY})()")
    await host.page.reload()
    await host.unlocks()
    await host.starts_camera()
    page = await (await browser.new_context()).new_page()
    await page.goto(f"http://localhost:{stage.port}/live/{SCENE.opening}")
    live = page.get_by_test_id("live-host")
    await expect(live).to_have_attribute("data-mime", re.compile("webm"))
    await expect(live).to_have_attribute("data-state", "picture")
    rows += await late(page, "own page, VP8", "the hall's own page, WebM")
    await page.close()


async def late(page: Page, case: str, how: str) -> list[Row]:
    await page.wait_for_timeout(5_000)  # a player finds its distance to the live edge in its first seconds
    found = sorted(await page.evaluate(BEHIND, SAMPLES))
    how = f"camera to screen, 320x180, 15 fps, same machine; {how}; {len(found)} pictures"
    middle, last = found[len(found) // 2], found[len(found) * 95 // 100]
    return [
        Row(case=f"{case}: p50", ours=middle, unit="ms", how=how),
        Row(case=f"{case}: p95", ours=last, unit="ms", how=how),
    ]


async def cost(stage: Stage, spectators: Part, many: int, rows: list[Row]) -> None:
    """What spectators cost the server, and what others notice of them."""
    server = next(one for one in psutil.Process().children() if "serve" in one.cmdline())
    how = f"{many} spectators of one participant on the loopback, each as the page asks; {SECONDS:.0f} s"
    for viewers in (0, many):
        before = used(server)
        asking = asyncio.create_task(round_trips(stage.base, SECONDS))
        order = {"viewers": viewers, "seconds": SECONDS}
        found: dict[str, Any] = await asyncio.to_thread(spectators.ask, order)
        trips = await asking
        cpu = used(server) - before
        name = f"{viewers} spectators"
        rows.append(
            Row(case=f"{name}: server CPU", ours=round(cpu / SECONDS * 100, 1), unit="% of a core", how=how)
        )
        for share, label in ((0.5, "p50"), (0.99, "p99")):
            trip = trips[int(len(trips) * share)]
            rows.append(Row(case=f"{name}: GET /api/time {label}", ours=round(trip, 2), unit="ms", how=how))
        if viewers:
            each = cpu / SECONDS / viewers * 1000
            rows += [
                Row(case="CPU of a spectator-second", ours=round(each, 3), unit="ms", how=how),
                Row(
                    case="CPU of a request", ours=round(cpu / found["requests"] * 1000, 3), unit="ms", how=how
                ),
                Row(case="requests", ours=round(found["requests"] / SECONDS), unit="/s", how=how),
                Row(case="bytes", ours=round(found["bytes"] / SECONDS / 1e6, 2), unit="MB/s", how=how),
                Row(case="failures", ours=found["failures"], unit="", how=how),
                Row(
                    case="fragment recorded to received p50",
                    ours=round(found["late_p50"]),
                    unit="ms",
                    how=how,
                ),
                Row(
                    case="fragment recorded to received p99",
                    ours=round(found["late_p99"]),
                    unit="ms",
                    how=how,
                ),
            ]


def used(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


async def round_trips(base: str, seconds: float) -> list[float]:
    """How long the hall takes to tell the time, ms, ascending."""
    found = []
    async with aiohttp.ClientSession(base) as session:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            async with session.get("/api/time") as answer:
                await answer.read()
            found.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(0.02)
    return sorted(found)


async def measure(folder: Path, many: int) -> list[Row]:
    rows: list[Row] = []
    stage = Stage(folder, SCENE)
    stage.prepare()
    with stage.config.open("a", encoding="utf-8") as config:
        config.write("\n[video]\nwidth = 320\nheight = 180\nrate = 15\n")
    await stage.open()
    try:
        async with async_playwright() as play:
            browser = await launch(play)
            await watch(stage, browser, rows)
            with part(module("bench.load.spectators", stage.base, SCENE.opening, "host")) as spectators:
                await cost(stage, spectators, many, rows)
            await browser.close()
    finally:
        await stage.close()
    return rows


def main(many: int) -> None:
    os.environ.setdefault("HALL_SERVER_WEB_ROOT", str(Path(__file__).parents[1] / "web" / "dist"))
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder), many))
    publish("broadcast", rows)
    slow = [row.case for row in rows if row.case.endswith(": p50") and row.ours > GOAL]
    if slow:
        sys.exit(f"later than {GOAL:.0f} ms: {', '.join(slow)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else VIEWERS)
