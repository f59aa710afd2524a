"""Fewer than three bidders: the lot is locked on every screen, stays sealed and fails by a signed act (5.3.2)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hall.rehearsal.stage import Stage
from tests.e2e.conftest import SCENE
from tests.e2e.people import Person, a_bid, verified


@pytest.mark.timeout(400)
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
    others: list[Person] = []
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

    await owner.settles_the_register()

    # A failed opening has its record, its signatures and its bundle like any other.
    for name, role in (("scrutineer", "scrutineer"), ("clerk", "clerk")):
        others.append(await Person.arrives(browser, name, stage.port, stage.pki.by_role(role)))
        await others[-1].log_in()
    for person in (owner, *others):
        await expect(person.see("act-sign_record")).to_be_enabled()
        await person.signs_record()
    await host.does("close_opening")
    for person in bidders:
        await person.see("leave").click()
    await expect(host.see("closed")).to_be_visible()
    bundle = await host.downloads("bundle", tmp_path / "bundle.zip")
    trust = await host.downloads("trust", tmp_path / "trust.json")
    verdicts = {v["clause"]: v for v in (await asyncio.to_thread(verified, bundle, trust))["verdicts"]}
    assert not [v for v in verdicts.values() if v["status"] == "failed"]
    assert verdicts["5.3.2"]["status"] == "proved"
    # Nothing was decrypted or disclosed, and the verifier does not call that a pass.
    assert {verdicts[c]["status"] for c in ("4.2", "4.11", "5.3.4")} == {"not_covered"}
