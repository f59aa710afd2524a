"""The statement of a decided cause, for the bidder concerned to support a claim with (clause 5.3.4).

It repeats what the project owner signed and what the register says of it, and adds nothing; the desk signs it.
"""

from __future__ import annotations

from collections.abc import Sequence

from hall.errors import NotPermitted, Refused
from hall.procurement.parties import Actor, Role
from hall.session.events import CauseDecided, IncidentRecorded
from hall.session.state import OpeningState


def cause_statement(
    state: OpeningState, entries: Sequence[tuple[int, str, object]], lot: str, actor: Actor
) -> dict[str, object]:
    """The last decision about the actor's own bid; not signed yet.

    Raises NotPermitted("not_permitted") for who is no bidder, Refused("no_cause_decided").
    """
    if actor.role is not Role.BIDDER:
        raise NotPermitted("not_permitted", role=actor.role.value)
    mine = [
        (at, event)
        for at, _, event in entries
        if isinstance(event, CauseDecided) and (event.lot, event.bidder) == (lot, actor.party)
    ]
    if not mine:
        raise Refused("no_cause_decided", lot=lot)
    at, decided = mine[-1]
    plan = state.scheduled
    entry = next((i for i in state.incidents if i.incident == decided.incident), None)
    return {
        "v": 1,
        "kind": "cause",
        "origin": plan.origin,
        "tender": plan.tender,
        "tender_number": plan.tender_number,
        "tender_name": plan.tender_name,
        "opening": plan.opening,
        "lot": lot,
        "bidder": actor.party,
        "name": actor.name,
        "cause": decided.cause.value,
        "reason": decided.reason,
        "decided_at": at,
        "act": decided.act.to_json(),
        "incident": None if entry is None else _shown(entry),
    }


def _shown(entry: IncidentRecorded) -> dict[str, object]:
    return {
        "incident": entry.incident,
        "kind": entry.kind,
        "clause": entry.clause,
        "detail": entry.detail,
        "start": entry.start,
        "end": entry.end,
    }
