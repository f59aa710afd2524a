"""The procedures around the openings: for each tender the rooms of its matters, opened when somebody wants them.

Signed acts go in, acknowledgements and views come out; what one stream owes another is delivered as it becomes owed.
What may not live here: a rule of any matter, HTTP, disk.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from hall import tasks, wire
from hall.centre.state import CentreState
from hall.clock import HallClock
from hall.errors import HallError, NotPermitted, Refused
from hall.procurement.acts import SignedAct
from hall.procurement.calendar import WorkingDays
from hall.procurement.matter import HALL, PUBLIC, Look, seat
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Mode
from hall.runtime.centre_matter import CENTRE
from hall.runtime.matter import Matter, Owed, States
from hall.runtime.ports import Certificates, Journal, PersonalItem, Seals
from hall.runtime.registry import Opening, Registry
from hall.runtime.revocation import Revocations
from hall.runtime.room import Answer, Room
from hall.runtime.seats import Person
from hall.session.events import ClockAdvanced
from hall.tendering.state import TenderState

log = logging.getLogger("hall.procedure")

RETRY_AFTER: Final = 1.0
LOOK_EVERY: Final = 60.0
IDLE_AFTER: Final = 600.0
"""Seconds after which a tender's rooms that nobody asked for, and that wait for no moment, are let go."""

_FIRST_LOOK: Final = 2.0  # seconds after the start
_BREATH: Final = 0.02  # seconds between two tenders that are opened behind the running hall


class Procedure:
    """The rooms of one tender's matters, and the delivery of what they owe each other."""

    def __init__(
        self,
        tender: str,
        registry: Registry,
        journal: Journal,
        clock: HallClock,
        matters: Sequence[Matter[Any]],
        owed: Sequence[Owed],
        calendar: Callable[[], WorkingDays] = WorkingDays,
    ) -> None:
        self.tender = tender
        self._calendar = calendar
        self.rooms: dict[str, Room[Any]] = {
            matter.name: Room(tender, f"{matter.name}/{tender}", matter.machine, journal, clock)
            for matter in matters
        }
        self.used = clock.monotonic()
        self._registry = registry
        self._clock = clock
        self._matters = {matter.name: matter for matter in matters}
        self._owed = owed
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Replay every room; deliver what is owed, now and from now on."""
        for room in self.rooms.values():
            await room.open()
            self._clock.not_before(room.last_at)
            room.listen(lambda _: self.take_up())
        self.take_up()

    async def close(self) -> None:
        """Stop; what is owed is owed after the next start."""
        await tasks.stop(self._task)
        for room in self.rooms.values():
            await room.close()

    @property
    def failed(self) -> bool:
        return any(room.failed for room in self.rooms.values())

    @property
    def waits(self) -> bool:
        """Whether time or something owed may change it by itself."""
        if self._task is not None and not self._task.done():
            return True
        ahead = (self._matters[name].machine.next_deadline(room.state) for name, room in self.rooms.items())
        return any(moment is not None for moment in ahead)

    def states(self) -> States:
        """See `matter.Procedure`."""
        tendering = self._registry.tenderings.get(self.tender)
        before = tendering.state if tendering is not None and tendering.state.plan is not None else None
        live = None if before is None else self._registry.openings.get(before.published.opening)
        during = live.room.state if live is not None and live.room.state.plan is not None else None
        found = {name: room.state for name, room in self.rooms.items()}
        return States(self.tender, before, during, found, self._calendar())

    async def submit(self, matter: str, command: Any) -> None:
        """See `matter.Procedure`."""
        await self.rooms[matter].submit(command, received_at=self._clock.now())

    def take_up(self) -> None:
        """Something of this tender has changed."""
        if self._next() is not None and (self._task is None or self._task.done()):
            self._task = tasks.start(self._keep_trying(), f"what is owed in {self.tender}")

    async def settle(self) -> None:
        """Deliver all that is owed now. Raises what a room or an adapter answers."""
        while (found := self._next()) is not None:
            owed, what = found
            await owed.do(self, what)

    def _next(self) -> tuple[Owed, Any] | None:
        states = self.states()
        found = ((owed, owed.owed(states)) for owed in self._owed)
        return next(((owed, what) for owed, what in found if what is not None), None)

    async def _keep_trying(self) -> None:
        while not self.failed:
            try:
                await self.settle()
            except HallError as error:
                log.error("what is owed in %s waits: %s", self.tender, error)
                await asyncio.sleep(RETRY_AFTER)
            else:
                return


class Procedures:
    """What the doors may ask of the matters of all tenders. matters, owed: the tables; origin: the hall's."""

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        clock: HallClock,
        *,
        certificates: Certificates,
        revocations: Revocations,
        seals: Seals,
        matters: Sequence[Matter[Any]],
        owed: Sequence[Owed],
        origin: str,
        mode: Mode,
    ) -> None:
        self.registry = registry
        self.clock = clock
        self.journal = journal
        self.origin = origin
        self.mode = mode
        self._certificates = certificates
        self._revocations = revocations
        self._seals = seals
        self._matters = {matter.name: matter for matter in matters}
        self._owed = list(owed)
        self._open: dict[str, asyncio.Task[Procedure]] = {}
        self._looking: asyncio.Task[None] | None = None

    def owe(self, *owed: Owed) -> None:
        """Owe more: what an adapter delivers. Before `open`."""
        self._owed.extend(owed)

    async def open(self) -> None:
        """Follow the openings, and take up what is not at rest behind the running hall; the hall's own matters, such as
        the trading centre, are open from the start."""
        await self.procedure(HALL)
        self.registry.followers.append(self._follow)
        for live in [live for live in self.registry.openings.values() if not live.room.asleep]:
            await self._follow(self.registry.tenderings[live.room.tender], live)
        self._looking = tasks.start(self._look(), "procedures")

    async def close(self) -> None:
        """Stop every room."""
        self.registry.followers.remove(self._follow)
        await tasks.stop(self._looking)
        for opening in self._open.values():
            await (await opening).close()

    @property
    def failed(self) -> bool:
        """Whether a stream takes no more: the process is to end."""
        return any(one.failed for one in self._here())

    def centre(self) -> CentreState:
        """What the trading centre keeps; nothing where its matter is not open."""
        opening = self._open.get(HALL)
        if opening is None or not opening.done() or opening.cancelled() or opening.exception() is not None:
            return CentreState()
        room = opening.result().rooms.get(CENTRE.name)
        return CentreState() if room is None else room.state

    def rooms(self) -> dict[str, str]:
        """Name of each room of the centre → its id."""
        return {one.name: one.room for one in self.centre().rooms}

    def calendar(self) -> WorkingDays:
        """The working days in force."""
        return self.centre().calendar

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._matters)

    async def procedure(self, tender: str) -> Procedure:
        """The tender's rooms, opened if they were not. Raises HallError of the journal."""
        if (opening := self._open.get(tender)) is None:
            opening = tasks.start(self._opened(tender), f"open {tender}")
            self._open[tender] = opening
        try:
            found = await asyncio.shield(opening)
        except HallError:
            self._open.pop(tender, None)
            raise
        found.used = self.clock.monotonic()
        return found

    # what the doors ask

    async def look(self, tender: str, person: Person | None) -> Look:
        """Somebody with all roles in this tender; None: the public."""
        if person is None:
            return PUBLIC
        procedure = await self.procedure(tender)
        states = procedure.states()
        if person.only is not None and _opening(states) not in person.only:
            return Look(
                person.party, person.name, person.certificate
            )  # it may go on with what it has begun, no more
        roles: set[Role] = set(self.registry.directory.state.offices.get(person.party, frozenset()))
        if person.kind == "bidder":
            roles.add(Role.BIDDER)
        if states.opening is not None:
            staff = (*states.opening.posts.values(), *states.opening.scheduled.deputies)
            roles.update(post.role for post in staff if post.certificate == person.certificate)
        look = Look(person.party, person.name, person.certificate, frozenset(roles))
        for name, matter in self._matters.items():
            roles |= matter.seats(procedure.rooms[name].state, look)
        return Look(person.party, person.name, person.certificate, frozenset(roles))

    async def view(self, matter: str, tender: str, person: Person | None) -> Any:
        """What somebody may know of a matter now: a dataclass of `hall.wire`. Raises NotPermitted."""
        found, procedure = self._matter(matter), await self.procedure(tender)
        look = await self.look(tender, person)
        return found.view(procedure.rooms[matter].state, look, self.clock.now())

    async def act(
        self, matter: str, tender: str, act: SignedAct, person: Person, received_at: int
    ) -> wire.Ack:
        """One signed act, acknowledged when it is durable. Raises Refused, NotPermitted, Malformed, Unavailable."""
        found = self._matter(matter)
        known = self.registry.directory.state.certificates[person.certificate]
        self._certificates.verify_act(act, base64.b64decode(known.certificate))
        self._revocations.check(act.certificate)
        if act.certificate != person.certificate:
            raise Refused("wrong_certificate", needed=person.certificate)
        if (act.origin, act.tender) != (self.origin, tender):
            raise Refused("wrong_tender")
        if not self._seals.nonce_holds(act.server_nonce, act.certificate, self.clock.now()):
            raise Refused("nonce_expired")
        room = (await self.procedure(tender)).rooms[matter]
        with room.reserved(received_at):
            actor = seat(found.rights, act.type, await self.look(tender, person))
            command = found.command_of(act)
            answered = room.submit(
                command,
                received_at=received_at,
                actor=actor,
                nonce=act.client_nonce,
                personal=_personal(act, found.withheld),
            )
        return self._ack(act, await answered)

    async def note(
        self,
        matter: str,
        tender: str,
        command: Any,
        *,
        received_at: int | None = None,
        actor: Actor | None = None,
        personal: Sequence[PersonalItem] = (),
    ) -> Answer:
        """A command that nobody signed: a finished download, a question of the public. Raises what the room answers."""
        self._matter(matter)
        at = self.clock.now() if received_at is None else received_at
        room = (await self.procedure(tender)).rooms[matter]
        return await room.submit(command, received_at=at, actor=actor, personal=personal)

    async def check_read(self, tender: str, sha256: str, person: Person | None) -> None:
        """Raises NotPermitted("no_such_file") unless a matter lets somebody read this file now."""
        procedure, look = await self.procedure(tender), await self.look(tender, person)
        for name, matter in self._matters.items():
            if matter.may_read(procedure.rooms[name].state, look, sha256):
                return
        raise NotPermitted("no_such_file")

    def _matter(self, name: str) -> Matter[Any]:
        if (found := self._matters.get(name)) is None:
            raise NotPermitted("no_such_matter")
        return found

    def _ack(self, act: SignedAct, answer: Answer) -> wire.Ack:
        ack = wire.Ack(
            1, act.type, act.opening, act.body_digest, answer.received_at, answer.kinds, answer.leaf, ""
        )
        unsigned = {key: value for key, value in asdict(ack).items() if key != "signature"}
        return wire.Ack(**{**unsigned, "signature": self._seals.sign("ack", unsigned)})

    # inside

    def _here(self) -> list[Procedure]:
        done = (task for task in self._open.values() if task.done() and not task.cancelled())
        return [task.result() for task in done if task.exception() is None]

    async def _opened(self, tender: str) -> Procedure:
        procedure = Procedure(
            tender,
            self.registry,
            self.journal,
            self.clock,
            tuple(self._matters.values()),
            tuple(self._owed),
            self.calendar,
        )
        await procedure.open()
        return procedure

    async def _follow(self, tendering: Room[TenderState], live: Opening) -> None:
        tendering.listen(lambda _: self._changed(tendering.tender))
        live.room.listen(lambda events: self._moved(tendering.tender, events))
        self._changed(tendering.tender)

    def _moved(self, tender: str, events: Sequence[Any]) -> None:
        """An opening went on; where it moved the hall's clock, every matter looks at the time anew."""
        if any(isinstance(event, ClockAdvanced) for event in events):
            for procedure in self._here():
                for room in procedure.rooms.values():
                    room.wake()
        self._changed(tender)

    def _changed(self, tender: str) -> None:
        """Deposits or opening of a tender went on: its matters may owe something by that."""
        if (opening := self._open.get(tender)) is None:
            tasks.start(self.procedure(tender), f"follow {tender}")
        elif opening.done() and not opening.cancelled() and opening.exception() is None:
            opening.result().take_up()

    async def _look(self) -> None:
        """Open what is not at rest after a start; let go, now and then, what nobody wants."""
        await asyncio.sleep(_FIRST_LOOK)
        for name, matter in self._matters.items():
            for stream, (row, event) in (await self.journal.last_of_all(name)).items():
                self.clock.not_before(row.received_at)  # clause 4.1
                if not matter.machine.is_last(event):
                    await self.procedure(stream.partition("/")[2])
                    await asyncio.sleep(_BREATH)
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = self.clock.monotonic()
            for procedure in self._here():
                busy = procedure.waits or procedure.tender == HALL
                if not busy and now - procedure.used >= IDLE_AFTER:
                    del self._open[procedure.tender]
                    await procedure.close()


def _opening(states: States) -> str:
    return "" if states.opening is None else states.opening.scheduled.opening


def _personal(act: SignedAct, withheld: frozenset[str]) -> Sequence[PersonalItem]:
    if act.type in withheld and act.body is not None:
        return (PersonalItem(act.body_digest, act.body.encode()),)
    return ()
