"""Was the opening conducted as the clauses say? Predicates over a bundle's history, written anew and not shared with
the rules that ran the opening: a mistake there must not excuse itself here.

Each function judges one clause and gives its faults; an empty list contradicts nothing. Deposits, sign-ins and the list
of bidders are judged in `entry`, the record in `record`, the recordings in `recordings`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from hall.evidence.case import Case, only, said, said_in_private
from hall.evidence.history import Fact
from hall.procurement import canonical

HOUR: Final = 3_600_000


def times(case: Case) -> list[str]:
    """4.1: one clock that never runs backwards."""
    faults, last = [], dict[str, int]()
    for fact in case.history.facts:
        # Two rooms write into one tree; each of them decides in the order of its receipt stamps.
        if fact.at < last.get(fact.stream, 0):
            faults.append(f"{fact}: received before its predecessor")
        last[fact.stream] = max(fact.at, last.get(fact.stream, 0))
    for fact in case.history.of("ClockAdvanced"):
        if case.plan["mode"] != "rehearsal":
            faults.append(f"{fact}: the clock was moved in an opening that is no rehearsal")
        faults += said(case, fact, "advance_clock", case.party(fact), by_ms=fact.body["by_ms"])
    return faults


def sealing(case: Case) -> list[str]:
    """4.2: freshly hashed, asked, declared, and only then the decrypt command."""
    faults: list[str] = []
    for lot in case.lots():
        command = case.history.first("DecryptionCommanded", lot=lot)
        recheck = only(case, faults, "SealingRechecked", lot=lot)
        declared = only(case, faults, "SealingDeclared", lot=lot)
        if command is not None and (declared is None or declared.index > command.index):
            faults.append(f"{command}: no check of sealing was declared before it")
        if declared is not None:
            faults += said(
                case, declared, "declare_sealing", case.post(declared.body["role"], declared), lot=lot
            )
            faults += _check(case, recheck, declared)
    return faults


def _check(case: Case, recheck: Fact | None, declared: Fact) -> Iterator[str]:
    """The declared result is what hashing and the bidders' own answers gave."""
    lot = declared.body["lot"]
    if recheck is None or recheck.index > declared.index:
        yield f"{declared}: the sealed bids were not hashed again before it"
        return
    hashed = {str(item["bidder"]): item for item in recheck.body["items"]}
    held = []
    for bidder in case.listed(lot):
        deposit, item = case.deposits(lot).get(bidder, {}), hashed.get(bidder)
        if item is None or (item["sha256"] == deposit.get("sha256")) is not item["intact"]:
            yield f"{recheck}: the stored bid of {bidder} was not honestly hashed"
            continue
        answers = case.history.of("SealingAnswered", lot=lot, bidder=bidder)
        if len(answers) != 1 or not recheck.index < answers[0].index < declared.index:
            yield f"{declared}: declared before {bidder} was asked once"
            continue
        (answer,) = answers
        word = answer.body["answer"]
        if word == "no_answer":
            yield from _silence(answer, recheck.body["answer_by"])
        else:
            # Who calls its bid intact has seen the digest of what it deposited, and no other one.
            seen = {"sha256": deposit.get("sha256")} if word == "intact" else {}
            yield from said(case, answer, "answer_sealing", case.bidder(bidder), lot=lot, answer=word, **seen)
        if word == "objects" or not item["intact"]:
            held.append(bidder)
    if declared.body["held"] != held:
        yield f"{declared}: the bids it holds back are not those that were damaged or objected to"


def _silence(fact: Fact, limit: int) -> Iterator[str]:
    if fact.act is not None or fact.actor != "system" or fact.at <= limit:
        yield f"{fact}: {fact.body['bidder']} still had time to answer"


def self_decryption(case: Case) -> list[str]:
    """4.11: each bid was released by its own bidder's key and opened only then; the recorder started by itself."""
    faults: list[str] = []
    for release in case.history.of("ReleaseReceived"):
        lot, bidder = release.body["lot"], release.body["bidder"]
        deposit = case.deposits(lot).get(bidder)
        if deposit is None:
            faults.append(f"{release}: {bidder} had deposited nothing")
            continue
        party = case.bidder(bidder)
        faults += said_in_private(case, release, "release", party, lot=lot)
        if release.act is not None and release.act.certificate != deposit["recipient"]:
            faults.append(f"{release}: not signed by the certificate that {bidder}'s bid is sealed to")
        if release.act is not None and release.body["release"] != release.act.body_digest:
            faults.append(f"{release}: not the release that was signed")
        if len(case.history.of("ReleaseReceived", lot=lot, bidder=bidder)) > 1:
            faults.append(f"{release}: told a second time")
    for opened in case.history.of("BidOpened", "BidOpenFailed"):
        key = {"lot": opened.body["lot"], "bidder": opened.body["bidder"]}
        earlier = case.history.first("ReleaseReceived", **key)
        if earlier is None or earlier.index > opened.index:
            faults.append(f"{opened}: the bid was opened without its bidder's release")
        if case.history.of("BidOpened", "BidOpenFailed", **key)[0] != opened:
            faults.append(f"{opened}: told a second time")
    start = only(case, faults, "RecordingStarted")
    if start is None or start.actor != "system" or start.index > case.announced_at:
        faults.append("the recorder was not started by the system before the announcement")
    return faults


def windows(case: Case) -> list[str]:
    """5.3.3: a signed command, then the published window, never under 60 minutes, and not one millisecond more."""
    faults: list[str] = []
    window = case.plan["rules"]["decryption_window"]
    if window < HOUR:
        faults.append("the published window is shorter than 60 minutes")
    for lot in case.lots():
        command = only(case, faults, "DecryptionCommanded", lot=lot)
        if command is None:
            if case.history.first("ReleaseReceived", "WindowClosed", lot=lot):
                faults.append(f"lot {lot}: released without a decrypt command")
            continue
        start, end = command.body["opened_at"], command.body["closes_at"]
        if start != command.at or end != start + window or command.body["epoch"] != 0:
            faults.append(f"{command}: the window is not the published one from the command on")
        minutes = window // 60_000
        faults += said(
            case, command, "command_decryption", case.post("host", command), lot=lot, minutes=minutes
        )
        closed = only(case, faults, "WindowClosed", lot=lot)
        listed, declared = case.listed(lot), case.history.first("SealingDeclared", lot=lot)
        held = set(declared.body["held"]) if declared else set()
        last = closed.index if closed else case.history.tree.size
        for release in case.history.of("ReleaseReceived", lot=lot):
            bidder = release.body["bidder"]
            if not command.index < release.index < last or not start <= release.at <= end:
                faults.append(f"{release}: {bidder}'s release counted at {_after(release.at - start)}")
            if bidder not in listed or bidder in held:
                faults.append(f"{release}: {bidder} had no part in this window")
        for declined in case.history.of("ReleaseDeclined", lot=lot):
            party = case.bidder(declined.body["bidder"])
            faults += said(case, declined, "decline_release", party, lot=lot)
        faults += (
            [f"lot {lot}: the window was never closed"] if closed is None else _end(case, closed, end, held)
        )
    return faults


def _end(case: Case, closed: Fact, end: int, held: set[str]) -> Iterator[str]:
    lot, listed = closed.body["lot"], case.listed(closed.body["lot"])

    def before(*kinds: str) -> set[str]:
        return {f.body["bidder"] for f in case.history.of(*kinds, lot=lot) if f.index < closed.index}

    if closed.body["early"]:
        if not set(listed) <= before("ReleaseReceived", "ReleaseDeclined") | held:
            yield f"{closed}: closed early while a bidder had neither released nor declined"
        if closed.body["at"] > closed.at:
            yield f"{closed}: closed before its time"
    elif closed.body["at"] != end or closed.at <= end:
        yield f"{closed}: closed before its end"
    if closed.body["undecrypted"] != [b for b in listed if b not in before("ReleaseReceived")]:
        yield f"{closed}: the undecrypted bids are not those that were not released"


def disclosure(case: Case) -> list[str]:
    """5.3.4: no price before every window is closed and every undecrypted bid has a decided cause."""
    faults: list[str] = []
    for lot in case.lots():
        told = only(case, faults, "PricesDisclosed", lot=lot)
        if told is not None:
            faults += _disclosed(case, told)
    for decision in case.history.of("CauseDecided"):
        body, lot = decision.body, decision.body["lot"]
        words = {name: body[name] for name in ("bidder", "cause", "reason")}
        faults += said(
            case, decision, "decide_cause", case.post("procuring_entity", decision), lot=lot, **words
        )
        closed = case.history.first("WindowClosed", lot=lot)
        if closed is None or closed.index > decision.index or body["bidder"] not in case.listed(lot):
            faults.append(f"{decision}: decided while the window was open, or about nobody's bid")
    return faults


def _disclosed(case: Case, told: Fact) -> Iterator[str]:
    lot = told.body["lot"]
    for other in case.lots():
        closed = case.history.first("WindowClosed", lot=other)
        if not case.listed(other):
            continue
        if closed is None or closed.index > told.index or closed.body["at"] > told.at:
            yield f"{told}: disclosed before the window of lot {other} was closed"
    opened = {f.body["bidder"]: f for f in case.history.of("BidOpened", lot=lot) if f.index < told.index}
    decided = {f.body["bidder"] for f in case.history.of("CauseDecided", lot=lot) if f.index < told.index}
    for bidder in case.listed(lot):
        if bidder not in opened.keys() | decided:
            yield f"{told}: disclosed while the cause of {bidder} was undecided"
    if sorted(b["bidder"] for b in told.body["bids"]) != sorted(opened.keys() - decided):
        yield f"{told}: what was disclosed is not what was opened"
    for bid in told.body["bids"]:
        # The read-out columns are the bidder's whole summary, so they must give the digest that the opening gave.
        summary = {"v": 1, "tender": case.plan["tender"], "lot": lot, **bid}
        digest = hashlib.sha256(canonical.dumps(summary)).hexdigest()
        if bid["bidder"] in opened and opened[bid["bidder"]].body["summary"] != digest:
            yield f"{told}: the columns of {bid['bidder']} are not those of the bid that was opened"


def leaving(case: Case) -> list[str]:
    """5.5.4: the record is complete, the host declares the end, bidders leave, the recorder stops after them."""
    faults: list[str] = []
    completed = case.history.first("RecordCompleted")
    closed = only(case, faults, "OpeningClosed")
    empty = only(case, faults, "RoomEmptied")
    final = only(case, faults, "RecordingHeads", final=True)
    if completed is None or closed is None or empty is None or final is None:
        return [*faults, "the opening was not closed to its end"]
    faults += said(case, closed, "close_opening", case.post("host", closed))
    if completed.index > closed.index:
        faults.append(f"{closed}: closed before the record was complete")
    steps = (closed, empty, final)
    if not closed.index < empty.index < final.index or [s.at for s in steps] != sorted(s.at for s in steps):
        faults.append(f"{final}: the recorder stopped before the room was empty")
    if empty.body["at"] != empty.at:
        faults.append(f"{empty}: told at another time than it happened")
    there: dict[str, Fact] = {}
    for fact in case.history.of("PresenceChanged"):
        if fact.index < empty.index and fact.body["participant"].startswith("bidder-"):
            there[fact.body["participant"]] = fact
    for who, seen in there.items():
        if seen.body["state"] == "online" and seen.body["end"] is None:
            faults.append(f"{empty}: {who} was still there")
    return faults


def _after(ms: int) -> str:
    minutes, rest = divmod(abs(ms), 60_000)
    return f"{'-' if ms < 0 else ''}{minutes}:{rest / 1000:06.3f}"
