"""The hall's own health as evidence (clauses 4.6, 4.7): what it measures about itself, so that nothing of its own
making is held against a bidder.

What lives here: the loop's lag, the journal's latency, steps of the machine's clock, loss of the machine's network, and
a durable heartbeat, from which the next start knows how long the hall was away. What may not: what follows from any of
it for an opening.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final, Protocol

from hall import tasks
from hall.clock import Clock, machine_time
from hall.runtime.heartbeat import Beat, Heartbeat
from hall.session.presence import OWN_LAG, OWN_STALL, Own

log = logging.getLogger("hall.health")

LOOK_EVERY: Final = 0.25
LAG: Final = OWN_LAG
"""Seconds of loop lag from which the hall no longer trusts its own ears."""

STALL: Final = OWN_STALL
"""Seconds of loop lag, or of one append, that are a fault of the platform."""

AFTERMATH: Final = 10.0
"""Seconds after a stall in which lines still break because of it."""

STEP: Final = 1000
"""ms by which the machine's clock may differ from its own course before it counts as a step."""

SERIOUS: Final = 10.0
"""Seconds of one stall or append from which openings stand still: always told."""

MOST_TOLD: Final = 6
"""Slow appends told per minute: each costs a row in every opening, and rows are what the disk is slow at."""

BEAT_EVERY: Final = 2.0
_MINUTE: Final = 60.0
_SECOND: Final = 1.0
_REMEMBERED: Final = 4096
_NETWORKS: Final = Path("/sys/class/net")

CLAUSES: Final = {
    "server_restart": "a",
    "server_stall": "a",
    "node_network": "a",
    "mass_drop": "f",
    "slow_append": "b",
    "clock_step": "b",
}
"""Kind of platform trouble -> the letter of clause 4.7 under which it is put down; people may see it otherwise."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A time in which the platform was not well. `kind`: a key of CLAUSES; times in ms UTC, `end` None: it lasts."""

    kind: str
    start: int
    end: int | None
    detail: str

    @property
    def clause(self) -> str:
        """The letter of clause 4.7."""
        return CLAUSES[self.kind]


class StartedClock(Clock, Protocol):
    """A clock that a start may set forward to where the last run ended."""

    def not_before(self, at_ms: int) -> None:
        """Make sure that hall time is at least `at_ms` from here on."""
        ...


class Health:
    """Measures from `open` to `close`.

    file: where the heartbeat lies. rehearsal: hall time may differ from the machine's; then the downtime is taken from
    the machine's clock and added to the hall time that was reached. wall: the machine's clock, ms UTC. networks: the
    names of the network interfaces that carry, or None where that can't be known.
    """

    def __init__(
        self,
        clock: StartedClock,
        file: Path,
        *,
        rehearsal: bool = False,
        wall: Callable[[], int] = machine_time,
        networks: Callable[[], frozenset[str] | None] | None = None,
    ) -> None:
        self.restart: Trouble | None = None
        """The absence before this start, from the last heartbeat to the boot; None if the hall never ran here."""

        self.lag = 0.0
        """The worst loop lag of the last second, in seconds."""

        self.append_latency = 0.0
        """What the journal's last append took, in seconds."""

        self._clock = clock
        self._rehearsal = rehearsal
        self._wall = wall
        self._networks = networks or carrying
        self._heart = Heartbeat(file)
        self._good = clock.now()
        self._intervals: deque[Trouble] = deque(maxlen=_REMEMBERED)
        self._stalls: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)  # monotonic (from, to) of lags
        self._looked = clock.monotonic()
        self._second = self._looked
        self._worst = 0.0
        self._course = self._wall() - int(self._looked * 1000)
        self._carried: frozenset[str] = frozenset()
        self._unplugged: tuple[float, Trouble] | None = None
        self._plugged_in = float("-inf")  # monotonic end of the last time without a network
        self._slow = False
        self._slow_until = float("-inf")  # monotonic end of the last slow append that was told
        self._slow_told: deque[float] = deque(maxlen=MOST_TOLD)  # monotonic moments
        self._listeners: list[Callable[[Trouble], None]] = []
        self._running: tuple[asyncio.Task[None], ...] = ()

    async def open(self) -> None:
        """Read how the last run ended, then begin to measure and to beat."""
        self.began(await asyncio.to_thread(self._heart.open))
        self._running = (tasks.start(self._look(), "health"), tasks.start(self._beat(), "durable heartbeat"))

    async def close(self) -> None:
        """Beat a last time: up to here the hall was there."""
        await tasks.stop(*self._running)
        await self._write()
        self._heart.close()

    def began(self, before: Beat | None) -> None:
        """Take up where the last run ended. `before`: its last heartbeat."""
        self._carried = self._networks() or frozenset()
        if before is None:
            return
        reached = before.at + (max(0, self._wall() - before.wall) if self._rehearsal else 0)
        self._clock.not_before(reached)
        boot = self._clock.now()
        self.restart = Trouble("server_restart", before.at, boot, f"away for {boot - before.at} ms")
        self._intervals.append(self.restart)
        self._good = before.at

    @property
    def last_good(self) -> int:
        """ms UTC of the last moment at which everything was well. A fault that shows now began after it."""
        return self._good

    @property
    def intervals(self) -> tuple[Trouble, ...]:
        """The hall's own troubles, oldest first: restart, stalls, slow appends, clock steps, loss of its network."""
        lasting = () if self._unplugged is None else (self._unplugged[1],)
        return (*self._intervals, *lasting)

    def listen(self, listener: Callable[[Trouble], None]) -> Callable[[], None]:
        """Call `listener(trouble)` when one shows, and again when a lasting one ends; gives the call that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def appended(self, seconds: float) -> None:
        """An append took so long. All openings wait for one and the same disk: what many of them waited for at the same
        time is told once, and again only where it goes on by a whole STALL."""
        self.append_latency = seconds
        self._slow = seconds >= STALL
        mono = self._clock.monotonic()
        if not self._slow or mono - max(self._slow_until, mono - seconds) < STALL:
            return
        often = len(self._slow_told) == MOST_TOLD and mono - self._slow_told[0] < _MINUTE
        if often and seconds < SERIOUS:
            return
        self._slow_until = mono
        self._slow_told.append(mono)
        now = self._clock.now()
        self._tell(Trouble("slow_append", now - int(seconds * 1000), now, f"{int(seconds * 1000)} ms"))

    def during(self, since: float) -> Own:
        """The hall's own condition from `since` (monotonic seconds) to now.

        A stall that is not yet over counts, and so does one shortly before: what was sent to the hall meanwhile is read
        after it, as if it had just come, and the goodbye of who was driven away comes right behind.
        """
        mono = self._clock.monotonic()
        lags = list(takewhile(lambda lag: lag[1] > since - AFTERMATH, reversed(self._stalls)))
        if mono - self._looked - LOOK_EVERY >= LAG:
            lags.append((self._looked + LOOK_EVERY, mono))
        stalled = sum((max(0.0, end - max(start, since)) for start, end in lags), 0.0)
        worst = max((end - start for start, end in lags), default=0.0)
        offline = self._unplugged is not None or self._plugged_in > since
        return Own(stalled, worst, offline)

    def look(self) -> None:
        """Measure once: called every LOOK_EVERY seconds, and whatever comes later is lag."""
        mono, now = self._clock.monotonic(), self._clock.now()
        lag = max(0.0, mono - self._looked - LOOK_EVERY)
        self._worst = max(self._worst, lag)
        if lag >= LAG:
            self._stalls.append((self._looked + LOOK_EVERY, mono))
        if lag >= STALL:
            self._tell(Trouble("server_stall", now - int(lag * 1000), now, f"{int(lag * 1000)} ms"))
        self._looked = mono
        if mono - self._second >= _SECOND:
            well = self._check_clock(mono, now) and self._check_network(mono, now)
            if well and self._worst < LAG and not self._slow and not self._heart.failed:
                self._good = now
            self.lag, self._worst, self._second = self._worst, 0.0, mono

    def _check_clock(self, mono: float, now: int) -> bool:
        course = self._wall() - int(mono * 1000)
        step, self._course = course - self._course, course
        if abs(step) > STEP:
            # Hall time does not follow a step (clause 4.1); people hear that the machine's clock is not to be trusted.
            self._tell(Trouble("clock_step", self._good, now, f"{step} ms"))
        return abs(step) <= STEP

    def _check_network(self, mono: float, now: int) -> bool:
        carrying = self._networks()
        if carrying is None or not self._carried:
            return True
        if not carrying & self._carried and self._unplugged is None:
            names = " ".join(sorted(self._carried))
            lasting = Trouble("node_network", self._good, None, f"no carrier: {names}")
            self._unplugged = (mono, lasting)
            self._publish(lasting)
        elif carrying & self._carried and self._unplugged is not None:
            _, lasting = self._unplugged
            self._unplugged, self._plugged_in = None, mono
            self._tell(Trouble(lasting.kind, lasting.start, now, lasting.detail))
        return self._unplugged is None

    def _tell(self, trouble: Trouble) -> None:
        self._intervals.append(trouble)
        self._publish(trouble)

    def _publish(self, trouble: Trouble) -> None:
        facts = {"kind": trouble.kind, "start": trouble.start, "end": trouble.end, "detail": trouble.detail}
        log.warning("the hall itself is not well", extra={"facts": facts})
        for listener in tuple(self._listeners):
            listener(trouble)

    async def _look(self) -> None:
        self._looked = self._second = self._clock.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self.look()

    async def _beat(self) -> None:
        while True:
            await self._write()
            await asyncio.sleep(BEAT_EVERY)

    async def _write(self) -> None:
        # A thread waits for the disk. A loop that stands still asks for no beat: that is what the next start reads.
        beat = Beat(self._clock.now(), self._wall())
        await asyncio.to_thread(self._heart.write, beat)


def carrying() -> frozenset[str] | None:
    """Names of the network interfaces that have a carrier, loopback left out; None on a system that does not say."""
    if not _NETWORKS.is_dir():
        return None
    found = set()
    for name in os.listdir(_NETWORKS):
        try:
            if name != "lo" and (_NETWORKS / name / "carrier").read_text().strip() == "1":
                found.add(name)
        except OSError:  # an interface that is down has no carrier to read, and one may go at any time
            continue
    return frozenset(found)
