"""What a client knows of an opening: the view as the hall last told it, and the timeline entry by entry. Pure.

The hall numbers only what this viewer may see, so the cursor betrays nothing. A gap is never papered over: the client
asks again from what it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from hall import wire
from hall.client.decode import decode
from hall.errors import Malformed


@dataclass(frozen=True, slots=True)
class Known:
    """`ask_from`: the cursor from which the hall must be asked again, or None while nothing is missing.

    `version`: of what the view is, on this connection; 0 before its first answer.
    """

    view: wire.View | None = None
    timeline: tuple[wire.TimelineEntry, ...] = ()
    ask_from: int | None = None
    version: int = 0


def follow(known: Known, message: wire.Update | wire.Changes) -> Known:
    """Take one message of the hall into what is known. Raises Malformed for changes of what is not there."""
    have, end = len(known.timeline), message.cursor + len(message.timeline)
    if isinstance(message, wire.Changes):
        if known.view is None or message.version != known.version + 1:
            return replace(known, ask_from=have)
        view = _changed(known.view, message.changes)
    else:
        view = message.view
    if message.cursor > have:
        return Known(view, known.timeline, have, message.version)
    if end < have:
        return known  # it came late: what is known already is newer
    return Known(view, known.timeline[: message.cursor] + tuple(message.timeline), None, message.version)


def _changed(view: wire.View, changes: Iterable[wire.Change]) -> wire.View:
    whole = asdict(view)
    for change in changes:
        try:
            _put(whole, change.path.split("/"), change.value)
        except (LookupError, TypeError, ValueError):
            raise Malformed("malformed_message", field="changes") from None
    return decode(wire.View, whole)


def _put(place: Any, path: list[str], value: object) -> None:
    """Set the place at the end of the path. What a newer hall has and this client does not know is passed over."""
    step: Any = int(path[0]) if isinstance(place, list) else path[0]
    if isinstance(place, dict) and step not in place:
        return
    if len(path) > 1:
        _put(place[step], path[1:], value)
    elif isinstance(place, list) and step == len(place):
        place.append(value)
    else:
        place[step] = value
