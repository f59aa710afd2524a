"""Fewer than three bidders: the lot is locked on every screen, stays sealed and fails by a signed act (5.3.2)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hall.rehearsal.stage import Stage
from tests.e2e.conftest import SCENE
from tests.e2e.people import Person, a_bid


@pytest.mark.timeout(300)
async def test_clause_5_3_2_two_bidders_stay_sealed_on_every_screen(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    bidders = [
        await Person.arrives(browser, f"bidder{n}", stage.port, stage.pki.bidders[n - 1]) for n in (1, 2)
    ]
    host = await Person.arrives(browser, "host", stage.port, stage.pki.by_role("host"))
    owner = await Person.arrives(
        browser, "procuring-entity", stage.port, stage.pki.by_role("procuring_entity")
    )
    for person in bidders:
        await person.log_in()
        pdf = tmp_path / f"{person.name}.pdf"
        pdf.write_bytes(a_bid(SCENE, person, "11000000.00"))
        columns = {"price": "11000000.00", "period": "300 日历天", "quality": "合格", "manager": "周建国"}
        await person.deposits(pdf, {**columns, "security": "200000.00"})
        await person.enters()
        await person.signs_in("王小明")
    for person in (host, owner):
        await person.log_in()
        await person.enters()
    await host.starts_camera()
    await host.see("advance-by").click()
    await host.see("advance-deadline").click()
    await host.does("advance_clock")
    await host.does("announce_bidders")
    for person in bidders:
        await expect(person.see("locked")).to_be_visible()
        await expect(person.see("act-release")).to_have_count(0)
    await bidders[0].picture("locked-bidder")
    await expect(host.see("act-command_decryption")).to_have_count(0)
    await host.picture("locked-host")
    await owner.fill("fail-reason", "截止时有效投标人少于三个。")
    await owner.picture("locked-entity")
    await owner.does("fail_tender")
    await expect(owner.see("act-sign_record")).to_be_enabled()
    await owner.signs_record()
