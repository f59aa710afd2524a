"""The evidence sheet of one bid that was not opened, or of a sign-in that did not come (clause 5.3.5).

Pure: what the journal knows about the bidder's window, side by side, and what the hall proposes. It never decides: the
cause is the project owner's to weigh and to sign, and where the facts do not speak for themselves nothing is proposed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hall.procurement.parties import Role
from hall.session import attempts, causes, ledger
from hall.session import events as e
from hall.session.credentials import Checked
from hall.session.lot import LotState
from hall.session.presence import ONLINE, PLATFORM
from hall.session.rules import LotStage
from hall.session.state import Attempt, OpeningState

Proposal = tuple[e.Cause | None, str, int]
"""(cause or None, the reason's code, the entry of the register on which it rests or 0)"""

_LAST_CHECKS: Final = 5
_REFUSED_OWN = frozenset(
    {"wrong_certificate", "not_the_deposit", "commit_mismatch", "window_closed", "sign_in_closed"}
)
"""Refusals of the hall that lie with what the bidder sent, or with when it sent it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Facts of [since, until], ms UTC: the bidder's last window, or that of the sign-in where that is missing.

    `faults`: entries of clause 4.7 that cover the bidder and touch that time, or name none. `checks`: the bidder's last
    self-checks before its end (clause 4.9): its own word, and no part of the proposal. `reason`: a code, with
    `proposal` None where people have to find out."""

    lot: str
    bidder: str
    since: int
    until: int
    attempts: tuple[Attempt, ...]
    presence: tuple[e.PresenceChanged, ...]
    faults: tuple[e.IncidentRecorded, ...]
    checks: tuple[Checked, ...]
    proposal: e.Cause | None
    reason: str
    incident: int


def subjects(lot: LotState) -> tuple[str, ...]:
    """The bidders of whom the lot has a sheet now: those whose cause is to be decided or was, before any price."""
    if lot.stage not in (LotStage.LOCKED, LotStage.DISCLOSURE):
        return ()
    return tuple(dict.fromkeys((*causes.open_causes(lot), *lot.causes)))


def sheet(state: OpeningState, lot: LotState, bidder: str) -> Sheet:
    """The evidence about one bidder of a lot, as the state stands."""
    since, until = _window(state, lot, bidder)
    failed = tuple(a for a in state.attempts if _concerns(a, lot, bidder) and since <= a.at <= until)
    seen = tuple(
        sorted(
            (i for i in state.presence if _touches(i.start, i.end, since, until) and _is(i, bidder)),
            key=lambda i: i.start,
        )
    )
    faults = tuple(i for i in state.incidents if _is_fault(i, bidder) and _overlaps(i, since, until))
    cause, reason, incident = _proposed(state, lot, bidder, failed, seen, faults)
    mine = tuple(c for c in state.credentials.checks if c.participant == f"bidder-{bidder}" and c.at <= until)
    checks = mine[-_LAST_CHECKS:]
    return Sheet(lot.lot, bidder, since, until, failed, seen, faults, checks, cause, reason, incident)


def _window(state: OpeningState, lot: LotState, bidder: str) -> tuple[int, int]:
    if _missed_sign_in(lot, bidder) or lot.command is None:
        return state.scheduled.sign_in_from, state.scheduled.bid_deadline
    own = lot.own.get(bidder)
    if own is not None:
        return own.opened_at, own.closes_at if own.closed is None else own.closed.at
    closes_at = lot.closes_at or lot.command.closes_at
    return lot.command.opened_at, closes_at if lot.closed is None else lot.closed.at


def _missed_sign_in(lot: LotState, bidder: str) -> bool:
    """Whether the missing sign-in is what is decided about: of a locked lot, or of a depositor not readmitted."""
    return lot.stage is LotStage.LOCKED or (bidder in lot.not_signed_in and bidder not in lot.own)


def _concerns(attempt: Attempt, lot: LotState, bidder: str) -> bool:
    """Those in another lot say nothing of this one, save the sign-in, which is one for all lots."""
    return attempt.actor == f"{Role.BIDDER}:{bidder}" and attempt.lot in ("", lot.lot)


def _is(interval: e.PresenceChanged, bidder: str) -> bool:
    return interval.participant == f"bidder-{bidder}"


def _touches(start: int, end: int | None, since: int, until: int) -> bool:
    return start <= until and (end is None or end >= since)


def _is_fault(incident: e.IncidentRecorded, bidder: str) -> bool:
    """clause 4.7: an entry with a letter, of all or of this bidder."""
    about = incident.subject in ("", f"bidder-{bidder}")
    return bool(incident.clause) and (bidder in incident.scope or (not incident.scope and about))


def _overlaps(incident: e.IncidentRecorded, since: int, until: int) -> bool:
    return incident.start is None or _touches(incident.start, incident.end, since, until)


def _proposed(
    state: OpeningState,
    lot: LotState,
    bidder: str,
    failed: tuple[Attempt, ...],
    seen: tuple[e.PresenceChanged, ...],
    faults: tuple[e.IncidentRecorded, ...],
) -> Proposal:
    if causes.damaged_by_hall(lot, bidder):
        return e.Cause.PLATFORM_FAULT, "damaged_by_hall", _first(i for i in faults if i.subject)
    if bidder in lot.failed:
        return e.Cause.DEEMED_REVOKED, "would_not_open", 0
    if bidder in lot.declined:
        return e.Cause.DEEMED_REVOKED, "declined", 0
    corrected = {i.corrects for i in state.incidents if i.corrects}
    costly = _first(i for i in faults if i.incident not in corrected and _cost_time(state, lot, bidder, i))
    if costly:
        return e.Cause.PLATFORM_FAULT, "fault_in_window", costly
    if bidder in lot.held:
        return None, "held", 0
    if failed:
        own = all(a.code in (attempts.OWN if a.told else _REFUSED_OWN) for a in failed)
        return (e.Cause.DEEMED_REVOKED, "own_attempts", 0) if own else (None, "unclear_attempts", 0)
    away = [i for i in seen if i.state != ONLINE]
    if any(i.cause in PLATFORM or i.confidence == "low" for i in away):
        return None, "unclear_absence", 0
    return e.Cause.DEEMED_REVOKED, "own_line" if away else "no_attempt", 0


def _cost_time(state: OpeningState, lot: LotState, bidder: str, incident: e.IncidentRecorded) -> bool:
    """Whether time of the window went with the fault and was not given back already (clause 4.8)."""
    if _missed_sign_in(lot, bidder):
        return causes.hid_the_sign_in(state, incident)
    since, until = _window(state, lot, bidder)
    start = since if incident.start is None else min(max(incident.start, since), until)
    end = until if incident.end is None else max(min(incident.end, until), start)
    return ledger.unused(state, lot, bidder, (start, end), until, until) > 0


def _first(incidents: Iterator[e.IncidentRecorded]) -> int:
    found = next(incidents, None)
    return 0 if found is None else found.incident
