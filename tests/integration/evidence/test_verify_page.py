"""The static page gives the same answers as `hall verify`: in a real browser, from the disk, without any network."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from hall.evidence.bundle import Anchors
from hall.evidence.entitlement import Entitlement
from hall.evidence.extract import extract
from hall.evidence.one_history import COSIGNATURES
from hall.evidence.verify import verify
from hall.procurement import canonical
from hall.rehearsal.stage import web_root
from tests.e2e.people import CHROMIUM
from tests.forger import Forger, flipped, with_member
from tests.integration.evidence.conftest import Honest
from tests.integration.evidence.test_one_history import Proved, outside_before_the_deadline

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
    """The page and the program say the same of every question, but where the program draws the record's pages again:
    there the page has no better answer than *asserted*, and says why. Gives the program's answers."""
    # The program looks at PDFs in loops of its own, which a running one does not allow.
    result = await asyncio.to_thread(verify, bundle, honest.anchors if trusted else None)
    said = {check.check: check.status.value for check in result.checks}
    shown = await verifier.judges(bundle, honest.trust if trusted else None)
    undrawn = {"record_equals_journal": "asserted"} if said["record_equals_journal"] == "proved" else {}
    assert shown.answers == said | undrawn, bundle.name
    told = await verifier.page.locator("[data-check=record_equals_journal] .left-open").count()
    assert told == (shown.answers["record_equals_journal"] == "asserted")
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
    public = honest.public(tmp_path / "public.zip")
    bare = part(honest.bundle, tmp_path / "bare.zip", Entitlement.PUBLIC)
    whole = await agrees(verifier, honest.bundle, honest)
    assert await agrees(verifier, own, honest) == whole
    assert (await agrees(verifier, public, honest))["record_equals_journal"] == "asserted"
    assert (await agrees(verifier, bare, honest))["record_equals_journal"] == "not_covered"
    lied = canonical.dumps(json.loads(_member(public, "record/public.json")) | {"causes": []})
    altered = with_member(public, "record/public.json", lied, tmp_path / "lied.zip", head_too=True)
    assert (await agrees(verifier, altered, honest))["record_equals_journal"] == "failed"
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
async def test_a_bundle_of_the_national_algorithms_is_judged_alike(
    played: Callable[[str], Honest], verifier: Verifier, tmp_path: Path
) -> None:
    """Acts that SM2 signed, and chains of SM2 certificates."""
    told = await asyncio.to_thread(played, "national")
    assert (await agrees(verifier, told.bundle, told))["signatures"] == "proved"
    forger = told.forger()
    act = forger.row("ReleaseReceived")["body"]["act"]
    act["signature"] = base64.b64encode(flipped(base64.b64decode(act["signature"]), 40)).decode()
    forged = await asyncio.to_thread(forger.write, tmp_path / "forged.zip", people_sign=False)
    assert (await agrees(verifier, forged, told))["signatures"] == "failed"
    # without the CA that issued the pairs no chain holds
    anchors = replace(told.anchors, ca_roots=told.anchors.ca_roots[:1])
    if anchors != told.anchors:
        less = published(told, anchors, tmp_path)
        assert (await agrees(verifier, less.bundle, less))["signatures"] == "failed"


def published(honest: Honest, anchors: Anchors, folder: Path) -> Honest:
    """The same with other anchors in its head and its trust file."""
    roots = {name: [base64.b64encode(one).decode() for one in getattr(anchors, name)] for name in ROOTS}
    head = json.loads(_member(honest.bundle, "bundle.json")) | roots
    bundle = with_member(
        honest.bundle, "bundle.json", canonical.dumps(head), folder / "less.zip", head_too=False
    )
    trust = folder / "less.json"
    trust.write_text(json.dumps(json.loads(honest.trust.read_text()) | roots), encoding="utf-8")
    return replace(honest, bundle=bundle, trust=trust, anchors=anchors)


ROOTS = ("ca_roots", "tsa_roots")


@pytest.mark.long
async def test_stamps_and_cosignatures_are_judged_alike(
    honest: Honest, verifier: Verifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5.2.2 is proved under an outside authority's stamp and asserted under a later one; one bit is found in each."""

    async def told(make: Callable[[Proved], object], spoil: str = "") -> dict[str, str]:
        proved = Proved(honest, honest.forger(), tmp_path / "bundle.zip")
        # The authority answers in a loop of its own, which a running one does not allow.
        await asyncio.to_thread(make, proved)
        for name in [one for one in proved.forger.members if spoil and one.startswith(spoil)]:
            data = proved.forger.members.pop(name)
            altered = flipped(data, len(data) // 2)
            proved.forger.members[f"{spoil}/{hashlib.sha256(altered).hexdigest()}.tst"] = altered
        if proved.lines:
            lines = b"".join(canonical.dumps(line) + b"\n" for line in proved.lines)
            proved.forger.members[COSIGNATURES] = lines
        bundle = await asyncio.to_thread(proved.forger.write, proved.place)
        return await agrees(
            verifier,
            bundle,
            published(replace(proved.honest, bundle=bundle), proved.honest.anchors, tmp_path),
        )

    def outside(before: int) -> Callable[[Proved], None]:
        return lambda proved: outside_before_the_deadline(proved, monkeypatch, before)

    assert (await told(lambda proved: proved.cosign("supervisor", "supervisor")))["history"] == "proved"
    assert (await told(lambda proved: proved.cosign("host", "supervisor")))["history"] == "failed"
    late = await told(lambda proved: proved.cosign("supervisor", "supervisor", key_of="host"))
    assert late["history"] == "failed"
    internal = await told(lambda proved: proved.stamp_root(0))
    assert (internal["history"], internal["deposit_before_deadline"]) == ("asserted", "asserted")
    in_time = await told(outside(60_000))
    assert (in_time["history"], in_time["deposit_before_deadline"]) == ("asserted", "proved")
    assert (await told(outside(-1_000)))["deposit_before_deadline"] == "asserted"
    assert (await told(lambda proved: proved.stamp_root(0), "proof/stamps"))["history"] == "failed"
    assert (await told(lambda proved: proved.name_token("ab" * 32)))["history"] == "failed"


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


def _unclosed_record(forger: Forger) -> None:
    """The record as it stood before its closing time stamp, and said to be complete."""
    signed = forger.rows("RecordSigned")[-1]["body"]["sha256"]
    pdf = forger.members["record/record.pdf"]
    ends = [found.end() for found in re.finditer(rb"%%EOF\r?\n?", pdf)]
    cut = next(pdf[:end] for end in ends if hashlib.sha256(pdf[:end]).hexdigest() == signed)
    forger.members["record/record.pdf"] = cut
    for row in forger.rows("RecordCompleted"):
        row["body"]["sha256"] = signed


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
    "a record that no time stamp closes": (_unclosed_record, "signatures"),
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
