"""What goes wrong for real people, in real browsers: each trouble has its own plain words and a way on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from hall.rehearsal.stage import Stage
from tests.e2e.people import ARGUMENTS, CHROMIUM, Person


@pytest.mark.timeout(240)
async def test_each_unusable_certificate_is_named_and_can_be_exchanged(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    good = stage.pki.bidders[0]
    damaged = tmp_path / "damaged.p12"
    damaged.write_bytes(good.p12.read_bytes()[:-400])
    person = await Person.arrives(browser, "bidder1", stage.port, good)
    words: list[str] = []
    for certificate, password in (
        (good.p12, "not this one"),
        (damaged, "demo1234"),
        (stage.pki.expired.p12, "demo1234"),
        (stage.pki.revoked.p12, "demo1234"),
        (stage.pki.foreign.p12, "demo1234"),
    ):
        await person.log_in(password, certificate)
        note = person.page.get_by_role("alert").first
        await expect(note).to_be_visible()
        words.append(await note.inner_text())
        await person.page.reload()
    assert len(set(words)) == len(words), "each trouble has words of its own"
    await person.log_in()
    await expect(person.see("my-role")).to_be_visible()
    await person.context.close()


@pytest.mark.timeout(240)
async def test_a_lost_line_comes_back_to_the_same_place(stage: Stage, browser: Browser) -> None:
    assert stage.pki is not None
    person = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0], phone=True)
    await person.log_in()
    await person.enters()
    await person.signs_in("王小明")
    await person.picture("phone-signed-in")
    await person.context.set_offline(True)
    await expect(person.see("line-lost")).to_be_visible()
    await person.picture("phone-line-lost")
    await person.context.set_offline(False)
    await expect(person.see("opening")).to_have_attribute("data-line", "live")
    await expect(person.see("signed-in")).to_be_visible()
    await person.context.close()


@pytest.mark.timeout(240)
async def test_a_refused_camera_costs_nothing_but_the_picture(stage: Stage) -> None:
    assert stage.pki is not None
    identity = replace(stage.pki.bidders[0])
    async with async_playwright() as play:
        silent = [a for a in ARGUMENTS if not a.startswith("--use-fake")]
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=silent)
        person = await Person.arrives(browser, "bidder1", stage.port, identity)
        await person.log_in()
        await person.enters()
        await expect(person.see("own-camera").first).to_have_attribute("data-camera", "missing")
        await person.picture("camera-missing")
        await person.signs_in("王小明")
        await browser.close()
