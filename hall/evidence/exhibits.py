"""The exhibits of a bundle: the signed record and the recordings, each held against the journal.

Each function judges one clause and gives its faults; an empty list contradicts nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hall.errors import Malformed
from hall.evidence.conduct import Case
from hall.evidence.history import Fact
from hall.procurement import canonical
from hall.recording.manifest import Verification, head_stands_in, verify_recording
from hall.signing.pdf_check import attachment, check_record

RECORD: Final = "record/record.pdf"
CONTENT: Final = "record/record.json"
SIGNERS: Final = ("procuring_entity", "scrutineer", "clerk")
PROOF_AGE: Final = 5_000


def content(case: Case) -> list[str]:
    """5.5.2: the record says what the journal says: bidders, confirmed prices, objections with answers, causes."""
    prepared = case.history.first("RecordPrepared")
    if prepared is None:
        return ["no record was prepared"]
    data = case.bundle.read(CONTENT)
    if hashlib.sha256(data).hexdigest() != prepared.body["content"]:
        return [f"{CONTENT}: not the content that was journalled"]
    if attachment(case.bundle.read(RECORD), "record.json") != data:
        return [f"{RECORD}: does not carry {CONTENT}"]
    try:
        record = canonical.loads(data)
    except Malformed:
        return [f"{CONTENT}: not readable"]
    if not isinstance(record, dict):
        return [f"{CONTENT}: not readable"]
    return list(_differences(case, record, prepared))


def _differences(case: Case, record: Mapping[str, Any], prepared: Fact) -> Iterator[str]:
    history, plan = case.history, case.plan
    until = [f for f in history.facts if f.index < prepared.index]

    def told(*kinds: str) -> list[Fact]:
        return [f for f in until if f.kind in kinds]

    for key, value in (
        ("tender", plan["tender_number"]),
        ("tender_name", plan["tender_name"]),
        ("place", plan["place"]),
    ):
        if record.get(key) != value:
            yield f"{CONTENT}: {key} differs from the journal"
    if (record.get("bid_deadline"), record.get("mode")) != (plan["bid_deadline"], plan["mode"]):
        yield f"{CONTENT}: the deadline or the mode differs from the journal"
    prices = {(f.body["lot"], b["bidder"]): b for f in told("PricesDisclosed") for b in f.body["bids"]}
    printed = {(r["lot"], r["bidder"]): r for r in record["read_out"]}
    columns = ("price", "period", "quality", "manager", "security", "bid_sha256")
    if prices.keys() != printed.keys():
        yield f"{CONTENT}: it does not list the disclosed bids"
    for bid in prices.keys() & printed.keys():
        if any(prices[bid][column] != printed[bid][column] for column in columns):
            yield f"{CONTENT}: the columns of {bid[1]} differ from the journal"
    announced = {(f.body["lot"], b) for f in told("BiddersAnnounced", "LotLocked") for b in f.body["bidders"]}
    if not announced <= {(line["lot"], line["bidder"]) for line in record["bidders"]}:
        yield f"{CONTENT}: a listed bidder is missing"
    answers = {(f.body["lot"], f.body["bidder"]): f.body["answer"] for f in told("PriceAnswered")}
    words = {"confirmed": "confirmed", "objects": "objected", "no_answer": "no_answer"}
    shown = {(c["lot"], c["bidder"]): c["answer"] for c in record["confirmations"]}
    if {key: words[value] for key, value in answers.items()} != shown:
        yield f"{CONTENT}: the confirmations differ from the journal"
    raised = [(f.body["bidder"], f.body["text"]) for f in told("ObjectionRaised")]
    if raised != [(o["bidder"], o["text"]) for o in record["objections"]]:
        yield f"{CONTENT}: the objections differ from the journal"
    replies = sorted(f.body["text"] for f in told("ObjectionAnswered"))
    if replies != sorted(o["answer"] for o in record["objections"]):
        yield f"{CONTENT}: the answers to objections differ from the journal"
    causes = {(f.body["lot"], f.body["bidder"], f.body["cause"]) for f in told("CauseDecided")}
    if causes != {(c["lot"], c["bidder"], c["cause"]) for c in record["causes"]}:
        yield f"{CONTENT}: the decided causes differ from the journal"


def signatures(case: Case, roots: tuple[bytes, ...], tsa_roots: tuple[bytes, ...]) -> list[str]:
    """5.5.3: the procuring entity's representative, the scrutineer and the clerk signed this very document."""
    completed = case.history.first("RecordCompleted")
    if completed is None:
        return ["the record was never completed"]
    pdf = case.bundle.read(RECORD)
    faults = []
    if hashlib.sha256(pdf).hexdigest() != completed.body["sha256"]:
        faults.append(f"{RECORD}: not the document that was completed")
    reports = {report.field: report for report in check_record(pdf, roots, tsa_roots)} if pdf else {}
    for role in SIGNERS:
        due = case.staff(role)
        journalled = [f for f in case.history.of("RecordSigned", role=role) if f.index < completed.index]
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
    return faults


def recordings(case: Case) -> list[str]:
    """6.1: recordings stand under the journalled heads, and each step of the agenda was proved to be recorded."""
    faults: list[str] = []
    files: dict[tuple[str, str], Verification] = {}
    for name in case.bundle.under("recordings"):
        if not name.endswith(".index.jsonl"):
            continue
        media = next(
            (
                n
                for n in case.bundle.names
                if n != name and n.rsplit(".", 1)[0] == name.removesuffix(".index.jsonl")
            ),
            "",
        )
        found = verify_recording(case.bundle.read(media), case.bundle.read(name))
        faults += [f"{name}: {fault}" for fault in found.faults]
        if found.epoch is not None:
            files[(found.epoch.participant, found.epoch.file)] = found
    final = case.history.first("RecordingHeads", final=True)
    if final is None:
        return [*faults, "journal: the recorder never gave its last heads"]
    for fact in case.history.of("RecordingHeads"):
        for head in fact.body["heads"]:
            found_file = files.get((head["participant"], head["file"]))
            if found_file is None or not head_stands_in(found_file, head["fragments"], head["chain"]):
                faults.append(
                    f"{head['participant']}/{head['file']}: does not stand under its journalled head"
                )
    if {(h["participant"], h["file"]) for h in final.body["heads"]} != files.keys():
        faults.append("recordings: not the files that the journal names at its end")
    return [*faults, *_proofs(case, files)]


def _proofs(case: Case, files: Mapping[tuple[str, str], Verification]) -> Iterator[str]:
    agenda = (
        "BiddersAnnounced",
        "LotLocked",
        "SealingDeclared",
        "DecryptionCommanded",
        "ObjectionsOpened",
        "OpeningClosed",
    )
    for fact in case.history.of(*agenda):
        proof = fact.body["proof"]
        found = files.get((proof["participant"], proof["file"]))
        number = proof["fragment"]
        where = f"journal line {fact.index + 1} ({fact.kind})"
        if found is None or not 1 <= number <= len(found.fragments):
            yield f"{where}: the fragment that proves its recording is missing"
            continue
        fragment = found.fragments[number - 1]
        if fragment.stored != proof["stored"] or fragment.until != proof["at"]:
            yield f"{where}: the fragment that proves its recording is another one"
        elif not 0 <= fact.at - proof["at"] <= PROOF_AGE:
            yield f"{where}: the recorder was last seen writing {fact.at - proof['at']} ms before"


def coverage(case: Case) -> str:
    """How much was recorded, for the reader."""
    seconds: dict[str, float] = {}
    for name in case.bundle.under("recordings"):
        if name.endswith(".index.jsonl"):
            found = verify_recording(b"", case.bundle.read(name))
            if found.epoch is not None:
                seconds[found.epoch.participant] = seconds.get(found.epoch.participant, 0.0) + found.seconds
    return ", ".join(f"{who} {length:.1f} s" for who, length in sorted(seconds.items()))
