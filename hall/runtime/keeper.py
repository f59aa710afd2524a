"""The keeper of recordings: holds, exports, erasure, and the note of every look (clause 6.1).

Each opening has one stream `keeping/<opening>`, opened when somebody first asks for it. An erasure is ordered by an act
and then owed: whoever starts the hall after a crash carries it out. What may not live here: which bytes are where
(`RecordingReader`, `Eraser`), and who may see what (`hall.runtime.library`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final, Protocol

from hall import tasks, wire
from hall.clock import HallClock
from hall.errors import Refused
from hall.keeping import commands as c
from hall.keeping import decide as rules
from hall.keeping import events as e
from hall.keeping.decide import PUBLIC
from hall.keeping.retention import kept_until
from hall.keeping.state import MINUTE, Keeping, evolve
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor
from hall.runtime.machine import Machine
from hall.runtime.ports import Certificates, Journal, Seals
from hall.runtime.registry import Registry
from hall.runtime.revocation import Revocations
from hall.runtime.room import Room
from hall.session.rules import Stage

log = logging.getLogger("hall.keeper")

KEEPING: Final[Machine[Keeping]] = Machine(
    initial=Keeping(),
    decide=lambda state, command, actor, now: list(rules.decide(state, command, actor=actor, now=now)),
    evolve=evolve,
    tick=lambda state, now: [],
    next_deadline=lambda state: None,
    refusal=lambda state, command, actor, code: rules.refusal(command, actor, code),
)

LOOK_LASTS: Final = 5 * MINUTE
"""For so long (ms) after a noted look at somebody bytes are given without noting another one."""

_AGAIN: Final = 60.0  # seconds until an erasure that failed is tried again
_COMMANDS: Final[dict[str, Callable[[SignedAct], c.Act]]] = {rules.HOLD: c.PlaceHold, rules.LIFT: c.LiftHold}


class Eraser(Protocol):
    """Makes the recordings of an opening unreadable for good; what is done already is fine. Blocks on the disk."""

    def erase(self, opening: str) -> tuple[bool, int]:
        """(a recording key was destroyed, media files that were deleted). Indices stay. Raises OSError."""
        ...


class Keeper:
    """years: for how long recordings are kept."""

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        clock: HallClock,
        *,
        certificates: Certificates,
        revocations: Revocations,
        seals: Seals,
        eraser: Eraser,
        origin: str,
        years: int,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._clock = clock
        self._certificates = certificates
        self._revocations = revocations
        self._seals = seals
        self._eraser = eraser
        self._origin = origin
        self._years = years
        self._rooms: dict[str, Room[Keeping]] = {}
        self._turn = asyncio.Lock()
        self._erasing: dict[str, asyncio.Task[None]] = {}
        self._looks: dict[tuple[str, str, str], int] = {}

    async def open(self) -> None:
        """Take up erasures that a crash has cut short; all other streams are opened when they are asked for."""
        for stream, (row, event) in (await self._journal.last_of_all("keeping")).items():
            self._clock.not_before(row.received_at)  # clause 4.1
            if isinstance(event, e.ErasureOrdered):
                await self._room(stream.partition("/")[2])

    async def close(self) -> None:
        """Stop; an erasure that is not done stays owed."""
        await tasks.stop(*self._erasing.values())
        for room in self._rooms.values():
            await room.close()

    @property
    def failed(self) -> bool:
        """Whether a stream takes no more: the process is to end."""
        return any(room.failed for room in self._rooms.values())

    # what the doors ask

    async def act(
        self, opening: str, act: SignedAct, certificate: bytes, actor: Actor, received_at: int
    ) -> wire.Ack:
        """A signed hold, lifting or erasure. certificate: DER of the login's. Raises Refused, NotPermitted."""
        tender = self._registry.opening(opening).room.tender
        self._certificates.verify_act(act, certificate)
        self._revocations.check(act.certificate)
        if (act.origin, act.tender) != (self._origin, tender):
            raise Refused("wrong_tender")
        if act.opening != opening:
            raise Refused("act_for_another_opening")
        if not self._seals.nonce_holds(act.server_nonce, act.certificate, self._clock.now()):
            raise Refused("nonce_expired")
        room = await self._room(opening)
        command = _COMMANDS.get(act.type, self._erasure_of(opening))(act)
        answer = await room.submit(command, received_at=received_at, actor=actor, nonce=act.client_nonce)
        ack = wire.Ack(
            1, act.type, opening, act.body_digest, answer.received_at, answer.kinds, answer.leaf, ""
        )
        unsigned = {key: value for key, value in asdict(ack).items() if key != "signature"}
        return wire.Ack(**{**unsigned, "signature": self._seals.sign("ack", unsigned)})

    async def state(self, opening: str) -> Keeping:
        """The keeping of an opening's recordings as it is now."""
        return (await self._room(opening)).state

    async def history(self, opening: str) -> Sequence[tuple[int, e.Event]]:
        """(when, what) of everything that was done with the recordings of an opening."""
        return [(at, event) for at, _, event in (await self._room(opening)).entries]

    def kept_until(self, opening: str) -> int | None:
        """Until when they have to be kept, ms UTC; None while the opening is not closed."""
        state = self._registry.opening(opening).room.state
        return kept_until(state.moved_at, self._years) if state.stage is Stage.CLOSED else None

    # what is noted

    async def check_there(self, opening: str) -> None:
        """Raises Refused("recordings_erased")."""
        if (await self.state(opening)).ordered is not None:
            raise Refused("recordings_erased")

    async def looks(
        self, opening: str, actor: Actor, participants: Sequence[str], start: int, end: int
    ) -> None:
        """Note that somebody looks at what was recorded from `start` to `end` (ms UTC). Raises Refused."""
        whom = tuple(sorted(set(participants)))
        await self._note(opening, c.NoteView(actor.key, actor.certificate, whom, start, end))
        now = self._clock.now()
        self._looks = {key: at for key, at in self._looks.items() if now - at < LOOK_LASTS}
        self._looks |= {(opening, actor.certificate, one): now for one in whom}

    async def reads(
        self, opening: str, actor: Actor, participant: str, span: Callable[[], tuple[int, int]]
    ) -> None:
        """Bytes are about to be given: a look that nobody has told of is noted now. span: gives what they may hold, ms
        UTC. Raises Refused."""
        at = self._looks.get((opening, actor.certificate, participant))
        if at is None or self._clock.now() - at >= LOOK_LASTS:
            await self.looks(opening, actor, (participant,), *span())
        else:
            await self.check_there(opening)

    async def exported(
        self,
        opening: str,
        actor: Actor,
        participants: Sequence[str],
        start: int,
        end: int,
        sha256: str,
        size: int,
    ) -> None:
        """Note a clip before it is handed out. Raises Refused."""
        whom = tuple(sorted(set(participants)))
        note = c.NoteExport(actor.key, actor.certificate, whom, start, end, sha256, size)
        await self._note(opening, note)

    async def keys_given(self, opening: str, actor: Actor, participants: Sequence[str]) -> None:
        """Note that somebody fetches what opens these recordings, before it has it. Raises Refused."""
        await self._note(opening, c.NoteKeys(actor.key, actor.certificate, tuple(sorted(set(participants)))))

    async def bundle_given(
        self, opening: str, actor: Actor | None, entitlement: str, sha256: str, size: int
    ) -> None:
        """Note that somebody fetches this bundle, before it has it; nobody: without a login. Raises Refused."""
        by, certificate = (actor.key, actor.certificate) if actor is not None else (PUBLIC, "")
        await self._note(opening, c.NoteBundle(by, certificate, entitlement, sha256, size))

    async def stored(self, opening: str, recording: str, sha256: str, size: int, by: str) -> None:
        """Note that the bytes of a recording made elsewhere lie in the hall; `by`: role:party. Raises Refused."""
        await self._note(opening, c.NoteStored(recording, sha256, size, by))

    async def hold_for(self, opening: str, complaint: str, by: str, reason: str) -> None:
        """A complaint about the opening is open: nothing is erased. Known ones change nothing. Raises Refused."""
        await self._note(opening, c.HoldForComplaint(complaint, by, reason))

    async def complaint_over(self, opening: str, complaint: str, by: str, reason: str) -> None:
        """The hold of this complaint falls."""
        await self._note(opening, c.ComplaintOver(complaint, by, reason))

    # inside

    def _erasure_of(self, opening: str) -> Callable[[SignedAct], c.Act]:
        closed_at = self._registry.opening(opening).room.state.moved_at
        until = self.kept_until(opening)
        return lambda act: c.OrderErasure(act, None if until is None else closed_at, until or 0)

    async def _note(self, opening: str, command: c.Command) -> None:
        room = await self._room(opening)
        await room.submit(command, received_at=self._clock.now())

    async def _room(self, opening: str) -> Room[Keeping]:
        async with self._turn:
            if (room := self._rooms.get(opening)) is None:
                room = Room(self._tender(opening), f"keeping/{opening}", KEEPING, self._journal, self._clock)
                await room.open()
                self._rooms[opening] = room
                room.listen(lambda _: self._carry_out(opening))
                self._carry_out(opening)
        return room

    def _tender(self, opening: str) -> str:
        tenders = self._registry.directory.state.tenders.items()
        found = next((tender for tender, one in tenders if one == opening), None)
        return found or self._registry.opening(opening).room.tender

    def _carry_out(self, opening: str) -> None:
        """Erase what is to be erased, in the background."""
        if self._rooms[opening].state.owes_erasure() and opening not in self._erasing:
            self._erasing[opening] = tasks.start(self._erase(opening), f"erase {opening}")

    async def _erase(self, opening: str) -> None:
        done: c.NoteErased | None = None
        while done is None:
            try:
                done = c.NoteErased(*await asyncio.to_thread(self._eraser.erase, opening))
            except OSError as error:
                log.critical("the recordings of %s could not be erased: %s", opening, error)
                await asyncio.sleep(_AGAIN)
        await self._rooms[opening].submit(done, received_at=self._clock.now())
