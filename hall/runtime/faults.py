"""From what the hall notices about itself to the register of one opening (clauses 4.1, 4.3, 4.7, 4.8, 6.1).

Detectors tell a kind and an interval; here it is decided whether the opening is concerned and whether it is to stand
still for it. What follows is the rules' business. Nothing that is told here is ever held against a bidder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from typing import Final

from hall.clock import Clock
from hall.runtime.health import CLAUSES, SERIOUS, Health, Trouble
from hall.runtime.media_ports import Recordings
from hall.runtime.missing import Pictures
from hall.runtime.room import Answer, Room
from hall.session import commands as c
from hall.session.events import IncidentRecorded
from hall.session.rules import Stage
from hall.session.state import OpeningState

SUSPENDING: Final = frozenset({"server_restart", "node_network", "disk_full", "recorder_silent"})
"""Kinds of trouble through which an opening can't go on; the others are put down for people to judge."""

LONG: Final = int(SERIOUS * 1000)
"""ms from which a stall or a slow append stops an opening, too."""

RECORDER_PATIENCE: Final = 60.0
"""Seconds without a proof of any source, once there was one, after which the recorder counts as silent."""

_BY_LENGTH: Final = frozenset({"server_stall", "slow_append"})
_HOLDING: Final = frozenset("abcde")
_MEETING: Final = (Stage.DEADLINE, Stage.OPENING, Stage.RECORD)
_OVER: Final = (Stage.NEW, Stage.CLOSED)
_RECORDED: Final = (Stage.DEADLINE, Stage.OPENING)


class Faults:
    """The faults of one opening. publishing: participants whose media arrive now."""

    def __init__(
        self,
        room: Room[OpeningState],
        clock: Clock,
        health: Health,
        recordings: Recordings,
        publishing: Set[str] = frozenset(),
    ) -> None:
        self._room = room
        self._clock = clock
        self._health = health
        self._recordings = recordings
        self.pictures = Pictures(room, clock, recordings, publishing, self._say)
        self._proved: tuple[float, int] | None = None  # (monotonic, ms UTC) of the last proof of any source
        self._told: set[tuple[str, str]] = set()
        self._kept: set[str] = set()
        self._answers: set[asyncio.Future[Answer]] = set()

    def restarted(self) -> None:
        """Tell that the hall itself was away, and that what lasted when it went is over.

        To be called between the room's replay and its first look at the clock: no window closes in an absence.
        """
        if self._room.state.stage in _OVER:
            return
        away, now = self._health.restart, self._clock.now()
        # A plan that was only written down, and no heartbeat before: this hall was never there to be away.
        served = away is not None or self._room.state.stage not in (Stage.NEW, Stage.SCHEDULED)
        if (last := self._room.last_at) and served:
            start = last if away is None else max(last, away.start)
            self.note("server_restart", CLAUSES["server_restart"], start, now, f"away for {now - start} ms")
        for incident in self._lasting():
            self._say(c.NoteFaultEnded(incident.incident, now))

    def trouble(self, trouble: Trouble) -> None:
        """What the hall's own health tells."""
        self.note(trouble.kind, trouble.clause, trouble.start, trouble.end, trouble.detail)

    def note(
        self,
        kind: str,
        clause: str,
        start: int,
        end: int | None,
        detail: str = "",
        scope: Sequence[str] = (),
    ) -> None:
        """Put down a fault of the platform in [start, end], ms UTC; `end` None: it lasts. Told again with its end, the
        entry is ended. Secret until the announcement, as every entry is."""
        open_one = next((i for i in self._lasting() if (i.kind, i.start) == (kind, start)), None)
        if open_one is not None:
            if end is not None:
                self._say(c.NoteFaultEnded(open_one.incident, end))
        elif self._concerned(end):
            stops = kind in SUSPENDING or (kind in _BY_LENGTH and end is not None and end - start >= LONG)
            # A letter a to e holds a deadline for an hour (clause 4.7): a hiccup has none, and people may give it one.
            letter = clause if stops or clause not in _HOLDING else ""
            suspends = stops and self._room.state.stage in _MEETING
            good = min(self._health.last_good, start)
            self._say(c.NoteFault(kind, letter, detail, tuple(scope), start, end, suspends, good))

    def keep(self, kind: str, *, lasts: bool) -> None:
        """Keep an entry about what threatens, from when this opening is near until it is over: nothing stops for it,
        but nobody shall start without having been told (clause 6.1)."""
        now = self._clock.now()
        if lasts and kind not in self._kept and self._concerned(now):
            self._kept.add(kind)
            self.note(kind, "", now, None)
        elif not lasts and kind in self._kept:
            if (open_one := next((i for i in self._lasting() if i.kind == kind), None)) is not None:
                self._kept.remove(kind)
                self._say(c.NoteFaultEnded(open_one.incident, now))

    def once(self, kind: str, clause: str, detail: str) -> None:
        """Put down what has no interval of its own, once for the same detail."""
        known = any((i.kind, i.detail) == (kind, detail) for i in self._room.state.incidents)
        if not known and (kind, detail) not in self._told:
            self._told.add((kind, detail))
            self._say(c.NoteIncident(kind, clause, "", detail))

    def look(self) -> None:
        """Look whether anybody's recording is still written while it is owed, and everybody's (clause 6.1)."""
        self.pictures.look()
        state, mono = self._room.state, self._clock.monotonic()
        owed = state.recording and not state.recorder_stopped and state.stage in _RECORDED
        if not owed or state.suspension is not None:
            self._proved = None
            return
        silent = next((i for i in self._lasting() if i.kind == "recorder_silent"), None)
        proved_at = self._proof(state)
        if proved_at is not None:
            self._proved = (mono, proved_at)
            if silent is not None:
                self._say(c.NoteFaultEnded(silent.incident, self._clock.now()))
        elif self._proved is not None and mono - self._proved[0] >= RECORDER_PATIENCE and silent is None:
            self.note("recorder_silent", "a", self._proved[1], None)

    def _proof(self, state: OpeningState) -> int | None:
        """End of the last fragment that one of the sources proves now: the host first, any one suffices."""
        plan, now = state.scheduled, self._clock.now()
        sources = dict.fromkeys(("host", *(head.participant for head in state.heads)))
        proofs = (
            self._recordings.prove(plan.opening, source, now, plan.rules.recorder_proof_age)
            for source in sources
        )
        return next((proof.at for proof in proofs if proof is not None), None)

    def _lasting(self) -> list[IncidentRecorded]:
        """Entries that the hall made by itself and that are not over."""
        return [
            i for i in self._room.state.incidents if i.act is None and i.start is not None and i.end is None
        ]

    def _concerned(self, end: int | None) -> bool:
        """Whether trouble that lasts until `end` touches this opening at all: not weeks before its deadline."""
        state = self._room.state
        if state.plan is None or state.stage in _OVER:
            return False
        plan = state.plan
        near = min(plan.sign_in_from, plan.bid_deadline - plan.rules.hold_before_deadline)
        return state.stage is not Stage.SCHEDULED or end is None or end >= near

    def _say(self, note: c.Note) -> None:
        if self._room.failed:
            return
        answer = self._room.submit(note, received_at=self._clock.now())
        self._answers.add(answer)
        answer.add_done_callback(self._said)

    def _said(self, answer: asyncio.Future[Answer]) -> None:
        self._answers.discard(answer)
        if not answer.cancelled():
            answer.exception()
