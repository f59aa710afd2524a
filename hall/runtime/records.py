"""The opening record's way from its draft to three signatures, and to those of others who may sign besides: one
signer at a time, each on the revision it was shown."""

from __future__ import annotations

from hall.clock import Clock
from hall.errors import NotPermitted, Refused
from hall.procurement.parties import Actor, Role
from hall.runtime.ports import Prepared, RecordOffice
from hall.runtime.registry import Registry
from hall.session.commands import NoteRecordSigned
from hall.session.rules import RECORD_SIGNERS
from hall.session.signatures import field_of, further_open, is_signer
from hall.session.state import OpeningState, RecordState


class Records:
    """What the gateway's record routes may ask for."""

    def __init__(self, registry: Registry, office: RecordOffice, clock: Clock) -> None:
        self._registry = registry
        self._office = office
        self._clock = clock

    async def prepare(self, opening: str, actor: Actor, certificate: bytes) -> Prepared:
        """Prepare the current revision for the actor's signature. Raises Refused("not_your_turn"), NotPermitted."""
        record = self._turn(opening, actor)
        return await self._office.prepare(
            opening, record.sha256, field_of(actor), certificate, self._clock.now()
        )

    async def prepared_file(self, opening: str, prepared: str, actor: Actor) -> bytes:
        """The prepared PDF with its placeholder, for the signer to hash itself."""
        self._turn(opening, actor)
        return await self._office.prepared_file(opening, prepared)

    async def sign(self, opening: str, prepared: str, signature: bytes, actor: Actor) -> str:
        """Embed the signature; gives the new revision. Raises Refused("stale_revision"), Refused("bad_signature")."""
        self._turn(opening, actor)
        before, after = await self._office.embed(opening, prepared, signature, self._clock.now())
        note = NoteRecordSigned(before, field_of(actor), actor.name, actor.certificate, after)
        await self._registry.opening(opening).room.submit(note, received_at=self._clock.now())
        return after

    async def pdf(self, opening: str, actor: Actor) -> bytes:
        """The current revision: staff at any time, listed bidders once it is complete."""
        return await self._office.file(opening, self._readable(opening, actor).sha256)

    async def content(self, opening: str, actor: Actor) -> bytes:
        """record.json."""
        return await self._office.content(opening, self._readable(opening, actor).content)

    def _turn(self, opening: str, actor: Actor) -> RecordState:
        state = self._registry.opening(opening).room.state
        record = state.record
        if actor.role not in RECORD_SIGNERS:
            return self._besides(state, actor)
        if record is None or not state.record_open:
            raise Refused("not_now")
        if any(s.role == actor.role.value for s in record.signed):
            raise Refused("signed_already")
        # clause 5.5.3: who refused, or of whom it was stated why, keeps nobody waiting, and may still sign
        waiting = (role for role in RECORD_SIGNERS if role.value not in record.settled)
        turn = next(waiting, actor.role)
        if turn is not actor.role and actor.role.value not in record.unsigned:
            raise Refused("not_your_turn", role=turn.value)
        return record

    def _besides(self, state: OpeningState, actor: Actor) -> RecordState:
        """Those whom the record does not wait for sign whenever it stands still (clause 5.5.3)."""
        record = state.record
        if record is None or not further_open(state):
            raise Refused("not_now")
        if not is_signer(state, field_of(actor), actor.certificate):
            raise NotPermitted("not_permitted", role=actor.role.value)
        if any(s.role == field_of(actor) for s in record.signed):
            raise Refused("signed_already")
        return record

    def _readable(self, opening: str, actor: Actor) -> RecordState:
        state = self._registry.opening(opening).room.state
        if state.record is None:
            raise Refused("no_record_yet")
        if actor.role is Role.BIDDER and not (state.record.completed and _listed(state, actor.party)):
            raise Refused("no_record_yet")
        return state.record


def _listed(state: OpeningState, bidder: str) -> bool:
    return any(bidder in lot.taking_part for lot in state.lots.values())
