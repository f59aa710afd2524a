"""A post changes hands at the screens (clause 5.3.1): the deputy sees its moment, takes over and goes on; who was
relieved is told so, and is not asked to come back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.demo_world import holder
from tests.e2e.own_doors import doors, enter
from tests.own_hall import BIDDERS, MINUTE, own_hall

PERSON = holder("deputy_host").identity
DEPUTY = {"role": "host", "party": "deputy-host", "name": PERSON.name, "unit": PERSON.organisation}


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_clause_5_3_1_a_deputy_takes_over_at_its_screen_and_the_relieved_host_is_told(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path, deputy=[DEPUTY]) as hall, doors(hall) as port:
        for who in BIDDERS[:3]:
            await hall.deposit(who)
            await hall.sign_in(who)
        deputy = await enter(browser, port, "deputy_host")
        host = await enter(browser, port, "host")
        await expect(deputy.see("deputy")).to_have_attribute("data-may", "false")
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await expect(deputy.see("deputy")).to_have_attribute("data-may", "true")
        await deputy.see("act-take_post").click()
        await deputy.see("confirm").click()
        await expect(deputy.see("failure-silence_running")).to_be_visible()
        await deputy.see("cancel").click()
        hall.after(4 * MINUTE)
        await deputy.does("take_post")
        await expect(deputy.see("next-step")).to_have_attribute("data-act", "announce_bidders")
        await deputy.picture("deputy-took-over")

        await expect(host.see("passed-on")).to_be_visible()
        await expect(host.see("continue-here")).to_have_count(0)
        await host.picture("host-relieved")
        bidder = await enter(browser, port, "b1")
        await hall.until("PostTaken")
        await expect(bidder.see("who-must")).to_have_attribute("data-role", "host")
        assert not deputy.complaints and not host.complaints and not bidder.complaints
