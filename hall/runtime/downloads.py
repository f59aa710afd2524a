"""Tender documents on their way to a bidder: who may have them, that they went out whole, and what follows for its
deposit (clause 5.2.1).

What may not live here: HTTP, disk, any rule. Nobody but the bidder learns of a download.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.clock import Clock
from hall.errors import NotPermitted
from hall.runtime.matter_files import FileStore
from hall.runtime.notice_matter import NOTICE
from hall.runtime.procedure import Procedures
from hall.runtime.registration_matter import REGISTRATION
from hall.runtime.seats import Person
from hall.tendering.entry import barred
from hall.tendering.registration.commands import NoteDelivered
from hall.tendering.registration.decide import check_download
from hall.tendering.registration.state import RegistrationState


class Downloads:
    """What a bidder may fetch before it registers."""

    def __init__(self, procedures: Procedures, store: FileStore, clock: Clock) -> None:
        self._procedures, self._store, self._clock = procedures, store, clock

    async def document(self, tender: str, sha256: str, person: Person) -> bytes:
        """Give a document's bytes. Raises NotPermitted: "no_such_tender", "not_permitted", "not_invited",
        "no_such_file"; Refused: "no_deadline", "registration_over"."""
        if person.kind != "bidder":
            raise NotPermitted("not_permitted")
        state = await self._state(tender, person)
        check_download(state, person.party, sha256, self._clock.now())
        return await self._store.file(tender, sha256)

    async def delivered(self, tender: str, sha256: str, person: Person) -> None:
        """Journal, once, that the last byte went out. Raises what `document` does, and Unavailable."""
        known = (await self._state(tender, person)).delivered.get(person.party, frozenset())
        if sha256 not in known:
            await self._procedures.note(REGISTRATION.name, tender, NoteDelivered(person.party, sha256))

    async def _state(self, tender: str, person: Person) -> RegistrationState:
        state: RegistrationState = await self._procedures.state(REGISTRATION.name, tender, person)
        return state


@dataclass(frozen=True, slots=True)
class Entry:
    """What the counter for sealed bids asks of notice and registration."""

    procedures: Procedures

    async def barred(self, tender: str, bidder: str) -> str:
        """Why this bidder may not deposit there, as a code, or "". Raises HallError of the journal."""
        states = (await self.procedures.procedure(tender)).states()
        return barred(states.of(NOTICE), states.of(REGISTRATION), bidder, states.standing(bidder))
