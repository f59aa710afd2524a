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
from hall.errors import HallError, NotPermitted, Refused, Unavailable
from hall.procurement.acts import SignedAct
from hall.procurement.calendar import WorkingDays
from hall.procurement.matter import HALL, PUBLIC, Look, seat
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Mode
from hall.runtime.centre_matter import CENTRE
from hall.runtime.delivery import Delivery
from hall.runtime.given_files import GivenFiles, GivenStore, named_files
from hall.runtime.matter import Matter, Owed, States
from hall.runtime.ports import Certificates, Journal, PersonalItem, Seals
from hall.runtime.registry import Opening, Registry
from hall.runtime.revocation import Revocations
from hall.runtime.room import Answer, Room
from hall.runtime.seats import Person
from hall.session.events import ClockAdvanced
from hall.session.rules import Stage
from hall.tendering.state import TenderState

log = logging.getLogger("hall.procedure")

LOOK_EVERY: Final = 60.0
IDLE_AFTER: Final = 600.0
"""Seconds after which a tender's rooms that nobody asked for, and that wait for no moment, are let go."""

_FIRST_LOOK: Final = 2.0  # seconds after the start
_BREATH: Final = 0.02  # seconds between two tenders that are opened behind the running hall
_BEFORE_ITS_DAY: Final = (Stage.NEW, Stage.SCHEDULED)


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
        self._delivery = Delivery(self, owed, clock)

    async def open(self) -> None:
        """Replay every room; deliver what is owed, now and from now on. Raises HallError: then nothing stays open."""
        try:
            for room in self.rooms.values():
                await room.open()
                self._clock.not_before(room.last_at)
                room.listen(lambda _: self.take_up())
        except BaseException:
            await self.close()
            raise
        self.take_up()

    async def close(self) -> None:
        """Stop; what is owed is owed after the next start."""
        await self._delivery.close()
        for room in self.rooms.values():
            await room.close()

    @property
    def failed(self) -> bool:
        return any(room.failed for room in self.rooms.values())

    @property
    def quiet(self) -> bool:
        """Whether nobody is being answered, and neither time nor something owed will change it by itself."""
        if self._delivery.busy or not all(room.quiet for room in self.rooms.values()):
            return False
        ahead = (self._matters[name].machine.next_deadline(room.state) for name, room in self.rooms.items())
        return all(moment is None for moment in ahead)

    def states(self) -> States:
        """See `matter.Procedure`."""
        tendering = self._registry.tenderings.get(self.tender)
        before = tendering.state if tendering is not None and tendering.state.plan is not None else None
        live = None if before is None else self._registry.openings.get(before.published.opening)
        during = live.room.state if live is not None and live.room.state.plan is not None else None
        found = {name: room.state for name, room in self.rooms.items()}
        known = self._registry.directory.state
        calendar = self._calendar()
        asked = known.holders, known.registered_as, known.standing
        return States(self.tender, before, during, found, calendar, *asked)

    async def submit(self, matter: str, command: Any) -> None:
        """See `matter.Procedure`."""
        await self.rooms[matter].submit(command, received_at=self._clock.now())

    def take_up(self) -> None:
        """Something of this tender has changed."""
        self._delivery.take_up()

    async def settle(self) -> None:
        """Deliver all that is owed now. Raises what a room or an adapter answers."""
        await self._delivery.settle()


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
        files: GivenStore,
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
        self.given = GivenFiles(files)
        self._certificates = certificates
        self._revocations = revocations
        self._seals = seals
        self._matters = {matter.name: matter for matter in matters}
        self._founders = frozenset[Role]().union(*(matter.founders for matter in matters))
        self._owed = list(owed)
        self._open: dict[str, asyncio.Task[Procedure]] = {}
        self._followed: set[str] = set()
        self._closed = False
        self._looking: asyncio.Task[None] | None = None

    def owe(self, *owed: Owed) -> None:
        """Owe more: what an adapter delivers. Before `open`."""
        self._owed.extend(owed)

    async def open(self) -> None:
        """Follow the openings, and take up what is not at rest behind the running hall; the hall's own matters, such as
        the trading centre, are open from the start."""
        hall = await self.procedure(HALL)
        hall.rooms[CENTRE.name].listen(lambda _: self._centre_changed())
        self.registry.followers.append(self._follow)
        for live in [live for live in self.registry.openings.values() if not live.room.asleep]:
            self._listen(self.registry.tenderings[live.room.tender], live)
            if live.room.state.stage not in _BEFORE_ITS_DAY:
                self._changed(live.room.tender)
        self._looking = tasks.start(self._look(), "procedures")

    async def close(self) -> None:
        """Stop every room; none is opened any more."""
        self.registry.followers.remove(self._follow)
        self._closed = True
        await tasks.stop(self._looking)
        opening = tuple(self._open.values())
        await asyncio.gather(*opening, return_exceptions=True)  # what could not be opened has closed itself
        for procedure in self._here():
            await procedure.close()

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
        if self._closed:
            raise Unavailable("not_ready")
        if (opening := self._open.get(tender)) is None:
            opening = tasks.start(self._opened(tender), f"open {tender}")
            self._open[tender] = opening
        try:
            found = await asyncio.shield(opening)
        except Exception:
            if self._open.get(tender) is opening:  # the next who asks may have begun anew already
                del self._open[tender]
            raise
        found.used = self.clock.monotonic()
        return found

    # what the doors ask

    async def look(self, tender: str, person: Person | None) -> Look:
        """Somebody with all roles in this tender; None: the public. Raises NotPermitted("no_such_tender")."""
        if person is None:
            return PUBLIC
        return self._look_of(await self._asked(tender, person), person)

    async def state(self, matter: str, tender: str, person: Person | None) -> Any:
        """The state of a matter, for who asks on somebody's behalf and shows none of it unasked. Raises
        NotPermitted("no_such_tender")."""
        found, procedure = self._matter(matter), await self._asked(tender, person)
        return found.machine.initial if procedure is None else procedure.rooms[matter].state

    def knows(self, tender: str) -> bool:
        """Whether a tender is published, or anything is written of it."""
        return tender == HALL or tender in self.registry.directory.state.tenders or self.journal.knows(tender)

    async def _asked(self, tender: str, person: Person | None) -> Procedure | None:
        """The rooms of a tender that is there for who asks: any name may be asked for, and none is worth a room.

        None: nothing is written of it, and somebody asks who may begin it. Raises NotPermitted("no_such_tender"), for
        others' drafts too: nobody learns that they are there.
        """
        if tender != HALL and tender not in self.registry.directory.state.tenders:
            if person is None or self._offices(person).isdisjoint(self._founders):
                raise NotPermitted("no_such_tender", tender=tender)
            if not self.journal.knows(tender):
                return None
        return await self.procedure(tender)

    def _offices(self, person: Person) -> frozenset[Role]:
        return self.registry.directory.state.offices.get(person.party, frozenset())

    def _look_of(self, procedure: Procedure | None, person: Person) -> Look:
        states = None if procedure is None else procedure.states()
        if person.only is not None and (states is None or _opening(states) not in person.only):
            # It may go on with what it has begun, no more.
            return Look(person.party, person.name, person.certificate)
        roles: set[Role] = set(self._offices(person))
        if person.kind == "bidder":
            roles.add(Role.BIDDER)
        if states is not None and states.opening is not None:
            staff = (*states.opening.posts.values(), *states.opening.scheduled.deputies)
            roles.update(post.role for post in staff if post.certificate == person.certificate)
        look = Look(person.party, person.name, person.certificate, frozenset(roles))
        if procedure is not None:
            for name, matter in self._matters.items():
                roles |= matter.seats(procedure.rooms[name].state, look)
        return Look(person.party, person.name, person.certificate, frozenset(roles))

    async def view(self, matter: str, tender: str, person: Person | None) -> Any:
        """What somebody may know of a matter now: a dataclass of `hall.wire`. Raises NotPermitted."""
        found, procedure = self._matter(matter), await self._asked(tender, person)
        look = PUBLIC if person is None else self._look_of(procedure, person)
        state = found.machine.initial if procedure is None else procedure.rooms[matter].state
        return found.view(state, look, self.clock.now())

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
        for sha256 in named_files(act, found.names_files):
            await self.check_named(tender, sha256, person)
        if (procedure := await self._asked(tender, person)) is None:
            seat(found.rights, act.type, self._look_of(None, person))
            procedure = await self.procedure(tender)  # this act may be its first
        room = procedure.rooms[matter]
        with room.reserved(received_at):
            actor = seat(found.rights, act.type, self._look_of(procedure, person))
            command = found.command_of(act)
            found.check_act(procedure.states(), command, actor)
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
        """Raises NotPermitted("no_such_file") unless a matter lets somebody read this file; Refused where it is not
        given out now."""
        procedure = await self._asked(tender, person)
        look = PUBLIC if person is None else self._look_of(procedure, person)
        for name, room in ({} if procedure is None else procedure.rooms).items():
            matter, state = self._matters[name], room.state
            if matter.may_read(state, look, sha256):
                return matter.check_given(state, look, sha256, self.clock.now())
        raise NotPermitted("no_such_file")

    async def check_named(self, tender: str, sha256: str, person: Person) -> None:
        """Raises Refused("file_not_handed_in") unless somebody handed this file in itself, or may read it: who names a
        file in an act of its own may read it from then on."""
        if not await self.given.has(tender, person.party, sha256):
            try:
                await self.check_read(tender, sha256, person)
            except NotPermitted:
                raise Refused("file_not_handed_in", sha256=sha256[:64]) from None

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
        if self._listen(tendering, live):
            self._changed(tendering.tender)

    def _listen(self, tendering: Room[TenderState], live: Opening) -> bool:
        """Whether it was not listened to before: everybody who enters an opening wakes it."""
        if tendering.tender in self._followed:
            return False
        self._followed.add(tendering.tender)
        tendering.listen(lambda _: self._changed(tendering.tender))
        live.room.listen(lambda events: self._moved(tendering.tender, events))
        return True

    def _moved(self, tender: str, events: Sequence[Any]) -> None:
        """An opening went on; where it moved the hall's clock, every matter looks at the time anew."""
        if any(isinstance(event, ClockAdvanced) for event in events):
            for procedure in self._here():
                for room in procedure.rooms.values():
                    room.wake()
        self._changed(tender)

    def _centre_changed(self) -> None:
        """Calendar, defaults, rooms or people of the centre changed: every tender may owe its matters something."""
        for procedure in self._here():
            procedure.take_up()

    def _changed(self, tender: str) -> None:
        """Deposits or opening of a tender went on: its matters may owe something by that."""
        if self._closed:
            return  # what is owed is owed after the next start
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
                    await self._look_at(stream.partition("/")[2])
        for tender in self._before_their_day():
            await self._look_at(tender)
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = self.clock.monotonic()
            for procedure in self._here():
                if now - procedure.used >= IDLE_AFTER:
                    await self._let_go(procedure)

    def _before_their_day(self) -> list[str]:
        """Tenders whose openings are yet to come, the next first: what a crash left owed between their streams."""
        rooms = [live.room for live in self.registry.openings.values()]
        waiting = [one for one in rooms if one.state.plan is not None and one.state.stage in _BEFORE_ITS_DAY]
        return [one.tender for one in sorted(waiting, key=lambda one: one.state.scheduled.bid_deadline)]

    async def _look_at(self, tender: str) -> None:
        """Deliver what is owed in a tender, and let its rooms go where nobody wants them: there may be thousands."""
        if tender in self._open:
            return
        try:
            procedure = await self.procedure(tender)
        except HallError as error:
            log.error("the matters of %s could not be opened: %s", tender, error)
            return
        used = procedure.used
        await asyncio.sleep(_BREATH)
        if procedure.used == used:
            await self._let_go(procedure)

    async def _let_go(self, procedure: Procedure) -> None:
        if procedure.quiet and procedure.tender != HALL:
            del self._open[procedure.tender]
            await procedure.close()


def _opening(states: States) -> str:
    return "" if states.opening is None else states.opening.scheduled.opening


def _personal(act: SignedAct, withheld: frozenset[str]) -> Sequence[PersonalItem]:
    if act.type in withheld and act.body is not None:
        return (PersonalItem(act.body_digest, act.body.encode()),)
    return ()
