"""The supervisor's browser co-signs, a bidder's verifies; when the hall shows another history, both say so and stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from hall.journal.checkpoint import SignedRoot, read, sign
from hall.runtime.ports import Checkpoint
from hall.storage.keys import HallKeys
from tests.e2e.own_doors import doors, enter
from tests.own_hall import BIDDERS, MINUTE, OPENING, OwnHall, own_hall


def forked(hall: OwnHall) -> Checkpoint:
    """Another history, signed by the hall's very key."""
    mark = hall.core.registry.opening(OPENING).performer.checkpoint
    assert mark is not None
    said, log = read(mark.note), HallKeys.load_or_create(hall.directory / "data" / "keys").log
    other = SignedRoot(said.origin, said.size, "ab" * 32, said.extensions)
    return Checkpoint(mark.at, mark.size, other.root, sign(other, log))


@pytest.mark.long
async def test_a_browser_verifies_co_signs_and_stops_at_a_fork(browser: Browser, tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall, doors(hall) as port:
        for who in BIDDERS:
            await hall.deposit(who)
            await hall.sign_in(who)
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await hall.act("host", "announce_bidders")
        await hall.until("SealingRechecked")
        supervisor = await enter(browser, port, "supervisor")
        await expect(supervisor.see("proof-good")).to_be_visible()
        await expect(supervisor.see("cosigned-here")).to_be_visible()
        bidder = await enter(browser, port, "b1", phone=True)
        await expect(bidder.see("proof-good")).to_be_visible()
        await expect(bidder.see("proof")).to_have_attribute("data-cosigners", "1")
        await bidder.see("heard-same").click()
        await expect(bidder.see("heard-done")).to_be_visible()
        await supervisor.picture("proof-supervisor")
        await bidder.picture("proof-bidder-phone")

        hall.core.registry.opening(OPENING).performer.publish(forked(hall))
        for person in (supervisor, bidder):
            await expect(person.see("fork-alarm")).to_have_attribute("data-code", "tree_forked")
        await supervisor.picture("fork-alarm")
        await bidder.picture("fork-alarm-phone")
        file = await bidder.downloads("save-contradiction", tmp_path / "contradiction.json")
        told: dict[str, Any] = json.loads(file.read_bytes())
        assert (told["kind"], told["code"], told["seen"]) == (
            "contradiction",
            "tree_forked",
            forked(hall).note,
        )
        await bidder.see("act-answer_sealing-objects").click()
        await bidder.see("confirm").click()
        await expect(bidder.see("failure-another_history").first).to_be_visible()
        assert "SealingAnswered" not in hall.kinds()  # nothing was signed
        await bidder.page.reload()  # the alarm outlives the page
        await expect(bidder.see("fork-alarm")).to_be_visible()
