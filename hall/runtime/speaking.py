"""Whose voice arrives now, as the media workers hear it. A hint for screens: nothing here is journalled, and no rule
asks for it. What may not live here: who may know (`hall.session.views.may_watch`)."""

from __future__ import annotations

from collections.abc import Callable


class Speaking:
    """Who speaks in one opening."""

    def __init__(self) -> None:
        self._now: set[str] = set()
        self._listeners: list[Callable[[], None]] = []

    @property
    def now(self) -> frozenset[str]:
        """Participants whose voice arrives."""
        return frozenset(self._now)

    def heard(self, participant: str, *, speaks: bool) -> None:
        """Somebody has begun to speak, or has fallen silent."""
        if speaks is not (participant in self._now):
            (self._now.add if speaks else self._now.discard)(participant)
            self._changed()

    def hush(self) -> None:
        """Nobody is heard any more: the worker is gone."""
        if self._now:
            self._now.clear()
            self._changed()

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed()` after each change, until the returned function is called."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()
