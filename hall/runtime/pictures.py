"""Single pictures from who can send nothing else: taken over the socket, so that presence can be seen all the same.

They are shown to whoever may watch, recorded, and count as a sign of life of the camera. What may not live here: the
right to send (`media_rights`), and decoding: the bytes go through as they came.
"""

from __future__ import annotations

import asyncio
from typing import Final

from hall.clock import Clock
from hall.errors import Malformed, Refused
from hall.runtime.jpeg import jpeg_size
from hall.runtime.media_ports import MediaPlane
from hall.runtime.registry import Opening, Registry

MOST_BYTES: Final = 64 * 1024
EVERY: Final = 1.5
"""Seconds between two pictures at least: clients send one each 2 s, and lines wobble."""

MISSED_AFTER: Final = 10.0
"""Seconds without one after which nobody counts on the next."""

_LARGEST: Final = 1920  # pixels of one side


class PicturesIn:
    """All that come into this hall."""

    def __init__(self, registry: Registry, media: MediaPlane, clock: Clock) -> None:
        self._registry, self._media, self._clock = registry, media, clock
        self._came: dict[tuple[str, str], float] = {}
        self._missing: dict[tuple[str, str], asyncio.TimerHandle] = {}

    async def take(self, opening: str, participant: str, jpeg: bytes) -> None:
        """A picture of who has the right to send. One that comes beside picture and sound is left aside.

        Raises Malformed("not_a_picture"), Refused("too_many_questions") for the next one that comes too soon.
        """
        width, height = jpeg_size(jpeg)
        if len(jpeg) > MOST_BYTES or max(width, height) > _LARGEST:
            raise Malformed("not_a_picture")
        place, now = (opening, participant), self._clock.monotonic()
        if now - self._came.get(place, float("-inf")) < EVERY:
            raise Refused("too_many_questions")
        live = self._registry.opening(opening)
        if participant in live.publishing:
            return
        self._came[place] = now
        await self._media.picture(opening, participant, jpeg, width, height)
        self._seen(live, place)

    def close(self) -> None:
        """Wait for nobody any more."""
        for handle in self._missing.values():
            handle.cancel()
        self._missing.clear()

    def _seen(self, live: Opening, place: tuple[str, str]) -> None:
        _, participant = place
        live.attendance.media_alive(participant)
        if participant not in live.stills:
            live.stills.add(participant)
            live.changed()
        if (handle := self._missing.get(place)) is not None:
            handle.cancel()
        loop = asyncio.get_running_loop()
        self._missing[place] = loop.call_later(MISSED_AFTER, self._missed, live, place)

    def _missed(self, live: Opening, place: tuple[str, str]) -> None:
        del self._missing[place]
        self._came.pop(place, None)
        live.stills.discard(place[1])
        live.changed()
