"""The look for traces runs in a process of its own, and what a hostile file does to that is no trace."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hall.adapters.bid_checker import in_a_process
from hall.adapters.machine_checks import find, is_seal, read_traces
from hall.award.checks import Checked
from hall.procurement.bid_report import PdfSignature
from hall.procurement.bid_traces import BidTraces
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.signing.bid_container import Summary, build_container

MODULE = "hall.signing.bid_traces_process"


def question(path: Path) -> dict[str, object]:
    return {"path": str(path), "memory": 1 << 30, "seconds": 20}


def container(pdf: bytes) -> bytes:
    summary = Summary(
        "T-1", "1", "a", hashlib.sha256(pdf).hexdigest(), "980000.00", "90 天", "合格", "张工", "20000"
    )
    return build_container(pdf, summary, lambda data: b"signature")


async def test_clause_5_5_1_the_traces_of_a_bid_come_from_a_process_of_its_own(tmp_path: Path) -> None:
    shown = {"tender": "T-1", "tender_name": "项目", "lot": "1", "bidder": "甲公司", "price": "980000.00"}
    more = {"period": "90 天", "quality": "合格", "manager": "张工", "security": "20000"}
    path = tmp_path / "bid"
    path.write_bytes(container(sample_bid_pdf(**shown, **more)))
    wanted = {"wanted": ["甲 公司", "乙公司", "90天"]}
    answer, status = await in_a_process(MODULE, question(path) | wanted, 60)
    found = read_traces(answer)
    assert (status, found.readable) == (0, True)
    assert found.named == ("甲 公司", "90天"), "white space says nothing"
    assert found.runs


async def test_a_file_that_is_no_bid_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "bid"
    path.write_bytes(b"%PDF-1.7 and nothing behind")
    answer, status = await in_a_process(MODULE, question(path), 60)
    assert status != 0
    assert read_traces(answer) == BidTraces()
    assert read_traces(b'{"readable": true}') == BidTraces()


def test_a_seal_is_told_by_the_organisations_name() -> None:
    def signed_by(name: str) -> PdfSignature:
        return PdfSignature(name, "f" * 64, True, "entire_file", "none", None, None, "good", "")

    assert is_seal(signed_by("华东建设有限公司"), "华东建设有限公司")
    assert is_seal(signed_by("华东建设有限公司 投标专用章"), "华东建设有限公司")
    assert not is_seal(signed_by("王小明"), "华东建设有限公司")
    assert not is_seal(signed_by(""), "华东建设有限公司")


def test_all_checks_run_together_in_one_call() -> None:
    place = frozenset({"10.0.0.1"})
    bids = (
        Checked("1", "a", "甲", "2.00", ceiling="1.00", places=place, traces=BidTraces()),
        Checked("1", "b", "乙", "2.00", places=place, traces=BidTraces()),
    )
    assert {one.code for one in find(bids, 15)} == {"over_ceiling", "text_not_read", "same_address"}
