"""The self-check of device and certificate in a real browser: all green, red lines, its receipt (clause 4.9)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hall.rehearsal.stage import Stage
from tests.e2e.people import Person

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
