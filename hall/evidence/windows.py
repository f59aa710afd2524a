"""Decryption windows and what came out of them: the 60 minutes to the millisecond, windows of a bidder's own, causes,
disclosure. Predicates as in `conduct`; what counts as running time is reckoned in `pauses`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from hall.evidence import remedies
from hall.evidence.case import Case, only, said
from hall.evidence.custody import again, proven
from hall.evidence.entry import DAY, OFFSET
from hall.evidence.faults import consulted
from hall.evidence.history import Fact
from hall.evidence.pauses import Span, account, pauses, ran, running
from hall.procurement import canonical

HOUR: Final = 3_600_000
_DAMAGE: Final = frozenset({"not_the_deposit", "key_lost", "commit_mismatch"})
"""Why a bid did not open, where that can only be the hall's own damage (clause 4.7 b)."""


def windows(case: Case) -> list[str]:
    """5.3.3: a signed command, then 60 minutes of running time, never less, and not one millisecond more."""
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
        if (
            start != command.at
            or end != start + window
            or command.body["epoch"] != case.epoch_at(command.index)
        ):
            faults.append(f"{command}: the window is not the published one from the command on")
        minutes = window // 60_000
        host = case.post("host", command)
        faults += said(case, command, "command_decryption", host, lot=lot, minutes=minutes)
        closed = only(case, faults, "WindowClosed", lot=lot)
        for release in case.history.of("ReleaseReceived", lot=lot):
            faults += _release(case, release, command, closed, window)
        for declined in case.history.of("ReleaseDeclined", lot=lot):
            party = case.bidder(declined.body["bidder"])
            faults += said(case, declined, "decline_release", party, lot=lot)
        faults += (
            [f"lot {lot}: the window was never closed"] if closed is None else _end(case, command, closed)
        )
        for own in case.history.of("OwnWindowOpened", lot=lot):
            faults += _own(case, own, command)
    return faults


def held(case: Case, lot: str) -> set[str]:
    """Bids of a lot that the check of sealing held back."""
    declared = case.history.first("SealingDeclared", lot=lot)
    return set(declared.body["held"]) if declared else set()


def _release(case: Case, release: Fact, command: Fact, closed: Fact | None, window: int) -> Iterator[str]:
    """It counted in the common window or in the bidder's own, while the opening ran."""
    lot, bidder = release.body["lot"], release.body["bidder"]
    if any(
        pause.at <= release.at < pause.ended and pause.began.index < release.index for pause in pauses(case)
    ):
        yield f"{release}: counted while the opening stood still"
    own = [f for f in case.history.of("OwnWindowOpened", lot=lot, bidder=bidder) if f.index < release.index]
    if bidder not in case.listed(lot) and not (own and bidder in case.absent(lot)):
        yield f"{release}: {bidder} had no part in this window"
    if own:
        start, length = own[-1].body["opened_at"], own[-1].body["closes_at"] - own[-1].body["opened_at"]
        over = [
            f
            for f in case.history.of("OwnWindowClosed", lot=lot, bidder=bidder)
            if own[-1].index < f.index < release.index
        ]
        inside = not over
    else:
        start, length = command.body["opened_at"], window
        inside = command.index < release.index and (closed is None or release.index < closed.index)
        if bidder in held(case, lot):
            yield f"{release}: {bidder} had no part in this window"
    if not inside or release.at < start or ran(case, start, release.at) > length:
        yield f"{release}: {bidder}'s release counted at {_after(release.at - start)}"


def _end(case: Case, command: Fact, closed: Fact) -> Iterator[str]:
    lot, window = closed.body["lot"], case.plan["rules"]["decryption_window"]
    listed, at = case.listed(lot), closed.body["at"]

    def before(*kinds: str) -> set[str]:
        return {f.body["bidder"] for f in case.history.of(*kinds, lot=lot) if f.index < closed.index}

    had = ran(case, command.body["opened_at"], at)
    if closed.body["early"]:
        if not set(listed) <= before("ReleaseReceived", "ReleaseDeclined") | held(case, lot):
            yield f"{closed}: closed early while a bidder had neither released nor declined"
        if at > closed.at:
            yield f"{closed}: closed before its time"
        if had > window:
            yield f"{closed}: the window ran for {_after(had)}"
    elif had != window:
        yield f"{closed}: the window ran for {_after(had)}"
    elif closed.at <= at:
        yield f"{closed}: closed before its end"
    gone = {b for b in listed if remedies.refused(case, lot, b, closed.index)}
    if closed.body["undecrypted"] != [b for b in listed if b not in before("ReleaseReceived") - gone]:
        yield f"{closed}: the undecrypted bids are not those that were not released"


def _own(case: Case, own: Fact, command: Fact) -> Iterator[str]:
    """The unused rest, to the millisecond, after a platform fault that was decided for this very bid."""
    body = own.body
    lot, bidder, window = body["lot"], body["bidder"], case.plan["rules"]["decryption_window"]
    decided = [f for f in case.history.of("CauseDecided", lot=lot, bidder=bidder) if f.index < own.index]
    why = ("platform_fault", body["incident"])
    by_cause = bool(decided) and (decided[-1].body["cause"], decided[-1].body["incident"]) == why
    if not by_cause and not again(case, own):
        yield f"{own}: opened without a decided cause of clause 4.7"
    if body["opened_at"] != own.at:
        yield f"{own}: told at another time than it happened"
    before = case.upto(own.index + 1)
    used = running(span for span in account(before, lot, bidder, own.at) if span.start < body["opened_at"])
    if body["closes_at"] - body["opened_at"] != window - used:
        yield f"{own}: it is not the unused rest of the 60 minutes"
    yield from _lost(case, own, command)
    total: list[Span] = account(case, lot, bidder, max(f.at for f in case.history.facts))
    if running(total) > window:
        yield f"{own}: {bidder} had more than 60 minutes in all"


def _lost(case: Case, own: Fact, command: Fact) -> Iterator[str]:
    """What it gives back was lost through the fault, or unused because the bidder had released."""
    body = own.body
    entry = case.history.first("IncidentRecorded", incident=body["incident"])
    if entry is None:
        return
    ended = case.history.first("FaultEnded", incident=body["incident"])
    start, end = entry.body["start"], ended.body["at"] if ended else entry.body["end"]
    if start is not None and body["lost_from"] < max(start, command.body["opened_at"]):
        yield f"{own}: gives back time before the fault began"
    if end is not None and body["lost_to"] > max(end, body["lost_from"]):
        yield f"{own}: gives back time after the fault was over"
    key = {"lot": body["lot"], "bidder": body["bidder"]}
    released = [f.at for f in case.history.of("ReleaseReceived", **key) if f.index < own.index]
    over = [
        f.body["at"]
        for f in (
            *case.history.of("WindowClosed", lot=body["lot"]),
            *case.history.of("OwnWindowClosed", **key),
        )
        if f.index < own.index
    ]
    kept_out = held(case, body["lot"]) | set(case.absent(body["lot"]))
    begun = [command.body["opened_at"]] if body["bidder"] in kept_out else []
    if body["bidder"] in case.absent(body["lot"]) and start is not None:
        # Who never signed in comes back for a fault that touched the sign-in, and for no other.
        if start >= case.deadline or (end is not None and end <= _day(case.deadline)):
            yield f"{own}: the fault kept nobody from signing in"
    if body["stopped_at"] not in (*released, *over, *begun):
        yield f"{own}: counts as unused what the bidder could have used"


def causes(case: Case) -> list[str]:
    """4.7, 5.3.4: who decided, when, and on what a platform fault rests; the hall's own damage is nobody else's."""
    faults: list[str] = []
    for decision in case.history.of("CauseDecided"):
        body, lot = decision.body, decision.body["lot"]
        words = {name: body[name] for name in ("bidder", "cause", "incident", "reason")}
        owner = case.post("procuring_entity", decision)
        faults += said(case, decision, "decide_cause", owner, lot=lot, **words)
        closed = case.history.first("WindowClosed", lot=lot)
        locked = case.history.first("LotLocked", lot=lot)
        if locked is not None and (closed is None or decision.index < closed.index):
            in_time = locked.index < decision.index and body["bidder"] in locked.body["not_signed_in"]
        else:
            deposited = (*case.listed(lot), *case.absent(lot))
            in_time = closed is not None and closed.index < decision.index and body["bidder"] in deposited
        if not in_time:
            faults.append(f"{decision}: decided while the window was open, or about nobody's bid")
        faults += _three_were_heard(case, decision)
    return faults


def _three_were_heard(case: Case, decision: Fact) -> Iterator[str]:
    """4.7, 4.8: where the three were asked about this bid, or had to be, each had spoken before it was decided."""
    lot, bidder = decision.body["lot"], decision.body["bidder"]
    asked = case.history.first("ConsultationOpened", about="bid", lot=lot, bidder=bidder)
    entry = case.history.first("IncidentRecorded", incident=decision.body["incident"])
    if (asked is not None and asked.index < decision.index) or (entry and _names(case, entry, lot, bidder)):
        yield from consulted(case, decision, about="bid", lot=lot, bidder=bidder)


def _names(case: Case, entry: Fact, lot: str, bidder: str) -> bool:
    """Whether somebody entered a bidder's own trouble by hand after it was announced: the three are asked then."""
    told = case.history.first("BiddersAnnounced", "LotLocked", lot=lot)
    body = entry.body
    by_hand = entry.act is not None and body["clause"] != "" and told is not None and told.index < entry.index
    return by_hand and bidder in (*body["scope"], body["subject"].removeprefix("bidder-"))


def platform_faults(case: Case) -> list[str]:
    """4.7: a platform fault rests on an entry of the register that covers the bidder; damage of the hall's own making
    is never the bidder's fault."""
    faults: list[str] = []
    for decision in case.history.of("CauseDecided"):
        body, bidder = decision.body, decision.body["bidder"]
        if body["cause"] == "platform_fault":
            entry = case.history.first("IncidentRecorded", incident=body["incident"])
            if entry is None or entry.index > decision.index or not entry.body["clause"]:
                faults.append(f"{decision}: rests on no incident of clause 4.7")
            elif bidder not in entry.body["scope"] and (
                entry.body["scope"] or entry.body["subject"] not in ("", f"bidder-{bidder}")
            ):
                faults.append(f"{decision}: the incident that it rests on does not cover {bidder}")
        elif body["cause"] == "deemed_revoked" and _damaged(case, body["lot"], bidder, decision.index):
            faults.append(f"{decision}: {bidder} is blamed for what the hall itself damaged")
    return faults


def _damaged(case: Case, lot: str, bidder: str, before: int) -> bool:
    looks = [
        item
        for fact in case.history.of("SealingRechecked", lot=lot)
        for item in fact.body["items"]
        if item["bidder"] == bidder
    ]
    failed = [f for f in case.history.of("BidOpenFailed", lot=lot, bidder=bidder) if f.index < before]
    return any(not item["intact"] for item in looks) or any(f.body["code"] in _DAMAGE for f in failed)


def restored(case: Case) -> Iterator[str]:
    """4.7 b: what a bidder brought again is its deposit byte for byte, and the hall had told of its damage before."""
    for fact in case.history.of("BidRestored"):
        lot, bidder = fact.body["lot"], fact.body["bidder"]
        deposit = case.deposits(lot).get(bidder)
        if deposit is None or deposit["sha256"] != fact.body["sha256"]:
            yield f"{fact}: what was brought again is not the deposit"
        if not _damaged(case, lot, bidder, fact.index):
            yield f"{fact}: brought again though nothing was damaged"


def disclosure(case: Case) -> list[str]:
    """5.3.4: no price before every window is closed and every undecrypted bid has a decided cause."""
    faults = [*causes(case), *restored(case)]
    for lot in case.lots():
        told = only(case, faults, "PricesDisclosed", lot=lot)
        if told is not None:
            faults += _disclosed(case, told)
        for opened in case.history.of("EntrustedOpened", lot=lot):
            faults += _all_decided(case, opened)
    return faults


def _all_decided(case: Case, opened: Fact) -> Iterator[str]:
    """A custodian opened what was entrusted to it: no sooner than prices could have been disclosed."""
    lot = opened.body["lot"]
    for other in case.lots():
        yield from _still_open(case, other, opened)
    done = {f.body["bidder"] for f in case.history.of("BidOpened", lot=lot) if f.index < opened.index}
    done |= proven(case, lot, opened.index)
    for bidder in (*case.listed(lot), *case.absent(lot)):
        if bidder not in done and not _decided(case, lot, bidder, opened.index):
            yield f"{opened}: the custodian opened while the cause of {bidder} was undecided"


def _disclosed(case: Case, told: Fact) -> Iterator[str]:
    lot = told.body["lot"]
    for other in case.lots():
        yield from _still_open(case, other, told)
    opened = {f.body["bidder"]: f for f in case.history.of("BidOpened", lot=lot) if f.index < told.index}
    for bidder in (*case.listed(lot), *case.absent(lot)):
        if bidder not in opened and not _decided(case, lot, bidder, told.index):
            yield f"{told}: disclosed while the cause of {bidder} was undecided"
    if sorted(b["bidder"] for b in told.body["bids"]) != sorted(opened):
        yield f"{told}: what was disclosed is not what was opened"
    for beside in case.lots():
        if case.main_of(beside) == lot:
            kinds = ("BiddersAnnounced", "LotLocked", "NoAlternatives")
            first = case.history.first(*kinds, lot=beside)
            if first is None or first.index > told.index:
                yield f"{told}: disclosed while the alternatives of lot {beside} were sealed"
    shown = case.history.first("PricesDisclosed", lot=case.main_of(lot))
    if case.main_of(lot) and (shown is None or shown.index > told.index):
        yield f"{told}: an alternative's price before the prices of the main bids"
    fewer = case.history.first("FewerApproved", lot=lot)
    if len(opened) < case.least(lot) and (fewer is None or fewer.index > told.index):
        yield f"{told}: disclosed though only {len(opened)} bids were opened"
    for bid in told.body["bids"]:
        # The read-out columns are the bidder's whole summary, so they must give the digest that the opening gave.
        summary: dict[str, Any] = {"v": 1, "tender": case.plan["tender"], "lot": lot, **bid}
        digest = hashlib.sha256(canonical.dumps(summary)).hexdigest()
        if bid["bidder"] in opened and opened[bid["bidder"]].body["summary"] != digest:
            yield f"{told}: the columns of {bid['bidder']} are not those of the bid that was opened"


def _still_open(case: Case, lot: str, told: Fact) -> Iterator[str]:
    if not case.listed(lot):
        return
    closed = case.history.first("WindowClosed", lot=lot)
    if closed is None or closed.index > told.index or closed.body["at"] > told.at:
        yield f"{told}: disclosed before the window of lot {lot} was closed"
    for own in case.history.of("OwnWindowOpened", lot=lot):
        key = {"lot": lot, "bidder": own.body["bidder"]}
        over = [f for f in case.history.of("OwnWindowClosed", **key) if own.index < f.index < told.index]
        if own.index < told.index and not over:
            yield f"{told}: disclosed while {own.body['bidder']} had a window of its own"


def _decided(case: Case, lot: str, bidder: str, before: int) -> bool:
    """Whether a cause stands: one of clause 4.7 ends with the window that it gave."""
    decided = [f for f in case.history.of("CauseDecided", lot=lot, bidder=bidder) if f.index < before]
    return bool(decided) and decided[-1].body["cause"] != "platform_fault"


def _day(at: int) -> int:
    """0:00 of that day in Asia/Shanghai."""
    return (at + OFFSET) // DAY * DAY - OFFSET


def _after(ms: int) -> str:
    minutes, rest = divmod(abs(ms), 60_000)
    return f"{'-' if ms < 0 else ''}{minutes}:{rest / 1000:06.3f}"
