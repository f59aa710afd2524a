"""A notarised opening with papers of the notary, looks into the bids' PDFs, and further signatures under the record:
its bundle is accepted, and each lie about them is refused under its clause."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from hall.errors import NotPermitted, Refused
from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from hall.procurement import canonical
from tests.forger import Forger, with_member
from tests.integration.evidence.conftest import Honest, _played
from tests.integration.evidence.stories import (
    SIGNERS,
    Told,
    bundled,
    confirmed,
    objected,
    parties,
    recorded,
)
from tests.integration.evidence.test_forged_bundles import failed
from tests.own_hall import BIDDERS, OPENING, OwnHall, emptied, own_hall
from tests.troubled import post

pytestmark = pytest.mark.timeout(300)

PICTURE = b"\x89PNG\r\n\x1a\n a picture of the screen"


async def story(place: Path) -> Told:
    """All bids are opened; the notary adds a picture; supervisor, notary and b1 sign besides."""
    async with own_hall(place, staff=[*parties(), post("notary")]) as hall:
        for who in BIDDERS:
            await hall.deposit(who)
            await hall.sign_in(who)
        hall.after(60 * 60_000)
        await hall.until("DepositsHandedOver")
        await hall.act("host", "announce_bidders")
        await hall.until("SealingRechecked")
        await hall.act("notary", "declare_sealing")
        await _paper(hall)
        await hall.act("host", "command_decryption", minutes=60)
        for who in BIDDERS:
            await hall.release(who)
        await hall.until("ResultsShown")
        await hall.act("notary", "declare_results")
        await confirmed(hall)
        await hall.until("BidPdfChecked", len(BIDDERS))
        await objected(hall)
        await recorded(hall)
        await _signed(hall)
        register = hall.view("procuring_entity").register
        if register is not None and register.unexplained:  # a busy machine tells of itself
            await hall.act("clerk", "explain_incidents", incidents=register.unexplained, text="机器繁忙")
        await hall.act("host", "close_opening", record_later=False)
        await emptied(hall)
        return await bundled(hall)


async def _paper(hall: OwnHall) -> None:
    """Handed in, then signed for; nobody else adds any, and nothing that the hall does not hold is named."""
    papers, notary = hall.core.desk.papers, hall.actor("notary")
    with pytest.raises(NotPermitted):
        await papers.hand_in(OPENING, hall.actor("supervisor"), PICTURE)
    body: dict[str, Any] = {"title": "现场照片", "mime": "image/png", "size": len(PICTURE)}
    with pytest.raises(Refused, match="paper_not_here"):
        await hall.act("notary", "add_paper", sha256="ab" * 32, **body)
    sha256 = await papers.hand_in(OPENING, notary, PICTURE)
    await hall.act("notary", "add_paper", sha256=sha256, **body)
    assert await papers.paper(OPENING, 1) == ("image/png", PICTURE)
    (shown,) = hall.view("b1").papers
    assert (shown.sha256, shown.role) == (hashlib.sha256(PICTURE).hexdigest(), "notary")


async def _signed(hall: OwnHall) -> None:
    """One at a time; who was shown a revision that another has signed meanwhile is told so."""
    notary, records = hall.holder("notary"), hall.core.records
    early = await records.prepare(OPENING, hall.actor("notary"), notary.certificate.der)
    await hall.sign_record("supervisor")
    with pytest.raises(Refused, match="stale_revision"):
        await records.sign(OPENING, early.prepared, notary.sign(early.attributes), hall.actor("notary"))
    with pytest.raises(NotPermitted):
        await hall.sign_record("b1")
    for who in SIGNERS:
        await hall.sign_record(who)
    await hall.until("RecordCompleted")
    await hall.sign_record("notary")
    await hall.until("RecordCompleted", 2)
    await hall.sign_record("b1")
    await hall.until("RecordCompleted", 3)


@pytest.fixture(scope="module")
def notarised(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """The story, played once."""

    return _played(tmp_path_factory.mktemp("notarised"), story)


def test_clause_4_5_the_notarys_acts_and_papers_stand_as_its_own_block_of_the_record(
    notarised: Honest,
) -> None:
    forger = notarised.forger()
    record = canonical.loads(forger.members["record/record.json"])
    assert isinstance(record, dict)
    assert [act["act"] for act in record["notary_acts"]] == [
        "declare_sealing",
        "add_paper",
        "declare_results",
    ]
    (paper,) = [act for act in record["notary_acts"] if act["act"] == "add_paper"]
    assert paper["digest"] == hashlib.sha256(PICTURE).hexdigest()
    assert forger.members["papers/1.png"] == PICTURE


def test_clause_5_5_3_the_bundle_with_further_signatures_is_accepted(notarised: Honest) -> None:
    result = verify(notarised.bundle, notarised.anchors)
    assert failed(result) == {}
    clauses = {v.clause: v.status for v in result.verdicts}
    assert clauses["4.5"] is not Status.FAILED and "4.5" in clauses
    assert clauses["5.5.3"] is Status.PROVED


def test_clause_4_5_another_paper_than_the_notarys_is_refused(notarised: Honest, tmp_path: Path) -> None:
    path = with_member(notarised.bundle, "papers/1.png", b"another", tmp_path / "b.zip", head_too=True)
    assert "papers/1.png is not that paper" in failed(verify(path, notarised.anchors))["4.5"]


def _judged(notarised: Honest, forger: Forger, tmp_path: Path, *, record: bool = False) -> dict[str, str]:
    return failed(verify(forger.write(tmp_path / "forged.zip", record=record), notarised.anchors))


def test_clause_5_2_2_a_better_report_about_a_bid_is_refused(notarised: Honest, tmp_path: Path) -> None:
    forger = notarised.forger()
    row = forger.row("BidPdfChecked")
    assert row["body"]["outcome"] == "unreadable"
    row["body"]["outcome"] = "holds"
    report = {"v": 1, **{name: row["body"][name] for name in ("outcome", "pdf", "signatures")}}
    row["body"]["report"] = hashlib.sha256(canonical.dumps(report)).hexdigest()
    found = _judged(notarised, forger, tmp_path)
    assert "its outcome is not that of its signatures" in found["5.2.2"]
    assert "bid_pdfs differs from the journal" in found["5.5.2"]


def test_clause_5_2_2_a_bid_that_nobody_looked_into_is_told(notarised: Honest, tmp_path: Path) -> None:
    forger = notarised.forger()
    forger.remove(forger.row("BidPdfChecked"))
    assert "was not looked into once" in _judged(notarised, forger, tmp_path)["5.2.2"]


def test_clause_5_5_3_a_further_signature_in_anothers_name_is_refused(
    notarised: Honest, tmp_path: Path
) -> None:
    forger = notarised.forger()
    row = forger.row("RecordSigned", role="supervisor")
    row["body"]["certificate"] = forger.row("RecordSigned", role="clerk")["body"]["certificate"]
    assert "not signed once by supervisor" in _judged(notarised, forger, tmp_path)["5.5.3"]
