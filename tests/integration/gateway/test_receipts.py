"""A bidder's receipt on paper: the hall's seal on it, the signed receipt inside, and nobody outside asked."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from hall.errors import NotPermitted, Refused
from hall.procurement import canonical
from hall.signing import sealed_bid, statement_pdf
from hall.signing.pdf_check import attachment
from tests.demo_world import a_container, holder
from tests.integration.gateway.conftest import opened


async def test_clause_5_2_2_the_receipt_is_a_sealed_pdf_with_the_signed_receipt_inside(place: Path) -> None:
    one = holder("b1")
    plain, sealed = place / "bid.zip", place / "bid.sealed"
    plain.write_bytes(a_container(one))
    made = sealed_bid.seal(
        plain, sealed, tender="T1", lot="1", bidder="b1", name="bid.zip", certificate=one.certificate
    )
    header = sealed_bid.parse_header(sealed.read_bytes())
    path = "/api/tenders/T1/lots/1/receipt.pdf"
    async with opened(place) as doors, doors.client("b1") as hall:
        with pytest.raises(NotPermitted, match="login_needed"):
            await hall.get_bytes(path)
        await hall.login()
        with pytest.raises(Refused, match="no_deposit"):
            await hall.get_bytes(path)
        card = await hall.tender("T1")
        await hall.deposit(card, header, sealed, made)
        pdf = await hall.get_bytes(path)
        (promise,) = (await hall.get("/api/tenders/T1"))["mine"]
    assert attachment(pdf, statement_pdf.ATTACHMENT) == canonical.dumps(promise)
    (place / "receipt.pdf").write_bytes(pdf)
    said = await asyncio.to_thread(said_by, "pdfsig", "-nocert", place / "receipt.pdf")
    assert "Signature is Valid." in said and "Total document signed" in said
    # clause 5.2.2: before the announcement no authority may learn from a time stamp that somebody bids.
    assert b"2a864886f70d010910020e" not in pdf.lower()
    text = await asyncio.to_thread(said_by, "pdftotext", "-layout", place / "receipt.pdf", "-")
    shown = "".join(text.split())
    assert made.sha256 in shown and "投标文件递交回执" in shown


def said_by(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


async def test_nobody_else_gets_a_bidders_receipt(place: Path) -> None:
    async with opened(place) as doors, doors.client("host") as hall:
        await hall.login()
        with pytest.raises(NotPermitted, match="not_permitted"):
            await hall.get_bytes("/api/tenders/T1/lots/1/receipt.pdf")
