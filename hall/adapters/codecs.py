"""How the events of every domain are written, and the states that are kept of rooms at rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hall.journal.codec import Body, EventCodec, Upcaster
from hall.journal.states import StateCodec, digest_of_code
from hall.keeping import events as keeping_events
from hall.notifying import events as notifying_events
from hall.runtime.matters import MATTERS
from hall.session import events as session_events
from hall.session.state import OpeningState
from hall.tendering import directory
from hall.tendering import events as tendering_events


def _within(name: str, **new: object) -> Upcaster:
    """Lift a body in whose record `name` there are new fields."""

    def lift(body: Body) -> Body:
        record = body[name]
        return {**body, name: {**record, **new}} if isinstance(record, dict) else body

    return lift


_CHANGE: Final = _within("change", standing="", identity="")
_LIFTED: Final[Mapping[str, Mapping[tuple[str, int], Upcaster]]] = {
    "centre": {("ChangeMade", 1): _CHANGE, ("ChangeProposed", 1): _CHANGE},
    "notice": {
        ("TenderDrafted", 1): _within("face", entity_code=""),
        ("TermsWritten", 1): _within("terms", individuals=False),
    },
}

CODECS: Final = {
    **{matter.name: EventCodec(matter.events, _LIFTED.get(matter.name)) for matter in MATTERS},
    "directory": EventCodec(directory.Event, {("ContactGiven", 1): lambda body: {**body, "ways": ["smtp"]}}),
    "tendering": EventCodec(tendering_events.Event),
    "opening": EventCodec(session_events.Event),
    "notices": EventCodec(notifying_events.Event),
    "letters": EventCodec(notifying_events.Event),
    "keeping": EventCodec(keeping_events.Event),
}
"""Domain (the part of a stream's name before the slash) -> how its events are written."""

STATES: Final = {
    "opening": StateCodec(OpeningState, digest_of_code("hall.session", "hall.procurement")),
}
"""Domain -> how the state of a room that rests is kept."""
