"""The mailroom of one tender: watches its deposits and its opening, and owes the notices that their rows bring.

What is owed is computed (`hall.notifying.owed`), never queued; how it is sent, `hall.runtime.sending` knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hall.clock import Clock
from hall.notifying import owed as o
from hall.runtime.ports import Journal, Row
from hall.runtime.room import Room
from hall.runtime.sending import Post, Sender
from hall.session.state import OpeningState
from hall.tendering.state import TenderState


class Mailroom(Sender):
    """Watches one tender and its opening."""

    def __init__(
        self,
        tendering: Room[TenderState],
        opening: Room[OpeningState],
        post: Post,
        journal: Journal,
        clock: Clock,
    ) -> None:
        super().__init__(tendering.tender, f"notices/{tendering.tender}", post, journal, clock)
        self._tendering = tendering
        self._opening = opening
        self._read: dict[str, int] = {}

    async def open(self, rows: Sequence[tuple[Row, Any]] | None = None) -> None:
        """Replay, and take up whatever is owed now. rows: as `Sender` takes them."""
        await super().open(rows)
        # The last row that caused something is looked at again: a crash may have cut its notices short.
        self._read = {stream: seq - 1 for stream, seq in self.room.state.considered.items()}
        for room in (self._tendering, self._opening):
            self._ends.append(room.listen(lambda _: self.wake()))

    def circle(self) -> o.Circle:
        """Whom this tender can write to now."""
        return o.circle(self._opening.state, self._tendering.state, self._post.known())

    async def _look(self) -> None:
        """Owe what the rows since the last look and the time have brought."""
        if self._opening.state.plan is None:
            return
        opening, owed, read = self._opening.state.scheduled.opening, list[o.Owed](), dict(self._read)
        rooms: tuple[Room[Any], ...] = (self._tendering, self._opening)
        for room in rooms:
            if room.asleep:
                continue  # it rests since long: what its rows brought was owed by an earlier run
            after = read.get(room.stream, 0)
            owed += o.of_rows(room.stream, room.entries, after, opening, self.circle)
            read[room.stream] = len(room.entries)
        owed += o.reminders(self._opening.state, self._tendering.state, self._clock.now())
        await self.owe(owed)
        self._read = read

    async def _report_given_up(self) -> None:
        if self._opening.state.plan is not None:
            await super()._report_given_up()

    def _head(self, owed: o.Owed) -> Mapping[str, str]:
        plan = self._opening.state.scheduled
        lot = next((lot.name for lot in plan.lots if lot.lot == owed.lot), "")
        return {"tender_name": plan.tender_name, "tender_number": plan.tender_number, "lot": lot}

    def _path(self, owed: o.Owed) -> str:
        return f"/openings/{owed.opening}"

    def _next_look(self, now: int) -> int | None:
        return o.next_reminder(self._opening.state, now)
