"""What an opening does about faults: held and moved deadlines, suspension, consultation, resumption, the split after
three hours, adjournment, and windows of a bidder's own (clauses 4.1, 4.7, 4.8, 5.3.4).

Pure, as `decide` is. While the opening is suspended only what stands here becomes due.
"""

from __future__ import annotations

from hall.errors import Refused
from hall.procurement.parties import Actor
from hall.session import commands as c
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.state import OpeningState


def act(state: OpeningState, command: c.FaultAct, actor: Actor, now: int) -> list[e.Event]:
    """The events that a party's act causes at `now` (ms UTC). Raises Refused."""
    raise Refused("not_now")


def note(state: OpeningState, command: c.FaultNote, now: int) -> list[e.Event]:
    """The events that a note of the hall causes at `now` (ms UTC)."""
    return []


def held_deadline(state: OpeningState, now: int) -> list[e.Event]:
    """What happens instead of the deadline where a platform fault contains it or reaches into the time before it."""
    return []


def due(state: OpeningState, now: int) -> list[e.Event]:
    """What has become due by `now`."""
    return []


def moments(state: OpeningState) -> list[int]:
    """When `due` will next have something to say, ms UTC."""
    return []


def decide_cause(state: OpeningState, command: c.DecideCause, now: int) -> list[e.Event]:
    """The project owner decides why a listed bid was not decrypted (clause 5.3.4)."""
    lot, bidder = state.lots[command.lot], command.bidder
    if bidder not in lot.undecided:
        raise Refused("no_cause_to_decide", bidder=bidder)
    if bidder in lot.opening:
        raise Refused("still_opening", bidder=bidder)
    return [e.CauseDecided(lot.lot, bidder, command.cause, command.incident, command.reason, command.act)]


def open_to(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of this chapter's acts now, roles and stages being right already."""
    return False
