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
from hall.session.rules import FURTHER_SIGNERS, RECORD_SIGNERS, Stage
from hall.session.state import OpeningState, RecordState


def field_of(actor: Actor) -> str:
    """The record's signature field of `actor`: its role, a bidder's with its id."""
    return f"bidder-{actor.party}" if actor.role is Role.BIDDER else actor.role.value


def further_open(state: OpeningState) -> bool:
    """Whether those may sign besides the three: while the opening lasts, and after it as long as the record is awaited
    (clause 5.5.3)."""
    late = state.stage is Stage.CLOSED and state.record_by is not None
    return state.record is not None and (state.stage in (Stage.RECORD, Stage.LEAVING) or late)


def is_signer(state: OpeningState, field: str, certificate: str) -> bool:
    """Whether the field is this certificate's to sign: by the post it holds now, or by the bidder's sign-in."""
    if field.startswith("bidder-"):
        signed = state.signed_in.get(field.removeprefix("bidder-"))
        return (
            signed is not None
            and signed.certificate == certificate
            and state.record is not None
            and state.record.completed
        )
    roles = {role.value for role in (*RECORD_SIGNERS, *FURTHER_SIGNERS)} - {Role.BIDDER.value}
    return field in roles and any(
        (post.role, post.certificate) == (field, certificate) for post in state.posts.values()
    )


def may_sign(state: OpeningState, viewer: Actor) -> bool:
    """Whether `viewer`'s signature would be taken, by the one or the other."""
    record = state.record
    if record is None:
        return False
    if viewer.role in RECORD_SIGNERS:
        return state.record_open and viewer.role not in record.settled
    mine = any(s.role == field_of(viewer) for s in record.signed)
    return not mine and further_open(state) and is_signer(state, field_of(viewer), viewer.certificate)


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
