"""Sending: a stream of notices is journalled with their exact words, and every channel is tried until it is served.

What is owed comes from elsewhere (`mailroom`, `matter_letters`); what is to be sent is computed from the stream. After
a crash both are computed again: a notice may arrive twice under one message id, never not at all. Nothing here tells
anybody to whom notices go: not the log, and not by how much stands in it (clause 5.3.2).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError, Refused, Unavailable
from hall.notifying import commands as c
from hall.notifying import decide as rules
from hall.notifying import events as e
from hall.notifying import owed as o
from hall.notifying.state import Mail, Notice, evolve
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor
from hall.runtime.machine import Machine
from hall.runtime.ports import Journal, Row
from hall.runtime.room import Room

log = logging.getLogger("hall.sending")

NOTIFYING: Final[Machine[Mail]] = Machine(
    initial=Mail(),
    decide=lambda state, command, actor, now: list(rules.decide(state, command, actor=actor, now=now)),
    evolve=lambda state, event, at: evolve(state, event),
    tick=rules.tick,
    next_deadline=rules.next_deadline,
    refusal=lambda state, command, actor, code: None,
)

_BATCH: Final = 32  # notices owed in one append: others want the loop too
_AT_ONCE: Final = 8  # attempts that run at the same time on one channel
_AFTER_A_FAULT: Final = 5.0  # seconds after which a look that failed is taken again
_LOOK_AGAIN: Final = 60.0  # seconds after which the time is looked at in any case


@dataclass(frozen=True, slots=True)
class Letter:
    """The exact words of a notice."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A channel took a letter over. message_id: its name there; answer: what the other side said."""

    message_id: str
    answer: str


class Channel(Protocol):
    """A way to a party beside its inbox: mail, a gateway of short messages."""

    async def send(self, notice: str, to: str, letter: Letter) -> Delivered:
        """Send to the address `to`. The same `notice` again is the same message, so that its reader sees one.

        Raises Unavailable (to be tried again) or Refused (never), with the other side's words in the fact `answer`.
        """
        ...

    def close(self) -> None:
        """Begin nothing more."""
        ...


class Writer(Protocol):
    """Finds the words."""

    def write(self, kind: str, facts: Sequence[e.Fact], head: Mapping[str, str], path: str) -> Letter: ...


class Contacts(Protocol):
    """The parties' addresses: personal items, which the journal names by digest only."""

    def digest(self, party: str) -> str:
        """Of the party's current contact, "" where none is known."""
        ...

    def reaches(self, party: str, channel: str) -> bool:
        """Whether the party's contact has an address for this channel."""
        ...

    async def address(self, digest: str, channel: str) -> str:
        """The address for a channel in a contact, "" when there is none or it was erased."""
        ...


@dataclass(frozen=True, slots=True)
class Post:
    """What all who send share. channels: beside the inbox, by name; each needs an address.

    known: ids of all bidders of the hall; name: a party's name; undelivered: told of each notice that a channel has
    given up, and after a restart told again.
    """

    writer: Writer
    channels: Mapping[str, Channel]
    contacts: Contacts
    known: Callable[[], Sequence[str]]
    name: Callable[[str], str]
    undelivered: Callable[[e.NoticeOwed, e.NoticeFailed], Awaitable[None]]


class Sender:
    """One stream of notices of a tender, and what is sent of it."""

    def __init__(self, tender: str, stream: str, post: Post, journal: Journal, clock: Clock) -> None:
        self.room: Room[Mail] = Room(tender, stream, NOTIFYING, journal, clock)
        self._post = post
        self._clock = clock
        self._busy: dict[rules.Send, asyncio.Task[None]] = {}
        self._turns = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(_AT_ONCE))
        self._down: set[str] = set()
        self._given_up: list[e.NoticeFailed] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ends: list[Callable[[], None]] = []

    async def open(self, rows: Sequence[tuple[Row, Any]] | None = None) -> None:
        """Replay, and take up whatever is to be sent now. rows: what the journal holds, for who has it at hand."""
        await self.room.open(rows=rows)
        self._happened([failed for known in self.room.state.notices.values() for failed in known.failed])
        self._ends.append(self.room.listen(self._happened))
        self._task = tasks.start(self._run(), f"notices {self.room.stream}")

    async def close(self) -> None:
        """Stop; what is still owed is in the journal."""
        for end in self._ends:
            end()
        await tasks.stop(self._task, *self._busy.values())
        await self.room.close()

    def wake(self) -> None:
        """Something has happened, or hall time has moved."""
        self._wake.set()

    async def owe(self, notices: Sequence[o.Owed]) -> None:
        """Owe notices that other parts of the hall have a cause for; known ones change nothing."""
        fresh = [owed for owed in notices if owed.notice not in self.room.state.notices]
        for at in range(0, len(fresh), _BATCH):
            written = tuple(self._written(owed) for owed in fresh[at : at + _BATCH])
            await self.room.submit(c.Owe(written), received_at=self._clock.now())

    async def read(self, notice: str, act: SignedAct | None, actor: Actor, received_at: int) -> Notice:
        """The addressee opens a notice. Raises NotPermitted("no_such_notice"), Refused."""
        nonce = act.client_nonce if act else ""
        await self.room.submit(c.Read(notice, act), received_at=received_at, actor=actor, nonce=nonce)
        return self.room.state.notices[notice]

    # what kinds of senders differ in

    async def _look(self) -> None:
        """Owe what has come to be owed since the last look."""

    async def _report_given_up(self) -> None:
        """Say which channels have given up which notices."""
        while self._given_up:
            failed = self._given_up[0]
            await self._post.undelivered(self.room.state.notices[failed.notice].owed, failed)
            self._given_up.pop(0)

    def _head(self, owed: o.Owed) -> Mapping[str, str]:
        """tender_name, tender_number and lot (its name or "") for the words."""
        raise NotImplementedError

    def _path(self, owed: o.Owed) -> str:
        """The page in the hall that a notice is about."""
        raise NotImplementedError

    def _next_look(self, now: int) -> int | None:
        """When time alone will owe something more, ms UTC."""
        return None

    # inside

    def _happened(self, events: Sequence[Any]) -> None:
        self._given_up += [x for x in events if isinstance(x, e.NoticeFailed) and x.retry_at is None]
        self.wake()

    async def _run(self) -> None:
        while not self.room.failed:
            self._wake.clear()
            try:
                await self._look()
                await self._report_given_up()
                self._take_up()
            except Unavailable:
                return  # the journal is gone: the process ends, and its next start computes all this again
            except Exception:
                log.exception("what is owed in %s is looked at again", self.room.stream)
                self._wake.clear()
                await asyncio.sleep(_AFTER_A_FAULT)
            await self._wait()

    def _written(self, owed: o.Owed) -> e.NoticeOwed:
        head = {"party": self._post.name(owed.party), **self._head(owed)}
        letter = self._post.writer.write(owed.kind, owed.facts, head, self._path(owed))
        reached = (name for name in self._post.channels if self._post.contacts.reaches(owed.party, name))
        return e.NoticeOwed(
            notice=owed.notice,
            kind=owed.kind,
            opening=owed.opening,
            lot=owed.lot,
            role=owed.role,
            party=owed.party,
            because=owed.because,
            facts=owed.facts,
            subject=letter.subject,
            text=letter.text,
            channels=(rules.INBOX, *reached),
            contact=self._post.contacts.digest(owed.party),
            due_at=owed.due_at,
            until=owed.until,
        )

    def _take_up(self) -> None:
        for duty in rules.duties(self.room.state, self._clock.now()):
            if duty not in self._busy:
                name = f"notice {self.room.tender}"  # not which one: a task's name may come into the log
                self._busy[duty] = tasks.start(self._work_off(duty), name)

    async def _work_off(self, duty: rules.Send) -> None:
        async with self._turns[duty.channel]:
            note = await self._attempt(duty)
        # Should the journal refuse the note, the duty stays busy: who can't write down what was sent sends no more.
        await self.room.submit(note, received_at=self._clock.now())
        del self._busy[duty]
        self.wake()

    async def _attempt(self, duty: rules.Send) -> c.NoteSent | c.NoteFailed:
        notice = self.room.state.notices[duty.notice]
        try:
            if not (to := await self._post.contacts.address(notice.owed.contact, duty.channel)):
                return c.NoteFailed(duty.notice, duty.channel, "no_address", "", final=True)  # it was erased
            if (channel := self._post.channels.get(duty.channel)) is None:
                raise Unavailable("channel_missing")  # it was taken out of the settings
            letter = Letter(notice.owed.subject, notice.owed.text)
            done = await channel.send(duty.notice, to, letter)
        except HallError as error:
            final = isinstance(error, Refused)
            self._note_health(duty.channel, up=final)
            answer = str(error.facts.get("answer", ""))
            return c.NoteFailed(duty.notice, duty.channel, error.code, answer, final)
        except Exception as error:
            # Not its text: that might name an address.
            self._note_health(duty.channel, up=False, why=type(error).__name__)
            return c.NoteFailed(duty.notice, duty.channel, "internal", "", final=False)
        self._note_health(duty.channel, up=True)
        return c.NoteSent(duty.notice, duty.channel, notice.sha256, done.message_id, done.answer)

    def _note_health(self, channel: str, *, up: bool, why: str = "") -> None:
        """One line when a channel goes down and one when it is back: a line an attempt would betray how many wait."""
        if up == (channel not in self._down):
            return
        facts = {"channel": channel, "why": why}
        if up:
            self._down.discard(channel)
            log.warning("a channel of notices is back", extra={"facts": facts})
        else:
            self._down.add(channel)
            log.error("a channel of notices does not answer; it is tried again", extra={"facts": facts})

    async def _wait(self) -> None:
        now = self._clock.now()
        moments = (rules.next_attempt(self.room.state, now), self._next_look(now))
        ahead = min((at - now for at in moments if at is not None), default=None)
        timeout = _LOOK_AGAIN if ahead is None else min(max(ahead, 1) / 1000, _LOOK_AGAIN)
        try:
            async with asyncio.timeout(timeout):  # `wait_for` of Python 3.11 can lose a cancellation
                await self._wake.wait()
        except TimeoutError:
            return
