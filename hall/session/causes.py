"""Why a bid was not decrypted, or its bidder not signed in: the project owner decides on evidence, and a cause of
clause 4.7 gives the unused rest of the 60 minutes (clauses 5.3.2, 5.3.4). Also who is left, and what then.

Pure, as `decide` is.
"""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.session import alternatives, consultation, ledger
from hall.session import commands as c
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.rules import LotStage
from hall.session.state import OpeningState

HALL_DAMAGE: Final = {
    "not_the_deposit": "ciphertext_damaged",
    "key_lost": "key_lost",
    "commit_mismatch": "key_lost",
}
"""Codes of a failed opening that can only be the hall's own damage, and the incident that each is (clause 4.7 b): the
stored bytes are not those of the receipt; the released key is gone, or is not the one whose commitment was checked
when it came."""

NOT_OPENED: Final = "bid_not_opened"
"""The entry for every other failure: it frees nobody."""


def decide(state: OpeningState, command: c.DecideCause, now: int) -> list[e.Event]:
    """The cause of one bid of a lot. Raises Refused."""
    lot, bidder = state.lots[command.lot], command.bidder
    if bidder not in open_causes(lot):
        code = "still_opening" if bidder in lot.opening else "no_cause_to_decide"
        raise Refused(code, bidder=bidder)
    consultation.check_over(state, e.About.BID, lot=lot.lot, bidder=bidder)
    decided = e.CauseDecided(lot.lot, bidder, command.cause, command.incident, command.reason, command.act)
    if command.cause is not e.Cause.PLATFORM_FAULT:
        if command.cause is e.Cause.DEEMED_REVOKED and damaged_by_hall(lot, bidder):
            raise Refused("platform_damaged_it", bidder=bidder)  # clause 4.7 b: never the bidder's fault
        return [decided]
    incident = _fault(state, command)
    if lot.stage is LotStage.LOCKED:
        # clause 5.3.2: a platform cause of a missing sign-in goes to the three parties
        return [decided, consultation.opened(state, e.About.BID, now, lot=lot.lot, bidder=bidder)]
    if bidder in lot.not_signed_in and not hid_the_sign_in(state, incident):
        raise Refused("no_time_lost", incident=incident.incident, bidder=bidder)
    return [decided, _own_window(state, lot, bidder, incident, now)]


def open_causes(lot: LotState) -> tuple[str, ...]:
    """Bidders whose cause can be decided now: missing sign-ins of a locked lot, else bids that were not opened, whether
    their bidder signed in or not."""
    if lot.stage is LotStage.LOCKED:
        return tuple(b for b in lot.not_signed_in if b not in lot.causes)
    return tuple(b for b in lot.undecided if b not in lot.opening)


_BEFORE_PRICES: Final = (
    *(LotStage.CHECK, LotStage.CHECKED, LotStage.DECRYPTION, LotStage.RESULTS),
    LotStage.DISCLOSURE,
)


def damaged_by_hall(lot: LotState, bidder: str) -> bool:
    """Whether the hall itself damaged what the bidder deposited or released."""
    failed = lot.failed.get(bidder)
    altered = any(item.bidder == bidder and not item.intact for item in lot.rechecked)
    return altered or (failed is not None and failed.code in HALL_DAMAGE)


def may_be_restored(lot: LotState, bidder: str) -> bool:
    """Whether the hall's own copies are known to be damaged, nobody has brought the bytes again since, and the bid can
    still be opened. What opening it found, where it was tried, counts more than the look before."""
    failed = lot.failed.get(bidder)
    found = HALL_DAMAGE.get(failed.code) if failed is not None else None
    damaged = found == "ciphertext_damaged" if failed is not None else damaged_by_hall(lot, bidder)
    open_yet = lot.stage in _BEFORE_PRICES and bidder not in lot.opened
    return damaged and open_yet and bidder not in lot.restored


def failure(state: OpeningState, command: c.NoteBidFailed) -> list[e.Event]:
    """A released bid did not open: an entry of the register by itself (clause 4.3), of clause 4.7 b only where the hall
    damaged it."""
    failed = e.BidOpenFailed(command.lot, command.bidder, command.code, command.segment)
    damage = HALL_DAMAGE.get(command.code)
    incident = e.IncidentRecorded(
        incident=len(state.incidents) + 1,
        kind=damage or NOT_OPENED,
        clause="b" if damage else "",
        subject=f"bidder-{command.bidder}",
        detail=command.code,
        scope=(command.bidder,) if damage else (),
    )
    return [failed, incident]


def _fault(state: OpeningState, command: c.DecideCause) -> e.IncidentRecorded:
    """The entry on which a platform fault rests: one of clause 4.7 that covers the bidder."""
    found = next((i for i in state.incidents if i.incident == command.incident), None)
    if found is None or not found.clause:
        raise Refused("incident_needed", bidder=command.bidder)
    # An entry by hand must name the bidder: the three were asked about whom it names, and about nobody else.
    general = "" if found.act is None else f"bidder-{command.bidder}"
    about = found.subject in (general, f"bidder-{command.bidder}")
    if command.bidder not in found.scope and (found.scope or not about):
        raise Refused("incident_covers_others", incident=found.incident, bidder=command.bidder)
    return found


def hid_the_sign_in(state: OpeningState, incident: e.IncidentRecorded) -> bool:
    """Whether the fault can have kept somebody from signing in: it touched the window of clause 5.3.3, or its entry
    names no interval."""
    plan, start, end = state.scheduled, incident.start, incident.end
    return start is None or (start < plan.bid_deadline and (end is None or end > plan.sign_in_from))


def _own_window(
    state: OpeningState, lot: LotState, bidder: str, incident: e.IncidentRecorded, now: int
) -> e.OwnWindowOpened:
    """The unused rest: without the time that was the fault's, and without what was left when the bidder had released.
    A bid held in the check of sealing had no time at all, nor had one whose bidder could not sign in."""
    start, end = ledger.last_window(lot, bidder, now)
    stopped_at = min(max(lot.released_at.get(bidder, end), start), end)
    if bidder in (*lot.held, *lot.not_signed_in) and bidder not in lot.own:
        stopped_at = start
    lost_from = start if incident.start is None else min(max(incident.start, start), end)
    lost_to = end if incident.end is None else max(min(incident.end, end), lost_from)
    rest = ledger.unused(state, lot, bidder, (lost_from, lost_to), stopped_at, now)
    if rest <= 0:
        raise Refused("no_time_lost", incident=incident.incident, bidder=bidder)
    return e.OwnWindowOpened(
        lot.lot, bidder, now, now + rest, incident.incident, lost_from, lost_to, stopped_at
    )


def due(lot: LotState, now: int) -> list[e.Event]:
    """Windows of a bidder's own that are over: used, or run out; their last millisecond still counts."""
    closed: list[e.Event] = []
    for bidder in lot.own_running:
        late = now > lot.own[bidder].closes_at
        if late or bidder in lot.proven:
            done = lot.has_released(bidder)
            at = lot.own[bidder].closes_at if late else now
            closed.append(e.OwnWindowClosed(lot.lot, bidder, at, done))
    return closed


def moments(lot: LotState) -> list[int]:
    """When `due` will next have something to say, ms UTC; 0 means at once."""
    return [0 if b in lot.proven else lot.own[b].closes_at + 1 for b in lot.own_running]


def check_may_fail(state: OpeningState, lot: LotState) -> None:
    """A lot fails for want of bids only when every cause is decided (clauses 5.3.2, 5.3.4). Raises Refused."""
    _check_main(state, lot)
    _check_causes(state, lot)
    if lot.stage is LotStage.DISCLOSURE and (not too_few(state, lot) or (lot.fewer and lot.proven)):
        raise Refused("lot_goes_on")


def _check_main(state: OpeningState, lot: LotState) -> None:
    """What becomes of alternatives is decided with the main bids."""
    if (main := alternatives.main_of(state, lot.lot)) is not None:
        raise Refused("decided_with_main", lot=main.lot)


def _check_causes(state: OpeningState, lot: LotState) -> None:
    for beside in alternatives.followers(state, lot.lot):
        if beside.stage is LotStage.LOCKED:
            _check_causes(state, beside)
    locked = lot.stage is LotStage.LOCKED
    if pending := open_causes(lot) if locked else lot.undecided:
        raise Refused("causes_pending", missing=len(pending))
    for bidder in lot.not_signed_in if locked else ():
        consultation.check_over(state, e.About.BID, lot=lot.lot, bidder=bidder)


def too_few(state: OpeningState, lot: LotState) -> bool:
    """After decryption: nothing is left to open or decide, and fewer are left than the law wants (Regulations 44)."""
    settled = not (lot.undecided or lot.opening or lot.own_running)
    return settled and len(lot.proven) < alternatives.least(state, lot)


def go_on(state: OpeningState, command: c.GoOnWithFewer) -> list[e.Event]:
    """With fewer than the minimum, by an attached approval, where the method allows it (clause 5.3.2)."""
    lot, rules = state.lots[command.lot], state.scheduled.rules
    _check_main(state, lot)
    if not rules.fewer_allowed:
        raise Refused("fewer_not_allowed", minimum=rules.minimum_bidders)
    _check_causes(state, lot)
    if not (lot.proven if lot.stage is LotStage.DISCLOSURE else lot.bidders):
        raise Refused("nobody_left")
    if lot.stage is LotStage.DISCLOSURE and (not too_few(state, lot) or lot.fewer is not None):
        raise Refused("lot_goes_on")
    told = e.FewerApproved(lot.lot, command.reason, command.approval, command.act)
    return [told, *alternatives.going_on(state, lot.lot, told)]


def open_to(state: OpeningState, lot: LotState, act: str) -> bool:
    """Whether the project owner could send one of this page's acts now, roles and stages being right already."""
    if act == "decide_cause":
        return bool(open_causes(lot))
    if alternatives.main_of(state, lot.lot) is not None:
        return False
    ready = not open_causes(lot) if lot.stage is LotStage.LOCKED else too_few(state, lot)
    left = lot.proven if lot.stage is LotStage.DISCLOSURE else lot.bidders
    if act == "go_on_with_fewer":
        return ready and bool(left) and lot.fewer is None and state.scheduled.rules.fewer_allowed
    return act == "fail_tender" and ready and not (lot.fewer and lot.proven)
