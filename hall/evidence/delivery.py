"""Was everybody told who had to be, and is what the hall says of it in order (clauses 4.1, 4.8)? Predicates as in
`conduct`. That a server took a notice over is the hall's word, and no proof that somebody read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from hall.evidence.case import Case
from hall.evidence.history import Fact

LAG: Final = 60_000
"""ms in which a notice that is due may still wait when the bundle is made."""

_STREAM: Final = "notices/"
_STANDSTILLS: Final = ("Suspended", "ResumptionAnnounced")


def notices(case: Case) -> Iterator[str]:
    """4.1: each notice went out in the words that were owed, and none was left lying."""
    last = max((fact.at for fact in case.history.facts), default=0)
    for owed in _owed(case):
        yield from _tried(case, owed, last)
    known = {(fact.stream, fact.body["notice"]) for fact in _owed(case)}
    for fact in case.history.of("NoticeSent", "NoticeFailed", "NoticeRead"):
        if fact.stream.startswith(_STREAM) and (fact.stream, fact.body["notice"]) not in known:
            yield f"{fact}: about a notice that nobody was owed"


def deadlines(case: Case) -> Iterator[str]:
    """4.1: who had a bid in the hall when its deadline moved was owed a notice of it."""
    for moved in case.history.of("DeadlineMoved"):
        yield from _told(case, moved, _depositors(case, moved.index))


def standstills(case: Case) -> Iterator[str]:
    """4.8: announced bidders were owed a notice of each standstill, and of when it would go on."""
    announced = case.history.of("BiddersAnnounced")
    for fact in case.history.of(*_STANDSTILLS):
        present = {one for row in announced if row.index < fact.index for one in row.body["bidders"]}
        yield from _told(case, fact, present)


def _owed(case: Case) -> list[Fact]:
    return [fact for fact in case.history.of("NoticeOwed") if fact.stream.startswith(_STREAM)]


def _told(case: Case, fact: Fact, bidders: set[str]) -> Iterator[str]:
    """Notices are owed a moment after their row; the bundle may have been made in between."""
    if max(one.at for one in case.history.facts) <= fact.at + LAG:
        return
    because = f"{fact.stream}#{fact.seq}"
    owed = {
        x.body["party"] for x in _owed(case) if x.body["because"] == because and x.body["role"] == "bidder"
    }
    for bidder in sorted(bidders - owed):
        yield f"{fact}: {bidder} was owed no notice of it"


def _depositors(case: Case, before: int) -> set[str]:
    """Bidders with a bid that counted right before a row."""
    found: set[tuple[str, str]] = set()
    for fact in case.history.of("DepositReceived", "DepositWithdrawn"):
        about = fact.body["deposit"] if fact.kind == "DepositReceived" else fact.body
        if fact.index < before and fact.kind == "DepositReceived":
            found.add((about["lot"], about["bidder"]))
        elif fact.index < before:
            found.discard((about["lot"], about["bidder"]))
    return {bidder for _, bidder in found}


def _tried(case: Case, owed: Fact, last: int) -> Iterator[str]:
    body = owed.body
    words = hashlib.sha256(f"{body['subject']}\n\n{body['text']}".encode()).hexdigest()
    steps = [
        fact
        for fact in case.history.of("NoticeSent", "NoticeFailed", "NoticeRead", notice=body["notice"])
        if fact.stream == owed.stream
    ]
    for fact in steps:
        if fact.index < owed.index or not owed.at <= fact.body["at"] + LAG or fact.body["at"] > fact.at:
            yield f"{fact}: told before it happened, or before it was owed"
        if fact.kind == "NoticeRead":
            yield from _read(case, owed, fact)
        elif fact.body["channel"] not in body["channels"]:
            yield f"{fact}: by a way that the notice does not have"
        elif fact.kind == "NoticeSent" and fact.body["sha256"] != words:
            yield f"{fact}: in other words than were owed"
    for channel in body["channels"]:
        own = [fact for fact in steps if fact.body.get("channel") == channel]
        if [fact.body["attempt"] for fact in own] != list(range(1, len(own) + 1)):
            yield f"{owed}: its attempts by {channel} are not counted as they came"
        useless = body["until"] is not None and body["until"] <= last
        if not own and not useless and max(owed.at, body["due_at"]) + LAG < last:
            yield f"{owed}: never tried by {channel}"


def _read(case: Case, owed: Fact, fact: Fact) -> Iterator[str]:
    """Opened in the inbox of whom it was for."""
    if fact.body["party"] != owed.body["party"]:
        yield f"{fact}: read by somebody else"
    if fact.act is not None and fact.act.certificate != fact.body["certificate"]:
        yield f"{fact}: signed for by another certificate than it was read with"
