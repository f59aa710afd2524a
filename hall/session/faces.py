"""Looks at a representative in the middle of the opening, and what a comparison of faces says to who looks
(clause 5.3.7). Neither ever decides or stops anything.

Pure, as `decide` is.
"""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.session import commands as c
from hall.session import events as e
from hall.session.roster import check_named
from hall.session.state import OpeningState, SignedIn

MAX_FLAGS: Final = 1000
"""Of one opening; what comes after them is dropped, because it decides nothing."""


def due(state: OpeningState) -> tuple[tuple[str, str], ...]:
    """(bidder, moment) of each look that is due: after the decryption, the price and an objection of who signed in."""
    return tuple(x for x in state.media.looks if x[0] in state.signed_in)


def comparable(state: OpeningState, bidder: str) -> SignedIn | None:
    """The sign-in of a representative who gave a picture and consented that a machine compares it, else None."""
    person = state.signed_in.get(bidder)
    return person if person is not None and person.compares and person.photo else None


def flag(state: OpeningState, command: c.NoteFace) -> list[e.Event]:
    """A hint for people. Only of who consented, and after the announcement."""
    check_named(state, command.bidder)
    if comparable(state, command.bidder) is None:
        raise Refused("not_consented", bidder=command.bidder)
    if len(state.media.flags) >= MAX_FLAGS:
        return []
    return [e.FaceFlagged(command.bidder, command.moment, min(max(command.score, 0), 10), command.flag)]
