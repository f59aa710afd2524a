"""Custody as a viewer may see it: who keeps the keys, and for a custodian whose turn it is what lies with it."""

from __future__ import annotations

from collections.abc import Sequence

from hall import wire as w
from hall.errors import Refused
from hall.procurement.parties import Actor, Role
from hall.session import custody
from hall.session import events as e
from hall.session.state import OpeningState
from hall.session.views.timeline import Entry


def custody_view(state: OpeningState, viewer: Actor) -> w.CustodyView:
    """Who keeps the content keys. It depends on nothing that a bidder did."""
    names = {post.certificate: post.name for post in (*state.scheduled.staff, *state.posts.values())}
    kept = [
        w.CustodianView(role.value, names.get(certificate, ""), certificate)
        for certificate in state.custodians
        if (role := custody.role_of(state, certificate)) is not None
    ]
    owner = viewer.role is Role.PROCURING_ENTITY and custody.may_name(state)
    return w.CustodyView(
        rule=state.scheduled.rules.custody.value,
        custodians=kept,
        named=state.named.act.to_json() if state.named is not None else None,
        owner=next((p.certificate for p in state.scheduled.staff if p.role is Role.PROCURING_ENTITY), ""),
        owner_passed=[act.to_json() for act in state.owner_passed],
        successors=list(custody.successors(state)) if owner else [],
    )


def entrusted_views(
    state: OpeningState, entries: Sequence[Entry], lot: str, viewer: Actor
) -> list[w.EntrustedView]:
    """What lies with `viewer` in a lot, once the custodians are asked. Raises Refused("disclosure_locked"), before."""
    found = state.lots.get(lot)
    if found is None:
        raise Refused("no_such_lot", lot=lot)
    mine = custody.mine(found, viewer.certificate)
    if mine and custody.awaited(state, found) is None:
        raise Refused("disclosure_locked")
    releases = {
        event.bidder: event.act
        for _, _, event in entries
        if isinstance(event, e.ReleaseReceived) and event.lot == lot
    }
    shown = []
    for bidder, kept in mine.items():
        if (deposit := state.deposit(lot, bidder)) is not None:
            act = releases[bidder].to_json()
            shown.append(
                w.EntrustedView(bidder, act, kept.envelope, kept.inner, deposit.salt, deposit.commit)
            )
    return shown
