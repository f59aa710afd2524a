"""What the keeping of recordings answers to a command (clause 6.1).

Nothing is erased before its time or against a hold, and no hold is lifted by whom it was placed against.
"""

from __future__ import annotations

from typing import Final, assert_never

from hall.errors import Malformed, NotPermitted, Refused
from hall.keeping import commands as c
from hall.keeping import events as e
from hall.keeping.state import MINUTE, Keeping
from hall.procurement.acts import SignedAct
from hall.procurement.canonical import is_plain
from hall.procurement.parties import Actor, Role

HOLD: Final = "hold_recordings"
LIFT: Final = "lift_hold"
ERASE: Final = "erase_recordings"

HOLDERS: Final = (Role.SUPERVISOR, Role.REGULATOR, Role.PROCURING_ENTITY)
"""Who may place a hold. Lifted is one by the role that placed it, or by the regulator."""

ERASERS: Final = (Role.PROCURING_ENTITY, Role.TRADING_CENTRE)

PUBLIC: Final = "public"
"""Who fetches a bundle without a login."""

MOST_REASON: Final = 4_000
"""UTF-8 bytes of a reason."""


def decide(state: Keeping, command: c.Command, *, actor: Actor | None, now: int) -> list[e.Event]:
    """The events that `command` causes at `now` (ms UTC). Raises Refused, NotPermitted or Malformed."""
    match command:
        case c.NoteView(by, certificate, participants, start, end):
            _check_there(state)
            if state.looked.get((certificate, participants)) == now // MINUTE:
                return []
            return [e.RecordingsViewed(by, certificate, participants, start, end)]
        case c.NoteExport(by, certificate, participants, start, end, sha256, size):
            _check_there(state)
            return [e.ClipExported(by, certificate, participants, start, end, sha256, size)]
        case c.NoteKeys(by, certificate, participants):
            _check_there(state)
            return [e.RecordingKeysGiven(by, certificate, participants)]
        case c.NoteBundle(by, certificate, entitlement, sha256, size):
            if by == PUBLIC and sha256 in state.published:
                return []
            return [e.BundleGiven(by, certificate, entitlement, sha256, size)]
        case c.PlaceHold(act):
            by = _by(state, act, HOLD, HOLDERS, actor)
            _check_there(state)
            return [e.HoldPlaced(state.held + 1, by, _reason(act), "", act)]
        case c.LiftHold(act):
            return [_lifted(state, act, actor)]
        case c.HoldForComplaint(complaint, by, reason):
            _check_there(state)
            if any(one.complaint == complaint for one in state.holds.values()):
                return []
            return [e.HoldPlaced(state.held + 1, by, reason, complaint, None)]
        case c.ComplaintOver(complaint, by, reason):
            over = [hold for hold, one in state.holds.items() if one.complaint == complaint]
            return [e.HoldLifted(hold, by, reason, None) for hold in over]
        case c.OrderErasure():
            return _ordered(state, command, actor, now)
        case c.NoteErased(key_destroyed, files):
            return [e.RecordingsErased(key_destroyed, files)] if state.owes_erasure() else []
        case c.NoteStored(recording, sha256, size, by):
            stored = e.ExternalRecordingStored(recording, sha256, size, by)
            _check_there(state)
            return [] if stored in state.external else [stored]
        case _:
            assert_never(command)


def refusal(command: c.Command, actor: Actor | None, code: str) -> e.ErasureRefused | None:
    """What the journal holds of a weighty refusal."""
    if actor is None or not isinstance(command, c.OrderErasure):
        return None
    return e.ErasureRefused(actor.key, code, command.act.body_digest)


def _lifted(state: Keeping, act: SignedAct, actor: Actor | None) -> e.HoldLifted:
    by = _by(state, act, LIFT, HOLDERS, actor)
    number = act.body_json().get("hold")
    hold = state.holds.get(number) if type(number) is int else None
    if hold is None:
        raise Refused("no_such_hold")
    placed = hold.by.partition(":")[0]
    if actor is not None and actor.role is not Role.REGULATOR and (placed != actor.role or hold.complaint):
        raise Refused("hold_of_another", by=placed)
    return e.HoldLifted(hold.hold, by, _reason(act), act)


def _ordered(state: Keeping, command: c.OrderErasure, actor: Actor | None, now: int) -> list[e.Event]:
    by = _by(state, command.act, ERASE, ERASERS, actor)
    reason = _reason(command.act)
    if state.ordered is not None:
        return []
    if command.closed_at is None:
        raise Refused("not_closed_yet")
    if now < command.kept_until:
        raise Refused("retention_runs", weighty=True, until=command.kept_until)
    if state.holds:
        raise Refused("legal_hold", weighty=True, holds=len(state.holds))
    return [e.ErasureOrdered(by, reason, command.closed_at, command.kept_until, command.act)]


def _check_there(state: Keeping) -> None:
    if state.ordered is not None:
        raise Refused("recordings_erased")


def _by(state: Keeping, act: SignedAct, act_type: str, roles: tuple[Role, ...], actor: Actor | None) -> str:
    """Who acts, when the act is what it is taken for, and its nonce fresh."""
    if actor is None or actor.role not in roles:
        raise NotPermitted("not_permitted", act=act_type)
    if act.type != act_type:
        raise Malformed("malformed_act", field="type")
    if act.certificate != actor.certificate:
        raise Refused("wrong_certificate", needed=actor.certificate)
    if act.server_nonce in state.nonces:
        raise Refused("nonce_used")
    return actor.key


def _reason(act: SignedAct) -> str:
    """The reason in an act's body, which has nothing else but the number of a hold where one is meant."""
    body = act.body_json()
    reason = body.get("reason")
    keys = {"reason", "hold"} if act.type == LIFT else {"reason"}
    if body.keys() != keys or not isinstance(reason, str) or not reason.strip():
        raise Malformed("malformed_act", field="body")
    if not is_plain(reason, MOST_REASON):
        raise Malformed("malformed_act", field="reason")
    return reason.strip()
