"""A bidder's certificate is replaced: the earlier one consents at the screen, or the project owner decides about a late
renewal at its own (clause 5.2.3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from playwright.async_api import Browser, expect

from hall.rehearsal.demo_ca import PASSWORD
from tests.demo_world import holder
from tests.e2e.own_doors import doors, enter
from tests.e2e.people import Person
from tests.integration.runtime.test_certificate_watch import register, show
from tests.own_hall import BIDDERS, MINUTE, command, own_hall


def file_of(who: str, folder: Path) -> Path:
    """The certificate file of a later certificate, such as b2+other."""
    one, path = holder(who), folder / f"{who}.p12"
    data = pkcs12.serialize_key_and_certificates(
        who.encode(),
        one.key,  # type: ignore[arg-type]  # no SM2 key among these
        one.certificate.parsed,
        None,
        BestAvailableEncryption(PASSWORD.encode()),
    )
    path.write_bytes(data)
    return path


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_clause_5_2_3_the_earlier_certificate_consents_at_the_screen_to_be_followed(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path) as hall, doors(hall) as port:
        await hall.deposit("b2")
        await register(hall, "b2", "b2+other")
        bidder = await Person.arrives(browser, "b2", port, holder("b2").identity, phone=True)
        await bidder.log_in(certificate=file_of("b2+other", tmp_path))
        await bidder.see("certificate-replaced").locator("a").click()
        await bidder.see("show-certificate").click()
        form = bidder.see("renew")
        for who, gives in (("b3", "failure-not_the_earlier_certificate"), ("b2", "renew-done")):
            await form.get_by_test_id("certificate-file").set_input_files(holder(who).identity.p12)
            await form.locator("input[type=password]").fill(PASSWORD)
            await form.get_by_test_id("login").click()
            await expect(bidder.see(gives)).to_be_visible()
        await bidder.picture("certificate-followed")
        await bidder.see("deposit-now").click()
        await expect(bidder.see("deposit-again")).to_be_visible()
        shown = hall.room.state.credentials.shown
        assert [(one.shown.bidder, one.shown.same_key) for one in shown] == [("b2", False)]
        assert bidder.complaints == []
        await bidder.context.close()


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_clause_5_2_3_the_project_owner_decides_about_a_late_renewal_and_the_bidder_is_told(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path) as hall, doors(hall) as port:
        for who in BIDDERS[:3]:
            await hall.deposit(who)
            await hall.sign_in(who)
        await hall.login("b3+renewed")
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await show(hall, "b3+renewed", "b3", "")
        await hall.act("host", "announce_bidders")
        await hall.until("SealingRechecked")
        await command(hall, BIDDERS[:3])

        bidder = await enter(browser, port, "b3", file=file_of("b3+renewed", tmp_path))
        await expect(bidder.see("other-certificate")).to_have_attribute("data-state", "waits")
        await bidder.picture("renewal-waits")
        owner = await enter(browser, port, "procuring_entity")
        await owner.fill("renewal-reason-b3", "经核对为同密钥续期。")
        await owner.does("decide_certificate", "accept-renewal-b3")
        await expect(bidder.see("other-certificate")).to_have_attribute("data-state", "holds")
        await bidder.see("act-release").click()
        await expect(bidder.see("released")).to_be_visible()
        await hall.until("BidOpened")
        assert [p.complaints for p in (bidder, owner)] == [[], []]
