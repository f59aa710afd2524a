"""A deposit in a real browser, with what can come between: a lost line, a reload, a full disk; replaced, withdrawn."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from hall.rehearsal.stage import Stage
from hall.signing import sealed_bid
from tests.e2e.people import Person, a_bid

COLUMNS = {
    "price": "1234567.80",
    "period": "300 日历天",
    "quality": "合格",
    "manager": "周建国",
    "security": "200000.00",
}
ALMOST_FULL = "navigator.storage.estimate = async () => ({ quota: 1_000_000, usage: 900_000 })"
INSECURE = "Object.defineProperty(window, 'isSecureContext', { value: false })"
NO_DISK = (
    "StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'))"
)


def larger(pdf: bytes, size: int) -> bytes:
    """The PDF with ballast in front of its page tree's end: an update that holds one large stream."""
    from io import BytesIO

    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    reference = writer.add_object(generic.StreamObject(stream_data=bytes(size)))
    writer.root[generic.pdf_name("/Ballast")] = reference
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.timeout(300)
async def test_clause_5_2_2_a_broken_upload_goes_on_after_a_reload_and_the_bid_is_replaced_and_withdrawn(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    person = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0], phone=True)
    await person.log_in()
    bid = tmp_path / "bid.pdf"
    bid.write_bytes(larger(a_bid(stage.scene, person, COLUMNS["price"]), 20 * 1024 * 1024))

    # The line breaks after the first slice; the page says so, and that nothing need be done.
    broken = asyncio.Event()

    async def second_slice_is_lost(route: Route) -> None:
        if "offset=0" in route.request.url:
            await route.continue_()
        else:
            broken.set()
            await route.abort("internetdisconnected")

    await person.page.route("**/api/uploads/*?offset=*", second_slice_is_lost)
    for field, value in COLUMNS.items():
        await person.fill(field, value)
    await person.see("pdf").set_input_files(bid)
    await person.see("seal").click()
    await person.see("confirm").click()
    await broken.wait()
    await expect(person.see("deposit-away")).to_be_visible()
    await person.picture("deposit-away")

    # The page is loaded anew: the key is gone, and the upload goes on without it.
    await person.page.reload()
    await expect(person.see("certificate-password")).to_be_visible()
    await person.page.unroute("**/api/uploads/*?offset=*")
    await expect(person.see("unfinished")).to_be_attached()
    await person.unlocks()
    await person.picture("deposit-unfinished")
    await person.see("go-on").click()
    await expect(person.see("deposit-sha256")).to_be_visible()
    await person.picture("deposit-receipt")

    # What the bidder keeps: the sealed file, and the receipt twice.
    sealed = await person.downloads("save-sealed", tmp_path / "kept.bid")
    kept = json.loads((await person.downloads("save-receipt", tmp_path / "receipt.json")).read_bytes())
    assert hashlib.sha256(sealed.read_bytes()).hexdigest() == kept["receipt"]["sha256"]
    assert json.loads(kept["act"]["body"])["sha256"] == kept["receipt"]["sha256"]
    with sealed.open("rb") as file:
        assert sealed_bid.read_header(file).recipient == kept["receipt"]["recipient"]
    paper = await person.downloads("save-receipt-pdf", tmp_path / "receipt.pdf")
    said = await asyncio.to_thread(said_by, "pdfsig", "-nocert", paper)
    assert "Signature is Valid." in said

    # Replaced: another file, another receipt; it is on this computer's disk after a reload, too.
    await person.see("deposit-again").click()
    bid.write_bytes(a_bid(stage.scene, person, "1200000.00"))
    await person.deposits(bid, COLUMNS | {"price": "1200000.00"})
    await expect(person.see("deposit-sha256")).not_to_contain_text(kept["receipt"]["sha256"][:4])
    await person.page.reload()
    await person.unlocks()
    again = json.loads((await person.downloads("save-receipt", tmp_path / "again.json")).read_bytes())
    sealed = await person.downloads("save-sealed", tmp_path / "again.bid")
    assert hashlib.sha256(sealed.read_bytes()).hexdigest() == again["receipt"]["sha256"]
    assert again["receipt"]["sha256"] != kept["receipt"]["sha256"]

    # Withdrawn: nothing is deposited any more, and the hall has said so in writing.
    await person.see("withdraw").click()
    await person.see("confirm").click()
    await expect(person.see("deposit-state")).to_have_attribute("data-state", "not-deposited")
    word = json.loads((await person.downloads("save-withdrawal", tmp_path / "word.json")).read_bytes())
    assert word["sha256"] == again["receipt"]["sha256"]
    await person.picture("withdrawn")
    paper = await person.downloads("save-withdrawal-pdf", tmp_path / "withdrawal.pdf")
    assert "Signature is Valid." in await asyncio.to_thread(said_by, "pdfsig", "-nocert", paper)
    assert person.complaints == []
    await person.context.close()


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_what_a_browser_lacks_is_said_with_the_way_on(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    for code, script in (("browser_disk_missing", NO_DISK), ("insecure_context", INSECURE)):
        person = await Person.arrives(browser, "bidder2", stage.port, stage.pki.bidders[1])
        await person.log_in()
        await person.context.add_init_script(script)
        await expect(person.see("seal")).to_be_visible()
        await person.page.reload()
        note = person.see(f"failure-{code}")
        await expect(note).to_be_attached()
        assert "hall seal" in await note.inner_text()
        await person.context.close()
    person = await Person.arrives(browser, "bidder2", stage.port, stage.pki.bidders[1], script=ALMOST_FULL)
    await person.log_in()
    bid = tmp_path / "bid.pdf"
    bid.write_bytes(a_bid(stage.scene, person, COLUMNS["price"]))
    for field, value in COLUMNS.items():
        await person.fill(field, value)
    await person.see("pdf").set_input_files(bid)
    await person.see("seal").click()
    await person.see("confirm").click()
    await expect(person.see("deposit-state")).to_have_attribute("data-state", "deposited")
    await person.context.close()


def said_by(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
