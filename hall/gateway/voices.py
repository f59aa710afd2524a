"""Tells each viewer who speaks, of those that it may watch: the light on a tile.

Beside the view and never in it: voices change several times a second, and nobody's acts depend on them. Who may not
watch somebody is neither told that it speaks nor, by the time or the number of messages, that there is somebody who
could (Bidding Law 22).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from hall import tasks
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk

log = logging.getLogger("hall.voices")

BUNDLE: Final = 0.25
"""Seconds from one round to the next."""

Send = Callable[[str, list[str]], Awaitable[None]]
"""send(sid, participants that speak now)."""


@dataclass(slots=True)
class _Viewer:
    actor: Actor
    told: list[str]


@dataclass(slots=True)
class _Audience:
    """The connections that look at one opening."""

    viewers: dict[str, _Viewer] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    stop: Callable[[], None] = field(default=lambda: None)


class Voices:
    """`send` hands a message to the connection."""

    def __init__(self, desk: Desk, send: Send) -> None:
        self._desk = desk
        self._send = send
        self._audiences: dict[str, _Audience] = {}

    def join(self, sid: str, opening: str, actor: Actor) -> None:
        """Tell this connection from now on; a new one starts from silence."""
        audience = self._audiences.get(opening) or self._gather(opening)
        audience.viewers[sid] = _Viewer(actor, [])
        audience.changed.set()

    def leave(self, sid: str, opening: str) -> None:
        """Tell this connection nothing more."""
        if (audience := self._audiences.get(opening)) is not None:
            audience.viewers.pop(sid, None)

    async def stop(self) -> None:
        """End all rounds."""
        for audience in self._audiences.values():
            audience.stop()
        await tasks.stop(*(audience.task for audience in self._audiences.values()))

    def _gather(self, opening: str) -> _Audience:
        audience = self._audiences[opening] = _Audience()
        audience.stop = self._desk.listen_to_voices(opening, audience.changed.set)
        audience.task = tasks.start(self._rounds(opening, audience), f"voices {opening}")
        return audience

    async def _rounds(self, opening: str, audience: _Audience) -> None:
        while True:
            await audience.changed.wait()
            audience.changed.clear()
            told = False
            for sid, viewer in tuple(audience.viewers.items()):
                try:
                    told |= await self._tell(sid, opening, viewer)
                except Exception:
                    log.exception("voices of %s could not be told", opening)
            if told:  # a voice that nobody may hear of must not delay the next one either
                await asyncio.sleep(BUNDLE)

    async def _tell(self, sid: str, opening: str, viewer: _Viewer) -> bool:
        speaking = self._desk.speaking(opening, viewer.actor)
        if speaking == viewer.told:
            return False
        viewer.told = speaking
        await self._send(sid, speaking)
        return True
