"""Released keys lie with supervisor and notary, who open them at their screens; and the way on when one of the two is
lost (clauses 4.7, 4.11, 5.3.4)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.demo_world import holder
from tests.e2e.own_doors import doors, enter
from tests.integration.evidence.custody_story import entrust, lies_with
from tests.integration.evidence.stories import parties, post
from tests.own_hall import BIDDERS, LOT, own_hall, until_sealing

THREE = BIDDERS[:3]
RULES = {"custody": "custodians"}


def staff() -> list[dict[str, str]]:
    """All posts, and a notary."""
    return [*parties()[:6], post("notary")]


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_clause_4_11_supervisor_and_notary_open_at_their_screens_what_bidders_released_to_them(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path, staff=staff(), rules=RULES) as hall, doors(hall) as port:
        await until_sealing(hall, THREE)
        supervisor = await enter(browser, port, "supervisor")
        notary = await enter(browser, port, "notary")
        bidder = await enter(browser, port, "b1", phone=True)
        custody = f"custody-{LOT}"
        await expect(supervisor.see(custody)).to_have_attribute("data-state", "empty")
        await supervisor.picture("custody-empty")
        await notary.picture("notary-sealing")
        await notary.does("declare_sealing")
        await hall.until("SealingDeclared")
        await hall.act("host", "command_decryption", minutes=60)

        await bidder.picture("custody-bidder-before-release")
        await bidder.see("act-release").click()
        await expect(bidder.see("released")).to_be_visible()
        await bidder.picture("custody-bidder-released")
        await expect(supervisor.see(custody)).to_have_attribute("data-state", "waiting")
        await supervisor.picture("custody-waiting")
        for who in THREE[1:]:
            await entrust(hall, who)
        await hall.until("ResultsShown")
        await expect(notary.see("notary-results")).to_be_visible()
        await notary.picture("notary-results")
        await notary.does("declare_results")
        assert "BidOpened" not in hall.kinds(), "decryption is not disclosure"

        await expect(notary.see(custody)).to_have_attribute("data-state", "other")
        await supervisor.picture("custody-ready")
        await supervisor.see("act-open_entrusted").click()
        await expect(supervisor.see(custody)).to_have_attribute("data-state", "done")
        await supervisor.picture("custody-done")
        assert "BidOpened" not in hall.kinds(), "the notary's envelope is still closed"
        await expect(notary.see(custody)).to_have_attribute("data-state", "ready")
        await notary.see("act-open_entrusted").click()
        await hall.until("PricesDisclosed")
        await expect(notary.see(custody)).to_have_attribute("data-state", "done")
        await bidder.picture("custody-bidder-disclosed")
        assert hall.kinds().count("BidOpened") == len(THREE)
        assert [p.complaints for p in (supervisor, notary, bidder)] == [[], [], []]


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_clause_4_7_when_a_custodian_is_lost_bidders_release_again_to_whom_the_owner_names(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path, staff=staff(), rules=RULES) as hall, doors(hall) as port:
        await until_sealing(hall, THREE)
        await hall.act("notary", "declare_sealing")
        await hall.act("host", "command_decryption", minutes=60)
        bidder = await enter(browser, port, "b1", phone=True)
        notary = await enter(browser, port, "notary")
        for who in THREE:
            await entrust(hall, who)
        await hall.until("ResultsShown")
        await hall.act("notary", "declare_results")
        custody = f"custody-{LOT}"
        await expect(notary.see(custody)).to_have_attribute("data-state", "other")
        # The project owner's own post passes on first: bidders' pages follow its signed hand-over.
        heir = holder("agency")
        await hall.act(
            "procuring_entity",
            "appoint_substitute",
            **post("agency") | {"role": "procuring_entity"},
            certificate=heir.certificate.sha256,
            reason="换班",
        )
        hall.stands_in["agency"] = "procuring_entity"
        owner = await enter(browser, port, "agency")
        await expect(owner.see("successors")).to_be_hidden()

        other = holder("regulator")
        await hall.act(
            "agency",
            "appoint_substitute",
            **post("regulator") | {"role": "notary"},
            certificate=other.certificate.sha256,
            reason="公证人员证书损坏",
        )
        hall.stands_in["regulator"] = "notary"
        # Whoever is relieved makes room, and comes back for the keys that are still its own to open.
        successor = await enter(browser, port, "regulator")
        await expect(successor.see(custody)).to_be_hidden()
        await notary.see("back-for-keys").click()
        await expect(notary.see("opening")).to_have_attribute("data-line", "live")
        await expect(notary.see(custody)).to_have_attribute("data-state", "other")
        await notary.picture("custody-relieved")

        await expect(owner.see("successors")).to_contain_text(other.identity.name)
        await owner.picture("custody-successors")
        await owner.fill("successors-reason", "公证人员证书损坏，无法打开密钥")
        await owner.does("name_custodians")
        await hall.until("OwnWindowOpened", len(THREE))
        await expect(notary.see(custody)).to_be_hidden()

        await expect(bidder.see("own-window")).to_be_visible()
        await expect(bidder.see("where-key-goes")).to_contain_text(other.identity.name)
        await expect(bidder.see("who-named")).to_contain_text(heir.identity.name)
        await bidder.picture("custody-bidder-again")
        await bidder.see("act-release").click()
        await expect(bidder.see("released")).to_be_visible()
        for who in THREE[1:]:
            await entrust(hall, who)
        await hall.until("OwnWindowClosed", len(THREE))
        await hall.act("supervisor", "open_entrusted", keys=lies_with(hall, "supervisor"))

        await expect(successor.see(custody)).to_have_attribute("data-state", "ready")
        await successor.see("act-open_entrusted").click()
        await hall.until("PricesDisclosed")
        assert hall.kinds().count("BidOpened") == len(THREE)
        assert [p.complaints for p in (bidder, owner, notary, successor)] == [[], [], [], []]
