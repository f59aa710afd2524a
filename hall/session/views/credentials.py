"""Renewed certificates as those may see them who decide or supervise it (clause 5.2.3)."""

from __future__ import annotations

from hall import wire as w
from hall.procurement.parties import Actor, Role
from hall.session.roster import may_be_known
from hall.session.state import OpeningState

_WHO = (Role.PROCURING_ENTITY, Role.SUPERVISOR, Role.NOTARY, Role.REGULATOR)


def renewal_views(state: OpeningState, viewer: Actor) -> list[w.RenewalView]:
    """What bidders have shown of their certificates: before its announcement nobody else may know that a bidder is one;
    a bidder sees its own."""
    names = {
        x.bidder: x.name
        for lot in state.lots
        for x in [state.deposit(lot, b) for b in _named(state, lot)]
        if x
    }
    return [
        w.RenewalView(
            bidder=one.shown.bidder,
            name=names.get(one.shown.bidder, one.shown.bidder),
            previous=one.shown.previous,
            certificate=one.shown.act.certificate,
            at=one.at,
            same_key=one.shown.same_key,
            state="holds" if one.holds else "refused" if one.accepted is False else "waits",
        )
        for one in state.credentials.shown
        if _sees(state, viewer, one.shown.bidder)
    ]


def _sees(state: OpeningState, viewer: Actor, bidder: str) -> bool:
    if viewer.role is Role.BIDDER:
        return viewer.party == bidder
    return viewer.role in _WHO and may_be_known(state, f"bidder-{bidder}")


def _named(state: OpeningState, lot: str) -> tuple[str, ...]:
    found = state.lots[lot]
    return (*found.bidders, *found.not_signed_in)
