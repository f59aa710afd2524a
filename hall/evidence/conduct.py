"""Was the opening conducted as the clauses say? Predicates over a bundle's history, written anew and not shared with
the rules that ran the opening: a mistake there must not excuse itself here.

Each function judges one clause and gives its faults; an empty list contradicts nothing. Deposits, sign-ins and the list
of bidders are judged in `entry`, the two declarations in `declarations`, windows and disclosure in `windows`, deadlines
and standstills in `faults`, posts and the register in `people`, quotes and draws in `rounds`, the record in `record`
and `signatures`, the recordings in `recordings`.
"""

from __future__ import annotations

from typing import Final

from hall.evidence import credentials, custody, remedies
from hall.evidence.case import Case, only, said
from hall.evidence.history import Fact

_READ: Final = ("DepositReceived", "DepositRefused")


def times(case: Case) -> list[str]:
    """4.1: one clock that never runs backwards."""
    faults: list[str] = []
    last, decided = dict[str, int](), dict[str, int]()
    for fact in case.history.facts:
        # Several rooms write into one tree; each of them decides in the order of its receipt stamps. A deposit is read
        # and hashed after its stamp, so one may overtake another, and nothing else.
        read = fact.kind in _READ
        if fact.at < (decided if read else last).get(fact.stream, 0):
            faults.append(f"{fact}: received before its predecessor")
        last[fact.stream] = max(fact.at, last.get(fact.stream, 0))
        if not read:
            decided[fact.stream] = fact.at
    for fact in case.history.of("ClockAdvanced"):
        if case.plan["mode"] != "rehearsal":
            faults.append(f"{fact}: the clock was moved in an opening that is no rehearsal")
        faults += said(case, fact, "advance_clock", case.party(fact), by_ms=fact.body["by_ms"])
    return faults


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
        faults += custody.releases(case, release, party)
        own = release.act is None or case.one_holder(release.act.certificate, deposit["recipient"])
        by_sheet = own or credentials.opens(case, release, deposit["recipient"])
        if not by_sheet and not remedies.stands(case, release):
            faults.append(f"{release}: not signed by the certificate that {bidder}'s bid is sealed to")
        if release.act is not None and release.body["release"] != release.act.body_digest:
            faults.append(f"{release}: not the release that was signed")
        owns = case.history.of("OwnWindowOpened", lot=lot, bidder=bidder)
        again = 1 + len(owns) + remedies.refused(case, lot, bidder, release.index)
        if len(case.history.of("ReleaseReceived", lot=lot, bidder=bidder)) > again:
            faults.append(f"{release}: told a second time")
    for opened in case.history.of("BidOpened", "BidOpenFailed"):
        key = {"lot": opened.body["lot"], "bidder": opened.body["bidder"]}
        earlier = case.history.first("ReleaseReceived", **key)
        if earlier is None or earlier.index > opened.index:
            faults.append(f"{opened}: the bid was opened without its bidder's release")
        tries = case.history.of("BidOpened", "BidOpenFailed", **key)
        if len(tries) > len(case.history.of("ReleaseReceived", **key)) or (
            opened.kind == "BidOpened" and tries[-1] != opened
        ):
            faults.append(f"{opened}: told a second time")
    faults += custody.custody(case)
    faults += remedies.remedies(case)
    start = case.history.first("RecordingStarted")
    if start is None or start.actor != "system" or start.index > case.announced_at:
        faults.append("the recorder was not started by the system before the announcement")
    return faults


def leaving(case: Case) -> list[str]:
    """5.5.4: the record is complete, the host declares the end, bidders leave, the recorder stops after them."""
    faults: list[str] = []
    completed = case.history.first("RecordCompleted")
    closed = only(case, faults, "OpeningClosed")
    empty = only(case, faults, "RoomEmptied")
    final = only(case, faults, "RecordingHeads", final=True)
    if closed is None or empty is None or final is None:
        return [*faults, "the opening was not closed to its end"]
    faults += said(case, closed, "close_opening", case.post("host", closed))
    # clause 5.5.3: the record may be completed later, within its limit, without keeping bidders in the hall
    later = closed.body["record_by"]
    if later is None and (completed is None or completed.index > closed.index):
        faults.append(f"{closed}: closed before the record was complete")
    if later is not None and (completed is None or completed.at > later):
        faults.append(f"{closed}: the record was not completed in its time")
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
