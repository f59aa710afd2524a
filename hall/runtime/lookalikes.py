"""Hints for who looks at a representative (clause 5.3.7): when a look becomes due, the newest picture is compared once
with the reference picture, if that person consented to it. A hint never decides, and nothing waits for one.

What may not live here: what a hint may change (`hall.session.faces`: nothing), and the comparison itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError
from hall.runtime.faces_port import Faces
from hall.runtime.media_ports import MediaPlane
from hall.runtime.room import Room
from hall.session import commands as c
from hall.session import faces as rules
from hall.session.state import OpeningState

log = logging.getLogger("hall.lookalikes")

NEWEST: Final = 30_000
"""ms: an older picture says nothing about who sits there now."""

PATIENCE: Final = 120.0
"""Seconds after which a hint comes too late to be one: others were compared first."""


class Lookalikes:
    """The comparisons of one opening. photo: digest of a person's item → its reference picture, b"" without one."""

    def __init__(
        self,
        room: Room[OpeningState],
        clock: Clock,
        faces: Faces,
        media: MediaPlane,
        photo: Callable[[str], Awaitable[bytes]],
    ) -> None:
        self._room, self._clock = room, clock
        self._faces, self._media, self._photo = faces, media, photo
        self._due: frozenset[tuple[str, str]] = frozenset()
        self._running: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin with the next look that becomes due: what was due before a restart is left to people alone."""
        self._due = frozenset(rules.due(self._room.state))
        self._room.listen(self._happened)

    async def close(self) -> None:
        await tasks.stop(*self._running)

    def _happened(self, events: Sequence[Any]) -> None:
        due = frozenset(rules.due(self._room.state))
        for bidder, moment in sorted(due - self._due):
            if rules.comparable(self._room.state, bidder) is not None:
                task = tasks.start(self._look(bidder, moment), f"faces {self._room.stream}")
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        self._due = due

    async def _look(self, bidder: str, moment: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._compare(bidder, moment)
        except TimeoutError:
            log.warning("a hint about a face came too late")
        except HallError as error:
            log.warning("a hint about a face is left out: %s", error.code)

    async def _compare(self, bidder: str, moment: str) -> None:
        person = rules.comparable(self._room.state, bidder)
        still = await self._media.still(self._room.state.scheduled.opening, f"bidder-{bidder}")
        if person is None or still is None or self._clock.now() - still.at_ms > NEWEST:
            return  # without a picture there is nothing to say: people look by other ways
        reference = await self._photo(person.person)
        if not reference:
            return  # it was erased
        found = await self._faces.compare(reference, still.jpeg)
        # Meanwhile somebody may have looked already, or another representative sits there, with a consent of its own.
        state = self._room.state
        if (bidder, moment) in rules.due(state) and rules.comparable(state, bidder) == person:
            note = c.NoteFace(bidder, moment, found.tenths, found.likeness)
            await self._room.submit(note, received_at=self._clock.now())
