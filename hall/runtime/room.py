"""One room: one inbox, one task, one stream of the journal.

Decide → append durably → evolve → publish. Nobody is told before the append, a refusal changes nothing, and
a room is
recovered by folding its rows: there is no second way to change its state. The room knows no socket and no
rule.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError, Refused, Unavailable
from hall.procurement.parties import SYSTEM, Actor
from hall.runtime.machine import Machine
from hall.runtime.ports import Append, Journal, KeptState, NewEvent, PersonalItem, ReleasedKey, Row

S = TypeVar("S")
log = logging.getLogger("hall.room")
_BREATH = 0.05
KEEP_AFTER = 60.0
"""Seconds after which the state of a room that rests is kept."""

SLEEP_AFTER = 600.0
"""Seconds after which a kept room whose rows nobody wants forgets them."""

_FOLDED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command led to: the rows it appended, and the receipt time that counted."""

    received_at: int
    rows: tuple[Row, ...]

    @property
    def kinds(self) -> list[str]:
        """What happened, by name."""
        return [row.kind for row in self.rows]

    @property
    def leaf(self) -> str:
        """Leaf hash of the row that holds the act, "" where nothing was appended."""
        return next((row.leaf for row in self.rows if "act" in row.body), "")


@dataclass(slots=True)
class _Message:
    received_at: int
    command: Any
    actor: Actor | None
    nonce: str
    released_keys: tuple[ReleasedKey, ...]
    personal: tuple[PersonalItem, ...]
    answer: asyncio.Future[Answer]


@dataclass(slots=True)
class _Planned:
    """What one message leads to, on the working copy; a refusal is told only when everything before it is durable."""

    message: _Message | None
    ticks: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    error: HallError | None = None


class Room(Generic[S]):
    """Runs one machine over one stream.

    A room that rests may be opened from its kept state alone, or forget its rows later: it is asleep then, and `recall`
    loads them.
    """

    def __init__(self, tender: str, stream: str, machine: Machine[S], journal: Journal, clock: Clock) -> None:
        self.tender = tender
        self.stream = stream
        self.state: S = machine.initial
        self.asleep = False
        self._entries: list[tuple[int, str, Any]] = []
        self._leaves: list[str] = []
        self.failed = False
        self._machine = machine
        self._journal = journal
        self._clock = clock
        self._seq = 0
        self._answers: dict[tuple[str, str], Answer] = {}
        self._inbox: list[_Message] = []
        self._reserved: list[int] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()
        self._last_at = 0
        self._task: asyncio.Task[None] | None = None
        self._kept = 0
        self._used = clock.monotonic()
        self._idle = False
        self._keeping: asyncio.Task[None] | None = None
        self._recalling: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[Sequence[Any]], None]] = []

    async def open(
        self, kept: KeptState | None = None, rows: Sequence[tuple[Row, Any]] | None = None
    ) -> None:
        """Fold what the journal holds, or take up the state that was `kept` of it; then start to work.

        rows: what the journal holds, for who has it at hand.
        """
        if kept is None:
            await self._replay(await self._journal.load(self.stream) if rows is None else rows)
            self._keep_soon()
        else:
            self.state, self._seq, self._last_at = cast(S, kept.state), kept.seq, kept.at
            self._kept, self.asleep = kept.seq, True
        self._task = tasks.start(self._run(), f"room {self.stream}")

    async def close(self) -> None:
        """Stop working; what was accepted is in the journal."""
        await tasks.stop(self._task, self._keeping, self._recalling)
        for message in self._inbox:
            message.answer.cancel()

    @property
    def entries(self) -> list[tuple[int, str, Any]]:
        """(received_at, actor key, event) of every row so far. Raises Unavailable("room_asleep"): it wakes up."""
        if self.asleep:
            tasks.start(self.recall(), f"recall {self.stream}")
            raise Unavailable("room_asleep", stream=self.stream)
        self._used = self._clock.monotonic()
        return self._entries

    @property
    def last_at(self) -> int:
        """Receipt time of the last row in ms UTC, 0 without any."""
        return self._last_at

    @property
    def quiet(self) -> bool:
        """Whether it works on nothing, and nobody holds its time back."""
        return self._idle and not self._inbox and not self._reserved

    async def recall(self) -> None:
        """Load the rows of a room that is asleep; nothing for one that is awake."""
        self._used = self._clock.monotonic()
        if not self.asleep:
            return
        if self._recalling is None or self._recalling.done():
            self._recalling = tasks.start(self._wake_up(), f"recall {self.stream}")
        await asyncio.shield(self._recalling)

    def doze(self) -> None:
        """Forget the rows of a room that rests, once its state is kept and nobody has wanted them for long."""
        unwanted = self._clock.monotonic() - self._used >= SLEEP_AFTER
        if self._idle and not self._inbox and 0 < self._kept == self._seq and unwanted and not self.asleep:
            self.asleep, self._entries, self._leaves, self._answers = True, [], [], {}

    async def _wake_up(self) -> None:
        rows, kept = await self._journal.load(self.stream), self.state
        await self._replay(rows)
        self.asleep = False
        if self.state != kept:
            log.critical("the kept state of %s was not the one of its rows; the rows count", self.stream)

    async def _replay(self, rows: Sequence[tuple[Row, Any]]) -> None:
        """Fold the rows; what they make is there all at once, whoever else has a turn meanwhile."""
        state = self._machine.initial
        for number, (row, event) in enumerate(rows, 1):
            state = self._machine.evolve(state, event, row.received_at)
            if number % _FOLDED_AT_ONCE == 0:
                await asyncio.sleep(0)
        self.state = state
        for row, event in rows:
            self._note(row, event)

    def _keep_soon(self) -> None:
        """Keep the state of a room that rests, once all who listen have long done what follows from its last row."""
        if self._machine.rests(self.state) and (self._keeping is None or self._keeping.done()):
            self._keeping = tasks.start(self._keep(), f"keep {self.stream}")

    async def _keep(self) -> None:
        seq = 0
        while seq != self._seq:
            seq = self._seq
            await asyncio.sleep(KEEP_AFTER)
        if self._machine.rests(self.state) and not self.failed:
            try:
                await self._journal.keep_state(self.stream, KeptState(seq, self._last_at, self.state))
                self._kept = seq
            except Unavailable as error:
                log.warning("the state of %s could not be kept: %s", self.stream, error)

    def listen(self, listener: Callable[[Sequence[Any]], None]) -> Callable[[], None]:
        """Call `listener(events)` after each durable append; gives the call that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def submit(
        self,
        command: Any,
        *,
        received_at: int,
        actor: Actor | None = None,
        nonce: str = "",
        released_keys: Sequence[ReleasedKey] = (),
        personal: Sequence[PersonalItem] = (),
    ) -> asyncio.Future[Answer]:
        """Put a command into the inbox, with no await between its stamp and here.

        The future gives the Answer once it is durable, or raises what `decide` raised; Unavailable when the
        journal is gone.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self.failed:
            answer.set_exception(Unavailable("journal_failed"))
            return answer
        kept = tuple(released_keys)
        message = _Message(received_at, command, actor, nonce, kept, tuple(personal), answer)
        self._inbox.append(message)
        self._wake.set()
        return answer

    @contextmanager
    def reserved(self, received_at: int) -> Iterator[None]:
        """Hold time back at `received_at` while something stamped then is still being read and hashed.

        A tick is taken only when no earlier stamp waits: a deposit whose last byte came in time is not
        overtaken by
        the deadline while the hall hashes it (clause 5.2.2).
        """
        self._reserved.append(received_at)
        try:
            yield
        finally:
            self._reserved.remove(received_at)
            self._wake.set()
            for freed in self._waiting:
                if not freed.done():
                    freed.set_result(None)
            self._waiting.clear()

    async def clear_of(self, before: int) -> None:
        """Return when nothing stamped earlier than `before` (ms UTC) is still being read; with no await in between,
        whatever is submitted then comes after all of it."""
        while any(stamp < before for stamp in self._reserved):
            freed = asyncio.get_running_loop().create_future()
            self._waiting.append(freed)
            await freed

    def _time(self, at: int) -> int:
        return min([at, *self._reserved])

    def leaf_of(self, wanted: Callable[[Any], bool]) -> str:
        """Leaf hash of the last row whose event is wanted, "" if there is none."""
        pairs = zip(reversed(self.entries), reversed(self._leaves), strict=True)
        return next((leaf for (_, _, event), leaf in pairs if wanted(event)), "")

    async def _run(self) -> None:
        while True:
            self._idle = True
            await self._wait()
            self._idle = False
            batch = sorted(self._inbox, key=lambda message: message.received_at)
            self._inbox.clear()
            self._wake.clear()
            try:
                await self._work(batch)
            except Exception as error:
                self._fail(batch, error)
                raise

    async def _wait(self) -> None:
        if self._inbox:
            return
        due = self._machine.next_deadline(self.state)
        if due is None or due > self._time(due):
            await self._wake.wait()
            return
        # Hall time can be moved forward in rehearsals: then the listener wakes the room again.
        ahead = (due - self._clock.now()) / 1000
        if ahead > 0:
            try:
                # Not wait_for: in Python 3.11 it can swallow a cancellation that meets the wake: `close` would hang.
                async with asyncio.timeout(min(ahead, 3600)):
                    await self._wake.wait()
            except TimeoutError:
                return

    def wake(self) -> None:
        """Look at the clock again: hall time has moved."""
        self._wake.set()

    async def _work(self, batch: list[_Message]) -> None:
        """One commit for everything that waited, in the order of the stamps; time is let in before each command."""
        if batch or (self.asleep and self._machine.tick(self.state, self._time(self._clock.now()))):
            await self.recall()  # whoever speaks to a room that is asleep may have been answered long ago
        working, plans, asked = self.state, [], dict[tuple[str, str], _Planned]()
        for message in batch:
            plan = self._plan(working, message, asked)
            plans.append(plan)
            working = self._fold(working, [*plan.ticks, *plan.events], message.received_at)
        now = self._clock.now()
        plans.append(_Planned(None, ticks=self._machine.tick(working, self._time(now))))
        appends = [append for plan in plans for append in self._appends(plan, now)]
        if appends:
            rows = await self._journal.append_many(self._in_sequence(appends))
            for append, stored in zip(appends, rows, strict=True):
                self._adopt(stored, [new.event for new in append.events])
        for plan in plans:
            self._tell(plan)
        if appends:
            self._publish([new.event for append in appends for new in append.events])
            self._keep_soon()
        elif not batch:
            await asyncio.sleep(_BREATH)  # what seemed due was not: look again, but let others run

    def _plan(self, state: S, message: _Message, asked: dict[tuple[str, str], _Planned]) -> _Planned:
        key = _key(message.actor, message.nonce)
        if message.nonce and key in self._answers:
            return _Planned(message)  # the same command again gets the first answer
        if message.nonce and key in asked:
            return _Planned(message, error=asked[key].error)  # also within one batch, also if it was refused
        first = self._machine.first(message.command)
        plan = _Planned(message, [] if first else self._machine.tick(state, self._time(message.received_at)))
        if message.nonce:
            asked[key] = plan
        state = self._fold(state, plan.ticks, message.received_at)
        try:
            plan.events = self._machine.decide(state, message.command, message.actor, message.received_at)
        except HallError as error:
            plan.error = error
            if isinstance(error, Refused) and error.weighty:
                refusal = self._machine.refusal(state, message.command, message.actor, error.code)
                plan.events = [] if refusal is None else [refusal]
        except Exception:
            # A fault of the rules concerns this command alone: nothing has happened, and the opening goes on.
            log.exception("%s could not decide %s", self.stream, type(message.command).__name__)
            plan.error = HallError("internal")
        return plan

    def _fold(self, state: S, events: Sequence[Any], at: int) -> S:
        for event in events:
            state = self._machine.evolve(state, event, at)
        return state

    def _appends(self, plan: _Planned, now: int) -> list[Append]:
        message = plan.message
        at = message.received_at if message else now
        appends = []
        if plan.ticks:
            ticks = [NewEvent(at, SYSTEM, "", event) for event in plan.ticks]
            appends.append(Append(self.tender, self.stream, 0, ticks))
        if plan.events and message is not None:
            refused = plan.error is not None
            actor = message.actor.key if message.actor else SYSTEM
            new = [NewEvent(at, actor, "" if refused else message.nonce, event) for event in plan.events]
            keys, personal = ((), ()) if refused else (message.released_keys, message.personal)
            appends.append(Append(self.tender, self.stream, 0, new, keys, personal))
        return appends

    def _in_sequence(self, appends: list[Append]) -> list[Append]:
        seq, placed = self._seq, []
        for append in appends:
            placed.append(replace(append, expected_seq=seq))
            seq += len(append.events)
        return placed

    def _adopt(self, rows: Sequence[Row], events: Sequence[Any]) -> None:
        for row, event in zip(rows, events, strict=True):
            self.state = self._machine.evolve(self.state, event, row.received_at)
            self._note(row, event)

    def _note(self, row: Row, event: Any) -> None:
        self._seq = row.seq
        self._last_at = max(self._last_at, row.received_at)
        self._entries.append((row.received_at, row.actor, event))
        self._leaves.append(row.leaf)
        if row.nonce:
            before = self._answers.get((row.actor, row.nonce))
            rows_so_far = (*before.rows, row) if before else (row,)
            self._answers[(row.actor, row.nonce)] = Answer(row.received_at, rows_so_far)

    def _tell(self, plan: _Planned) -> None:
        message = plan.message
        if message is None or message.answer.done():
            return
        if plan.error is not None:
            message.answer.set_exception(plan.error)
        else:
            key = _key(message.actor, message.nonce)
            nothing = Answer(message.received_at, ())
            message.answer.set_result(self._answers.get(key, nothing) if message.nonce else nothing)

    def _publish(self, events: Sequence[Any]) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(events)
            except Exception:
                # A listener is a view of the room; its failure must not stop the opening.
                log.exception("a listener of %s failed", self.stream)

    def _fail(self, batch: list[_Message], error: Exception) -> None:
        """Nobody is told yes, and nothing more is accepted: what the journal holds is the truth, a restart reads it."""
        self.failed = True
        log.critical("room %s stops: %s", self.stream, error)
        for message in (*batch, *self._inbox):
            if not message.answer.done():
                message.answer.set_exception(Unavailable("journal_failed"))


def _key(actor: Actor | None, nonce: str) -> tuple[str, str]:
    return (actor.key if actor else SYSTEM, nonce)
