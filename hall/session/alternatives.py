"""Alternative bids (备选方案): lots of their own that follow the lot of the main bid. Pure, as `decide` is.

Where the documents ask for alternatives, each number of them is a lot beside the main one: a bidder has one deposit for
each lot, so one for each alternative number (clause 5.2.2). No minimum counts there, since nobody has to offer one, and
nothing is decided there about the procedure: an alternative goes on, and fails, with the bid that it stands beside.
"""

from __future__ import annotations

from hall.errors import Refused
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.rules import LotStage
from hall.session.state import OpeningState

_DISCLOSED = (LotStage.READ_OUT, LotStage.OBJECTIONS, LotStage.DONE)
_FALLING = (LotStage.SEALED, LotStage.LOCKED, LotStage.DISCLOSURE)


def main_of(state: OpeningState, lot: str) -> LotState | None:
    """The lot whose bids this lot's are alternatives to, or None for a main lot."""
    main = next((x.alternative_to for x in state.scheduled.lots if x.lot == lot), "")
    return state.lots[main] if main else None


def followers(state: OpeningState, lot: str) -> tuple[LotState, ...]:
    """The lots of the alternatives to this one that are not settled."""
    beside = (state.lots[x.lot] for x in state.scheduled.lots if x.alternative_to == lot)
    return tuple(x for x in beside if not x.settled)


def least(state: OpeningState, lot: LotState) -> int:
    """How many bids the lot needs: what the law wants of main bids, none of alternatives."""
    return state.scheduled.rules.minimum_bidders if main_of(state, lot.lot) is None else 0


def may_be_announced(state: OpeningState, lot: str) -> bool:
    """The main bids are named first: else an alternative told who bids while the main list was still secret."""
    main = main_of(state, lot)
    return main is None or main.stage is not LotStage.SEALED


def may_be_disclosed(state: OpeningState, lot: str) -> bool:
    """No alternative's price is shown before the main ones: it might have to fail with them. And no main price while an
    alternative is sealed: whoever knew them could choose whether to release its alternative."""
    main = main_of(state, lot)
    if main is None:
        return all(x.stage is not LotStage.SEALED for x in followers(state, lot))
    return main.stage in _DISCLOSED


def failing(state: OpeningState, lot: str, told: e.TenderFailed) -> list[e.Event]:
    """What fails with a main lot. Raises Refused("alternatives_pending") while bids of an alternative are being opened:
    their bidders' windows are theirs, and are not cut."""
    beside = followers(state, lot)
    for one in beside:
        if one.stage not in _FALLING:
            raise Refused("alternatives_pending", lot=one.lot)
    return [e.TenderFailed(one.lot, told.reason, told.act) for one in beside]


def going_on(state: OpeningState, lot: str, told: e.FewerApproved) -> list[e.Event]:
    """What goes on with a main lot that was locked."""
    return [
        e.FewerApproved(one.lot, told.reason, told.approval, told.act)
        for one in followers(state, lot)
        if one.stage is LotStage.LOCKED
    ]
