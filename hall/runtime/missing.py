"""Whose picture and sound should be recorded and are not: one entry of the register for each interval (clause 6.1).

A participant's own line is told from the hall's failing to write what arrives. What lives here watches; the register's
rules decide what is put down, and nothing here is ever held against a bidder (clause 5.3.7).
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Final

from hall.clock import Clock
from hall.runtime.media_ports import Recordings
from hall.runtime.room import Room
from hall.session import commands as c
from hall.session.broadcast import sources
from hall.session.events import PresenceChanged
from hall.session.presence import ONLINE
from hall.session.register import MEDIA_GAP, NOT_WRITTEN, lasting_gap
from hall.session.roster import named_bidders
from hall.session.rules import Stage
from hall.session.state import OpeningState

GAP: Final = 2_000
"""ms without a picture from which it is missing."""

LAG: Final = 1_500
"""ms by which the index of what is written may be behind: a fragment, and the next reading of it."""

SETTLED: Final = 30_000
"""ms for which a picture is to be there again before its interval is over: a line that flaps is one entry."""

_OWED: Final = (Stage.OPENING, Stage.RECORD)


class Pictures:
    """The pictures of one opening. publishing: participants whose media arrive now, as the registry keeps them."""

    def __init__(
        self,
        room: Room[OpeningState],
        clock: Clock,
        recordings: Recordings,
        publishing: Set[str],
        say: Callable[[c.Note], None],
    ) -> None:
        self._room, self._clock = room, clock
        self._recordings, self._publishing, self._say = recordings, publishing, say
        self._back: dict[str, int] = {}  # participant -> since when its picture is there again, ms UTC
        self._missing: dict[
            str, int
        ] = {}  # participant -> what the look before found as the last of its picture

    def stopped(self, participant: str, at: int) -> None:
        """A media worker tells that nothing has come from a participant since `at`, ms UTC."""
        self._back.pop(participant, None)
        if self._room.state.stage not in (Stage.NEW, Stage.SCHEDULED, Stage.CLOSED):
            self._gone(participant, MEDIA_GAP, "nothing arrives", at)

    def came_back(self, participant: str) -> None:
        """A media worker tells that something comes from a participant."""
        if lasting_gap(self._room.state, participant) is not None:
            self._back.setdefault(participant, self._clock.now())

    def look(self) -> None:
        """Look at everybody who is owed a recording now."""
        state, now = self._room.state, self._clock.now()
        if state.stage not in _OWED or state.suspension is not None:
            return
        written: dict[str, int] = {}
        for file in self._recordings.files(state.scheduled.opening):
            written[file.participant] = max(written.get(file.participant, 0), file.end)
        missing: dict[str, int] = {}
        for participant, since in _expected(state, self._publishing).items():
            last = max(written.get(participant, 0), since)
            if now - last <= GAP + LAG:
                if participant in written:
                    self._present(participant, now)
                continue
            self._back.pop(participant, None)
            missing[participant] = last
            if self._missing.get(participant) != last:
                continue  # hall time may have been moved on a moment ago: the next look knows
            if participant in self._publishing:
                self._gone(participant, NOT_WRITTEN, "arrives and is not written", last)
            else:
                self._gone(participant, MEDIA_GAP, "online without a picture", last)
        self._missing = missing

    def _gone(self, participant: str, kind: str, detail: str, start: int) -> None:
        if lasting_gap(self._room.state, participant) is None:
            self._say(c.NoteGap(kind, participant, detail, start))

    def _present(self, participant: str, now: int) -> None:
        gap = lasting_gap(self._room.state, participant)
        if gap is None:
            self._back.pop(participant, None)
        elif now - (back := self._back.setdefault(participant, now)) >= SETTLED:
            del self._back[participant]
            self._say(c.NoteFaultEnded(gap.incident, back))


def _expected(state: OpeningState, publishing: Set[str]) -> dict[str, int]:
    """Participant → since when its picture is expected, ms UTC: every bidder in the room, and each source of the hall
    that sends. Who is not there is told by its presence; without any source the agenda does not go on."""
    last: dict[str, PresenceChanged] = {}
    for interval in state.presence:
        if interval.participant not in last or interval.start >= last[interval.participant].start:
            last[interval.participant] = interval
    bidders = [f"bidder-{b}" for b in sorted(named_bidders(state) & state.signed_in.keys())]
    found = {p: max(last[p].start, state.moved_at) for p in bidders if p in last and last[p].state == ONLINE}
    return found | {p: state.moved_at for p in sources(state) if p in publishing}
