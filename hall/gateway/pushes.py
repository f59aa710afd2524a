"""Sends each viewer the changes of its own view, and nothing when its view did not change.

That is also secrecy: a message that reaches a bidder because of another bidder would betray that there is one. Each
viewer's news are computed from its own views alone. Changes are bundled for 250 ms; the first after a pause goes out at
once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

from hall import tasks, wire
from hall.gateway.changes import changes
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk
from hall.runtime.screen import Screen

log = logging.getLogger("hall.pushes")

BUNDLE: Final = 0.25
"""Seconds from one round of updates to the next."""

MOST_CHANGES: Final = 60
"""Where more has changed at a time, the whole view goes out instead."""

Send = Callable[[str, wire.Update | wire.Changes], Awaitable[None]]
"""send(sid, message)."""


@dataclass(slots=True)
class _Viewer:
    """What one connection was told last."""

    screen: Screen
    view: wire.View
    version: int


@dataclass(slots=True)
class _Audience:
    """The connections that look at one opening."""

    viewers: dict[str, _Viewer] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    stop: Callable[[], None] = field(default=lambda: None)


class Pushes:
    """`send` hands a message to the connection."""

    def __init__(self, desk: Desk, send: Send) -> None:
        self._desk = desk
        self._send = send
        self._audiences: dict[str, _Audience] = {}

    def join(self, sid: str, opening: str, actor: Actor, cursor: int) -> wire.Update:
        """Give the view with the timeline from `cursor` on; updates follow."""
        screen = self._desk.screen(opening, actor)
        update = screen.since(cursor)
        audience = self._audiences.get(opening) or self._gather(opening)
        before = audience.viewers.get(sid)
        version = before.version + 1 if before is not None else 1
        audience.viewers[sid] = _Viewer(screen, update.view, version)
        return replace(update, version=version)

    def leave(self, sid: str, opening: str) -> None:
        """Send nothing more to this connection."""
        audience = self._audiences.get(opening)
        if audience is not None:
            audience.viewers.pop(sid, None)

    async def stop(self) -> None:
        """End all rounds."""
        for audience in self._audiences.values():
            audience.stop()
        await tasks.stop(*(audience.task for audience in self._audiences.values()))

    def _gather(self, opening: str) -> _Audience:
        audience = self._audiences[opening] = _Audience()
        audience.stop = self._desk.listen(opening, audience.changed.set)
        audience.task = tasks.start(self._rounds(opening, audience), f"pushes {opening}")
        return audience

    async def _rounds(self, opening: str, audience: _Audience) -> None:
        while True:
            await audience.changed.wait()
            audience.changed.clear()
            for sid, viewer in tuple(audience.viewers.items()):
                if audience.viewers.get(sid) is viewer:  # it has not left or joined anew meanwhile
                    try:
                        await self._tell(sid, opening, viewer)
                    except Exception:
                        # A view that can't be shown to one viewer must not keep the others from theirs.
                        log.exception("news of %s could not be told", opening)
                await asyncio.sleep(0)  # views are computed here; let others in between two of them
            await asyncio.sleep(BUNDLE)

    async def _tell(self, sid: str, opening: str, viewer: _Viewer) -> None:
        update = viewer.screen.news()
        found = changes(viewer.view, update.view)
        if not found and not update.timeline:
            return
        viewer.view = update.view
        viewer.version += 1
        if len(found) > MOST_CHANGES:
            await self._send(sid, replace(update, version=viewer.version))
        else:
            await self._send(sid, wire.Changes(viewer.version, update.cursor, update.timeline, found))
