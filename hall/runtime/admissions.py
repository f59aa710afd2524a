"""Who was let in to see or to send, and for how long: what began by right ends when the right does.

The floor goes to somebody else, a post to a deputy, a token is revoked, an opening closes: whatever watched or sent by
that right is ended here, whichever door it came through. What may not live here: the rights themselves, and doors.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from hall import tasks
from hall.errors import HallError

log = logging.getLogger("hall.admissions")

LOOK_EVERY: Final = 5.0
"""Seconds between two looks at rights that end by themselves: tokens and logins that expire, certificates revoked."""

BUNDLE: Final = 0.25
"""Seconds from one look to the next while an opening changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Admission:
    """One watch or publication. `right` raises a HallError when it is no more; `end` takes it down, again is fine."""

    opening: str
    name: str
    right: Callable[[], None]
    end: Callable[[], Awaitable[None]]


class Admissions:
    """All that watch and send in this hall, by opening and name. listen(opening, changed): call `changed` whenever
    rights there may have changed."""

    def __init__(self, listen: Callable[[str, Callable[[], None]], Callable[[], None]]) -> None:
        self._listen = listen
        self._admitted: dict[str, dict[str, Admission]] = {}
        self._unlisten: dict[str, Callable[[], None]] = {}
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to look."""
        self._task = tasks.start(self._run(), "admissions")

    async def close(self) -> None:
        """Look no more; what goes on, the media plane ends."""
        await tasks.stop(self._task)
        for unlisten in self._unlisten.values():
            unlisten()
        self._unlisten.clear()
        self._admitted.clear()

    def admit(self, admission: Admission) -> None:
        """From now on this is looked after; it takes the place of an earlier one of the same name."""
        opening = admission.opening
        if opening not in self._unlisten:
            self._unlisten[opening] = self._listen(opening, lambda: self._note(opening))
        self._admitted.setdefault(opening, {})[admission.name] = admission

    def holds(self, admission: Admission) -> bool:
        """Whether this very admission still stands: it has not ended, and no other took its place."""
        return self._admitted.get(admission.opening, {}).get(admission.name) is admission

    def leave(self, opening: str, name: str) -> None:
        """It has ended by itself."""
        here = self._admitted.get(opening, {})
        here.pop(name, None)
        if not here and (unlisten := self._unlisten.pop(opening, None)) is not None:
            unlisten()
            del self._admitted[opening]

    async def look(self, opening: str) -> None:
        """End whatever has no right any more."""
        for admission in tuple(self._admitted.get(opening, {}).values()):
            try:
                admission.right()
            except HallError as error:
                await self._end(admission, error)

    async def _end(self, admission: Admission, why: HallError) -> None:
        if not self.holds(admission):
            return
        self.leave(admission.opening, admission.name)
        facts = {"opening": admission.opening, "name": admission.name, "code": why.code}
        log.info("ended, for its right has", extra={"facts": facts})
        try:
            await admission.end()
        except HallError as error:
            # A worker that is away has nobody watching; when it is back, whoever comes is asked for its right anew.
            log.warning("%s could not be ended: %s", admission.name, error)

    def _note(self, opening: str) -> None:
        self._changed.add(opening)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._wake.wait()
            except TimeoutError:
                self._changed.update(self._admitted)
            self._wake.clear()
            changed, self._changed = self._changed, set()
            for opening in changed:
                await self.look(opening)
            await asyncio.sleep(BUNDLE)
