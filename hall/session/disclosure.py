"""When the prices of a lot may be disclosed: the one lock before the first price (clause 5.3.4)."""

from __future__ import annotations

from hall.session import alternatives
from hall.session.lot import LotState
from hall.session.rules import LotStage
from hall.session.state import OpeningState


def may_disclose(state: OpeningState, lot: LotState) -> bool:
    """Every window of the opening is closed, every released bid opened or failed, every cause decided (clause 5.3.4),
    and no key is with a custodian any more."""
    return (
        all_decided(state, lot)
        and not lot.entrusted
        and not lot.opening
        and _enough(state, lot, len(lot.opened))
    )


def all_decided(state: OpeningState, lot: LotState) -> bool:
    """Every window of the opening is closed and every cause decided: now the custodians may open, if there are any.

    With fewer than the minimum left nothing is opened or disclosed: the project owner acts by the documents' rule.
    """
    waiting = any(
        x.stage in (LotStage.CHECK, LotStage.CHECKED, LotStage.DECRYPTION, LotStage.RESULTS) or x.own_running
        for x in state.lots.values()
    )
    return (
        lot.stage is LotStage.DISCLOSURE
        and state.continues_at is None
        and state.suspension is None
        and not waiting
        and not lot.undecided
        and _enough(state, lot, len(lot.proven))
        and alternatives.may_be_disclosed(state, lot.lot)
    )


def _enough(state: OpeningState, lot: LotState, left: int) -> bool:
    # An approval to go on with fewer (clause 5.3.2) counts for what is left after decryption too.
    # Alternatives need none.
    least = alternatives.least(state, lot)
    return left >= (min(1, least) if lot.fewer is not None else least)
