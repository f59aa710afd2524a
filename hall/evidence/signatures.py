"""The signatures under the opening record, held against the journal and the posts. A predicate as in `conduct`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Final

from hall.errors import HallError
from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.record import RECORD
from hall.signing.pdf_check import SignatureReport, check_closing_stamp, check_record

SIGNERS: Final = ("procuring_entity", "scrutineer", "clerk")

FURTHER: Final = ("announcer", "supervisor", "notary")

_MOST_REVISIONS: Final = 256


def signatures(
    case: Case, roots: tuple[bytes, ...], tsa_roots: tuple[bytes, ...], crls: tuple[bytes, ...]
) -> list[str]:
    """5.5.3: the procuring entity's representative, the scrutineer and the clerk signed this very document."""
    faults: list[str] = []
    prepared = case.history.first("RecordPrepared")
    closings = case.history.of("RecordCompleted")
    if prepared is None or not closings:
        return [*faults, "the record was never completed"]
    completed, pdf = closings[0], case.bundle.read(RECORD)
    if hashlib.sha256(pdf).hexdigest() != closings[-1].body["sha256"]:
        faults.append(f"{RECORD}: not the document that was completed")
    try:
        reports = {report.field: report for report in check_record(pdf, roots, tsa_roots, crls)}
        stamp = check_closing_stamp(pdf, tsa_roots)
    except HallError as error:
        return [*faults, f"{RECORD}: {error.code}"]
    rows: list[Fact] = [prepared]
    signers: list[str] = []
    for role in SIGNERS:
        journalled = case.history.of("RecordSigned", role=role)
        due = next(iter(case.post(role, (journalled or [completed])[0]).certificates), "")
        rows += journalled
        if not journalled and role not in reports and _excused(case, role, completed):
            continue
        signers.append(role)
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
    if [f.index for f in rows] != sorted(f.index for f in rows):
        faults.append("journal: the record was not signed in its order")
    besides = [f for f in case.history.of("RecordSigned") if f.body["role"] not in SIGNERS]
    for fact in besides:
        faults += _besides(case, fact, reports.get(fact.body["role"]), completed)
    if len(reports) != len(signers) + len(besides):
        faults.append("journal: the record was signed by somebody whom the journal does not name")
    if besides and closings[-1].index < besides[-1].index:
        faults.append(f"{besides[-1]}: not closed by a time stamp after it")
    rows = sorted([*rows, *besides, *closings[1:]], key=lambda fact: fact.index)
    return [*faults, *_revisions(pdf, rows)]


def _besides(case: Case, fact: Fact, report: SignatureReport | None, completed: Fact) -> Iterator[str]:
    """A signature of somebody whom the record does not wait for: by who held the post, or by a bidder that signed in
    and was shown the completed record."""
    role = fact.body["role"]
    bidder = role.removeprefix("bidder-")
    if role in FURTHER:
        certificates = case.post(role, fact).certificates
    elif role != bidder:
        certificates = case.bidder(bidder).certificates
        if fact.index < completed.index or bidder not in case.signed_in():
            yield f"{fact}: a bidder that could not sign yet"
    else:
        certificates = frozenset()
    if len(case.history.of("RecordSigned", role=role)) != 1 or fact.body["certificate"] not in certificates:
        yield f"{fact}: not signed once by {role}"
    if report is None or report.signer_fingerprint != fact.body["certificate"]:
        yield f"{RECORD}: no signature of {role} as journalled"
    elif not report.valid:
        yield f"{RECORD}: the signature of {role} does not hold ({report.trust_code or report.coverage})"


def _excused(case: Case, role: str, completed: Fact) -> bool:
    """Whether a signer refused by an act of its own, or the procuring entity stated why it did not sign, after a call
    (clause 5.5.3). The procuring entity itself can't be excused."""
    found = case.history.of("SignatureRefused", "SignatureMissing", role=role)
    if role == "procuring_entity" or not found or found[0].index > completed.index:
        return False
    return found[0].kind == "SignatureRefused" or int(found[0].body["calls"]) > 0


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
