"""Where the two streams of a tender meet: an event of one owes a command to the other.

One table, read from the states alone: what is owed is owed until the other stream's journal shows that it arrived, so
a crash in between loses nothing and delivers nothing twice. What may not live here: a rule of either stream.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError
from hall.runtime.room import Room
from hall.session import commands as oc
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.tendering import commands as tc
from hall.tendering.state import TenderState

log = logging.getLogger("hall.handover")
RETRY_AFTER: Final = 1.0
AFTER_A_FAULT: Final = 5.0

_BEFORE_THE_DEADLINE: Final = (Stage.NEW, Stage.SCHEDULED, Stage.SIGN_IN, Stage.HELD)


def _moved(tender: TenderState, opening: OpeningState) -> tc.MoveDeadline | None:
    deadline = opening.scheduled.bid_deadline
    moved = tender.closed is None and tender.published.bid_deadline != deadline
    return tc.MoveDeadline(deadline) if moved else None


def _passed(tender: TenderState, opening: OpeningState) -> tc.CloseDeposits | None:
    open_list = tender.closed is None and not tender.stopped
    passed = open_list and opening.stage not in _BEFORE_THE_DEADLINE
    return tc.CloseDeposits() if passed else None


def _closed(tender: TenderState, opening: OpeningState) -> oc.HandOverDeposits | None:
    closed = tender.closed
    if closed is None or opening.manifest is not None:
        return None
    return oc.HandOverDeposits(closed.manifest, closed.deposits)


def _arrived(tender: TenderState, opening: OpeningState) -> tc.NoteHandedOver | None:
    arrived = opening.manifest is not None and not tender.handed_over
    return tc.NoteHandedOver(opening.scheduled.opening) if arrived else None


@dataclass(frozen=True, slots=True)
class Link:
    """`events` of one stream owe the command that `owed` gives; None: nothing is owed, or it has arrived."""

    events: str
    to: str
    owed: Callable[[TenderState, OpeningState], Any | None]


TABLE: Final = (
    Link("opening: DeadlineMoved, OpeningPostponed", "tendering", _moved),
    Link("opening: DeadlinePassed", "tendering", _passed),
    Link("tendering: DepositsClosed", "opening", _closed),
    Link("opening: DepositsHandedOver", "tendering", _arrived),
)
"""The opening owns the deadline: tendering closes by no clock of its own (clauses 4.1, 4.7)."""


class HandOver:
    """Delivers what the two rooms of one tender owe each other."""

    def __init__(self, tendering: Room[TenderState], opening: Room[OpeningState], clock: Clock) -> None:
        self._tendering = tendering
        self._opening = opening
        self._clock = clock
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Deliver what is owed already, and from now on what becomes owed."""
        self._tendering.listen(lambda _: self._take_up())
        self._opening.listen(lambda _: self._take_up())
        self._take_up()

    async def close(self) -> None:
        """Stop; what is still owed is owed after the next start."""
        await tasks.stop(self._task)

    async def settle(self) -> None:
        """Deliver all that is owed now; return when both rooms agree. Raises what a room answers."""
        async with self._turn:
            while (found := self._next()) is not None:
                await self._deliver(*found)

    def _next(self) -> tuple[Link, Any] | None:
        tender, opening = self._tendering.state, self._opening.state
        if tender.plan is None or opening.plan is None:
            return None
        owed = ((link, link.owed(tender, opening)) for link in TABLE)
        return next(((link, command) for link, command in owed if command is not None), None)

    async def _deliver(self, link: Link, command: Any) -> None:
        room: Room[Any] = self._opening if link.to == "opening" else self._tendering
        if isinstance(command, tc.CloseDeposits):
            # Clause 5.2.2: a deposit whose last byte came in time is not overtaken while the hall still hashes it.
            await self._tendering.clear_of(self._opening.state.scheduled.bid_deadline)
        await room.submit(command, received_at=self._clock.now())

    def _take_up(self) -> None:
        if self._next() is not None and (self._task is None or self._task.done()):
            self._task = tasks.start(self._keep_trying(), f"hand-over {self._tendering.tender}")

    async def _keep_trying(self) -> None:
        while not (self._tendering.failed or self._opening.failed):
            try:
                await self.settle()
            except HallError as error:
                log.error("the hand-over of %s waits: %s", self._tendering.tender, error)
                await asyncio.sleep(RETRY_AFTER)
            except Exception:
                log.exception("the hand-over of %s failed and is tried again", self._tendering.tender)
                await asyncio.sleep(AFTER_A_FAULT)
            else:
                return
