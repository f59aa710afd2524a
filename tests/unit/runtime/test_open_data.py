"""OCDS packages against what the published schema says of the parts used here: types, what is required, closed code
lists, formats. Written down by hand beside release-schema.json, release-package-schema.json and
record-package-schema.json 1.1.5 (https://standard.open-contracting.org/schema/1__1__5/)."""

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
URI = re.compile(r"https://[^\s]+")

ONE_OF: dict[str, set[str]] = {
    "tenderStatus": {
        *("planning", "planned", "active", "cancelled", "unsuccessful", "complete", "withdrawn"),
    },
    "awardStatus": {"pending", "active", "cancelled", "unsuccessful"},
    "method": {"open", "selective", "limited", "direct"},
    "procurementCategory": {"goods", "works", "services"},
    "initiationType": {"tender"},
    "currency": {"CNY"},
    "releaseTag": {
        *("planning", "planningUpdate", "tender", "tenderAmendment", "tenderUpdate", "tenderCancellation"),
        *("award", "awardUpdate", "awardCancellation", "contract", "contractUpdate", "contractAmendment"),
        *("implementation", "implementationUpdate", "contractTermination", "compiled"),
    },
    "partyRole": {"buyer", "procuringEntity", "supplier"},
    "documentType": {"tenderNotice", "biddingDocuments", "clarifications"},
    "submissionMethod": {"electronicSubmission"},
}
"""Closed code lists whole (of currencies: ours), open ones as far as they are used."""

PACKAGE = {
    "uri!": "uri",
    "version!": "text",
    "publishedDate!": "moment",
    "publisher!": "Publisher",
    "extensions": ["uri"],
    "license": "uri",
    "publicationPolicy": "uri",
}
OBJECTS: dict[str, dict[str, Any]] = {
    "ReleasePackage": PACKAGE | {"releases!": ["Release"]},
    "RecordPackage": PACKAGE | {"records!": ["Record"], "packages": ["uri"]},
    "Publisher": {"name!": "text", "scheme": "text", "uid": "text", "uri": "uri"},
    "Record": {"ocid!": "text", "releases!": ["Linked"], "compiledRelease": "Release"},
    "Linked": {"url!": "uri", "date": "moment", "tag!": ["releaseTag"]},
    "Release": {
        "ocid!": "text",
        "id!": "text",
        "date!": "moment",
        "tag!": ["releaseTag"],
        "initiationType!": "initiationType",
        "language": "text",
        "parties": ["Organization"],
        "buyer": "OrganizationReference",
        "tender": "Tender",
        "awards": ["Award"],
    },
    "Organization": {"id": "text", "name": "text", "roles": ["partyRole"]},
    "OrganizationReference": {"id": "text", "name": "text"},
    "Tender": {
        "id!": "text",
        "title": "text",
        "description": "text",
        "status": "tenderStatus",
        "procuringEntity": "OrganizationReference",
        "procurementMethod": "method",
        "procurementMethodDetails": "any text",
        "mainProcurementCategory": "procurementCategory",
        "submissionMethod": ["submissionMethod"],
        "submissionMethodDetails": "text",
        "tenderPeriod": "Period",
        "enquiryPeriod": "Period",
        "hasEnquiries": "flag",
        "documents": ["Document"],
        "lots": ["Lot"],  # of the extension that the package names
    },
    "Lot": {"id!": "text", "title": "text", "value": "Value"},
    "Period": {"startDate": "moment", "endDate": "moment"},
    "Document": {
        "id!": "text",
        "documentType": "documentType",
        "title": "text",
        "url": "uri",
        "datePublished": "moment",
        "language": "text",
    },
    "Award": {
        "id!": "text",
        "title": "text",
        "status": "awardStatus",
        "date": "moment",
        "value": "Value",
        "suppliers": ["OrganizationReference"],
        "relatedLots": ["text"],  # of the same extension
    },
    "Value": {"amount": "number", "currency": "currency"},
}
"""Object → its fields → what they hold; `!`: required; in brackets: a list, with at least one, none twice."""


def faults(value: Any, kind: Any, where: str = "") -> list[str]:
    """What the table above holds against a value, each with its place."""
    if isinstance(kind, list):
        if not isinstance(value, list) or not value:
            return [f"{where}: no list of anything"]
        twice = len({json.dumps(one, sort_keys=True) for one in value}) < len(value)
        found = [fault for n, one in enumerate(value) for fault in faults(one, kind[0], f"{where}/{n}")]
        return [*found, f"{where}: something twice"] if twice else found
    if (fields := OBJECTS.get(kind)) is None:
        return [] if _plain(value, kind) else [f"{where}: {value!r} is no {kind}"]
    if not isinstance(value, dict):
        return [f"{where}: no {kind}"]
    known = {name.rstrip("!"): what for name, what in fields.items()}
    wanted = {name[:-1] for name in fields if name.endswith("!")}
    found = [f"{where}: without {name}" for name in sorted(wanted - value.keys())]
    found += [f"{where}: {name} is no field of {kind}" for name in sorted(value.keys() - known.keys())]
    for name in value.keys() & known.keys():
        found += faults(value[name], known[name], f"{where}/{name}")
    return found


def _plain(value: Any, kind: str) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "number":
        return type(value) in (int, float)
    if not isinstance(value, str):
        return False
    if kind in ONE_OF:
        return value in ONE_OF[kind]
    formats = {"moment": MOMENT, "uri": URI, "text": re.compile("(?s).+"), "any text": re.compile("(?s).*")}
    return formats[kind].fullmatch(value) is not None


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
    assert faults(package, "ReleasePackage") == []
    assert package["version"] == "1.1"
    (release,) = package["releases"]
    check_release(release)
    record = json.loads(json.dumps(open_data.record_package(tender, PUBLISHER)))
    assert faults(record, "RecordPackage") == []
    (one,) = record["records"]
    assert one["ocid"] == release["ocid"]
    assert one["compiledRelease"]["tag"] == ["compiled"]


def check_release(release: dict[str, Any]) -> None:
    """What no schema says: names lead to who is named, and the id can stand in an address."""
    assert faults(release, "Release") == []
    assert release["ocid"].startswith("ocds-")
    assert "#" not in release["id"]
    parties = {party["id"] for party in release["parties"]}
    tender = release["tender"]
    assert {tender["procuringEntity"]["id"], release["buyer"]["id"]} <= parties
    for award in release.get("awards", ()):
        assert {one["id"] for one in award.get("suppliers", ())} <= parties


def test_the_table_finds_what_the_schema_forbids() -> None:
    package = open_data.release_package(
        PublicTender(line(), NOTICE, REGISTRATION, {"lots": [DECIDED]}), PUBLISHER
    )
    (release,) = package["releases"]
    del release["ocid"]
    release["tender"]["status"] = "open"
    release["date"] = "2026-01-01"
    release["awards"][0]["value"]["amount"] = "8313579.64"
    release["parties"].append(release["parties"][0])
    assert faults(package, "ReleasePackage") and {
        fault.split(": ")[0] for fault in faults(release, "Release")
    } == {
        *("", "/tender/status", "/date", "/awards/0/value/amount", "/parties"),
    }


def test_a_tender_without_notice_or_award_is_a_release_too() -> None:
    check_release(open_data.release_package(PublicTender(line(), {}, {}, {}), PUBLISHER)["releases"][0])


def test_the_id_changes_when_what_is_told_changes_and_only_then() -> None:
    def id_of(lots: list[Any]) -> str:
        tender = PublicTender(line(), NOTICE, REGISTRATION, {"lots": lots})
        return str(open_data.release_package(tender, PUBLISHER)["releases"][0]["id"])

    assert id_of([]) == id_of([lot()]) == f"T1-{AT + 4}"
    assert id_of([DECIDED]) == f"T1-{AT + 9}"
