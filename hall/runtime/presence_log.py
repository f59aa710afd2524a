"""A party's own presence at an opening, as the hall journalled it and signs for it (clauses 4.6, 5.3.5).

What may not live here: anybody else's presence, and before the announcement whatever tells that there are others.
"""

from __future__ import annotations

from collections.abc import Iterable

from hall.procurement.parties import Actor
from hall.session.events import ConnectionTaken, PresenceChanged
from hall.session.roster import all_announced, place_of
from hall.session.state import OpeningState


def presence_log(
    state: OpeningState, entries: Iterable[tuple[int, str, object]], actor: Actor, now: int
) -> dict[str, object]:
    """The actor's own intervals and takeovers at `now` (ms UTC); not signed yet.

    Until the bidders of all lots are announced cause, confidence and proofs are null: a cause such as mass_drop would
    tell that there are others (Bidding Law 22). Everything is there once the lists are out.
    """
    participant = place_of(state, actor)
    plan = state.scheduled
    return {
        "v": 1,
        "kind": "presence",
        "origin": plan.origin,
        "tender": plan.tender,
        "opening": plan.opening,
        "participant": participant,
        "at": now,
        "assessed": all_announced(state),
        "intervals": [
            _shown(interval, assessed=all_announced(state))
            for interval in sorted(state.presence, key=lambda i: (i.start, i.connection))
            if interval.participant == participant
        ],
        "takeovers": [
            {"at": at, "fence": event.fence, "act": event.act.to_json()}
            for at, _, event in entries
            if isinstance(event, ConnectionTaken) and event.participant == participant
        ],
    }


def _shown(interval: PresenceChanged, *, assessed: bool) -> dict[str, object]:
    return {
        "connection": interval.connection,
        "certificate": interval.certificate,
        "state": interval.state,
        "start": interval.start,
        "end": interval.end,
        "uncertainty": interval.uncertainty,
        "cause": interval.cause if assessed else None,
        "confidence": interval.confidence if assessed else None,
        "proofs": list(interval.proofs) if assessed else None,
    }
