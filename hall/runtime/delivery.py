"""Delivers what the streams of one tender owe each other, each line of the table for itself.

What fails is tried again, with pauses that grow up to a bound, and holds nothing else up; a fault of the program is
told with its traceback and never ends the delivery. What may not live here: what is owed to whom
(`hall.runtime.matters`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError
from hall.runtime.matter import Owed, Procedure, States

log = logging.getLogger("hall.delivery")

RETRY_AFTER: Final = 1.0
MOST_PAUSE: Final = 30.0
"""Seconds: the pause after the first failure, which doubles with each, and its bound."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """`what` could not be delivered: not again before `until` (monotonic seconds), unless the tender has changed since
    its `change` and owes something else by that."""

    what: Any
    change: int
    until: float
    pause: float


class Delivery:
    """Works the table off for one tender."""

    def __init__(self, procedure: Procedure, table: Sequence[Owed], clock: Clock) -> None:
        self._procedure = procedure
        self._table = table
        self._clock = clock
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._changes = 0
        self._failed: dict[str, _Failed] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether something is owed still."""
        return self._task is not None and not self._task.done()

    def take_up(self) -> None:
        """Something of this tender has changed."""
        self._changes += 1
        self._changed.set()
        if not self.busy and self._due():
            self._task = tasks.start(self._keep_trying(), f"what is owed in {self._procedure.tender}")

    async def close(self) -> None:
        """Stop; what is owed is owed after the next start."""
        await tasks.stop(self._task)

    async def settle(self) -> None:
        """Deliver all that is owed now. Raises what a room or an adapter answers."""
        while True:
            async with self._turn:
                if not (due := self._due()):
                    return
                owed, _ = due[0]
                if (what := owed.owed(self._procedure.states())) is not None:
                    await owed.do(self._procedure, what)

    async def _keep_trying(self) -> None:
        while due := self._due():
            self._changed.clear()
            ready = next((one for one in due if self._ready(*one)), None)
            if ready is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause(due)):
                        await self._changed.wait()
                continue
            await self._deliver(ready[0])
        self._failed.clear()

    async def _deliver(self, owed: Owed) -> None:
        async with self._turn:
            what, change = None, self._changes
            try:
                if (what := owed.owed(self._procedure.states())) is None:
                    return  # it has arrived meanwhile
                await owed.do(self._procedure, what)
                if owed.owed(self._procedure.states()) != what:
                    self._failed.pop(owed.name, None)
                    return
                log.error("%s in %s is owed still", owed.name, self._procedure.tender)
            except HallError as error:
                log.error("%s in %s waits: %s", owed.name, self._procedure.tender, error)
            except Exception:
                log.exception("%s in %s could not be delivered", owed.name, self._procedure.tender)
            before = self._failed.get(owed.name)
            pause = RETRY_AFTER if before is None else min(2 * before.pause, MOST_PAUSE)
            self._failed[owed.name] = _Failed(what, change, self._clock.monotonic() + pause, pause)

    def _due(self) -> list[tuple[Owed, Any]]:
        """What is owed, in the order of the table; None beside a line that can't say what."""
        states = self._procedure.states()
        found = ((owed, _said(owed.owed, states)) for owed in self._table)
        return [(owed, said[0]) for owed, said in found if said]

    def _ready(self, owed: Owed, what: Any) -> bool:
        failed = self._failed.get(owed.name)
        if failed is None or self._clock.monotonic() >= failed.until:
            return True
        return failed.change != self._changes and failed.what != what

    def _pause(self, due: Sequence[tuple[Owed, Any]]) -> float:
        soonest = min(self._failed[owed.name].until for owed, _ in due)
        return max(soonest - self._clock.monotonic(), 0.0)


def _said(owed: Callable[[States], Any | None], states: States) -> tuple[Any] | tuple[()]:
    """What is owed, () for nothing. A line that can't say it is due: its fault is told when it is tried."""
    try:
        what = owed(states)
    except Exception:
        return (None,)
    return () if what is None else (what,)
