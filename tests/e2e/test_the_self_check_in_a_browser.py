"""The self-check of device and certificate in a real browser: all green, red lines, its receipt (clause 4.9)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright, expect

from hall.rehearsal.stage import Stage
from tests.e2e.people import ARGUMENTS, CHROMIUM, PATIENCE, TAKEN, Person

NO_CAMERA = """
const before = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = (what) => what.video
  ? Promise.reject(new DOMException('no', 'NotFoundError')) : before(what)
"""
LITTLE_ROOM = "navigator.storage.estimate = async () => ({ quota: 60_000_000, usage: 10_000_000 })"
HELD = "navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined)"


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_clause_4_9_a_bidder_checks_device_and_certificate_and_keeps_the_receipt(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    person = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0])
    page = person.page
    await page.goto(f"{person.base}/check")
    await person.see("start-check").click()  # without a login: the computer alone
    await expect(person.see("check-total")).to_be_visible()
    await expect(person.see("check-certificate")).to_have_attribute("data-level", "waiting")

    await page.goto(f"{person.base}/login")
    await person.log_in()
    await expect(person.see("logout")).to_be_visible()
    await page.goto(f"{person.base}/check")
    await person.unlocks()
    await person.see("start-check").click()
    await expect(person.see("save-check")).to_be_visible()
    for line in ("camera", "microphone", "network", "certificate", "revocation", "decryption", "sealing"):
        await expect(person.see(f"check-{line}")).to_have_attribute("data-level", "green")
    await expect(person.see("check-signing")).to_have_attribute("data-level", "green")
    await person.picture("check-green")
    saved = await person.downloads("save-check", tmp_path / "check.json")
    kept = json.loads(await asyncio.to_thread(saved.read_text, "utf-8"))
    assert kept["kind"] == "self_check"
    assert kept["ack"]["body_digest"] == hashlib.sha256(kept["act"]["body"].encode()).hexdigest()
    assert "decryption green" in json.loads(kept["act"]["body"])["results"]

    await page.add_init_script(NO_CAMERA + LITTLE_ROOM)
    await page.reload()
    await person.unlocks()
    await person.see("start-check").click()
    await expect(person.see("save-check")).to_be_visible()
    await expect(person.see("check-camera")).to_have_attribute("data-fact", "missing")
    await expect(person.see("check-storage")).to_have_attribute("data-level", "red")
    await expect(person.see("check-total")).to_have_attribute("data-level", "red")
    await person.picture("check-red")
    await page.set_viewport_size({"width": 390, "height": 844})
    await person.picture("check-red-phone")

    await page.add_init_script(HELD)
    await page.reload()
    await person.unlocks()
    await person.see("start-check").click()
    await expect(person.see("check-camera")).to_have_attribute("data-level", "running")
    await person.picture("check-running-phone")
    assert person.complaints == []


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_clause_4_9_each_trouble_of_a_camera_has_words_of_its_own_and_keeps_nobody_away(
    stage: Stage,
) -> None:
    said = []
    async with async_playwright() as play:
        for fact in ("busy", "denied", "missing"):
            mine = [a for a in ARGUMENTS if fact == "busy" or not a.startswith("--use-fake")]
            # Where nobody is asked and nothing is allowed, a browser refuses.
            mine += ["--use-fake-device-for-media-stream"] if fact == "denied" else []
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=_cameras(mine, 2))
            allowed = [] if fact == "denied" else ["camera", "microphone"]
            context = await browser.new_context(locale="zh-CN", permissions=allowed)
            await context.add_init_script(TAKEN if fact == "busy" else "")
            page = await _checked(context, stage)
            line = page.get_by_test_id("check-camera")
            await expect(line).to_have_attribute("data-fact", fact)
            await expect(page.get_by_test_id("troubles-red")).to_contain_text("摄像头")
            await expect(page.get_by_test_id("check-total")).to_contain_text("不影响签到和解密")
            said.append(await line.inner_text())
            if fact == "busy":
                # The other camera is offered, and works at once; the line tells to check again.
                await page.get_by_test_id("choose-camera").select_option(index=2)
                await expect(page.get_by_test_id("works-camera")).to_be_visible()
                await page.get_by_test_id("start-check").click()
                await expect(line).to_have_attribute("data-level", "green")
            await browser.close()
    assert len(set(said)) == len(said)


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_the_camera_of_the_last_visit_is_used_and_another_only_where_it_stayed_at_home(
    stage: Stage, tmp_path: Path
) -> None:
    async with async_playwright() as play:
        context = await _visit(play, tmp_path, cameras=3)
        page = await _checked(context, stage)
        await page.locator("summary").click()
        await page.get_by_test_id("choose-camera").select_option(index=2)
        await context.close()
        for cameras, chosen in ((3, 2), (1, 0), (3, 2)):
            context = await _visit(play, tmp_path, cameras=cameras)
            page = await _checked(context, stage)
            shown = page.get_by_test_id("choose-camera")
            assert await shown.evaluate("one => one.selectedIndex") == chosen
            word = page.get_by_test_id("stand-in-video")
            if cameras == 1:
                await expect(word).to_contain_text("fake_device_2")
            else:
                await expect(word).to_have_count(0)
            await context.close()


def _cameras(arguments: list[str], count: int) -> list[str]:
    fake = "--use-fake-device-for-media-stream"
    return [f"{fake}=device-count={count}" if one == fake else one for one in arguments]


async def _visit(play: Playwright, home: Path, *, cameras: int) -> BrowserContext:
    """The same person's browser at the next visit, with so many cameras plugged in."""
    return await play.chromium.launch_persistent_context(
        home / "profile",
        executable_path=CHROMIUM,
        args=_cameras(ARGUMENTS, cameras),
        locale="zh-CN",
        permissions=["camera", "microphone"],
    )


async def _checked(context: BrowserContext, stage: Stage) -> Page:
    """The page after a check without a login."""
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    await page.goto(f"http://bidder1.localhost:{stage.port}/check")
    await page.get_by_test_id("start-check").click()
    await expect(page.get_by_test_id("check-total")).to_be_visible(timeout=PATIENCE)
    return page
