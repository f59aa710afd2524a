"""The floor: who asks for it, who has it, who is heard (clauses 3.1, 4.4); door of the chapter on picture and sound.

Pure, as `decide` is. Until its announcement no bidder can be seen to ask for anything (Bidding Law 22).
"""

from __future__ import annotations

from typing import Final, assert_never

from hall.errors import Refused
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, participant_of
from hall.procurement.tender import MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session import external, faces, register
from hall.session.lot import LotState
from hall.session.presence import OFFLINE
from hall.session.roster import POSTS, named_bidders
from hall.session.rules import Stage
from hall.session.state import OpeningState

PATIENCE: Final = MINUTE
"""ms for which who has the floor may be gone before the hall takes it back."""

_NEVER: Final = frozenset({"host", "evaluator"})
"""The host is seen and heard by all anyway; between the room and the evaluators there is no route (clause 5.4.2)."""


def act(state: OpeningState, command: c.MediaAct, actor: Actor, now: int) -> list[e.Event]:
    """The events that a party's act causes at `now` (ms UTC). Raises Refused."""
    match command:
        case c.RaiseHand(signed):
            return _raise(state, participant_of(actor), signed)
        case c.LowerHand(signed):
            mine = participant_of(actor)
            return [e.HandLowered(mine, signed)] if mine in state.media.hands else []
        case c.GiveFloor():
            return _give(state, command)
        case c.MuteAll(muted, signed):
            changed = mutable(state, muted=muted)
            return [e.RoomMuted(changed, muted, signed)] if changed else []
        case c.NameRecording():
            return external.name(state, command, now)
        case c.AttachRecording():
            return external.attach(state, command, now)
        case _:
            assert_never(command)


def note(state: OpeningState, command: c.MediaNote, now: int) -> list[e.Event]:
    """The events that a note of the hall causes at `now` (ms UTC)."""
    match command:
        case c.NoteFace():
            return faces.flag(state, command)
        case c.NoteGap():
            return register.gap(state, command, now)
        case _:
            assert_never(command)


def due(state: OpeningState, now: int) -> list[e.Event]:
    """What has become due by `now`: the floor is taken back from who is gone."""
    until = _gone_until(state)
    if until is None or now < until:
        return []
    return [e.FloorGiven("", state.media.floor, "offline", None)]


def moments(state: OpeningState) -> list[int]:
    """When `due` will next have something to say, ms UTC."""
    until = _gone_until(state)
    return [] if until is None else [until]


def open_to(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of this chapter's acts now, roles and stages being right already."""
    me = participant_of(viewer)
    match act:
        case "raise_hand":
            return may_take(state, me) and me not in state.media.hands and me != state.media.floor
        case "lower_hand":
            return me in state.media.hands
        case "give_floor":
            return True
        case "mute_all":
            return bool(mutable(state, muted=True) or mutable(state, muted=False))
        case "name_recording":
            return True
        case "attach_recording":
            return external.attachable(state)
        case _:
            return False


def may_take(state: OpeningState, participant: str) -> bool:
    """Whether a participant could be given the floor: an announced bidder that signed in, or a filled post."""
    bidder = participant.removeprefix("bidder-")
    if bidder != participant:
        return bidder in state.signed_in and bidder in named_bidders(state)
    filled = {role.value.replace("_", "-") for role in state.posts}
    return participant in POSTS & filled - _NEVER


def mutable(state: OpeningState, *, muted: bool) -> tuple[str, ...]:
    """Whom `mute_all` changes: the announced bidders that signed in, without the one that has the floor."""
    bidders = (f"bidder-{b}" for b in sorted(named_bidders(state) & state.signed_in.keys()))
    return tuple(p for p in bidders if p != state.media.floor and (p in state.muted) is not muted)


def _raise(state: OpeningState, me: str, signed: SignedAct) -> list[e.Event]:
    if me in state.media.hands or me == state.media.floor:
        return []
    if not may_take(state, me):
        raise Refused("not_announced_yet")
    return [e.HandRaised(me, signed)]


def _give(state: OpeningState, command: c.GiveFloor) -> list[e.Event]:
    if command.participant and not may_take(state, command.participant):
        raise Refused("no_such_participant", participant=command.participant)
    if command.participant == state.media.floor:
        return []
    return [e.FloorGiven(command.participant, state.media.floor, "", command.act)]


def _gone_until(state: OpeningState) -> int | None:
    """When the floor falls back because its holder is offline, or None while it is there."""
    holder = state.media.floor
    if not holder or state.stage not in (Stage.OPENING, Stage.RECORD):
        return None
    mine = [p for p in state.presence if p.participant == holder]
    last = max(mine, key=lambda p: p.start, default=None)
    if last is None or last.state != OFFLINE:
        return None
    return max(last.start, state.media.floor_at) + PATIENCE
