"""Second quotes in sealed, numbered rounds (二次报价) and the verifiable draw, where method and documents have them.

Pure, as `decide` is. Nothing of this is due while the opening is suspended.
"""

from __future__ import annotations

from hall.errors import Refused
from hall.procurement.parties import Actor
from hall.session import commands as c
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.state import OpeningState


def act(state: OpeningState, command: c.RoundAct, actor: Actor, now: int) -> list[e.Event]:
    """The events that a party's act causes at `now` (ms UTC). Raises Refused."""
    raise Refused("not_now")


def note(state: OpeningState, command: c.RoundNote, now: int) -> list[e.Event]:
    """The events that a note of the hall causes at `now` (ms UTC)."""
    return []


def due(state: OpeningState, lot: LotState, now: int) -> list[e.Event]:
    """What has become due in one lot by `now`."""
    return []


def moments(lot: LotState) -> list[int]:
    """When `due` will next have something to say, ms UTC."""
    return []


def open_to(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of this chapter's acts now, roles and stages being right already."""
    return False
