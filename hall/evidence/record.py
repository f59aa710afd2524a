"""The signed opening record, held against the journal: what it says, and who signed it. Predicates as in `conduct`.

What the record must say is told here a second time, from the rows alone; the hall's own filler is not asked. Not
compared: the representatives' names (personal, not in the journal), the sums of presence, the drawing of the pages.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from hall.errors import HallError, Malformed
from hall.evidence.case import Case, only, said
from hall.evidence.history import Fact
from hall.procurement import canonical, money
from hall.signing.pdf_check import attachment, check_closing_stamp, check_record

RECORD: Final = "record/record.pdf"
CONTENT: Final = "record/record.json"
SIGNERS: Final = ("procuring_entity", "scrutineer", "clerk")

_UNCOMPARED: Final = frozenset({"presence", "incidents", "recordings", "made_at"})
_OUTCOMES: Final = {"upheld": "upheld", "rejected": "rejected", "unsettled": "later"}
_ANSWERS: Final = {"confirmed": "confirmed", "objects": "objected", "no_answer": "no_answer"}
_MOST_REVISIONS: Final = 64


def content(case: Case) -> list[str]:
    """5.5.2: the record says what the journal says: bidders, confirmed prices, objections with answers, causes."""
    faults = [*_answers(case), *_objections(case)]
    prepared = only(case, faults, "RecordPrepared")
    if prepared is None:
        return [*faults, "no record was prepared"]
    size, root = prepared.body["tree_size"], prepared.body["tree_root"]
    if not 0 < size <= prepared.index or case.history.root(size) != root:
        faults.append(f"{prepared}: made from another history")
    settled = case.history.of("ObjectionsClosed", "TenderFailed")
    if {f.body["lot"] for f in settled if f.index < prepared.index} != set(case.lots()):
        faults.append(f"{prepared}: made before every lot was settled")
    data = case.bundle.read(CONTENT)
    if hashlib.sha256(data).hexdigest() != prepared.body["content"]:
        return [*faults, f"{CONTENT}: not the content that was journalled"]
    if attachment(case.bundle.read(RECORD), "record.json") != data:
        faults.append(f"{RECORD}: does not carry {CONTENT}")
    try:
        record = canonical.loads(data)
    except Malformed:
        record = None
    if not isinstance(record, dict):
        return [*faults, f"{CONTENT}: not readable"]
    return [*faults, *_differences(case, record, prepared)]


def _differences(case: Case, record: dict[str, Any], prepared: Fact) -> Iterator[str]:
    expected = _expected(case, prepared)
    for key in sorted(record.keys() ^ (expected.keys() | _UNCOMPARED)):
        yield f"{CONTENT}: {key} is missing, or should not be there"
    for key, value in expected.items():
        given = record.get(key)
        if key == "bidders" and isinstance(given, list):
            given = [{k: v for k, v in line.items() if k != "representative"} for line in given]
        if key == "settings" and isinstance(given, list):
            given = {setting["name"]: setting["value"] for setting in given}
        if given != value:
            yield f"{CONTENT}: {key} differs from the journal"
    # Incidents and heads may come while the record is being drawn: it holds all that its history held, and no others.
    told = [_incident(f) for f in case.history.of("IncidentRecorded")]
    least = [f for f in case.history.of("IncidentRecorded") if f.index < prepared.body["tree_size"]]
    incidents = record.get("incidents")
    if not isinstance(incidents, list) or incidents != told[: len(incidents)] or len(incidents) < len(least):
        yield f"{CONTENT}: incidents differs from the journal"
    heads = [[], *([_head(h) for h in f.body["heads"]] for f in case.history.of("RecordingHeads"))]
    if record.get("recordings") not in heads:
        yield f"{CONTENT}: recordings differs from the journal"
    made = record.get("made_at")
    if not isinstance(made, int) or not _last_decision(case) <= made <= prepared.at:
        yield f"{CONTENT}: made_at is not when the record was made"


def _last_decision(case: Case) -> int:
    return max((f.at for f in case.history.of("ObjectionsClosed", "TenderFailed")), default=0)


def _incident(fact: Fact) -> dict[str, object]:
    body = fact.body
    told = {"kind": body["kind"], "subject": body["subject"], "text": body["detail"]}
    return {"at": fact.at, "explanation": "", **told}


def _head(head: dict[str, Any]) -> dict[str, object]:
    return {key: head[key] for key in ("participant", "file", "fragments", "chain")}


def _expected(case: Case, prepared: Fact) -> dict[str, object]:
    """record.json as the journal wants it, but for what is compared otherwise or not at all."""
    plan, digits = case.plan, f"{int(case.manifest, 16) % 10**32:032d}"
    lots = case.lots()
    return {
        "v": 1,
        **{key: plan[key] for key in ("origin", "mode", "opening", "tender_name", "place", "bid_deadline")},
        "tender": plan["tender_number"],
        "opening_time": plan["bid_deadline"],
        "procuring_entity": _unit(case, "procuring_entity"),
        "tendering_agency": _unit(case, "host"),
        "manifest": case.manifest,
        "manifest_code": " ".join(digits[i : i + 4] for i in range(0, 32, 4)),
        "tree_size": prepared.body["tree_size"],
        "tree_root": prepared.body["tree_root"],
        "lots": [{**lot, "base_price": None} for lot in plan["lots"]],
        "staff": [
            {key: one[key] for key in ("role", "name", "unit", "certificate")} for one in plan["staff"]
        ],
        "settings": {name: str(value) for name, value in plan["rules"].items()},
        "bidders": [line for lot in lots for line in _bidders(case, lot)],
        "sealing": _sealing(case),
        "window": _window(case),
        "read_out": [line for lot in lots for line in _read_out(case, lot)],
        "confirmations": [line for lot in lots for line in _confirmations(case, lot)],
        "objections": [_objection(case, fact) for fact in case.history.of("ObjectionRaised")],
        "causes": [_cause(case, fact) for fact in case.history.of("CauseDecided")],
    }


def _bidders(case: Case, lot: str) -> Iterator[dict[str, object]]:
    told = case.history.first("BiddersAnnounced", "LotLocked", lot=lot)
    if told is None:
        return
    for bidder in (*told.body["bidders"], *told.body["not_signed_in"], *told.body["without_deposit"]):
        deposit = case.deposits(lot).get(bidder)
        key = {"lot": lot, "bidder": bidder}
        yield {
            **key,
            "name": _name(case, bidder),
            "certificate": deposit["recipient"] if deposit else "",
            "deposited_at": deposit["received_at"] if deposit else None,
            "signed_in_at": _at(case.history.first("BidderSignedIn", bidder=bidder)),
            "released_at": _at(case.history.first("ReleaseReceived", **key)),
            "opened_at": _at(case.history.first("BidOpened", **key)),
            "sealed_sha256": deposit["sha256"] if deposit else "",
            "status": _status(case, told, bidder),
        }


def _status(case: Case, told: Fact, bidder: str) -> str:
    key = {"lot": told.body["lot"], "bidder": bidder}
    if bidder in told.body["not_signed_in"]:
        return "not_signed_in"
    if bidder in told.body["without_deposit"]:
        return "no_deposit"
    for kind, status in (("BidOpened", "opened"), ("BidOpenFailed", "damaged")):
        if case.history.first(kind, **key):
            return status
    return "not_released" if case.history.first("DecryptionCommanded", lot=key["lot"]) else "locked"


def _sealing(case: Case) -> dict[str, object] | None:
    declared = case.history.of("SealingDeclared")
    if not declared:
        return None
    answers: list[dict[str, object]] = []
    for lot in case.lots():
        recheck = case.history.first("SealingRechecked", lot=lot)
        for item in recheck.body["items"] if recheck else ():
            answer = case.history.first("SealingAnswered", lot=lot, bidder=item["bidder"])
            answers.append(
                {
                    "lot": lot,
                    "bidder": item["bidder"],
                    "name": _name(case, item["bidder"]),
                    "rehashed_sha256": item["sha256"],
                    "intact": item["intact"],
                    "answer": answer.body["answer"] if answer else "",
                    "at": _at(answer),
                }
            )
    return {
        "declared_by": _by(case, "host"),
        "declared_at": declared[0].at,
        "result": "held" if any(f.body["held"] for f in declared) else "intact",
        "answers": answers,
    }


def _window(case: Case) -> dict[str, object] | None:
    command = case.history.first("DecryptionCommanded")
    if command is None:
        return None
    closed = case.history.first("WindowClosed", lot=command.body["lot"])
    reason = "" if closed is None else "all_released" if closed.body["early"] else "time_over"
    return {
        "commanded_by": _by(case, "host"),
        "opened_at": command.body["opened_at"],
        "closes_at": command.body["closes_at"],
        "closed_at": closed.body["at"] if closed else None,
        "reason": reason,
    }


def _read_out(case: Case, lot: str) -> Iterator[dict[str, object]]:
    told = case.history.first("PricesDisclosed", lot=lot)
    for bid in told.body["bids"] if told else ():
        yield {
            **bid,
            "lot": lot,
            "name": _name(case, bid["bidder"]),
            "price_capitals": money.capitals(money.parse(bid["price"])),
            "read_out_at": _at(case.history.first("BidReadOut", lot=lot, bidder=bid["bidder"])),
        }


def _confirmations(case: Case, lot: str) -> Iterator[dict[str, object]]:
    first: dict[str, Fact] = {}
    last: dict[str, str] = {}
    for fact in case.history.of("PriceAnswered", lot=lot):
        first.setdefault(fact.body["bidder"], fact)
        last[fact.body["bidder"]] = fact.body["answer"]
    for bidder, fact in first.items():
        yield {"lot": lot, "bidder": bidder, "answer": _ANSWERS[last[bidder]], "at": fact.at, "note": ""}


def _objection(case: Case, fact: Fact) -> dict[str, object]:
    answer = case.history.first("ObjectionAnswered", objection=fact.body["objection"])
    return {
        "bidder": fact.body["bidder"],
        "name": _name(case, fact.body["bidder"]),
        "raised_at": fact.at,
        "text": fact.body["text"],
        "outcome": _OUTCOMES[answer.body["outcome"]] if answer else "",
        "answered_by": _by(case, "procuring_entity") if answer else "",
        "answered_at": _at(answer),
        "answer": answer.body["text"] if answer else "",
    }


def _cause(case: Case, fact: Fact) -> dict[str, object]:
    told = {key: fact.body[key] for key in ("lot", "bidder", "cause", "reason")}
    decided = {"decided_by": _by(case, "procuring_entity"), "decided_at": fact.at}
    return {**told, **decided, "name": _name(case, fact.body["bidder"])}


def _answers(case: Case) -> Iterator[str]:
    """Prices were read out by the announcer, and confirmed by the bidders themselves as they were disclosed."""
    for fact in case.history.of("BidReadOut"):
        lot, bidder = fact.body["lot"], fact.body["bidder"]
        yield from said(case, fact, "read_out", case.post("announcer"), lot=lot, bidder=bidder)
    for fact in case.history.of("PriceAnswered"):
        lot, bidder, answer = fact.body["lot"], fact.body["bidder"], fact.body["answer"]
        told = case.history.first("PricesDisclosed", lot=lot)
        price = {b["bidder"]: b["price"] for b in told.body["bids"]}.get(bidder) if told else None
        if told is None or told.index > fact.index:
            yield f"{fact}: answered before anything was disclosed"
        elif answer == "no_answer":
            if fact.act is not None or fact.actor != "system" or fact.at <= told.body["answer_by"]:
                yield f"{fact}: {bidder} still had time to answer"
        else:
            party = case.bidder(bidder)
            yield from said(case, fact, "confirm_price", party, lot=lot, answer=answer, price=price)


def _objections(case: Case) -> Iterator[str]:
    """Objections stand as they were raised, each with the procuring entity's answer, and nobody was cut short."""
    raised = case.history.of("ObjectionRaised")
    for number, fact in enumerate(raised, start=1):
        lot, text = fact.body["lot"], fact.body["text"]
        yield from said(case, fact, "raise_objection", case.bidder(fact.body["bidder"]), lot=lot, text=text)
        if fact.body["objection"] != number:
            yield f"{fact}: objections are not counted as they came"
    for fact in case.history.of("ObjectionAnswered"):
        words = {name: fact.body[name] for name in ("objection", "outcome", "text")}
        post = case.post("procuring_entity")
        yield from said(case, fact, "answer_objection", post, lot=fact.body["lot"], **words)
    for lot in case.lots():
        yield from _period(case, lot)


def _period(case: Case, lot: str) -> Iterator[str]:
    faults: list[str] = []
    opened = only(case, faults, "ObjectionsOpened", lot=lot)
    closed = only(case, faults, "ObjectionsClosed", lot=lot)
    yield from faults
    if closed is None:
        return
    yield from said(case, closed, "close_objections", case.post("host"), lot=lot)
    if opened is None or opened.index > closed.index:
        yield f"{closed}: objections were never asked for"
        return
    yield from said(case, opened, "open_objections", case.post("host"), lot=lot)
    period = 0 if case.plan["mode"] == "rehearsal" else case.plan["rules"]["objection_period"]
    if opened.body["not_before"] < opened.at + period or closed.at < opened.body["not_before"]:
        yield f"{closed}: the time for objections was cut short"
    for fact in case.history.of("ObjectionRaised", lot=lot):
        answers = case.history.of("ObjectionAnswered", lot=lot, objection=fact.body["objection"])
        if len(answers) != 1 or not fact.index < answers[0].index < closed.index:
            yield f"{fact}: not answered once before the time for objections ended"


def signatures(
    case: Case, roots: tuple[bytes, ...], tsa_roots: tuple[bytes, ...], crls: tuple[bytes, ...]
) -> list[str]:
    """5.5.3: the procuring entity's representative, the scrutineer and the clerk signed this very document."""
    faults: list[str] = []
    prepared = case.history.first("RecordPrepared")
    completed = only(case, faults, "RecordCompleted")
    if prepared is None or completed is None:
        return [*faults, "the record was never completed"]
    pdf = case.bundle.read(RECORD)
    if hashlib.sha256(pdf).hexdigest() != completed.body["sha256"]:
        faults.append(f"{RECORD}: not the document that was completed")
    try:
        reports = {report.field: report for report in check_record(pdf, roots, tsa_roots, crls)}
        stamp = check_closing_stamp(pdf, tsa_roots)
    except HallError as error:
        return [*faults, f"{RECORD}: {error.code}"]
    rows: list[Fact] = [prepared]
    for role in SIGNERS:
        due = next(iter(case.post(role).certificates), "")
        journalled = case.history.of("RecordSigned", role=role)
        rows += journalled
        if [f.body["certificate"] for f in journalled] != [due]:
            faults.append(f"journal: the record was not signed once by the appointed {role}")
        report = reports.get(role)
        if report is None:
            faults.append(f"{RECORD}: no signature of the {role}")
        elif report.signer_fingerprint != due:
            faults.append(f"{RECORD}: the {role}'s field is signed by somebody else")
        elif not report.valid:
            faults.append(
                f"{RECORD}: the signature of the {role} does not hold ({report.trust_code or report.coverage})"
            )
    if stamp is None or not (stamp.intact and stamp.trusted and stamp.last):
        faults.append(f"{RECORD}: not closed by a time stamp over the whole document")
    rows.append(completed)
    if [f.index for f in rows] != sorted(f.index for f in rows) or len(reports) != len(SIGNERS):
        faults.append("journal: the record was not signed in its order, by these three and nobody else")
    return [*faults, *_revisions(pdf, rows)]


def _revisions(pdf: bytes, rows: list[Fact]) -> Iterator[str]:
    """Each journalled revision is a beginning of the document, each longer than the one before."""
    digest, start, found = hashlib.sha256(), 0, list[str]()
    for end in re.finditer(rb"%%EOF\r?\n?", pdf):
        digest.update(pdf[start : end.end()])
        start = end.end()
        found.append(digest.hexdigest())
        if len(found) == _MOST_REVISIONS:
            break
    position: Callable[[Fact], int] = lambda f: (
        found.index(f.body["sha256"]) if f.body["sha256"] in found else -1
    )
    places = [position(fact) for fact in rows]
    for fact, place in zip(rows, places, strict=True):
        if place < 0:
            yield f"{fact}: {RECORD} does not contain that revision"
    if places != sorted(set(places)):
        yield f"{RECORD}: its revisions are not those of the journal, one upon the other"


def _at(fact: Fact | None) -> int | None:
    return fact.at if fact else None


def _name(case: Case, bidder: str) -> str:
    if (signed := case.signed_in().get(bidder)) is not None:
        return str(signed.body["name"])
    return next((str(d["name"]) for d in reversed(case.all_deposits) if d["bidder"] == bidder), bidder)


def _by(case: Case, role: str) -> str:
    name = next((one["name"] for one in case.plan["staff"] if one["role"] == role), None)
    return f"{role} {name}" if name else role


def _unit(case: Case, role: str) -> str:
    return next((str(one["unit"]) for one in case.plan["staff"] if one["role"] == role), "")
