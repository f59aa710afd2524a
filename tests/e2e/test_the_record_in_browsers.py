"""The opening record is read, signed and refused at the signers' screens (clause 5.5.3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.own_doors import doors, enter
from tests.e2e.people import Person
from tests.own_hall import BIDDERS, MINUTE, PRICES, OwnHall, own_hall, until_disclosed, until_sealing

THREE = BIDDERS[:3]


async def until_record(hall: OwnHall) -> None:
    """From the disclosure to the record that waits for its signatures."""
    await hall.until("PricesDisclosed")
    for who in THREE:
        await hall.act("announcer", "read_out", bidder=who)
        await hall.act(who, "confirm_price", answer="confirmed", price=PRICES[who])
    await hall.act("host", "open_objections")
    hall.after(5 * MINUTE)
    await hall.act("host", "close_objections")
    await hall.sign_register()
    await hall.until("RecordPrepared")


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_clause_5_5_3_signers_read_the_very_pages_and_a_refusal_is_stated_with_its_reason(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path) as hall, doors(hall) as port:
        await until_sealing(hall, THREE)
        await until_disclosed(hall, THREE)
        await until_record(hall)

        owner = await enter(browser, port, "procuring_entity")
        await reads(owner)
        await owner.picture("record-entity-reads")
        await owner.see("confirm-record").click()
        await expect(owner.see("signed-procuring_entity")).to_have_attribute("data-signed", "true")

        scrutineer = await enter(browser, port, "scrutineer")
        await scrutineer.see("way-refuse_signature").locator("summary").click()
        await scrutineer.see("way-refuse_signature").locator("textarea").fill("唱标顺序与事实不符。")
        await scrutineer.picture("record-scrutineer-refuses")
        await scrutineer.does("refuse_signature")
        await expect(scrutineer.see("unsigned-scrutineer")).to_contain_text("唱标顺序与事实不符。")
        await expect(owner.see("unsigned-scrutineer")).to_be_visible()

        clerk = await enter(browser, port, "clerk")
        await clerk.signs_record()
        await hall.until("RecordCompleted")

        # clause 5.5.3: bidders sign besides, what the three have completed.
        bidder = await enter(browser, port, "b1", phone=True)
        await reads(bidder)
        await bidder.picture("record-bidder-reads")
        await bidder.see("confirm-record").click()
        await expect(bidder.see("signed-bidder-b1")).to_be_visible()
        await expect(bidder.see("record-completed")).to_be_visible()
        await bidder.picture("record-bidder-completed")
        await owner.picture("record-entity-completed")
        assert [p.complaints for p in (bidder, owner, scrutineer, clerk)] == [[], [], [], []]


async def reads(person: Person) -> None:
    """Open the record before signing: nothing can be signed until the person says that it has read the pages."""
    await person.see("act-sign_record").click()
    await expect(person.see("record-pages")).to_be_attached()
    await expect(person.see("confirm-record")).to_be_disabled()
    await person.see("record-read").click()
    await expect(person.see("confirm-record")).to_be_enabled()
