"""The static page gives the same answers as `hall verify`: in a real browser, from the disk, without any network."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from hall.evidence.entitlement import Entitlement
from hall.evidence.extract import extract
from hall.evidence.verify import verify
from hall.rehearsal.stage import web_root
from tests.e2e.people import CHROMIUM
from tests.forger import Forger, flipped, with_member
from tests.integration.evidence.conftest import Honest

pytestmark = pytest.mark.timeout(300)
PATIENCE = 120_000
"""ms: a busy machine's."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says: its state, and question -> status."""

    state: str
    answers: dict[str, str]


class Verifier:
    """The page, opened from its file."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def judges(self, bundle: Path, trust: Path | None) -> Shown:
        """Open the page anew and give it these files."""
        await self.page.goto((web_root() / "verify/index.html").as_uri())
        if trust is not None:
            await self.page.set_input_files("#trust", trust)
        await self.page.set_input_files("#bundle", bundle)
        outcome = self.page.locator("#outcome:not([data-state=busy]):not([data-state=empty])")
        await expect(outcome).to_be_visible(timeout=PATIENCE)
        found = self.page.locator("[data-check]")
        answers = await found.evaluate_all("all => all.map(one => [one.dataset.check, one.dataset.status])")
        return Shown(await outcome.get_attribute("data-state") or "", dict(answers))


@pytest.fixture
async def verifier() -> AsyncIterator[Verifier]:
    if not (web_root() / "verify/index.html").exists():
        pytest.fail("the web client is not built: `make setup`")
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(offline=True, locale="zh-CN")
        page = await context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield Verifier(page)
        await browser.close()
    assert [url for url in asked if not url.startswith("file://")] == []
    assert complaints == []


async def agrees(verifier: Verifier, bundle: Path, honest: Honest, *, trusted: bool = True) -> dict[str, str]:
    """The page and the program say the same; gives the answers."""
    # The program looks at PDFs in loops of its own, which a running one does not allow.
    result = await asyncio.to_thread(verify, bundle, honest.anchors if trusted else None)
    said = {check.check: check.status.value for check in result.checks}
    shown = await verifier.judges(bundle, honest.trust if trusted else None)
    assert shown.answers == said, bundle.name
    worst = "failed" if "failed" in said.values() else "good" if trusted else "unproven"
    assert shown.state == worst
    return said


def part(whole: Path, out: Path, entitlement: Entitlement, holder: str = "") -> Path:
    assert extract(whole, out, entitlement, holder, lambda one: one in ("host", f"bidder-{holder}"))
    return out


async def test_honest_bundles_of_each_entitlement_are_judged_alike(
    honest: Honest, verifier: Verifier, tmp_path: Path
) -> None:
    own = part(honest.bundle, tmp_path / "own.zip", Entitlement.BIDDER, "b1")
    public = part(honest.bundle, tmp_path / "public.zip", Entitlement.PUBLIC)
    whole = await agrees(verifier, honest.bundle, honest)
    assert await agrees(verifier, own, honest) == whole
    assert (await agrees(verifier, public, honest))["disclosure_after_all"] == "asserted"
    assert set((await agrees(verifier, honest.bundle, honest, trusted=False)).values()) <= {
        "asserted",
        "not_covered",
    }


async def test_a_bundle_with_everything_in_it_is_judged_alike(troubled: Honest, verifier: Verifier) -> None:
    assert "failed" not in (await agrees(verifier, troubled.bundle, troubled)).values()


@pytest.mark.long
@pytest.mark.parametrize("name", ["custodians", "alternatives", "brought_again"])
async def test_a_story_is_judged_alike(
    played: Callable[[str], Honest], name: str, verifier: Verifier
) -> None:
    told = await asyncio.to_thread(played, name)
    assert "failed" not in (await agrees(verifier, told.bundle, told)).values()


@pytest.mark.long
async def test_a_bundle_of_the_national_algorithms_is_judged_alike_but_for_its_chains(
    played: Callable[[str], Honest], verifier: Verifier
) -> None:
    """The page checks SM2 signatures, and follows no chain of SM2 certificates: what rests on one it leaves open."""
    told = await asyncio.to_thread(played, "national")
    result = await asyncio.to_thread(verify, told.bundle, told.anchors)
    shown = (await verifier.judges(told.bundle, told.trust)).answers
    said = {check.check: check.status.value for check in result.checks}
    assert shown == {**said, "signatures": "not_covered"}


def _early_price(forger: Forger) -> None:
    forger.move(forger.row("PricesDisclosed"), forger.at(forger.row("WindowClosed")))


def _long_window(forger: Forger) -> None:
    forger.row("WindowClosed")["body"]["at"] += 1


def _late_sign_in(forger: Forger) -> None:
    plan = forger.row("OpeningScheduled")["body"]
    forger.row("BidderSignedIn", bidder="b1")["received_at"] = plan["bid_deadline"]


def _late_deposit(forger: Forger) -> None:
    row = forger.deposit("b1")
    row["received_at"] = row["body"]["deposit"]["received_at"] = forger.row("DepositsClosed")["received_at"]


def _other_price(forger: Forger) -> None:
    forger.row("PricesDisclosed")["body"]["bids"][0]["price"] = "1.00"


def _anothers_release(forger: Forger) -> None:
    forger.resign(forger.row("ReleaseReceived", bidder="b1"), by="b2")


def _unreleased(forger: Forger) -> None:
    forger.remove(forger.row("ReleaseReceived", bidder="b1"))


def _other_record(forger: Forger) -> None:
    forger.members["record/record.json"] = forger.members["record/record.json"].replace(b"b1", b"b2", 1)


def _shorter_recording(forger: Forger) -> None:
    forger.members["recordings/host/001.mp4"] = forger.members["recordings/host/001.mp4"][:-1]


LIES: dict[str, tuple[Callable[[Forger], None], str]] = {
    "a price before the window closed": (_early_price, "disclosure_after_all"),
    "a window of 60 minutes and a millisecond": (_long_window, "sixty_minutes"),
    "a sign-in at the deadline": (_late_sign_in, "sign_in_window"),
    "a deposit after the deadline": (_late_deposit, "deposit_before_deadline"),
    "another price than was opened": (_other_price, "disclosure_after_all"),
    "a release signed by another bidder": (_anothers_release, "self_decryption"),
    "a bid opened without a release": (_unreleased, "self_decryption"),
    "another record": (_other_record, "record_equals_journal"),
    "a recording cut short": (_shorter_recording, "recordings"),
}
"""What a hall that lies writes well, every digest, link and checkpoint made to fit; and the question that finds it."""


async def test_lies_are_found_by_page_and_program_alike(
    honest: Honest, verifier: Verifier, tmp_path: Path
) -> None:
    for name, (lie, question) in LIES.items():
        forger = honest.forger()  # each lie alone
        lie(forger)
        bundle = await asyncio.to_thread(forger.write, tmp_path / "lie.zip")
        assert (await agrees(verifier, bundle, honest))[question] == "failed", name


async def test_a_flipped_byte_is_found_by_the_page(
    honest: Honest, verifier: Verifier, tmp_path: Path
) -> None:
    members = ("journal.jsonl", "checkpoints.jsonl", "record/record.pdf", "recordings/host/001.index.jsonl")
    for name in members:
        data = honest.forger().members.get(name) or _member(honest.bundle, name)
        altered = flipped(data, len(data) // 2)
        bundle = with_member(honest.bundle, name, altered, tmp_path / "a.zip", head_too=False)
        assert (await verifier.judges(bundle, honest.trust)).answers["integrity"] == "failed", name


def _member(bundle: Path, name: str) -> bytes:
    with zipfile.ZipFile(bundle) as opened:
        return opened.read(name)


async def test_what_is_no_bundle_is_told_so(honest: Honest, verifier: Verifier, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "b.zip").write_bytes(honest.bundle.read_bytes()[:-9])
    (tmp_path / "other.json").write_text(json.dumps({"v": 1}))
    assert (await verifier.judges(tmp_path / "a.pdf", None)).state == "none"
    assert (await verifier.judges(tmp_path / "b.zip", None)).state == "none"
    assert (await verifier.judges(honest.bundle, tmp_path / "other.json")).state == "none"
