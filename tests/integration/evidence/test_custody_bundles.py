"""Bundles of an opening whose keys were with supervisor and notary: what is accepted, and each lie about it."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hall.evidence.verify import verify
from hall.signing import cms
from tests.demo_world import holder
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest
from tests.integration.evidence.test_forged_bundles import Judged, failed, only
from tests.interop.third_verifier import faults

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def told(played: Callable[[str], Honest]) -> Honest:
    return played("custodians")


@pytest.fixture
def forger(told: Honest) -> Forger:
    return told.forger()


@pytest.fixture
def judged(told: Honest, tmp_path: Path) -> Judged:
    def judge(forger: Forger, *, record: bool = True, people_sign: bool = True) -> dict[str, str]:
        path = forger.write(tmp_path / "forged.zip", record=record, people_sign=people_sign)
        return failed(verify(path, told.anchors))

    return judge


def test_clause_4_11_an_opening_with_custodians_is_accepted(told: Honest) -> None:
    result = verify(told.bundle, told.anchors)
    assert failed(result) == {}
    assert any(verdict.clause == "4.11" for verdict in result.verdicts)
    assert faults(told.bundle, json.loads(told.trust.read_text())) == []


def _release(forger: Forger, bidder: str = "b1") -> Any:
    """The release that counted in the end: made again, to the custodians that were named."""
    return forger.rows("ReleaseReceived", bidder=bidder)[-1]


def _again(forger: Forger, row: Any, **changes: object) -> None:
    """Its signer signs other words, and the row tells them."""
    forger.resign(row, body=changes)
    row["body"]["release"] = row["body"]["act"]["body_digest"]


def test_4_11_a_tag_that_proves_nothing(forger: Forger, judged: Judged) -> None:
    _again(forger, _release(forger), tag="00" * 32)
    found = judged(forger)
    assert "its tag does not prove" in found["4.11"]


def test_4_11_a_key_enveloped_to_somebody_else(forger: Forger, judged: Judged) -> None:
    envelope = cms.build_envelope(b"anything", holder("host").certificate)
    _again(forger, _release(forger), envelope=base64.b64encode(envelope).decode())
    found = judged(forger)
    assert "entrusted to somebody else than the published custodian" in found["4.11"]


def test_4_11_a_custodians_act_that_another_signed(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("EntrustedOpened", role="notary"), by="host")
    only("4.11", "not signed by the one who may", judged(forger))


def test_4_11_a_bid_that_the_hall_opened_before_the_last_custodian_acted(
    forger: Forger, judged: Judged
) -> None:
    opened, act = forger.row("BidOpened", bidder="b1"), forger.row("EntrustedOpened", role="notary")
    opened["received_at"] = act["received_at"]
    forger.move(opened, forger.at(act))
    only("4.11", "opened before the custodians had handed over its key", judged(forger))


def test_4_11_an_inner_envelope_that_was_exchanged(forger: Forger, judged: Judged) -> None:
    bids = forger.row("EntrustedOpened", role="supervisor")["body"]["bids"]
    bids[0]["envelope"] = bids[1]["envelope"]
    only("4.11", "another envelope than", judged(forger))


def test_4_11_custodians_whom_the_project_owner_did_not_name(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("CustodiansNamed"), by="host")
    found = judged(forger)
    assert "not signed by the one who may" in found["4.11"]


def test_5_3_4_a_custodian_who_opened_while_a_window_ran(forger: Forger, judged: Judged) -> None:
    act, closed = forger.row("EntrustedOpened", role="supervisor"), forger.rows("OwnWindowClosed")[-1]
    act["received_at"] = closed["received_at"]
    forger.move(act, forger.at(closed))
    only("5.3.4", "disclosed while", judged(forger))


def test_clause_4_11_the_record_says_who_opened_the_keys(told: Honest) -> None:
    with zipfile.ZipFile(told.bundle) as bundle:
        record = json.loads(bundle.read("record/record.json"))
    named, first, second = record["custody"]
    assert (named["act"], first["act"], second["act"]) == ("named", "opened", "opened")
    assert [first["by"].split()[0], second["by"].split()[0]] == ["supervisor", "notary"]
    assert named["custodians"] == [first["certificate"], second["certificate"]]
    assert second["bidders"] == ["b1", "b2", "b3"]
