"""One party, two devices (clause 5.3.7): who was first is not thrown out, who wants to go on signs for it, and a reload
is no other device."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from hall.rehearsal.stage import Stage
from tests.e2e.people import Person


@pytest.mark.timeout(240)
async def test_clause_5_3_7_another_device_takes_over_by_a_click_that_signs(
    stage: Stage, browser: Browser
) -> None:
    assert stage.pki is not None
    office = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0])
    await office.log_in()
    await office.enters()
    await office.signs_in("王小明")

    home = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0])
    await home.log_in()
    await home.see("enter-opening").click()
    await expect(home.see("failure-takeover_needed")).to_be_visible()
    await expect(office.see("opening")).to_have_attribute("data-line", "live")

    await home.see("continue-here").click()
    await expect(home.see("opening")).to_have_attribute("data-line", "live")
    await expect(home.see("signed-in")).to_be_visible()
    await expect(office.see("failure-superseded")).to_be_visible()

    await office.see("continue-here").click()
    await expect(office.see("opening")).to_have_attribute("data-line", "live")
    await expect(home.see("failure-superseded")).to_be_visible()

    await office.page.reload()
    await expect(office.see("opening")).to_have_attribute("data-line", "live")

    opening = stage.scene.opening
    asked = "path => fetch(path).then(answer => answer.json())"
    log = await office.page.evaluate(asked, f"/api/openings/{opening}/presence.json")
    assert [taken["fence"] for taken in log["takeovers"]] == [1, 2]
    states = [(i["connection"], i["state"]) for i in log["intervals"]]
    assert states[:3] == [(1, "online"), (2, "online"), (3, "online")]
    assert states[-1] == (4, "online")
    assert not office.complaints and not home.complaints
