"""One viewer's look at one opening: its view, and its timeline piece by piece, so that news cost what is new.

What may not live here: who may see what (`hall.session.views`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hall import wire
from hall.procurement.parties import Actor
from hall.session.views import Entry, Timeline


class Screen:
    """entries: gives all rows of the opening so far; view: gives the viewer's view now."""

    def __init__(
        self, viewer: Actor, entries: Callable[[], Sequence[Entry]], view: Callable[[], wire.View]
    ) -> None:
        self._viewer = viewer
        self._entries = entries
        self._view = view
        self._timeline = Timeline(viewer)

    def since(self, cursor: int) -> wire.Update:
        """The view now, and the timeline from `cursor` on: all of it for a cursor that can't be."""
        view = self._view()
        timeline = Timeline(self._viewer)
        told = timeline.more(self._entries())
        self._timeline = timeline
        start = cursor if 0 <= cursor <= len(told) else 0
        return wire.Update(start, view, told[start:])

    def news(self) -> wire.Update:
        """The view now, and what the timeline has gained since the last call."""
        view = self._view()  # first: a view that can't be shown must not cost the viewer its entries
        start = self._timeline.length
        return wire.Update(start, view, self._timeline.more(self._entries()))
