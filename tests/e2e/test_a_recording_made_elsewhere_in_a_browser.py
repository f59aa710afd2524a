"""The recording of a telephone call, made elsewhere, reaches the hall from the clerk's screen (clause 6.1): what is
signed is sent at once, and the page knows later that it is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.own_doors import doors, enter
from tests.laid_out import BIDDERS, MINUTE, OPENING
from tests.own_hall import own_hall

CALL = b"RIFF\0\0\0\0WAVEfmt " + bytes(n % 251 for n in range(9_000_000))
"""More than is sent at once."""


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_clause_6_1_a_recorded_call_is_signed_for_and_sent_in_one_go(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path) as hall, doors(hall) as port:
        for who in BIDDERS[:3]:
            await hall.deposit(who)
            await hall.sign_in(who)
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await hall.act("host", "announce_bidders")
        await hall.act("clerk", "log_call", callee="bidder-b1", outcome="reached", text="")
        file = tmp_path / "call.wav"
        file.write_bytes(CALL)

        clerk = await enter(browser, port, "clerk")
        box = clerk.see("external-recordings")
        await box.locator(".el-collapse-item__header").click()
        await clerk.see("field-recording").click()
        await clerk.page.locator(".el-select-dropdown__item:visible").first.click()
        await clerk.see("field-file").set_input_files(file)
        for end in ("from", "to"):
            await clerk.see(f"field-{end}").focus()
        await clerk.does("attach_recording")
        sent = clerk.page.locator("[data-testid^=external-file-]")
        await expect(sent).to_have_attribute("data-whole", "true")
        await clerk.picture("external-sent")
        await expect(clerk.see("act-attach_recording")).to_be_disabled()

        await clerk.page.reload()
        await expect(sent).to_have_attribute("data-whole", "true")
        [kept] = (hall.directory / "data" / "recordings" / OPENING / "call-1").glob("*.bin")
        assert kept.stat().st_size == len(CALL)
        assert not clerk.complaints
