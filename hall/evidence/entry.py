"""How bids and bidders came in: deposits, sign-ins, and the list that was announced. Predicates as in `conduct`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from hall.errors import HallError
from hall.evidence.case import Case, only, said, said_in_private
from hall.evidence.history import Fact
from hall.procurement import canonical
from hall.signing import sealed_bid

DAY: Final = 24 * 3_600_000
OFFSET: Final = 8 * 3_600_000
"""Asia/Shanghai."""

_HEADER: Final = 80 * 1024
"""Bytes that surely hold a sealed bid's header."""

_STATED: Final = ("size", "sha256", "commit", "tag_commit", "salt", "recipient")


def deposits(case: Case) -> list[str]:
    """5.2.2: complete, sealed to the bidder's own certificate, received before the deadline, unchanged since."""
    faults = list(_plan(case))
    closed = only(case, faults, "DepositsClosed")
    handed = only(case, faults, "DepositsHandedOver")
    for fact in case.history.of("DepositReceived"):
        faults += _received(case, fact, closed)
    for fact in case.history.of("DepositWithdrawn"):
        lot = fact.body["lot"]
        faults += said(case, fact, "withdraw", case.bidder(fact.body["bidder"]), lot=lot)
        if fact.at >= case.deposits_until(fact.index) or (closed is not None and closed.index < fact.index):
            faults.append(f"{fact}: withdrawn after the deadline")
    if closed is None or handed is None:
        return [*faults, "the deposits were never closed"]
    deadline = case.deadline
    if closed.body["at"] != deadline or min(closed.at, handed.at) < deadline:
        faults.append(f"{closed}: not closed at the deadline")
    told = closed.body["deposits"]
    if told != case.all_deposits or handed.body["deposits"] != told or handed.index < closed.index:
        faults.append(f"{closed}: the closed list is not what was deposited")
    manifest = hashlib.sha256(canonical.dumps(told)).hexdigest()
    if manifest != closed.body["manifest"] or handed.body["manifest"] != manifest:
        faults.append(f"{closed}: the manifest is not the digest of the closed list")
    active = [d for d in case.all_deposits if not d["superseded"]]
    for deposit in active:
        faults += _ciphertext(case, deposit)
    kept = {f"sealed/{d['lot']}/{d['bidder']}.bid" for d in active}
    faults += [f"{name}: nobody deposited this" for name in case.bundle.under("sealed") if name not in kept]
    return faults


def _plan(case: Case) -> Iterator[str]:
    """Bidders were told the same deadline, lots and hall as the opening went by."""
    faults: list[str] = []
    published = only(case, faults, "TenderPublished")
    scheduled = only(case, faults, "OpeningScheduled")
    yield from faults
    if published is None or scheduled is None:
        yield "the tender was never published"
        return
    for ours, theirs in (
        *((key, key) for key in ("tender", "opening", "origin", "lots", "bid_deadline", "trust_roots")),
        ("tender_name", "name"),
        ("tender_number", "number"),
    ):
        if case.plan[ours] != published.body[theirs]:
            yield f"{scheduled}: {ours} is not what was published"


def _received(case: Case, fact: Fact, closed: Fact | None) -> Iterator[str]:
    deposit = fact.body["deposit"]
    late = fact.at >= case.deposits_until(fact.index) or deposit["received_at"] != fact.at
    if late or (closed is not None and closed.index < fact.index):
        yield f"{fact}: {deposit['bidder']}'s deposit was not received before the deadline"
    if deposit["superseded"] or deposit["lot"] not in case.lots():
        yield f"{fact}: no deposit can begin like this"
    stated = {name: deposit[name] for name in _STATED}
    party = case.bidder(deposit["bidder"])
    yield from said(case, fact, "deposit", party, lot=deposit["lot"], self_test=True, **stated)
    if fact.act is not None and not case.one_holder(fact.act.certificate, deposit["recipient"]):
        yield f"{fact}: sealed to another certificate than it was signed with"


def _ciphertext(case: Case, deposit: dict[str, Any]) -> Iterator[str]:
    name = f"sealed/{deposit['lot']}/{deposit['bidder']}.bid"
    data, digest = case.bundle.view(name), case.bundle.digest(name)
    if digest != deposit["sha256"] and _told_damaged(case, deposit, digest):
        return
    if digest != deposit["sha256"] or len(data) != deposit["size"]:
        yield f"{name}: these are not the bytes that were deposited"
        return
    try:
        header = sealed_bid.parse_header(bytes(data[:_HEADER]))
    except HallError as error:
        yield f"{name}: {error.code}"
        return
    place = (header.tender, header.lot, header.bidder)
    bound = (header.recipient, header.commit, header.tag_commit, header.salt.hex())
    if place != (case.plan["tender"], deposit["lot"], deposit["bidder"]) or bound != tuple(
        deposit[key] for key in ("recipient", "commit", "tag_commit", "salt")
    ):
        yield f"{name}: its header speaks of another bid"
    published = case.history.first("TenderPublished")
    if published is None or header.suite != published.body["suite"]:
        yield f"{name}: sealed with other algorithms than the tender's"
    if not case.one_holder(header.signer, header.recipient):
        yield f"{name}: its two certificates are no pair"


def _told_damaged(case: Case, deposit: dict[str, Any], digest: str) -> bool:
    """clause 4.7 b: the hall itself told that it had damaged this bid, with the digest of what is left, or when it was
    to be opened. What follows for the bidder is looked at there."""
    place = {"lot": deposit["lot"], "bidder": deposit["bidder"]}
    looks = [
        (fact.body["lot"], item)
        for fact in case.history.of("SealingRechecked")
        for item in fact.body["items"]
    ]
    looks += [
        (lot["lot"], item)
        for fact in case.history.of("AdjournmentRechecked")
        for lot in fact.body["lots"]
        for item in lot["items"]
    ]
    looks += [(fact.body["lot"], fact.body) for fact in case.history.of("RehashShown")]
    told = any(
        not item["intact"] and {"lot": lot, "bidder": item["bidder"]} == place and item["sha256"] == digest
        for lot, item in looks
    )
    return told or case.history.first("BidOpenFailed", code="not_the_deposit", **place) is not None


def sign_ins(case: Case) -> list[str]:
    """5.3.3: sign-in from 0:00 of the opening's day to the deadline, signed by the bidder."""
    faults: list[str] = []
    planned = case.plan["bid_deadline"]
    if case.plan["sign_in_from"] != _midnight(planned) or planned == _midnight(planned):
        faults.append("the sign-in was not planned from 0:00 of the opening's day")
    passed = only(case, faults, "DeadlinePassed")
    if passed is None or passed.body["at"] != case.deadline or passed.at < case.deadline:
        faults.append("DeadlinePassed was not at its time")
    opened = case.history.of("SignInOpened")
    if not opened or opened[-1].body["at"] != _midnight(case.deadline):
        faults.append("SignInOpened was not at its time")
    for fact in opened:
        midnight = _midnight(case.deadline_at(fact.index))
        if fact.body["at"] != midnight or fact.at < midnight:
            faults.append(f"{fact}: SignInOpened was not at its time")
    for fact in case.history.of("BidderSignedIn"):
        bidder, deadline = fact.body["bidder"], case.deadline_at(fact.index)
        if not _midnight(deadline) <= fact.at < deadline:
            faults.append(f"{fact}: {bidder} signed in outside the window")
        faults += said_in_private(case, fact, "sign_in", case.bidder(bidder))
    return faults


def _midnight(at: int) -> int:
    return (at + OFFSET) // DAY * DAY - OFFSET


def announcement(case: Case) -> list[str]:
    """5.3.2: the list is deposits ∩ sign-ins, announced after the deadline; fewer than three stay sealed."""
    faults: list[str] = []
    if case.plan["rules"]["minimum_bidders"] < 3:
        faults.append("the opening was planned to go on with fewer than three bidders")
    for lot in case.lots():
        if _fell(case, lot):
            continue
        told = only(case, faults, "BiddersAnnounced", "LotLocked", "NoAlternatives", lot=lot)
        if told is None:
            faults.append(f"lot {lot}: the bidders were never announced")
            continue
        faults += said(case, told, "announce_bidders", case.post("host", told), lot=lot)
        faults += _list(case, told) if told.kind != "NoAlternatives" else _none(case, told)
        faults += _beside(case, told)
    for approved in case.history.of("FewerApproved"):
        if not case.plan["rules"]["fewer_allowed"]:
            faults.append(f"{approved}: the documents allow no opening with fewer")
    for settled in case.history.of("FewerApproved", "TenderFailed"):
        faults += _causes_decided(case, settled)
    for failed in case.history.of("TenderFailed"):
        lot, reason = failed.body["lot"], failed.body["reason"]
        main = case.main_of(lot) or lot
        faults += said(
            case, failed, "fail_tender", case.post("procuring_entity", failed), lot=main, reason=reason
        )
        if len(case.history.of("BidOpened", lot=main)) >= case.least(main):
            faults.append(f"{failed}: failed though enough bids were opened")
    return faults


def _fell(case: Case, lot: str) -> bool:
    """5.2.2: alternatives whose main lot had failed before they were announced are never announced."""
    main = case.main_of(lot)
    return (
        bool(main)
        and not case.history.of("BiddersAnnounced", "LotLocked", "NoAlternatives", lot=lot)
        and (
            case.history.first("TenderFailed", lot=main) is not None
            and case.history.first("TenderFailed", lot=lot) is not None
        )
    )


def _none(case: Case, told: Fact) -> Iterator[str]:
    """5.2.2: nobody offered an alternative, and it is a lot of alternatives."""
    lot = told.body["lot"]
    if not case.main_of(lot) or case.deposits(lot):
        yield f"{told}: bids of this lot were deposited, or it is none of alternatives"


def _beside(case: Case, told: Fact) -> Iterator[str]:
    """5.2.2: alternatives come after the main list, and each of their bidders has a main bid."""
    lot = told.body["lot"]
    if not (main := case.main_of(lot)):
        return
    first = case.history.of("BiddersAnnounced", "LotLocked", lot=main)
    if not first or first[0].index > told.index:
        yield f"{told}: alternatives were announced before the main bids"
    if set(case.deposits(lot)) - set(case.deposits(main)):
        yield f"{told}: an alternative without a bid that it stands beside"


def _causes_decided(case: Case, settled: Fact) -> Iterator[str]:
    """A locked lot is settled only when it is known why each absent depositor did not sign in."""
    lot = settled.body["lot"]
    locked = case.history.first("LotLocked", lot=lot)
    for bidder in locked.body["not_signed_in"] if locked else ():
        decided = case.history.first("CauseDecided", lot=lot, bidder=bidder)
        if decided is None or decided.index > settled.index:
            yield f"{settled}: came before the cause of {bidder} was decided"


def _main_locked(case: Case, lot: str, told: Fact) -> bool:
    """Whether the main lot was locked when alternatives to it were announced."""
    if not (main := case.main_of(lot)):
        return False
    locked, fewer = case.history.first("LotLocked", lot=main), case.history.first("FewerApproved", lot=main)
    return locked is not None and locked.index < told.index and (fewer is None or fewer.index > told.index)


def _list(case: Case, told: Fact) -> Iterator[str]:
    lot = told.body["lot"]
    here = {b for b, fact in case.signed_in().items() if fact.index < told.index}
    deposited = list(case.deposits(lot))
    expected = [b for b in deposited if b in here]
    if sorted(told.body["bidders"]) != sorted(expected):
        yield f"{told}: the announced list is not deposits ∩ sign-ins"
    if sorted(told.body["not_signed_in"]) != sorted(set(deposited) - here):
        yield f"{told}: who deposited and is not here is told wrongly"
    anywhere = {d["bidder"] for d in case.all_deposits if not d["superseded"]}
    if sorted(told.body["without_deposit"]) != sorted(here - anywhere):
        yield f"{told}: who is here without a deposit is told wrongly"
    locked = told.kind == "LotLocked"
    if (len(expected) < case.least(lot) or _main_locked(case, lot, told)) is not locked:
        yield f"{told}: {len(expected)} bidders, and the lot {'was locked' if locked else 'went on'} all the same"
    handed = case.history.first("DepositsHandedOver")
    if told.at < case.deadline_at(told.index) or handed is None or handed.index > told.index:
        yield f"{told}: announced before the deadline"
    on = ("SealingDeclared", "DecryptionCommanded", "ReleaseReceived", "BidOpened", "PricesDisclosed")
    fewer = case.history.first("FewerApproved", lot=lot)
    for fact in case.history.of(*on, lot=lot) if locked else ():
        if fewer is None or fact.index < fewer.index:
            yield f"{fact}: the lot was locked, and went on all the same"
            return
