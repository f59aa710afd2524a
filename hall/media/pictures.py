"""Who sends single pictures because nothing else comes through: kept to be shown, and recorded.

What lives here: the last picture of each, and the life of its recording. Nothing is decoded. What may not: files,
connections, who may send.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from hall.clock import Clock
from hall.runtime.media_ports import Still

SILENT_S: Final = 10.0
"""Seconds without a picture after which the recording of them ends."""


class PictureRecord(Protocol):
    """The recording side."""

    def picture(self, jpeg: bytes, width: int, height: int) -> None: ...

    def clock_advanced(self) -> None: ...

    def end(self, cause: str) -> None: ...


@dataclass(slots=True)
class _Feed:
    record: PictureRecord
    last: Still
    came: float


class Pictures:
    """All feeds of one worker. record(opening, participant): its recording."""

    def __init__(self, clock: Clock, record: Callable[[str, str], PictureRecord]) -> None:
        self._clock, self._record = clock, record
        self._feeds: dict[tuple[str, str], _Feed] = {}

    def take(self, opening: str, participant: str, jpeg: bytes, width: int, height: int) -> None:
        """A picture has come."""
        place, now = (opening, participant), self._clock.monotonic()
        feed = self._feeds.get(place)
        number = feed.last.keyframe + 1 if feed is not None else 1
        still = Still(self._clock.now(), number, jpeg)
        if feed is None:
            feed = self._feeds[place] = _Feed(self._record(opening, participant), still, now)
        feed.last, feed.came = still, now
        feed.record.picture(jpeg, width, height)

    def still(self, opening: str, participant: str) -> Still | None:
        """The last picture, while they come."""
        feed = self._feeds.get((opening, participant))
        return feed.last if feed is not None else None

    def end(self, opening: str, participant: str, cause: str) -> None:
        """No more of them: picture and sound come now, or nothing at all."""
        if (feed := self._feeds.pop((opening, participant), None)) is not None:
            feed.record.end(cause)

    def close_room(self, opening: str, cause: str = "closed") -> None:
        """End all of an opening."""
        for place in [place for place in self._feeds if place[0] == opening]:
            self.end(*place, cause)

    def close(self, cause: str) -> None:
        """End all."""
        for place in list(self._feeds):
            self.end(*place, cause)

    def clock_advancing(self) -> None:
        """Hall time is about to be moved."""
        for feed in self._feeds.values():
            feed.record.clock_advanced()

    async def run(self) -> None:
        """Notice who sends no more. Runs until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            self.tick()

    def tick(self) -> None:
        """End what has been silent for too long."""
        now = self._clock.monotonic()
        for place, feed in list(self._feeds.items()):
            if now - feed.came > SILENT_S:
                self.end(*place, "silent")
