"""Who is connected: feeds the pure presence tracker outside the inbox; only changes of state become commands.

One live connection per party and opening (clause 5.3.7). The same page that comes back takes its own place again;
another device takes it over by a signed act that carries the old connection's fencing number; another certificate is
refused. Presence never touches a countdown or a release (clause 4.6: offline alone never costs a bid).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hall import tasks
from hall.clock import Clock
from hall.errors import NotPermitted, Refused
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role, participant_of
from hall.runtime.health import BEAT_EVERY, CLAUSES, Health
from hall.runtime.room import Answer, Room
from hall.session import presence as p
from hall.session.commands import NotePresence, NoteRoomEmpty
from hall.session.events import ConnectionTaken, PostTaken, SubstituteAppointed
from hall.session.roster import holds_post, place_of
from hall.session.rules import Stage
from hall.session.state import OpeningState

log = logging.getLogger("hall.attendance")
SWEEP_EVERY: Final = 0.25
_REMEMBERED: Final = 60.0  # seconds for which a loss may still find company
_FAREWELL: Final = 5.0  # seconds for the last notes to become durable
_MOST_ARRIVALS: Final = 30
_ARRIVALS_WITHIN: Final = 60.0
"""So many connections in so many seconds: a client that tries as it should never comes near. Each costs rows."""

Platform = Callable[[str, str, int, int | None], None]
"""platform(kind, clause, start, end): trouble of the platform that showed in an opening (clause 4.7), ms UTC; `end` is
None while it lasts. The same kind and start are told again when it is over."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a connection comes from.

    `client`: the page's own id, made anew with each page and kept over its reconnects; `network`: the network of its
    address; `takeover`: the signed act by which it takes the place of a live one.
    """

    client: str
    network: str
    robot: bool
    takeover: SignedAct | None = None


@dataclass(slots=True)
class Connection:
    """A live socket of one party. `close(reason)` ends it: superseded by takeover or handover, or bye."""

    id: str
    fence: int
    actor: Actor
    page: Page
    close: Callable[[str], None]


@dataclass(slots=True)
class Losses:
    """What was lost lately, in all openings of the hall: mass drops know no rooms."""

    recent: deque[p.Loss] = field(default_factory=deque)
    _causes: dict[p.Loss, str] | None = None

    def cause(self, loss: p.Loss) -> str:
        """What the others that were lost with it say of its cause, "" if nothing."""
        if self._causes is None:
            self._causes = p.verdicts(self.recent)
        return self._causes.get(loss, "")

    def add(self, loss: p.Loss) -> None:
        """Remember a loss."""
        self._causes = None
        self.recent.append(loss)
        while self.recent and loss.mono - self.recent[0].mono > _REMEMBERED:
            self.recent.popleft()


class Attendance:
    """The connections of one opening. `losses` is shared by all openings of the hall."""

    def __init__(
        self, room: Room[OpeningState], clock: Clock, health: Health, losses: Losses, platform: Platform
    ) -> None:
        self._room = room
        self._clock = clock
        self._health = health
        self._losses = losses
        self._platform = platform
        self._live: dict[str, Connection] = {}  # by place
        self._places: dict[str, str] = {}  # connection -> its place
        self._tracked: dict[str, p.Tracked] = {}
        self._lost: dict[str, p.Loss] = {}  # participant -> the loss that its present silence began with
        self._dropped: dict[str, int] = {}  # participant -> start of the mass drop that it is part of
        # Each participant has numbers of its own: a common row of numbers would tell how many others there are.
        self._fences: dict[str, int] = {}
        self._arrivals: dict[str, deque[float]] = {}
        self._notes: set[asyncio.Future[Answer]] = set()
        self._boot = clock.now()
        self._opened = False
        self._task: asyncio.Task[None] | None = None
        self._unlisten: Callable[[], None] = lambda: None

    async def open(self) -> None:
        """Close the intervals that the hall's going left open, then watch."""
        self._boot = self._now()
        restart = self._health.restart
        last = self._room.last_at
        gone_at = last if restart is None else max(last, restart.start)
        for interval in self._room.state.presence:
            number = self._fences.get(interval.participant, 0)
            self._fences[interval.participant] = max(number, interval.connection)
            if interval.end is None:
                doubt = int(BEAT_EVERY * 1000)
                self._change(
                    *p.restored(interval, gone_at=gone_at, uncertainty=doubt, mono=self._mono()),
                )
        self._unlisten = self._room.listen(self._happened)
        self._opened = True
        self._watch()

    async def close(self) -> None:
        """The hall goes: whoever is there is away by its doing from now on. Returns when that is durable."""
        self._unlisten()
        self._opened = False
        self._unlisten = lambda: None  # a hall may be closed twice: by who stops it, and by its context
        await tasks.stop(self._task)
        self._live.clear()
        self._places.clear()
        for tracked in tuple(self._tracked.values()):
            self._change(*p.left(tracked, "server_restart", mono=self._mono(), now=self._now(), own=p.Own()))
        if self._notes:
            _, late = await asyncio.wait(self._notes, timeout=_FAREWELL)
            if late:
                log.error("the last notes of %s did not become durable", self._room.stream)

    def check_seat(self, actor: Actor, page: Page) -> str:
        """Say by what right a connection may take its place now: "" (it is free, or its own), handover, takeover.

        Raises NotPermitted: "handed_over" (a robot where a person is), "opening_closed" (a bidder after the close),
        "other_certificate_live"; Refused("takeover_needed", fence=…).
        """
        if self._room.state.stage is Stage.CLOSED and actor.role is Role.BIDDER:
            raise NotPermitted("opening_closed")
        place = self.place(actor)
        live, tracked = self._live.get(place), self._tracked.get(place)
        if live is None or tracked is None or _same_page(live, actor, page):
            return ""
        if page.robot and not live.page.robot:
            raise NotPermitted("handed_over")
        if tracked.state == p.OFFLINE or self._room.state.stage is Stage.CLOSED:
            return ""  # nobody is live, or nothing is left to be present at
        if live.actor.certificate != actor.certificate:
            return self._other_certificate(actor)
        if (live.page.robot and not page.robot) or place != participant_of(actor):
            return "handover"  # a deputy that looks on signs nothing: the page that came last has its place
        if not self._taken(live, page.takeover):
            raise Refused("takeover_needed", fence=live.fence)
        return "takeover"

    def takes_over(self, actor: Actor, page: Page) -> bool:
        """Whether the page's takeover act is good for the connection that is live now, and so worth a row."""
        live = self._live.get(self.place(actor))
        if page.takeover is None or live is None or _same_page(live, actor, page):
            return False
        fenced = page.takeover.type == "take_over" and page.takeover.body_json() == {"fence": live.fence}
        return fenced and live.actor.certificate == actor.certificate

    def connected(self, actor: Actor, connection: str, close: Callable[[str], None], page: Page) -> int:
        """A connection joins; gives its fencing number.

        Raises what `check_seat` raises, and Refused("too_many_questions") for who comes again and again.
        """
        right = self.check_seat(actor, page)
        place = self.place(actor)
        self._count_arrival(place)
        return self._sit(place, actor, connection, close, page, right)

    def _sit(
        self, place: str, actor: Actor, connection: str, close: Callable[[str], None], page: Page, right: str
    ) -> int:
        """Take a place by `right`; whoever is live there is told when that is durable."""
        before = self._live.get(place)
        number = self._fences[place] = self._fences.get(place, 0) + 1
        self._live[place] = Connection(connection, number, actor, page, close)
        if before is not None:
            self._places.pop(before.id, None)
        self._places[connection] = place
        seat = p.Seat(place, number, actor.certificate, page.network)
        proof = f"takeover:{page.takeover.body_digest}" if right == "takeover" and page.takeover else right
        tracked, mono = self._tracked.get(place), self._mono()
        own = p.OWN_WELL if tracked is None else self._health.during(tracked.alive_mono)
        durable = self._change(*p.arrived(seat, tracked, mono=mono, now=self._now(), own=own, proof=proof))
        if before is not None and before.id != connection and durable is not None:
            # The old one hears of it when the new one is durable, and not before.
            durable.add_done_callback(lambda done: _close(before, right or "takeover", done))
        return number

    def place(self, actor: Actor) -> str:
        """The participant as which `actor` is present now; see `place_of`."""
        return place_of(self._room.state, actor)

    def _happened(self, events: Sequence[Any]) -> None:
        """Clause 5.3.1: a deputy that has taken the post sits in its place from now on, and the former holder leaves
        it."""
        self._watch()
        if not any(isinstance(event, PostTaken | SubstituteAppointed) for event in events):
            return
        for seated, one in tuple(self._live.items()):
            place = self.place(one.actor)
            if place == seated or not holds_post(self._room.state, one.actor):
                continue
            del self._live[seated]
            tracked, mono = self._tracked[seated], self._mono()
            self._change(*p.left(tracked, "removed", mono=mono, now=self._now(), own=p.Own()))
            self._sit(place, one.actor, one.id, one.close, one.page, "handover")

    def beat(self, actor: Actor, connection: str) -> None:
        """The answer to a heartbeat, from the connection that is live."""
        if (tracked := self._own(connection)) is not None:
            self._change(*p.beat(tracked, mono=self._mono(), now=self._now()))

    def hinted(self, actor: Actor, connection: str, kind: str, gap_ms: int) -> None:
        """What the page told of itself: hidden, visible, freeze, resume, or woke after `gap_ms` of sleep."""
        if (tracked := self._own(connection)) is not None:
            self._change(*p.hinted(tracked, kind, gap_ms, now=self._now()))

    def media_alive(self, participant: str) -> None:
        """Packets of the participant's picture or sound are arriving."""
        if (tracked := self._tracked.get(participant)) is not None:
            self._tracked[participant] = p.media_seen(tracked, mono=self._mono(), now=self._now())

    def left(self, actor: Actor, connection: str, cause: str) -> None:
        """The live connection is gone (client_left, transport_closed, removed); a superseded one changes nothing."""
        if (tracked := self._own(connection)) is None:
            return
        participant = self._places.pop(connection)
        del self._live[participant]
        own = self._health.during(tracked.alive_mono)
        self._change(*p.left(tracked, cause, mono=self._mono(), now=self._now(), own=own))
        if cause == "transport_closed" and participant not in self._lost:
            self._lose(self._tracked[participant], self._mono())
            self._judge()
        self._lead_out()

    def is_live(self, actor: Actor, connection: str) -> bool:
        """Whether this connection is the live one of its party."""
        return self._own(connection) is not None

    def _own(self, connection: str) -> p.Tracked | None:
        place = self._places.get(connection)
        return None if place is None else self._tracked.get(place)

    def _other_certificate(self, actor: Actor) -> str:
        """A post may have gone to somebody else meanwhile: the new holder enters. Nobody else's other key does."""
        if not holds_post(self._room.state, actor):
            raise NotPermitted("other_certificate_live")
        return "handover"

    def _count_arrival(self, participant: str) -> None:
        mono = self._mono()
        recent = self._arrivals.setdefault(participant, deque())
        while recent and mono - recent[0] > _ARRIVALS_WITHIN:
            recent.popleft()
        if len(recent) >= _MOST_ARRIVALS:
            raise Refused("too_many_questions")
        recent.append(mono)

    def _taken(self, live: Connection, act: SignedAct | None) -> bool:
        """Whether `act` is the durable takeover of this very connection: the fencing number makes it good only once."""
        if act is None:
            return False
        participant = participant_of(live.actor)
        return any(
            isinstance(event, ConnectionTaken)
            and (event.participant, event.fence) == (participant, live.fence)
            and (event.act.client_nonce, event.act.certificate) == (act.client_nonce, live.actor.certificate)
            for _, _, event in reversed(self._room.entries)
        )

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

    @property
    def _somebody(self) -> bool:
        """Whether there is anybody to look at, or to lead out: weeks before its day nobody is."""
        return bool(self._tracked) or self._room.state.stage is Stage.LEAVING

    def _watch(self) -> None:
        if self._opened and self._somebody and (self._task is None or self._task.done()):
            self._task = tasks.start(self._sweep(), f"attendance {self._room.stream}")

    async def _sweep(self) -> None:
        while self._somebody:
            await asyncio.sleep(SWEEP_EVERY)
            self.sweep()

    def sweep(self) -> None:
        """Look at everybody once: who has been silent too long, who fell silent together, who is not back yet."""
        mono, now = self._mono(), self._now()
        for tracked in tuple(self._tracked.values()):
            own = self._health.during(tracked.alive_mono)
            self._change(*p.swept(tracked, mono=mono, now=now, own=own))
            after = self._tracked[tracked.participant]
            if tracked.state == p.ONLINE and after.state == p.SUSPECT:
                self._lose(after, after.alive_mono)
            self._change(*p.still_away(after, boot=self._boot, mono=mono))
        self._judge()
        self._lead_out()

    def _lose(self, tracked: p.Tracked, mono: float) -> None:
        loss = p.Loss(tracked.participant, tracked.seat.network, mono)
        self._lost[tracked.participant] = loss
        self._losses.add(loss)

    def _judge(self) -> None:
        """See the silences that go on in the light of all that were lost with them."""
        for participant, loss in tuple(self._lost.items()):
            if cause := self._losses.cause(loss):
                self._change(*p.judged(self._tracked[participant], cause))
            if self._tracked[participant].cause == "mass_drop" and participant not in self._dropped:
                start = min(self._dropped.values(), default=self._tracked[participant].since)
                if not self._dropped:
                    self._platform("mass_drop", CLAUSES["mass_drop"], start, None)
                self._dropped[participant] = start

    def _back(self, participant: str) -> None:
        """A silence is over; when the last of a mass drop is back, the drop is."""
        self._lost.pop(participant, None)
        start = self._dropped.pop(participant, None)
        if start is not None and not self._dropped:
            self._platform("mass_drop", CLAUSES["mass_drop"], start, self._now())

    def _change(self, tracked: p.Tracked, notes: list[NotePresence]) -> asyncio.Future[Answer] | None:
        """Adopt a change and journal its notes; gives the last note's answer."""
        self._tracked[tracked.participant] = tracked
        self._watch()
        if tracked.state == p.ONLINE and tracked.participant in self._lost:
            self._back(tracked.participant)
        answer = None
        for note in notes:
            answer = self._note(note)
        return answer

    def _note(self, note: NotePresence) -> asyncio.Future[Answer] | None:
        if self._room.failed:
            return None
        answer = self._room.submit(note, received_at=self._now())
        self._notes.add(answer)
        answer.add_done_callback(self._noted)
        return answer

    def _noted(self, answer: asyncio.Future[Answer]) -> None:
        self._notes.discard(answer)
        if not answer.cancelled():
            answer.exception()

    def _now(self) -> int:
        return self._clock.now()

    def _mono(self) -> float:
        return self._clock.monotonic()


def _same_page(live: Connection, actor: Actor, page: Page) -> bool:
    return live.page.client == page.client and live.actor.certificate == actor.certificate


def _close(old: Connection, reason: str, durable: asyncio.Future[Answer]) -> None:
    if not durable.cancelled() and durable.exception() is None:
        old.close(reason)
