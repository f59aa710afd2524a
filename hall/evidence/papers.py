"""Papers held against the journal: reports about the bids' PDFs, and what the notary added of its own. Predicates as in
`conduct`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.procurement import canonical

Told = dict[str, object]

KINDS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
"""What a paper may be, and how its file's name ends."""

_TAKEN = ("holds", "does_not_hold", "unsigned", "unreadable")
_FAILED = ("unreadable", "too_large", "too_long", "too_much_memory", "not_checked")


def reports(case: Case) -> list[str]:
    """5.2.2: each disclosed bid's PDF was looked into once, before the record was made, and it was that very PDF."""
    faults: list[str] = []
    prepared = case.history.first("RecordPrepared")
    for lot in case.lots():
        told = case.history.first("PricesDisclosed", lot=lot)
        bids = told.body["bids"] if told else []
        for bid in bids:
            found = case.history.of("BidPdfChecked", lot=lot, bidder=bid["bidder"])
            if prepared is not None and len([f for f in found if f.index < prepared.index]) != 1:
                faults.append(f"journal: the PDF of {bid['bidder']}, lot {lot}, was not looked into once")
            for fact in found:
                faults += _report(fact, told, bid["bid_sha256"])
        named = {bid["bidder"] for bid in bids}
        strange = [f for f in case.history.of("BidPdfChecked", lot=lot) if f.body["bidder"] not in named]
        faults += [f"{fact}: about a bid that was not disclosed" for fact in strange]
    return faults


def _report(fact: Fact, told: Fact | None, pdf: str) -> Iterator[str]:
    body = fact.body
    if told is None or fact.index < told.index:
        yield f"{fact}: before the bids were disclosed"
    if fact.act is not None or fact.actor != "system":
        yield f"{fact}: not the hall's own word"
    report = {"v": 1, **{name: body[name] for name in ("outcome", "pdf", "signatures")}}
    if hashlib.sha256(canonical.dumps(report)).hexdigest() != body["report"]:
        yield f"{fact}: not the report whose digest it gives"
    if body["pdf"] not in (pdf, "") or (not body["pdf"] and body["outcome"] not in _FAILED):
        yield f"{fact}: about another PDF than the one that was disclosed"
    sound = bool(body["signatures"]) and not any(one["code"] for one in body["signatures"])
    if (body["outcome"] == "holds") is not sound and body["outcome"] in _TAKEN:
        yield f"{fact}: its outcome is not that of its signatures"


def notary(case: Case) -> list[str]:
    """4.5: what the notary added is there, byte for byte, under the notary's own signature (`people.rights`)."""
    faults: list[str] = []
    added = case.history.of("PaperAdded")
    expected = set()
    for number, fact in enumerate(added, start=1):
        name = member(fact.body["paper"], fact.body["mime"])
        expected.add(name)
        if fact.body["paper"] != number or fact.body["role"] != "notary":
            faults.append(f"{fact}: papers are not counted as they came, from the notary")
        data = case.bundle.read(name)
        if (hashlib.sha256(data).hexdigest(), len(data)) != (fact.body["sha256"], fact.body["size"]):
            faults.append(f"{fact}: {name} is not that paper")
    faults += [
        f"{name}: nobody signed for it" for name in case.bundle.under("papers") if name not in expected
    ]
    return faults


def member(number: int, mime: str) -> str:
    """The bundle's member that holds a paper."""
    return f"papers/{number}.{KINDS.get(mime, 'bin')}"


def retold(case: Case) -> Told:
    """What record.json must say of papers, from the rows alone."""
    return {
        "bid_pdfs": [
            {
                **{
                    name: fact.body[name]
                    for name in ("lot", "bidder", "outcome", "pdf", "report", "signatures")
                },
                "name": case.name(fact.body["bidder"]),
            }
            for fact in case.history.of("BidPdfChecked")
        ],
        "notary_acts": [
            {
                "at": fact.at,
                "act": fact.act.type,
                "lot": fact.act.lot,
                "subject": fact.body.get("bidder", ""),
                "text": fact.body.get("text", "") or fact.body.get("title", ""),
                "digest": fact.body["sha256"] if fact.kind == "PaperAdded" else "",
                "certificate": fact.act.certificate,
                "signed": fact.act.body_digest,
            }
            for fact in case.history.facts
            if fact.act is not None and fact.actor.partition(":")[0] == "notary"
        ],
    }
