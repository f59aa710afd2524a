"""OCDS packages against what the schema requires of the parts used here. No package at hand ships the schema, so
this was written down without it, from what release-schema.json and record-package-schema.json 1.1.5 are known to say:
https://standard.open-contracting.org/schema/1__1__5/."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from hall.runtime import open_data
from hall.runtime.listing import ListedTender
from hall.runtime.open_data import PublicTender, Publisher

AT = 1_767_225_600_000
PUBLISHER = Publisher("测试大厅", "hall.example", "https://hall.example")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
TAGS = {"planning", "tender", "tenderAmendment", "award", "contract", "implementation", "compiled"}
STATUS = {"planning", "planned", "active", "cancelled", "unsuccessful", "complete", "withdrawn"}
AWARD_STATUS = {"pending", "active", "cancelled", "unsuccessful"}
ROLES = {"buyer", "procuringEntity", "supplier", "tenderer"}
RELEASE = {"ocid", "id", "date", "tag", "language", "initiationType", "parties", "buyer", "tender", "awards"}


def line(**changed: Any) -> ListedTender:
    told: dict[str, Any] = {
        **dict.fromkeys(ListedTender.__dataclass_fields__, ""),
        **dict.fromkeys(("closed_at", "public_until"), 0),
        "lots": 1,
        "published_at": AT,
        "bid_deadline": AT + 1,
        "sign_in_from": AT,
        "tender": "T1",
        "name": "测试工程",
        "entity": "建设局",
        "method": "open_tendering",
        "phase": "bidding",
    }
    return ListedTender(**{**told, **changed})


def lot(**changed: Any) -> dict[str, Any]:
    return {"lot": "1", "start": AT + 5, "candidates": [], "decision": None, "ends": [], **changed}


CANDIDATES = lot(candidates=[{"bidder": "b1", "name": "甲公司"}])
DECIDED = lot(
    decision={"decision": 1, "bidder": "b1", "name": "甲公司", "price": "8313579.64", "decided_at": AT + 9}
)
ENDED = lot(ends=[{"kind": "failed", "at": AT + 9}])
NOTICE = {
    "stage": "published",
    "category": "works",
    "text": "公告",
    "lots": [{"lot": "1", "name": "一标段", "price_ceiling": "9000000.00"}],
    "addenda": [{"issued_at": AT + 3}],
    "cancelled_at": 0,
    "invitation_only": False,
}
REGISTRATION = {
    "ask_until": AT,
    "documents": [{"sha256": "11" * 32, "name": "招标文件.pdf", "kind": "tender_documents", "at": AT}],
    "questions": [{"answer": "是", "answered_at": AT + 4}],
}


@pytest.mark.parametrize("phase", ["bidding", "opening", "opened", "publicity", "awarded", "failed"])
@pytest.mark.parametrize("lots", [[], [CANDIDATES], [DECIDED], [ENDED]])
def test_every_stage_of_a_tender_is_a_package_as_the_schema_wants_it(phase: str, lots: list[Any]) -> None:
    tender = PublicTender(line(phase=phase), NOTICE, REGISTRATION, {"lots": lots})
    package = json.loads(json.dumps(open_data.release_package(tender, PUBLISHER)))
    assert {"uri", "publishedDate", "publisher", "releases", "version"} <= package.keys()
    assert package["version"] == "1.1"
    assert package["publisher"]["name"]
    (release,) = package["releases"]
    check_release(release)
    record = open_data.record_package(tender, PUBLISHER)
    assert {"uri", "publishedDate", "publisher", "records", "version"} <= record.keys()
    (one,) = record["records"]
    assert one["ocid"] == release["ocid"]
    assert one["releases"][0].keys() == {"url", "date", "tag"}
    assert one["compiledRelease"]["tag"] == ["compiled"]


def check_release(release: dict[str, Any]) -> None:
    assert {"ocid", "id", "date", "tag", "initiationType"} <= release.keys() <= RELEASE
    assert release["ocid"].startswith("ocds-")
    assert set(release["tag"]) <= TAGS
    assert "#" not in release["id"]
    assert release["initiationType"] == "tender"
    for found in re.findall(r'"(?:date|\w+Date|datePublished)": "([^"]*)"', json.dumps(release)):
        assert MOMENT.fullmatch(found)
    parties = {party["id"] for party in release["parties"]}
    assert all(party["name"] and set(party["roles"]) <= ROLES for party in release["parties"])
    tender = release["tender"]
    assert tender["id"]
    assert tender["status"] in STATUS
    assert tender["procurementMethod"] in {"open", "selective", "limited", "direct"}
    assert {tender["procuringEntity"]["id"], release["buyer"]["id"]} <= parties
    assert all(document["id"] and document["url"].startswith("https://") for document in tender["documents"])
    for award in release.get("awards", ()):
        assert award["id"]
        assert award["status"] in AWARD_STATUS
        assert {one["id"] for one in award.get("suppliers", ())} <= parties
        assert isinstance(award.get("value", {"amount": 0.0})["amount"], float)


def test_a_tender_without_notice_or_award_is_a_release_too() -> None:
    check_release(open_data.release_package(PublicTender(line(), {}, {}, {}), PUBLISHER)["releases"][0])


def test_the_id_changes_when_what_is_told_changes_and_only_then() -> None:
    def id_of(lots: list[Any]) -> str:
        tender = PublicTender(line(), NOTICE, REGISTRATION, {"lots": lots})
        return str(open_data.release_package(tender, PUBLISHER)["releases"][0]["id"])

    assert id_of([]) == id_of([lot()]) == f"T1-{AT + 4}"
    assert id_of([DECIDED]) == f"T1-{AT + 9}"
