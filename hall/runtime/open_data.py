"""A tender as open data: an OCDS 1.1 release, built of what anybody may see anyway.

Source: the Open Contracting Data Standard 1.1.5, https://standard.open-contracting.org/1.1/en/schema/. Pure. What may
not live here: anything but public views; no person of the staff is named, only organisations are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from hall.runtime.listing import ListedTender

PREFIX: Final = "ocds-hall00"
"""Stands where a registered prefix belongs; an operator's own goes into the settings of its publication."""

LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
POLICY: Final = "/api/open/policy.txt"
EXTENSIONS: Final = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_lots_extension/v1.1.5/extension.json",
)
_METHODS: Final = {
    "open_tendering": "open",
    "invited_tendering": "selective",
    "negotiation": "selective",
    "consultation": "selective",
    "inquiry": "selective",
}
_CATEGORIES: Final = {"works": "works", "goods": "goods", "services": "services"}
_STATUS: Final = {
    "bidding": "active",
    "opening": "active",
    "opened": "active",
    "publicity": "active",
    "awarded": "complete",
    "failed": "unsuccessful",
}
_KINDS: Final = {
    "tender_documents": "biddingDocuments",
    "addendum": "clarifications",
    "notice": "tenderNotice",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes. base: the hall's address, without a slash at its end."""

    name: str
    origin: str
    base: str


@dataclass(frozen=True, slots=True)
class PublicTender:
    """All that the public sees of a tender: its line in the list, and the matters' views for nobody as JSON."""

    line: ListedTender
    notice: Mapping[str, Any]
    registration: Mapping[str, Any]
    award: Mapping[str, Any]


def release_package(tender: PublicTender, publisher: Publisher) -> dict[str, Any]:
    """The tender's one release, which always says what is true now."""
    line = tender.line
    return {
        "uri": release_uri(publisher, line.tender),
        "version": "1.1",
        "extensions": list(EXTENSIONS),
        "publishedDate": moment(line.published_at),
        "publisher": _publisher(publisher),
        "license": LICENCE,
        "publicationPolicy": f"{publisher.base}{POLICY}",
        "releases": [_release(tender, publisher)],
    }


def record_package(tender: PublicTender, publisher: Publisher) -> dict[str, Any]:
    """The tender's record: where its release is, and the same compiled."""
    line, release = tender.line, _release(tender, publisher)
    linked = {"url": f"{release_uri(publisher, line.tender)}#{release['id']}"}
    return {
        "uri": f"{publisher.base}/api/open/tenders/{line.tender}/record.json",
        "version": "1.1",
        "extensions": list(EXTENSIONS),
        "publishedDate": moment(line.published_at),
        "publisher": _publisher(publisher),
        "license": LICENCE,
        "publicationPolicy": f"{publisher.base}{POLICY}",
        "packages": [release_uri(publisher, line.tender)],
        "records": [
            {
                "ocid": release["ocid"],
                "releases": [{**linked, "date": release["date"], "tag": release["tag"]}],
                "compiledRelease": {**release, "tag": ["compiled"]},
            }
        ],
    }


def release_uri(publisher: Publisher, tender: str) -> str:
    """The stable address of a tender's release."""
    return f"{publisher.base}/api/open/tenders/{tender}/release.json"


def moment(ms: int) -> str:
    """Milliseconds UTC as OCDS wants a date-time."""
    return datetime.fromtimestamp(ms / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _publisher(publisher: Publisher) -> dict[str, str]:
    return {"name": publisher.name, "uri": publisher.base, "scheme": "hall", "uid": publisher.origin}


def _release(tender: PublicTender, publisher: Publisher) -> dict[str, Any]:
    line = tender.line
    awards = list(_awards(tender))
    changed = _changed(tender, awards)
    buyer = {"id": f"entity-{line.tender}", "name": line.entity or publisher.name}
    suppliers = {one["id"]: one for award in awards for one in award.get("suppliers", ())}
    release: dict[str, Any] = {
        "ocid": f"{PREFIX}-{line.tender}",
        "id": f"{line.tender}-{changed}",
        "date": moment(changed),
        "tag": ["tender", *(["award"] if awards else [])],
        "language": "zh",
        "initiationType": "tender",
        "parties": [
            {**buyer, "roles": ["buyer", "procuringEntity"]},
            *({**one, "roles": ["supplier"]} for one in suppliers.values()),
        ],
        "buyer": buyer,
        "tender": _tender(tender, publisher, buyer),
    }
    if awards:
        release["awards"] = awards
    return release


def _changed(tender: PublicTender, awards: list[dict[str, Any]]) -> int:
    """When what the release tells was last true to change: a date of its own contents, never of an inner row."""
    line, notice = tender.line, tender.notice
    told = [line.published_at, line.closed_at, int(notice.get("cancelled_at", 0))]
    told += [int(one["issued_at"]) for one in notice.get("addenda", ())]
    told += [int(one["at"]) for one in tender.registration.get("documents", ())]
    told += [int(one["answered_at"]) for one in tender.registration.get("questions", ())]
    for lot in tender.award.get("lots", ()) if awards else ():
        told += [int(lot["start"]), int((lot["decision"] or {}).get("decided_at", 0))]
        told += [int(end["at"]) for end in lot["ends"]]
    return max(told)


def _tender(tender: PublicTender, publisher: Publisher, buyer: Mapping[str, str]) -> dict[str, Any]:
    line, notice, registration = tender.line, tender.notice, tender.registration
    asked = [one for one in registration.get("questions", ()) if one["answer"]]
    told: dict[str, Any] = {
        "id": line.tender,
        "title": line.name,
        "status": "cancelled" if notice.get("stage") == "cancelled" else _STATUS[line.phase],
        "procuringEntity": dict(buyer),
        "procurementMethod": "selective"
        if notice.get("invitation_only")
        else _METHODS.get(line.method, "limited"),
        "procurementMethodDetails": line.method,
        "submissionMethod": ["electronicSubmission"],
        "submissionMethodDetails": f"{publisher.base}/notices/{line.tender}",
        "tenderPeriod": {"startDate": moment(line.published_at), "endDate": moment(line.bid_deadline)},
        "hasEnquiries": bool(asked),
        "documents": list(_documents(tender, publisher)),
    }
    if category := _CATEGORIES.get(str(notice.get("category", ""))):
        told["mainProcurementCategory"] = category
    if until := registration.get("ask_until"):
        told["enquiryPeriod"] = {"startDate": moment(line.published_at), "endDate": moment(until)}
    if notice.get("text"):
        told["description"] = notice["text"]
    if lots := [_lot(one) for one in notice.get("lots", ())]:
        told["lots"] = lots
    return told


def _lot(lot: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": lot["lot"], "title": lot["name"]}
    if lot["price_ceiling"] is not None:
        told["value"] = _value(lot["price_ceiling"])
    return told


def _documents(tender: PublicTender, publisher: Publisher) -> Iterator[dict[str, Any]]:
    """Which documents there are. Where to register for them stands as their address: they are not for everybody."""
    page = f"{publisher.base}/notices/{tender.line.tender}"
    yield {
        "id": "notice",
        "documentType": "tenderNotice",
        "title": tender.line.name,
        "url": page,
        "language": "zh",
    }
    for one in tender.registration.get("documents", ()):
        yield {
            "id": one["sha256"],
            "documentType": _KINDS.get(one["kind"], "biddingDocuments"),
            "title": one["name"],
            "url": page,
            "datePublished": moment(one["at"]),
            "language": "zh",
        }


def _awards(tender: PublicTender) -> Iterator[dict[str, Any]]:
    """An award for each lot whose candidates are public: pending in the publicity, then decided or ended."""
    for lot in tender.award.get("lots", ()):
        decision, ends = lot["decision"], lot["ends"]
        if decision is not None:
            yield {
                "id": f"{lot['lot']}-{decision['decision']}",
                "title": lot["lot"],
                "status": "active",
                "date": moment(decision["decided_at"]),
                "value": _value(decision["price"]),
                "suppliers": [{"id": decision["bidder"], "name": decision["name"]}],
                "relatedLots": [lot["lot"]],
            }
        elif ends:
            yield {
                "id": f"{lot['lot']}-end",
                "title": lot["lot"],
                "status": "cancelled" if ends[-1]["kind"] == "voided" else "unsuccessful",
                "date": moment(ends[-1]["at"]),
                "relatedLots": [lot["lot"]],
            }
        elif lot["candidates"]:
            yield {
                "id": f"{lot['lot']}-candidates",
                "title": lot["lot"],
                "status": "pending",
                "date": moment(lot["start"]),
                "suppliers": [{"id": one["bidder"], "name": one["name"]} for one in lot["candidates"]],
                "relatedLots": [lot["lot"]],
            }


def _value(amount: str) -> dict[str, object]:
    return {"amount": float(amount), "currency": "CNY"}
