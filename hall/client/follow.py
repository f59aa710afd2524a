"""What a client knows of an opening: the view as the hall last gave it, and the timeline entry by entry. Pure.

The hall numbers only what this viewer may see, so the cursor betrays nothing. A gap is never papered over: the client
asks again from what it has.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall import wire


@dataclass(frozen=True, slots=True)
class Known:
    """`ask_from`: the cursor from which the hall must be asked again, or None while nothing is missing."""

    view: wire.View | None = None
    timeline: tuple[wire.TimelineEntry, ...] = ()
    ask_from: int | None = None


def follow(known: Known, update: wire.Update) -> Known:
    """Take one message of the hall into what is known."""
    have, end = len(known.timeline), update.cursor + len(update.timeline)
    if update.cursor > have:
        return Known(update.view, known.timeline, ask_from=have)
    if end < have:
        return known  # it came late: what is known already is newer
    return Known(update.view, known.timeline[: update.cursor] + tuple(update.timeline))
