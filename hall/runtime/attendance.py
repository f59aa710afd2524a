"""Who is connected: feeds the pure presence tracker outside the inbox; only changes of state become commands.

One live connection per party and opening: a new one takes the old one's place. Presence never touches a
countdown or a
release (clause 4.6: offline alone never costs a bid).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from hall import tasks
from hall.clock import Clock
from hall.errors import NotPermitted
from hall.procurement.parties import Actor, Role, participant_of
from hall.runtime.room import Room
from hall.session import presence as p
from hall.session.commands import NotePresence, NoteRoomEmpty
from hall.session.rules import Stage
from hall.session.state import OpeningState

log = logging.getLogger("hall.attendance")
STALL = 0.25
SWEEP_EVERY = 0.5


@dataclass(slots=True)
class Connection:
    """A live socket of one party. `close(reason)` ends it: superseded by takeover or handover, or bye."""

    id: str
    fence: int
    actor: Actor
    robot: bool
    close: Callable[[str], None]


class Attendance:
    """The connections of one opening."""

    def __init__(self, room: Room[OpeningState], clock: Clock) -> None:
        self._room = room
        self._clock = clock
        self._live: dict[str, Connection] = {}
        self._tracked: dict[str, p.Tracked] = {}
        self._fence = max((i.connection for i in room.state.presence), default=0)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Close the intervals that a restart left open, then watch."""
        last = self._room.entries[-1][0] if self._room.entries else 0
        for interval in self._room.state.presence:
            if interval.end is None:
                self._note(
                    NotePresence(
                        interval.participant,
                        interval.connection,
                        interval.state,
                        interval.start,
                        max(last, interval.start),
                        0,
                        "server_restart",
                        "low",
                    )
                )
        self._task = tasks.start(self._sweep(), f"attendance {self._room.stream}")

    async def close(self) -> None:
        await tasks.stop(self._task)

    def connected(self, actor: Actor, connection: str, close: Callable[[str], None], *, robot: bool) -> int:
        """A connection joins; gives its fencing number. A person's connection is never taken over by a robot.

        Raises NotPermitted("handed_over") for such a robot, NotPermitted("opening_closed") for a bidder
        after the close.
        """
        participant = participant_of(actor)
        if self._room.state.stage is Stage.CLOSED and actor.role is Role.BIDDER:
            raise NotPermitted("opening_closed")
        before = self._live.get(participant)
        if before is not None and robot and not before.robot:
            raise NotPermitted("handed_over")
        self._fence += 1
        self._live[participant] = Connection(connection, self._fence, actor, robot, close)
        self._change(
            *p.arrived(
                participant, self._fence, self._tracked.get(participant), mono=self._mono(), now=self._now()
            )
        )
        if before is not None and before.id != connection:
            before.close("handover" if before.robot and not robot else "takeover")
        return self._fence

    def beat(self, actor: Actor, connection: str) -> None:
        """The answer to a heartbeat, from the connection that is live."""
        if (tracked := self._own(actor, connection)) is not None:
            self._change(*p.beat(tracked, mono=self._mono(), now=self._now()))

    def media_alive(self, participant: str) -> None:
        """Packets of the participant's picture or sound are arriving."""
        if (tracked := self._tracked.get(participant)) is not None:
            self._tracked[participant] = p.media_seen(tracked, mono=self._mono())

    def left(self, actor: Actor, connection: str, cause: str) -> None:
        """The live connection is gone (client_left, transport_closed, removed); a superseded one changes nothing."""
        if (tracked := self._own(actor, connection)) is None:
            return
        del self._live[participant_of(actor)]
        self._change(*p.left(tracked, cause, mono=self._mono(), now=self._now()))
        self._lead_out()

    def is_live(self, actor: Actor, connection: str) -> bool:
        """Whether this connection is the live one of its party."""
        return self._own(actor, connection) is not None

    def _own(self, actor: Actor, connection: str) -> p.Tracked | None:
        participant = participant_of(actor)
        live = self._live.get(participant)
        return self._tracked.get(participant) if live is not None and live.id == connection else None

    def _lead_out(self) -> None:
        """Clause 5.5.4: after the declared end bidders leave; when the last is gone, the room is empty."""
        state = self._room.state
        if state.stage is not Stage.LEAVING:
            return
        bidders = [c for c in self._live.values() if c.actor.role is Role.BIDDER]
        if bidders and state.leave_by is not None and self._now() >= state.leave_by:
            for connection in bidders:
                connection.close("closed")
        elif not bidders:
            self._room.submit(NoteRoomEmpty(), received_at=self._now())

    async def _sweep(self) -> None:
        last = self._mono()
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            mono = self._mono()
            stalled = mono - last > SWEEP_EVERY + STALL
            last = mono
            for tracked in tuple(self._tracked.values()):
                self._change(*p.swept(tracked, mono=mono, now=self._now(), stalled=stalled))
            self._lead_out()

    def _change(self, tracked: p.Tracked, notes: list[NotePresence]) -> None:
        self._tracked[tracked.participant] = tracked
        for note in notes:
            self._note(note)

    def _note(self, note: NotePresence) -> None:
        if self._room.failed:
            return
        answer = self._room.submit(note, received_at=self._now())
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _now(self) -> int:
        return self._clock.now()

    def _mono(self) -> float:
        return self._clock.monotonic()
