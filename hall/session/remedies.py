"""When a bidder may open its bid by its recovery file, and what that waits for. Pure, as `decide` is.

The content key lies in the recovery file under a passphrase, made at the sealing and kept by the bidder alone: nothing
here opens a bid without its bidder. The release is checked as any other (commitment, window, signature); only that its
signer is the certificate that the bid is sealed to is not asked, for that is what was lost. It counts from its receipt,
and nothing is opened before project owner and scrutineer have confirmed it.
"""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Remedy
from hall.session import commands as c
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.state import OpeningState

CONFIRMERS: Final = (Role.PROCURING_ENTITY, Role.SCRUTINEER)


def act(state: OpeningState, command: c.RemedyAct, actor: Actor) -> list[e.RemedyEvent]:
    """The events of a claim or of its confirmation. Raises Refused."""
    lot = state.lots[command.lot]
    if isinstance(command, c.ClaimRemedy):
        return _claim(state, lot, command, actor)
    claimed = lot.remedies.get(command.bidder)
    if claimed is None:
        raise Refused("no_remedy_claimed", bidder=command.bidder)
    known = claimed.answers.get(actor.role.value)
    if known is command.accepted:
        return []
    if known is not None or claimed.refused:
        raise Refused("answered_already")
    return [
        e.RemedyAnswered(
            lot.lot, command.bidder, actor.role.value, command.accepted, command.reason, command.act
        )
    ]


def stands(lot: LotState, bidder: str) -> bool:
    """Whether the bidder has claimed a remedy that nobody has refused."""
    claimed = lot.remedies.get(bidder)
    return claimed is not None and not claimed.refused


def may_claim(state: OpeningState, lot: LotState, bidder: str) -> bool:
    """Whether the documents allow it, and nothing has come of the bidder's key yet."""
    allowed = state.scheduled.rules.remedy is not Remedy.NONE
    return allowed and bidder not in lot.remedies and not lot.has_released(bidder)


def awaited(lot: LotState) -> Role | None:
    """Who has to confirm next, the project owner first; None where no released bid waits for it."""
    missing = {
        role for b in lot.unconfirmed for role in CONFIRMERS if role.value not in lot.remedies[b].answers
    }
    return next((role for role in CONFIRMERS if role in missing), None)


def may_answer(lot: LotState, role: Role) -> bool:
    """Whether somebody waits for an answer of this role."""
    return any(not one.refused and role.value not in one.answers for one in lot.remedies.values())


def _claim(state: OpeningState, lot: LotState, command: c.ClaimRemedy, actor: Actor) -> list[e.RemedyEvent]:
    if state.scheduled.rules.remedy is not command.kind or command.kind is Remedy.NONE:
        raise Refused("remedy_not_allowed", remedy=state.scheduled.rules.remedy.value)
    claimed = lot.remedies.get(actor.party)
    if claimed is not None:
        if claimed.refused:
            raise Refused("remedy_refused")
        return []
    if lot.has_released(actor.party):
        raise Refused("released_already")
    return [e.RemedyClaimed(lot.lot, actor.party, command.kind, command.reason, command.act)]
