"""The hall's papers about deposits over HTTP: a withdrawal and a refusal, each signed and to be had again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hall.client.keys import Context
from hall.errors import NotPermitted, Refused
from hall.signing import sealed_bid
from hall.signing.pdf_check import attachment, check_record
from tests.demo_world import a_container, holder, world
from tests.integration.gateway.conftest import MINUTE, opened
from tests.integration.gateway.test_receipts import said_by


async def test_clause_5_2_2_a_withdrawal_and_a_late_upload_are_answered_in_writing(place: Path) -> None:
    one = holder("b1")
    plain, sealed = place / "bid.zip", place / "bid.sealed"
    plain.write_bytes(a_container(one))
    receipt = sealed_bid.seal(
        plain, sealed, tender="T1", lot="1", bidder="b1", name="bid.zip", certificate=one.certificate
    )
    header = sealed_bid.parse_header(sealed.read_bytes())
    async with opened(place) as doors, doors.client("b1") as hall:
        with pytest.raises(NotPermitted, match="login_needed"):
            await hall.get("/api/tenders/T1/papers")
        await hall.login()
        card = await hall.tender("T1")
        await hall.deposit(card, header, sealed, receipt)
        context = Context(hall.origin, tender="T1", lot="1", deadline=card.bid_deadline)
        gone, _ = await hall.signed("/api/tenders/T1/withdraw", "withdraw", context, {})
        assert (gone["bidder"], gone["sha256"]) == ("b1", receipt.sha256)
        with pytest.raises(Refused, match="no_deposit"):
            await hall.signed("/api/tenders/T1/withdraw", "withdraw", context, {})

        doors.core.clock.advance(61 * MINUTE)
        with pytest.raises(Refused) as late:
            await hall.post("/api/tenders/T1/lots/1/uploads", {"size": 9, "sha256": "ab" * 32})
        assert late.value.code == "deadline_passed"
        papers = await hall.get("/api/tenders/T1/papers")
        assert papers["withdrawals"] == [gone]
        assert papers["refusals"] == [json.loads(str(late.value.facts["document"]))]
        assert (papers["refusals"][0]["what"], papers["refusals"][0]["size"]) == ("upload", 9)
        pdf = await hall.get_bytes("/api/tenders/T1/papers/refusals/0")
        attached = attachment(pdf, "statement.json")
        assert attached is not None and json.loads(attached) == papers["refusals"][0]
        (seal,) = await asyncio.to_thread(check_record, pdf, [world().root.read_bytes()])
        assert (seal.field, seal.intact, seal.trusted, seal.covered) == ("hall", True, True, True)
        with pytest.raises(Refused, match="no_such_paper"):
            await hall.get_bytes("/api/tenders/T1/papers/refusals/1")
        pdf = await hall.get_bytes("/api/tenders/T1/papers/withdrawals/0")
        attached = attachment(pdf, "statement.json")
        assert attached is not None and json.loads(attached) == gone
        (seal,) = await asyncio.to_thread(check_record, pdf, [world().root.read_bytes()])
        assert (seal.field, seal.intact, seal.trusted, seal.covered) == ("hall", True, True, True)
        (place / "withdrawal.pdf").write_bytes(pdf)
        text = await asyncio.to_thread(said_by, "pdftotext", "-layout", place / "withdrawal.pdf", "-")
        assert "投标文件撤回回执" in text and receipt.sha256[:8] in text.replace(" ", "")
        with pytest.raises(Refused, match="no_such_paper"):
            await hall.get_bytes("/api/tenders/T1/papers/withdrawals/1")
    async with opened(place) as doors, doors.client("b2") as other:
        await other.login()
        assert await other.get("/api/tenders/T1/papers") == {"refusals": [], "withdrawals": []}
