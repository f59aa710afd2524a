"""The state of one tender before its opening, and how events change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from hall.procurement.tender import Deposit
from hall.tendering import events as e


@dataclass(frozen=True, slots=True)
class TenderState:
    """`deposits` in order of receipt; superseded and withdrawn ones stay, marked. `plan` holds the deadline as it
    stands now."""

    plan: e.TenderPublished | None = None
    deposits: tuple[Deposit, ...] = ()
    nonces: frozenset[str] = frozenset()
    closed: e.DepositsClosed | None = None
    handed_over: bool = False
    stopped: bool = False
    refusals: tuple[e.DepositRefused, ...] = ()

    @property
    def published(self) -> e.TenderPublished:
        """The plan; a tender that has none is no tender."""
        if self.plan is None:
            raise LookupError("this tender was never published")
        return self.plan

    def active(self, lot: str, bidder: str) -> Deposit | None:
        """The deposit that counts for (lot, bidder)."""
        return next(
            (d for d in self.deposits if (d.lot, d.bidder) == (lot, bidder) and not d.superseded), None
        )


def evolve(state: TenderState, event: e.Event) -> TenderState:
    """The state after `event`."""
    match event:
        case e.TenderPublished():
            return replace(state, plan=event)
        case e.DepositReceived(deposit, act):
            older = _superseded(state, deposit.lot, deposit.bidder)
            return replace(state, deposits=(*older, deposit), nonces=state.nonces | {act.server_nonce})
        case e.DepositWithdrawn(lot, bidder, act):
            gone = _superseded(state, lot, bidder)
            return replace(state, deposits=gone, nonces=state.nonces | {act.server_nonce})
        case e.DepositRefused():
            return replace(state, refusals=(*state.refusals, event))
        case e.DepositDeadlineMoved(_, after):
            return replace(state, plan=replace(state.published, bid_deadline=after))
        case e.DepositsClosed():
            return replace(state, closed=event)
        case e.HandedOver():
            return replace(state, handed_over=True)
        case e.DepositsStopped():
            return replace(state, stopped=True)
        case _:
            assert_never(event)


def _superseded(state: TenderState, lot: str, bidder: str) -> tuple[Deposit, ...]:
    return tuple(
        replace(d, superseded=True) if (d.lot, d.bidder) == (lot, bidder) else d for d in state.deposits
    )
