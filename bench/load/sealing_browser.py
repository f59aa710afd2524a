"""Sealing in Chromium through the very page that bidders use: a hall, a browser, a bidder, files of several sizes."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.async_api import Browser, Route, async_playwright, expect

from bench.load.large_pdf import large_pdf
from hall import tasks
from hall.rehearsal.stage import Scene, Stage
from tests.e2e.people import Person, launch

SCENE = Scene(
    tender="T-bench",
    number="BENCH-1",
    name="封装测试",
    bidders=2,
    lead_ms=6 * 3_600_000,
    movable_clock=True,
)
COLUMNS = {
    "price": "1234567.80",
    "period": "300",
    "quality": "合格",
    "manager": "周建国",
    "security": "200000",
}
SAMPLE_EVERY = 0.1
PATIENCE = 3_600_000
"""Milliseconds."""

STEPS = """
window.steps = []
new MutationObserver(() => {
  const step = document.querySelector('[data-testid=deposit-progress]')?.dataset.step ?? ''
  if (window.steps.at(-1)?.step !== step) window.steps.push({ step, at: performance.now() })
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-step'] })
"""
"""When which step was shown, by the page's own clock."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Seconds of each step; renderer: bytes of its memory (PSS), before, and at most meanwhile."""

    size: int
    seconds: dict[str, float]
    before: int
    peak: int


async def sealed_in_chromium(directory: Path, sizes: list[int], told: Callable[[str], None]) -> list[Sealed]:
    """Sign, seal and test a bid of each size; what is uploaded is not measured and not waited for."""
    stage = Stage(directory / "hall", SCENE)
    stage.prepare()
    await stage.open()
    try:
        async with async_playwright() as play:
            found = []
            for size in sizes:
                browser = await launch(play)
                try:
                    found.append(await _once(stage, browser, directory, size))
                    told(f"{size >> 20} MiB sealed in Chromium")
                finally:
                    await browser.close()
            return found
    finally:
        await stage.close()


async def _once(stage: Stage, browser: Browser, directory: Path, size: int) -> Sealed:
    assert stage.pki is not None
    pdf = directory / "bid.pdf"
    await asyncio.to_thread(large_pdf, pdf, size)
    person = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0], script=STEPS)
    await person.log_in()
    for field, value in COLUMNS.items():
        await person.fill(field, value)

    async def held(route: Route) -> None:
        await route.abort()

    await person.page.route("**/uploads", held)
    await person.see("pdf").set_input_files(pdf)
    meter = _Renderers()
    before = meter.now()
    measuring = tasks.start(meter.run(), "renderer")
    await person.see("seal").click()
    await person.see("confirm").click()
    await expect(person.see("deposit-progress")).to_have_attribute("data-step", "uploading", timeout=PATIENCE)
    await tasks.stop(measuring)
    steps = await person.page.evaluate("window.steps")
    await person.context.close()
    times = {one["step"]: (after["at"] - one["at"]) / 1000 for one, after in itertools.pairwise(steps)}
    return Sealed(size, times, before, meter.peak)


class _Renderers:
    """The largest memory that one of this process's renderers had, workers included."""

    def __init__(self) -> None:
        self.peak = 0

    def now(self) -> int:
        most = 0
        for child in psutil.Process().children(recursive=True):
            try:
                if "--type=renderer" in child.cmdline():
                    most = max(most, child.memory_full_info().pss)
            except psutil.Error:  # it ended between the listing and the reading
                continue
        return most

    async def run(self) -> None:
        while True:
            began = time.monotonic()
            self.peak = max(self.peak, self.now())
            await asyncio.sleep(max(0.0, SAMPLE_EVERY - (time.monotonic() - began)))
