"""A bidder keeps a recovery file at the deposit, and opens its bid by it when its certificate no longer can."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hall.rehearsal.stage import Stage
from tests.e2e.conftest import SCENE
from tests.e2e.people import Person, a_bid
from tests.e2e.test_a_suspension_in_browsers import robots

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(420),
    pytest.mark.parametrize("scene", [dataclasses.replace(SCENE, remedy="recovery_file")]),
]

PRICE = "11805968.88"
WORDS = "correct horse battery"
COLUMNS = {
    "price": PRICE,
    "period": "300 日历天",
    "quality": "合格",
    "manager": "周建国",
    "security": "1.00",
}


async def test_clause_5_3_4_a_bidder_releases_by_its_recovery_file_and_the_two_confirm_it(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    bidder = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0])
    host, scrutineer = [
        await Person.arrives(browser, role, stage.port, stage.pki.by_role(role))
        for role in ("host", "scrutineer")
    ]
    everybody = (bidder, host, scrutineer)
    for person in everybody:
        await person.log_in()
    others = [
        *stage.pki.bidders[1:],
        *map(stage.pki.by_role, ("announcer", "clerk", "procuring_entity")),
    ]
    async with robots(stage, tmp_path, *others) as arrived:
        kept = await _deposits(bidder, tmp_path)
        for person in everybody:
            await person.enters()
        await bidder.signs_in("王小明")
        await host.starts_camera()
        await arrived(2)
        await host.see("advance-by").click()
        await host.see("advance-deadline").click()
        for act in ("advance_clock", "announce_bidders"):
            await host.does(act)
        await bidder.does("answer_sealing")
        await expect(host.see("next-step")).to_have_attribute("data-act", "declare_sealing")
        for act in ("declare_sealing", "command_decryption"):
            await host.does(act)

        await bidder.see("show-recovery").click()
        await bidder.see("recovery-file").set_input_files(kept)
        await bidder.fill("recovery-passphrase", "a wrong passphrase")
        await bidder.fill("recovery-reason", "UKey 损坏，无法识别")
        await bidder.see("release-by-file").click()
        await expect(bidder.see("failure-recovery_passphrase_wrong").first).to_be_visible()
        await bidder.picture("recovery-wrong-passphrase")
        assert not await scrutineer.see("remedies").is_visible()  # who mistyped has claimed nothing
        await bidder.fill("recovery-passphrase", WORDS)
        await bidder.see("release-by-file").click()
        await expect(bidder.see("remedy-waits")).to_be_visible()
        await bidder.picture("recovery-waits")

        await expect(scrutineer.see("remedy-b1")).to_be_visible()
        await scrutineer.fill("remedy-reason-b1", "已视频核对身份")
        await scrutineer.picture("recovery-to-confirm")
        await scrutineer.does("answer_remedy", "confirm-remedy-b1")
        await expect(bidder.see("release-panel")).to_have_attribute("data-release", "opened")
    assert not [complaint for person in everybody for complaint in person.complaints]


async def _deposits(bidder: Person, folder: Path) -> Path:
    """Seal with a recovery file, which the browser saves before anything is sent."""
    pdf, kept = folder / "bid.pdf", folder / "kept.recovery.json"
    pdf.write_bytes(a_bid(SCENE, bidder, PRICE))
    for field, value in COLUMNS.items():
        await bidder.fill(field, value)
    await bidder.see("pdf").set_input_files(pdf)
    await bidder.see("want-recovery").click()
    await bidder.fill("passphrase", WORDS)
    await bidder.fill("passphrase-again", WORDS)
    await bidder.picture("recovery-deposit")
    async with bidder.page.expect_download(
        predicate=lambda download: download.suggested_filename.endswith(".recovery.json")
    ) as saved:
        await bidder.see("seal").click()
        await bidder.see("confirm").click()
    await (await saved.value).save_as(kept)
    await expect(bidder.see("deposit-sha256")).to_be_visible()
    return kept
