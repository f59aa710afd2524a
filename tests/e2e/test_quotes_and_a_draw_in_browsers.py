"""A round of quotes and draws at the screens (clause 5.5.1 g): what a bidder hands in stays its own until all is
told, and a draw asks the host too, and is not in the way of the next one when it came to nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.own_doors import doors, enter
from tests.own_hall import BIDDERS, LOT, MINUTE, PRICES, OwnHall, own_hall, until_disclosed, until_sealing

THREE = BIDDERS[:3]
RULES = {"procurement_method": "negotiation", "quotes_allowed": True, "draw_allowed": True}


async def until_confirmed(hall: OwnHall) -> None:
    """Three bids are opened, read out, and their prices confirmed."""
    await until_sealing(hall, THREE)
    await until_disclosed(hall, THREE)
    for who in THREE:
        await hall.act("announcer", "read_out", bidder=who)
        await hall.act(who, "confirm_price", answer="confirmed", price=PRICES[who])


def secret_of(who: str) -> tuple[str, str]:
    """What one who plays by code reveals, and its commitment."""
    secret = hashlib.sha256(who.encode()).digest()
    return secret.hex(), hashlib.sha256(secret).hexdigest()


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_clause_5_5_1_g_a_quote_is_final_at_the_screen_and_a_draw_asks_the_host_too(
    browser: Browser, tmp_path: Path
) -> None:
    async with own_hall(tmp_path, rules=RULES) as hall, doors(hall) as port:
        await until_confirmed(hall)
        bidder = await enter(browser, port, "b1")
        host = await enter(browser, port, "host")

        await hall.act("procuring_entity", "open_quotes", minutes=5)
        await expect(host.see("quotes-run")).to_be_visible()
        await bidder.fill("quote-price", "2469135.60")
        await expect(bidder.see("quote-compared")).to_contain_text("100%")
        await bidder.fill("quote-price", "1100000.00")
        await bidder.does("offer_quote")
        await expect(bidder.see("quote")).to_have_attribute("data-quoted", "true")
        await expect(bidder.see("quote-price")).to_have_count(0)
        await hall.act("b2", "offer_quote", round=1, price="1150000.00", salt="ab" * 16)
        assert "1,150,000.00" not in await bidder.page.inner_text("body")
        hall.after(5 * MINUTE + 1)
        await expect(bidder.see("quoted-b2")).to_contain_text("1,150,000.00")
        await expect(bidder.see("quoted-b3")).to_contain_text("沿用此前报价")
        await bidder.picture("quotes-bidder")

        # Nobody takes part in the first draw; it must not be in the way of the second.
        await hall.act("host", "open_draw", purpose="评标基准系数", values=["0.95", "0.96"])
        await expect(bidder.see("draw-part")).to_have_attribute("data-part", "commit")
        hall.after(5 * MINUTE + 1)
        await expect(bidder.see("draw-part")).to_have_count(0)
        await host.see("tool-open_draw").click()
        await host.fill("field-purpose", "评标基准系数")
        await host.fill("field-values", "0.95\n0.96")
        await host.does("open_draw")
        await bidder.does("commit_draw")
        for who in ("b2", "b3"):
            await hall.act(who, "commit_draw", draw=2, commitment=secret_of(who)[1])
        # Now the host alone is waited for, and everybody reads it.
        await expect(bidder.see("who-must")).to_have_attribute("data-role", "host")
        await expect(host.see("who-must")).to_have_attribute("data-yours", "true")
        await host.picture("draw-host")
        await host.does("commit_draw")
        await bidder.page.reload()
        await bidder.unlocks()
        await bidder.does("reveal_draw")  # with the secret that this computer kept over the reload
        await expect(bidder.see("draw-part")).to_have_attribute("data-part", "revealed")
        for who in ("b2", "b3"):
            await hall.act(who, "reveal_draw", draw=2, secret=secret_of(who)[0])
        await host.does("reveal_draw")
        await hall.until("DrawDone", 2)
        chosen = hall.room.state.lots[LOT].draws[1].done.chosen
        await expect(bidder.see("draw-2")).to_contain_text(chosen)
        await bidder.picture("draw-bidder")
        assert not bidder.complaints and not host.complaints
