"""Signatures of the record that are not given: refused by the signer, or missing and stated by the project owner, with
the calls that were made (clause 5.5.3). Neither keeps anybody in the hall. Pure, as `decide` is.
"""

from __future__ import annotations

from hall.errors import Refused
from hall.procurement.parties import Actor, Role
from hall.session import commands as c
from hall.session import events as e
from hall.session.notary import called_since
from hall.session.roster import post_name
from hall.session.rules import RECORD_SIGNERS
from hall.session.state import OpeningState, RecordState


def missing(state: OpeningState) -> tuple[Role, ...]:
    """Signers of whom the record has neither a signature nor a reason; the project owner can't state its own."""
    if state.record is None or not state.record_open:
        return ()
    settled = state.record.settled
    return tuple(r for r in RECORD_SIGNERS if r.value not in settled and r is not Role.PROCURING_ENTITY)


def may_refuse(state: OpeningState, viewer: Actor) -> bool:
    """Whether `viewer`'s signature is still asked for."""
    return viewer.role in missing(state)


def refuse(state: OpeningState, command: c.RefuseSignature, actor: Actor) -> list[e.Event]:
    """A signer refuses, with the reason: a page of the record, and no obstacle."""
    record = _open_record(state)
    if any(s.role == actor.role.value for s in record.signed):
        raise Refused("signed_already")
    if actor.role.value in record.unsigned:
        return []
    return [e.SignatureRefused(actor.role.value, command.reason, command.act)]


def note_unsigned(state: OpeningState, command: c.NoteUnsigned) -> list[e.Event]:
    """The project owner states who did not sign and why; at least one call was made since the record lay there."""
    record = _open_record(state)
    if command.role not in missing(state):
        raise Refused("no_signature_missing", role=command.role.value)
    callee = post_name(command.role)
    if not called_since(state, callee, record.prepared_at):
        raise Refused("no_call_logged", participant=callee)
    calls = sum(1 for call in state.calls if call.callee == callee)
    return [e.SignatureMissing(command.role.value, command.reason, calls, command.act)]


def _open_record(state: OpeningState) -> RecordState:
    if state.record is None or not state.record_open:
        raise Refused("not_now")
    return state.record
