"""Was the opening conducted as the clauses say? Predicates over a bundle's history, written anew and not
shared with the
rules that ran the opening: a mistake there must not excuse itself here.

Each function judges one clause and gives its faults; an empty list contradicts nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from hall.errors import HallError
from hall.evidence.bundle import Bundle
from hall.evidence.history import Fact, History
from hall.procurement import canonical
from hall.signing import sealed_bid

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
OFFSET: Final = 8 * HOUR
"""Asia/Shanghai."""


@dataclass(frozen=True, slots=True)
class Case:
    """A bundle with its history and the plan of its opening."""

    bundle: Bundle
    history: History
    plan: dict[str, Any]

    def staff(self, role: str) -> str:
        """Certificate of the person appointed to a post."""
        return next((str(p["certificate"]) for p in self.plan["staff"] if p["role"] == role), "")

    def lots(self) -> list[str]:
        return [str(lot["lot"]) for lot in self.plan["lots"]]

    def deposits(self, lot: str) -> dict[str, dict[str, Any]]:
        """Active deposits of a lot by bidder, folded from the deposits themselves and not from the handed-over list."""
        active: dict[str, dict[str, Any]] = {}
        for fact in self.history.of("DepositReceived", "DepositWithdrawn"):
            if fact.kind == "DepositReceived" and fact.body["deposit"]["lot"] == lot:
                active[str(fact.body["deposit"]["bidder"])] = fact.body["deposit"]
            elif fact.kind == "DepositWithdrawn" and fact.body["lot"] == lot:
                active.pop(str(fact.body["bidder"]), None)
        return active


def times(case: Case) -> list[str]:
    """4.1: one clock that never runs backwards."""
    faults, last = [], dict[str, int]()
    for fact in case.history.facts:
        # Two rooms write into one tree; each of them decides in the order of its receipt stamps.
        if fact.at < last.get(fact.stream, 0):
            faults.append(f"{_row(fact)} was received before its predecessor")
        last[fact.stream] = max(fact.at, last.get(fact.stream, 0))
    for fact in case.history.of("ClockAdvanced"):
        if case.plan["mode"] != "rehearsal":
            faults.append(f"{_row(fact)}: the clock was moved in an opening that is no rehearsal")
    return faults


def sealing(case: Case) -> list[str]:
    """4.2: freshly hashed, asked, declared, and only then the decrypt command."""
    faults = []
    for command in case.history.of("DecryptionCommanded"):
        lot = command.body["lot"]
        recheck = case.history.first("SealingRechecked", lot=lot)
        declared = case.history.first("SealingDeclared", lot=lot)
        if recheck is None or declared is None or not recheck.index < declared.index < command.index:
            faults.append(f"{_row(command)}: no check of sealing was declared before it")
            continue
        listed = _listed(case, lot)
        hashed = {item["bidder"]: item for item in recheck.body["items"]}
        for bidder in listed:
            deposit = case.deposits(lot).get(bidder, {})
            item = hashed.get(bidder)
            if item is None or (item["sha256"] == deposit.get("sha256")) is not item["intact"]:
                faults.append(f"{_row(recheck)}: the stored bid of {bidder} was not honestly hashed")
            answer = case.history.first("SealingAnswered", lot=lot, bidder=bidder)
            if answer is None or answer.index > declared.index:
                faults.append(f"{_row(declared)}: declared before {bidder} was asked")
        faults += _signed_by(case, declared, "declare_sealing", case.staff("host"))
    return faults


def self_decryption(case: Case) -> list[str]:
    """4.11: each bid was released by its own bidder's certificate, and opened only then."""
    faults = []
    for release in case.history.of("ReleaseReceived"):
        lot, bidder = release.body["lot"], release.body["bidder"]
        deposit = case.deposits(lot).get(bidder)
        if deposit is None:
            faults.append(f"{_row(release)}: {bidder} had deposited nothing")
            continue
        faults += _signed_by(case, release, "release", str(deposit["recipient"]))
    for opened in case.history.of("BidOpened", "BidOpenFailed"):
        earlier = case.history.first("ReleaseReceived", lot=opened.body["lot"], bidder=opened.body["bidder"])
        if earlier is None or earlier.index > opened.index:
            faults.append(f"{_row(opened)}: the bid was opened without its bidder's release")
    start = case.history.first("RecordingStarted")
    if start is not None and start.actor != "system":
        faults.append(f"{_row(start)}: the recorder was not started by the system")
    return faults


def deposits(case: Case) -> list[str]:
    """5.2.2: complete, sealed to the bidder's own certificate, received before the deadline, unchanged since."""
    faults = []
    closed = case.history.first("DepositsClosed")
    for fact in case.history.of("DepositReceived"):
        deposit = fact.body["deposit"]
        late = fact.at >= case.plan["bid_deadline"] or deposit["received_at"] != fact.at
        if late or (closed is not None and closed.index < fact.index):
            faults.append(f"{_row(fact)}: {deposit['bidder']}'s deposit was not received before the deadline")
        faults += _signed_by(case, fact, "deposit", str(deposit["recipient"]))
    if closed is None:
        return [*faults, "the deposits were never closed"]
    folded = [d for lot in case.lots() for d in case.deposits(lot).values()]
    handed = case.history.first("DepositsHandedOver")
    told = [d for d in closed.body["deposits"] if not d["superseded"]]
    key = _by_bidder
    if sorted(folded, key=key) != sorted(told, key=key):
        faults.append(f"{_row(closed)}: the closed list is not what was deposited")
    manifest = hashlib.sha256(canonical.dumps(closed.body["deposits"])).hexdigest()
    if manifest != closed.body["manifest"] or handed is None or handed.body["manifest"] != manifest:
        faults.append(f"{_row(closed)}: the manifest is not the digest of the closed list")
    for deposit in folded:
        faults += _ciphertext(case, deposit)
    return faults


def _ciphertext(case: Case, deposit: dict[str, Any]) -> Iterator[str]:
    name = f"sealed/{deposit['lot']}/{deposit['bidder']}.bid"
    data = case.bundle.read(name)
    if hashlib.sha256(data).hexdigest() != deposit["sha256"] or len(data) != deposit["size"]:
        yield f"{name}: these are not the bytes that were deposited"
        return
    try:
        header = sealed_bid.parse_header(data)
    except HallError as error:
        yield f"{name}: {error.code}"
        return
    said = (header.tender, header.lot, header.bidder, header.recipient)
    if said != (case.plan["tender"], deposit["lot"], deposit["bidder"], deposit["recipient"]):
        yield f"{name}: its header speaks of another bid"


def announcement(case: Case) -> list[str]:
    """5.3.2: the list is deposits ∩ sign-ins, announced after the deadline; fewer than three stay sealed."""
    faults = []
    signed_in = {f.body["bidder"]: f for f in case.history.of("BidderSignedIn")}
    minimum = case.plan["rules"]["minimum_bidders"]
    for lot in case.lots():
        told = case.history.first("BiddersAnnounced", "LotLocked", lot=lot)
        if told is None:
            faults.append(f"lot {lot}: the bidders were never announced")
            continue
        expected = {b for b in case.deposits(lot) if b in signed_in and signed_in[b].index < told.index}
        if set(told.body["bidders"]) != expected:
            faults.append(f"{_row(told)}: the announced list is not deposits ∩ sign-ins")
        if (len(expected) < minimum) is not (told.kind == "LotLocked") or minimum < 3:
            faults.append(f"{_row(told)}: {len(expected)} bidders, and the lot went on all the same")
        if told.at < case.plan["bid_deadline"]:
            faults.append(f"{_row(told)}: announced before the deadline")
        if told.kind == "LotLocked" and case.history.first("ReleaseReceived", "BidOpened", lot=lot):
            faults.append(f"lot {lot}: locked, and a bid was opened")
        faults += _signed_by(case, told, "announce_bidders", case.staff("host"))
    return faults


def windows(case: Case) -> list[str]:
    """5.3.3: sign-in from 0:00 of the day to the deadline; a signed command; 60 minutes and not one
    millisecond more."""
    faults = []
    deadline = case.plan["bid_deadline"]
    midnight = (deadline + OFFSET) // DAY * DAY - OFFSET
    for fact in case.history.of("BidderSignedIn"):
        if not midnight <= fact.at < deadline:
            faults.append(f"{_row(fact)}: {fact.body['bidder']} signed in outside the window")
        if (act := fact.act()) is None or act.type != "sign_in" or act.deadline != deadline:
            faults.append(f"{_row(fact)}: the sign-in is not signed for this deadline")
    for command in case.history.of("DecryptionCommanded"):
        start, end, lot = command.body["opened_at"], command.body["closes_at"], command.body["lot"]
        if start != command.at or end != start + HOUR:
            faults.append(f"{_row(command)}: the window is not the 60 minutes from the command")
        faults += _signed_by(case, command, "command_decryption", case.staff("host"))
        for release in case.history.of("ReleaseReceived", lot=lot):
            if release.index < command.index or not start <= release.at <= end:
                faults.append(
                    f"{_row(release)}: {release.body['bidder']}'s release counted at {_after(release.at - start)}"
                )
        faults += _closed(case, command)
    return faults


def _closed(case: Case, command: Fact) -> Iterator[str]:
    lot, end = command.body["lot"], command.body["closes_at"]
    closed = case.history.first("WindowClosed", lot=lot)
    if closed is None:
        yield f"lot {lot}: the window was never closed"
        return
    done = {
        f.body["bidder"]
        for f in case.history.of("ReleaseReceived", "ReleaseDeclined", lot=lot)
        if f.index < closed.index
    }
    declared = case.history.first("SealingDeclared", lot=lot)
    held = set(declared.body["held"]) if declared else set[str]()
    if closed.body["early"] and not set(_listed(case, lot)) <= done | held:
        yield f"{_row(closed)}: closed early while a bidder had neither released nor declined"
    if not closed.body["early"] and (closed.body["at"] != end or closed.at <= end):
        yield f"{_row(closed)}: closed before its end"


def disclosure(case: Case) -> list[str]:
    """5.3.4: no price before every window is closed and every undecrypted bid has a decided cause."""
    faults = []
    for told in case.history.of("PricesDisclosed"):
        lot = told.body["lot"]
        for command in case.history.of("DecryptionCommanded"):
            closed = case.history.first("WindowClosed", lot=command.body["lot"])
            if closed is None or closed.index > told.index or closed.body["at"] > told.at:
                faults.append(
                    f"{_row(told)}: disclosed before the window of lot {command.body['lot']} was closed"
                )
        opened = {f.body["bidder"] for f in case.history.of("BidOpened", lot=lot) if f.index < told.index}
        decided = {f.body["bidder"] for f in case.history.of("CauseDecided", lot=lot) if f.index < told.index}
        for bidder in _listed(case, lot):
            if bidder not in opened | decided:
                faults.append(f"{_row(told)}: disclosed while the cause of {bidder} was undecided")
        if {b["bidder"] for b in told.body["bids"]} != opened - decided:
            faults.append(f"{_row(told)}: what was disclosed is not what was opened")
    for decision in case.history.of("CauseDecided"):
        faults += _signed_by(case, decision, "decide_cause", case.staff("procuring_entity"))
    return faults


def leaving(case: Case) -> list[str]:
    """5.5.4: the host declares the end, bidders leave, the recorder stops after them."""
    closed = case.history.first("OpeningClosed")
    empty = case.history.first("RoomEmptied")
    final = case.history.first("RecordingHeads", final=True)
    if closed is None or empty is None or final is None:
        return ["the opening was not closed to its end"]
    faults = _signed_by(case, closed, "close_opening", case.staff("host"))
    if not closed.index < empty.index < final.index or not closed.at <= empty.at <= final.at:
        faults.append(f"{_row(final)}: the recorder stopped before the room was empty")
    return faults


def _listed(case: Case, lot: str) -> list[str]:
    told = case.history.first("BiddersAnnounced", lot=lot)
    return [str(b) for b in told.body["bidders"]] if told else []


def _signed_by(case: Case, fact: Fact, act_type: str, certificate: str) -> list[str]:
    """The row's act is of this type, for this very opening, and signed by this certificate."""
    act = fact.act()
    if act is None or act.type != act_type or act.certificate != certificate:
        return [f"{_row(fact)}: not signed by the one who may ({act_type})"]
    place = (act.origin, act.tender, act.deadline)
    if place != (case.plan["origin"], case.plan["tender"], case.plan["bid_deadline"]):
        return [f"{_row(fact)}: signed for another opening or deadline"]
    if act.lot and act.lot != fact.body.get("lot", act.lot):
        return [f"{_row(fact)}: signed for another lot"]
    return []


def _by_bidder(deposit: dict[str, Any]) -> tuple[str, str]:
    return str(deposit["lot"]), str(deposit["bidder"])


def _row(fact: Fact) -> str:
    return f"journal line {fact.index + 1} ({fact.kind})"


def _after(ms: int) -> str:
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes}:{rest / 1000:06.3f}"
