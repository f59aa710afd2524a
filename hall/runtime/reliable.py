"""The reliable test (可靠测试) of clause 4.8 a: a form that real checks fill, never a person.

Each check uses the very parts that the opening will use when it goes on. A part that is broken fails its own line and
names itself; the others are still looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from hall.clock import Clock, machine_time
from hall.errors import HallError
from hall.runtime.health import STEP, Health
from hall.runtime.media_ports import MediaPlane, Recordings
from hall.runtime.ntp import time_service
from hall.runtime.ports import BidOpener, Journal, SealedStore
from hall.runtime.room import Room
from hall.session import commands as c
from hall.session import events as e
from hall.session.roster import all_announced
from hall.session.state import OpeningState

SLOW_APPEND_MS: Final = 2_000
"""An append that takes longer is no sign of a sound journal."""

STEADY_MS: Final = 60_000
"""How long the machine's clock is to have gone without a step."""


class ReliableTest:
    """Runs the six checks for one opening."""

    def __init__(
        self,
        room: Room[OpeningState],
        clock: Clock,
        health: Health,
        *,
        journal: Journal,
        sealed: SealedStore,
        opener: BidOpener,
        media: MediaPlane,
        recordings: Recordings,
    ) -> None:
        self._room = room
        self._clock = clock
        self._health = health
        self._journal = journal
        self._sealed = sealed
        self._opener = opener
        self._media = media
        self._recordings = recordings
        self._began = 0, 0.0

    async def run(self) -> tuple[e.CheckResult, ...]:
        """All checks, one after the other, so that each has the machine to itself."""
        checks: tuple[tuple[str, Callable[[], Awaitable[str]]], ...] = (
            ("journal", self._check_journal),
            ("storage", self._check_storage),
            ("clock", self._check_clock),
            ("recorder", self._check_recorder),
            ("sealing", self._check_sealing),
            ("call", self._check_call),
        )
        self._began = machine_time(), self._clock.monotonic()
        return tuple([await _filled(name, check) for name, check in checks])

    async def _check_journal(self) -> str:
        """A row is appended and read back from the store with the hash that was told."""
        heads = tuple(self._recordings.heads(self._opening))
        began = self._clock.monotonic()
        await self._room.submit(c.NoteRecordingHeads(heads, final=False), received_at=self._clock.now())
        took = int((self._clock.monotonic() - began) * 1000)
        leaf = self._room.leaf_of(lambda event: isinstance(event, e.RecordingHeads))
        marks = await self._journal.checkpoints(self._room.tender)
        known = marks[-1].size - 1 if marks else -1  # what a checkpoint covers need not be read again
        stored = [row.leaf for row in await self._journal.rows(self._room.tender, known)]
        if leaf == "" or leaf not in stored:
            raise _Failed("the appended row is not in the store")
        if took > SLOW_APPEND_MS:
            raise _Failed(f"an append took {took} ms")
        return f"appended in {took} ms, read back"

    async def _check_storage(self) -> str:
        """Every ciphertext of the opening is hashed again."""
        kept = [d for d in self._room.state.deposits if not d.superseded]
        damaged = [d.bidder for d in kept if await self._sealed.rehash(d.sha256) != d.sha256]
        # The form is read by everybody: until all lots are announced it tells neither who bid nor how many (Bidding
        # Law 22).
        announced = all_announced(self._room.state)
        if damaged:
            raise _Failed(f"damaged: {', '.join(damaged)}" if announced else "something is damaged")
        return f"{len(kept)} ciphertexts intact" if announced else "all ciphertexts intact"

    async def _check_clock(self) -> str:
        """The machine's clock goes its own course; what the time service says is written down, whatever it says."""
        since = self._clock.now() - STEADY_MS
        steps = [t for t in self._health.intervals if t.kind == "clock_step" and (t.end or 0) >= since]
        course = (machine_time() - self._began[0]) - int((self._clock.monotonic() - self._began[1]) * 1000)
        if steps or abs(course) > STEP:
            by = steps[-1].detail if steps else f"{course} ms"
            raise _Failed(f"the machine's clock stepped: {by}; {time_service_line()}")
        return f"steady; {time_service_line()}"

    async def _check_recorder(self) -> str:
        """Somebody's recording is being written now, the host's or any other source's; else the project owner has named
        one that is made elsewhere (clause 6.1)."""
        age = self._room.state.scheduled.rules.recorder_proof_age
        sources = dict.fromkeys(("host", *(head.participant for head in self._room.state.heads)))
        for source in sources:
            if self._recordings.prove(self._opening, source, self._clock.now(), age) is not None:
                return (
                    f"{source} is recorded" if all_announced(self._room.state) else "a recording is written"
                )
        media = self._room.state.media
        for named in media.externals:
            if named.named.recording == media.standing:
                return f"{media.standing}, made elsewhere: {named.named.name}"
        raise _Failed(
            "nobody's recording is written: let the host send picture and sound, or the project owner name a recording"
        )

    async def _check_sealing(self) -> str:
        """Something is sealed with keys of its own and opened in the pool, as a bid is."""
        await self._opener.loop_back(self._clock.now())
        return "sealed, signed, opened, verified"

    async def _check_call(self) -> str:
        """Sound goes through the media workers and back."""
        began = self._clock.monotonic()
        await self._media.test_call()
        return f"heard after {int((self._clock.monotonic() - began) * 1000)} ms"

    @property
    def _opening(self) -> str:
        return self._room.state.scheduled.opening


def time_service_line() -> str:
    """What the machine's time service says of its clock, in a line."""
    service = time_service()
    return "time service not readable" if service is None else f"time service {service}"


class _Failed(Exception):
    """A check found its part broken; the text says what."""


async def _filled(name: str, check: Callable[[], Awaitable[str]]) -> e.CheckResult:
    try:
        return e.CheckResult(name, True, await check())
    except _Failed as failed:
        return e.CheckResult(name, False, str(failed))
    except HallError as error:
        return e.CheckResult(name, False, error.code)
    except OSError as error:
        return e.CheckResult(name, False, error.strerror or type(error).__name__)
