"""Roots get an outside time at fixed minutes, so that every receipt lies between two stamps (clauses 4.1, 5.2.2).

From two hours before the deadline until the opening is closed, every so many minutes of hall time: a checkpoint is
signed, the digest of its text is time-stamped, and the next checkpoint names the token. Nothing of it is shown before
the announcement, and an authority that is away is asked again at the next look: a gap is seen by whoever verifies.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError
from hall.runtime.ports import Journal
from hall.runtime.proof_ports import Notes, ProofStore, RootStamp
from hall.runtime.registry import Opening, Registry
from hall.runtime.reliable import time_service_line
from hall.session.rules import Stage
from hall.session.state import OpeningState

log = logging.getLogger("hall.stamping")

BEFORE = 2 * 3_600_000
"""Milliseconds before the deadline at which stamping begins."""

LOOK_EVERY = 2.0
"""Seconds between two looks at the clock."""

_MINUTE = 60_000


def slot(state: OpeningState, now: int, minutes: int) -> int | None:
    """Give the fixed minute that `now` (ms UTC) belongs to, ms UTC; None where no stamp is due at this opening."""
    if state.plan is None or minutes == 0 or state.stage is Stage.CLOSED:
        return None
    start = now - now % (minutes * _MINUTE)
    return start if now >= state.scheduled.bid_deadline - BEFORE else None


class Stamping:
    """minutes: between two stamps of one tender, 0 for none."""

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        store: ProofStore,
        notes: Notes,
        clock: Clock,
        minutes: int,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._store = store
        self._notes = notes
        self._clock = clock
        self._minutes = minutes
        self._done: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look at the clock."""
        self._task = tasks.start(self._run(), "root stamps")

    async def close(self) -> None:
        await tasks.stop(self._task)

    async def look(self) -> None:
        """Stamp what is due now. An authority that does not answer is asked again at the next look."""
        for live in tuple(self._registry.openings.values()):
            due = slot(live.room.state, self._clock.now(), self._minutes)
            if due is None or self._done.get(live.room.tender, 0) >= due:
                continue
            try:
                await self.stamp(live)
            except HallError as error:
                log.warning("the root of %s was not stamped: %s", live.room.tender, error)
            else:
                self._done[live.room.tender] = due

    async def stamp(self, live: Opening) -> None:
        """Sign a checkpoint, have it stamped, and sign the next one, which names the token and when to expect
        others. Raises HallError."""
        tender = live.room.tender
        mark = await self._journal.checkpoint(tender, self._clock.now(), (time_service_line(),))
        source, token = await self._notes.stamp(mark.note)
        digest = hashlib.sha256(token).hexdigest()
        stamp = RootStamp(mark.at, mark.size, mark.root, source, digest, token)
        await self._store.add_stamp(tender, stamp)
        named = (time_service_line(), f"stamp sha256:{digest}", f"stamps every {self._minutes} min")
        live.performer.publish(await self._journal.checkpoint(tender, self._clock.now(), named))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()
