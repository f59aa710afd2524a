"""From where acts are sent (clause 5.3.6): who operates a bidder's end acts for the bidder, and a change is journalled.

The journal holds a salted digest; address, browser and device lie beside it as a personal item, for the supervisor
after the announcement. What may not live here: any effect of it on an act.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import asdict, dataclass

from hall.procurement import canonical
from hall.procurement.parties import Actor
from hall.runtime.ports import PersonalItem, Seals
from hall.runtime.registry import Registry
from hall.runtime.room import Answer
from hall.session import commands as oc
from hall.session.roster import place_of
from hall.session.views import Operator

log = logging.getLogger("hall.operators")


@dataclass(frozen=True, slots=True)
class Whence:
    """What the gateway knows of a request: the address it came from, the browser's own name, the device's cookie."""

    address: str
    agent: str
    device: str


class Operators:
    """Notes with the first act of a participant, and whenever it changes, from where the acts come."""

    def __init__(self, registry: Registry, seals: Seals) -> None:
        self._registry = registry
        self._seals = seals
        self.known: dict[str, Operator] = {}

    def seen(self, opening: str, actor: Actor, whence: Whence, received_at: int) -> None:
        """An act of `actor` comes from there: noted before it, in the same inbox."""
        room = self._registry.opening(opening).room
        participant = place_of(room.state, actor)
        facts = {**asdict(whence), "opening": opening, "participant": participant}
        facts["certificate"] = actor.certificate
        # The same facts have the same digest, which nobody can guess who does not hold the hall's key.
        body = canonical.dumps({**facts, "salt": self._seals.sign("operator", dict(facts))})
        digest = hashlib.sha256(body).hexdigest()
        self.known[digest] = Operator(whence.address, whence.agent, whence.device)
        before = room.state.operators.get(participant)
        if before is not None and before.operator == digest:
            return
        note = oc.NoteOperator(participant, digest, actor.certificate)
        answer = room.submit(note, received_at=received_at, personal=(PersonalItem(digest, body),))
        answer.add_done_callback(_look)

    async def learn(self, opening: str) -> None:
        """Read back what a restart has wiped; an erased item stays unknown."""
        live = self._registry.openings.get(opening)
        for seen in () if live is None else tuple(live.room.state.operators.values()):
            if seen.operator in self.known:
                continue
            body = await self._registry.journal.personal(seen.operator)
            match None if body is None else canonical.loads(body.decode()):
                case {"address": str(address), "agent": str(agent), "device": str(device)}:
                    self.known[seen.operator] = Operator(address, agent, device)


def _look(answer: asyncio.Future[Answer]) -> None:
    """The act that follows is told by its own answer; a note that failed is no reason to refuse it."""
    if not answer.cancelled() and (error := answer.exception()):
        log.warning("an operator was not noted: %s", error)
