"""The replay page in a real browser, over an opening that robots play: three participants in step with the journal, to
the picture. What the page shows is read off its pixels, and held against the recorded files themselves."""

from __future__ import annotations

import asyncio
import base64
import bisect
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from hall import tasks
from hall.rehearsal.camera import FPS, FRAMES, read_back
from hall.rehearsal.demo_ca import PASSWORD
from hall.rehearsal.plans import Plan, Player
from hall.rehearsal.processes import python_process
from hall.rehearsal.stage import Scene, Stage
from tests.e2e.people import PATIENCE, Person

SHOWN: Final = ("host", "bidder-b1", "bidder-b2")
FRAME: Final = 1000 / FPS
LEAD_MS: Final = int(14_000 * min(2.5, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))))
"""Bidders need the time before the deadline for themselves; a busy machine needs more of it."""

SCENE: Final = Scene("T-replay", "演招2026-011", "演示市第二小学操场改造", bidders=3, lead_ms=LEAD_MS)

READ_COUNTERS: Final = """
ids => {
  const utc = Number(document.querySelector('[data-testid=moment]').dataset.utc)
  const drawn = ids.map(id => {
    const tile = document.querySelector(`[data-testid='replay-${id}']`)
    const video = tile.querySelector('video')
    if (tile.dataset.state !== 'picture' || video.videoWidth === 0) return null
    const pen = new OffscreenCanvas(320, 180).getContext('2d')
    pen.drawImage(video, 0, 0, 320, 180)
    return pen
  })
  const row = (pen, y) => {
    const { data } = pen.getImageData(0, y, 320, 1)
    return [...Array(16).keys()].reduce((number, i) => number * 2 + (data[(i * 20 + 10) * 4] > 125 ? 1 : 0), 0)
  }
  const counters = drawn.map(pen => {
    if (pen === null) return null
    const number = row(pen, 170)
    return (number ^ row(pen, 150)) === 0xffff ? number : null
  })
  return { counters, utc }
}
"""
"""The numbers burnt into the pictures that stand on the screen at one instant, see `hall.rehearsal.camera`; null where
there is no picture. With them the moment that the page says it shows.
"""


FETCHED: Final = """
async path => {
  const blob = await (await fetch(path)).blob()
  return await new Promise(done => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result.split(',')[1])
    reader.readAsDataURL(blob)
  })
}
"""


@pytest.fixture
def scene() -> Scene:
    return SCENE


@pytest.fixture
async def journal(stage: Stage) -> AsyncIterator[Journal]:
    """Robots play the opening; what the host hears of it."""
    assert stage.pki is not None
    clips = Path(tempfile.gettempdir()) / "hall-clips"
    work = stage.directory / "robots"
    work.mkdir()
    pki, told = stage.pki, Journal()

    def plan(*roles: str, who: str = "") -> Plan:
        identities = [pki.by_role(role) for role in roles] or [b for b in pki.bidders if b.id == who]
        players = [Player(one.id, one.role, one.p12, PASSWORD, objects=one.id == "b1") for one in identities]
        return Plan(stage.base, SCENE.tender, work, clips, 1, 0.2, 2_000, tuple(players))

    plans = {("bidder", one.id): plan(who=one.id) for one in pki.bidders}
    plans["host", "host"] = plan("host")
    plans["staff", "staff"] = plan("procuring_entity", "announcer", "scrutineer", "clerk")
    async with AsyncExitStack() as running:
        for (role, name), one in plans.items():
            one.write(work / f"{name}.json")
            options = ("--role", role, "--config", str(work / f"{name}.json"))
            process = python_process("-m", "hall.rehearsal.robots", *options, log=stage.log)
            lines, _ = await running.enter_async_context(process)
            hearing = tasks.start(told.hear(lines), f"hears {name}")
            running.push_async_callback(tasks.stop, hearing)
        yield told


class Journal:
    """What robots tell of the opening."""

    def __init__(self) -> None:
        self._kinds: set[str] = set()
        self._news = asyncio.Event()

    async def hear(self, lines: AsyncIterator[bytes]) -> None:
        """Listen to one process of robots."""
        async for line in lines:
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if said.get("event") == "timeline":
                    self._kinds.add(said["kind"])
                    self._news.set()

    async def tells(self, kind: str) -> None:
        """Return when something of this kind has happened."""
        while kind not in self._kinds:
            self._news.clear()
            await self._news.wait()


@pytest.mark.timeout(240)
async def test_three_participants_are_replayed_in_step_with_the_journal(
    stage: Stage, journal: Journal, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    supervisor = await Person.arrives(browser, "supervisor", stage.port, stage.pki.by_role("supervisor"))
    await supervisor.log_in()
    await expect(supervisor.see("my-role")).to_be_visible()
    await journal.tells("PricesDisclosed")
    room = f"{supervisor.base}/openings/{SCENE.opening}"
    await supervisor.page.goto(f"{room}/replay?with={','.join(SHOWN)}")

    # A press on the decrypt command: all three stand at its moment, to the picture.
    pressed = supervisor.page.locator("[data-testid=transcript] [data-kind=DecryptionCommanded]")
    await pressed.click()
    commanded = int(await pressed.get_attribute("data-at") or 0)
    for one in SHOWN:
        await expect(supervisor.see(f"replay-{one}")).to_have_attribute("data-state", "picture")
    recorded = {one: await _recorded(supervisor, one, tmp_path) for one in SHOWN}
    assert await _stand(supervisor, recorded) == commanded

    # Played, they go on together: never a picture apart for long, and never far from the clock.
    await supervisor.see("play").click()
    await _in_step(supervisor, recorded)
    await supervisor.see("play").click()
    await expect(supervisor.see("play")).to_have_attribute("data-playing", "false")
    assert await _stand(supervisor, recorded) > commanded

    # The search finds a word of the journal, and Enter goes to it; the keys go on from there.
    await supervisor.fill("search", "公布投标人名单")
    await supervisor.page.keyboard.press("Enter")
    announced = supervisor.page.locator("[data-kind=BiddersAnnounced]")
    await expect(announced).to_have_count(1)
    at = await announced.get_attribute("data-at")
    await expect(supervisor.see("moment")).to_have_attribute("data-utc", str(at))
    await supervisor.page.keyboard.press("Escape")
    await supervisor.see("moment").click()
    # Back, not forth: forth the opening still goes on, and a jump ends where the page's knowledge does.
    await supervisor.page.keyboard.press("ArrowLeft")
    await expect(supervisor.see("moment")).to_have_attribute("data-utc", str(int(at or 0) - 5_000))

    # The help closes at once for the keys, however long it fades.
    await supervisor.page.keyboard.press("?")
    await expect(supervisor.see("keys")).to_be_visible()
    await supervisor.page.keyboard.press("Escape")
    await supervisor.page.keyboard.press("/")
    await expect(supervisor.page.locator("[data-testid=transcript] input")).to_be_focused()

    # Before a bidder's camera ran there is no picture, and the tile says why; never a picture of another moment.
    first = min(track.start for track in recorded.values())
    last = max(SHOWN, key=lambda one: recorded[one].start)
    await supervisor.page.goto(f"{room}/replay?at={first}&with={last}")
    await expect(supervisor.see(f"replay-{last}")).to_have_attribute("data-state", "gap")
    await expect(supervisor.see("gap")).to_contain_text("尚未开始录制")

    # That somebody looked stands in the journal of the recordings.
    history = json.loads(await _get(supervisor, "/keeping"))["history"]
    assert any(set(SHOWN) <= set(entry.get("participants", ())) for entry in history)
    assert not supervisor.complaints


class Recorded:
    """Which number was filmed when, by what stands in the file."""

    def __init__(self, start: int, counters: tuple[tuple[float, int], ...]) -> None:
        self.start = start
        self._moments = [start + seconds * 1000 for seconds, _ in counters]
        self._numbers = [number for _, number in counters]

    def at(self, utc: int) -> int:
        """The number that stands on the screen at `utc` (ms): of the last picture that began before."""
        return self._numbers[bisect.bisect_right(self._moments, utc + 1) - 1]

    def moment(self, number: int, near: int) -> float:
        """When this number was filmed, the time nearest to `near`: the clip runs in a loop."""
        moments = [m for m, n in zip(self._moments, self._numbers, strict=True) if n == number]
        return min(moments, key=lambda m: abs(m - near))


async def _recorded(person: Person, participant: str, folder: Path) -> Recorded:
    """The participant's first file, as the hall gives it to a player."""
    files = json.loads(await _get(person, f"?participant={participant}"))
    first = min(files, key=lambda one: one["epoch"])
    path = folder / f"{participant}-{first['file']}"
    path.write_bytes(await _get(person, f"/{participant}/{first['file']}"))
    index = json.loads(await _get(person, f"/{participant}/{first['file']}/index"))
    found = await asyncio.to_thread(read_back, path)
    assert found.steps >= 0.9 * (len(found.counters) - 1)
    return Recorded(index["init"]["utc"], found.counters)


async def _get(person: Person, path: str) -> bytes:
    """What the hall gives the person's own page below its recordings."""
    whole = await person.page.evaluate(FETCHED, f"/api/openings/{SCENE.opening}/recordings{path}")
    return base64.b64decode(whole)


async def _stand(person: Person, recorded: dict[str, Recorded]) -> int:
    """Return the moment at which the pictures stand, once each is the very one that was filmed then."""
    shown, due = None, None
    for _ in range(PATIENCE // 200):
        shown = await person.page.evaluate(READ_COUNTERS, SHOWN)
        due = [recorded[one].at(shown["utc"]) for one in SHOWN]
        if shown["counters"] == due:
            return int(shown["utc"])
        await person.page.wait_for_timeout(200)
    raise AssertionError(f"{shown} stand there instead of {due}")


async def _in_step(person: Person, recorded: dict[str, Recorded]) -> None:
    """Return when three looks in a row showed pictures filmed within a picture's length of each other, and of what the
    page's clock says; it is written on the page ten times a second."""
    good, shown = 0, None
    for _ in range(PATIENCE // 100):
        shown = await person.page.evaluate(READ_COUNTERS, SHOWN)
        moments = [
            recorded[one].moment(counter, shown["utc"])
            for one, counter in zip(SHOWN, shown["counters"], strict=True)
            if counter is not None
        ]
        together = len(moments) == len(SHOWN) and max(moments) - min(moments) <= 1.5 * FRAME
        good = good + 1 if together and abs(moments[0] + FRAME / 2 - shown["utc"]) <= 2 * FRAME else 0
        if good == 3:
            return
        await person.page.wait_for_timeout(100)
    raise AssertionError(f"never in step: {shown}")


assert FRAMES > 100, "the clip is long enough for its numbers to name a moment"
