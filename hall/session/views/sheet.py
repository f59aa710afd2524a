"""The evidence as its readers may see it: never a bidder, and nobody before the announcement."""

from __future__ import annotations

from typing import Final

from hall import wire as w
from hall.procurement.parties import Actor, Role
from hall.session import events as e
from hall.session.presence import COUNTED, ONLINE
from hall.session.roster import all_announced, may_be_known
from hall.session.sheet import sheet, subjects
from hall.session.state import Attempt, OpeningState
from hall.session.views.beside import Beside, Operator

READERS: Final = frozenset({Role.PROCURING_ENTITY, Role.SUPERVISOR, Role.HOST, Role.NOTARY, Role.REGULATOR})
"""Who decides a cause, and who looks on while it is decided (clause 5.3.5)."""


def sheet_views(state: OpeningState, viewer: Actor) -> list[w.SheetView]:
    """The sheets of every lot that waits for causes."""
    if viewer.role not in READERS:
        return []
    found = [sheet(state, lot, bidder) for lot in state.lots.values() for bidder in subjects(lot)]
    everybody = all_announced(state)  # before it no number of the register is shown
    return [
        w.SheetView(
            s.lot,
            s.bidder,
            s.since,
            s.until,
            [_attempt(a) for a in s.attempts],
            [_interval(state, i) for i in s.presence],
            [i.incident for i in s.faults] if everybody else [],
            [w.SelfCheckView(c.at, c.certificate, list(c.results)) for c in s.checks],
            s.proposal.value if s.proposal else "",
            s.reason,
            s.incident if everybody else 0,
        )
        for s in found
    ]


def attempt_views(state: OpeningState, viewer: Actor) -> list[w.AttemptView]:
    """clause 4.3: acts of legal weight that failed stand beside the register."""
    if not state.announced or viewer.role is Role.BIDDER:
        return []
    shown = (_attempt(a) for a in state.attempts)
    return [a for a in shown if may_be_known(state, a.participant)]


def absence_views(state: OpeningState, viewer: Actor) -> list[w.IntervalView]:
    """clause 4.3: absences stand beside the register; alone they block nothing."""
    if not state.announced or viewer.role is Role.BIDDER:
        return []
    away = (i for i in state.presence if i.state != ONLINE)
    return [_interval(state, i) for i in away if may_be_known(state, i.participant)]


def operator_views(state: OpeningState, viewer: Actor, beside: Beside) -> list[w.OperatorView]:
    """clause 5.3.6: from where each participant's last act came. Addresses and devices are for the supervisor alone,
    for two bidders on one device are an indicator of clause 5.5.1 h."""
    if not state.announced or viewer.role is not Role.SUPERVISOR:
        return []
    found: list[w.OperatorView] = []
    for participant, seen in state.operators.items():
        if may_be_known(state, participant):
            known = beside.operators.get(seen.operator, Operator("", "", ""))
            place = (known.address, known.agent, known.device)
            found.append(w.OperatorView(participant, seen.certificate, seen.changed, *place))
    return found


def _attempt(attempt: Attempt) -> w.AttemptView:
    role, _, party = attempt.actor.partition(":")
    participant = f"bidder-{party}" if role == Role.BIDDER else role.replace("_", "-")
    return w.AttemptView(attempt.at, participant, attempt.act_type, attempt.lot, attempt.code, attempt.told)


def _interval(state: OpeningState, i: e.PresenceChanged) -> w.IntervalView:
    """A cause that was found by counting others is kept back while their number is a secret."""
    cause = i.cause if all_announced(state) or i.cause not in COUNTED else ""
    return w.IntervalView(i.participant, i.state, i.start, i.end, cause, i.confidence)
