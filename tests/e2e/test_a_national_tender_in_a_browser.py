"""A tender of the suite GM: a bidder with a pair of SM2 keys logs in, seals, deposits and releases in a browser, and
what became of it is verified without the hall (clause 5.2.2)."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hall.rehearsal.sample_bid import sample_bid_pdf
from tests.demo_world import holder
from tests.e2e.own_doors import doors
from tests.e2e.people import Person, verified
from tests.gm_world import gm_holder, gm_world
from tests.integration.evidence.stories import SIGNERS, bundled, confirmed, objected, recorded
from tests.own_hall import BIDDERS, LOT, MINUTE, OPENING, PRICES, emptied, own_hall

THREE = BIDDERS[:3]

COLUMNS = {
    "price": PRICES["b1"],
    "period": "180天",
    "quality": "合格",
    "manager": "陈建国",
    "security": "200000.00",
}


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_clause_5_2_2_a_bidder_with_sm2_keys_deposits_and_releases_in_a_browser(
    browser: Browser, tmp_path: Path
) -> None:
    pair = next(one for one in gm_world().bidders if one.id == "gm-b1")
    pdf = tmp_path / "bid.pdf"
    pdf.write_bytes(sample_bid_pdf(tender="T1", tender_name="工程", lot=LOT, bidder="甲", **COLUMNS))
    async with own_hall(tmp_path, suite="GM") as hall, doors(hall) as port:
        bidder = await Person.arrives(browser, "b1", port, holder("b1").identity)
        # In a rehearsal alone: a browser cannot keep SM2 keys out of a script's reach.
        await bidder.log_in(certificate=pair.file)
        await bidder.deposits(pdf, COLUMNS)
        await bidder.page.reload()
        await bidder.unlocks()
        await expect(bidder.see("save-sealed")).to_be_visible()
        await expect(bidder.see("certificate-replaced")).to_be_hidden()
        await bidder.picture("gm-deposited")
        await bidder.enters()
        await bidder.signs_in("王小明")
        hall.media.begin(OPENING, "bidder-b1")
        for who in THREE[1:]:
            await hall.deposit(who)
            await hall.sign_in(who)
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await hall.act("host", "announce_bidders")
        await hall.until("SealingRechecked")
        for who in THREE[1:]:
            digest = hall.room.state.deposit(LOT, who).sha256
            await hall.act(who, "answer_sealing", answer="intact", sha256=digest)
        # The receipt lies under the signing certificate, and the bid is sealed to the other one of the pair.
        await expect(bidder.see("sealing-check").locator(".state.good")).to_be_visible()
        await bidder.does("answer_sealing")
        await hall.until("SealingAnswered", 3)
        await hall.act("host", "declare_sealing")
        await hall.act("host", "command_decryption", minutes=60)
        await bidder.see("act-release").click()
        await expect(bidder.see("released")).to_be_visible()
        for who in THREE[1:]:
            await hall.release(who)
        await hall.until("BidOpened", 3)
        await bidder.picture("gm-released")
        await hall.until("ResultsShown")
        await bidder.does("answer_results")
        for who in THREE[1:]:
            await hall.answer_results(who)
        await hall.until("ResultsAnswered", 3)
        await hall.act("host", "declare_results")
        await confirmed(hall, THREE)
        await objected(hall)
        await recorded(hall)
        for who in SIGNERS:
            await hall.sign_record(who)
        await hall.until("RecordCompleted")
        await hall.act("host", "close_opening", record_later=False)
        assert set(hall.room.state.lots[LOT].opened) == set(THREE)
        assert bidder.complaints == []
        await bidder.context.close()
        await hall.until("RoomEmptied")
        await emptied(hall)
        bundle, anchors = await bundled(hall)
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps(anchors), encoding="utf-8")
    verdict = verified(bundle, trust)
    assert [fault for one in (*verdict["checks"], *verdict["verdicts"]) for fault in one["faults"]] == []
    assert verdict["ok"]
    with zipfile.ZipFile(bundle) as files:
        rows = [json.loads(line)["row"] for line in files.read("journal.jsonl").splitlines()]
    acts = [row["body"]["act"] for row in rows if row["body"].get("act")]
    by_sm2 = {act["type"] for act in acts if act["certificate"] == gm_holder("b1").certificate.sha256}
    assert {"deposit", "sign_in", "answer_sealing", "release", "answer_results"} <= by_sm2
