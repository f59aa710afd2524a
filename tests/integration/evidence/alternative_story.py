"""An opening with alternative bids (备选方案), played as a whole to its bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.errors import Refused
from tests.integration.evidence.stories import (
    THREE,
    Told,
    announced,
    commanded,
    confirmed,
    deposited,
    ended,
    objected,
    results_declared,
    signed_in,
)
from tests.own_hall import MINUTE, own_hall

FIRST, SECOND = "1-alt-1", "1-alt-2"


async def alternatives(place: Path) -> Told:
    """Two numbers of alternatives are allowed: b1 offers the first beside its bid, and nobody the second."""
    lot = {"id": "1", "name": "一标段", "alternatives": 2}
    async with own_hall(place, lot=[lot]) as hall:
        with pytest.raises(Refused, match="main_bid_first"):
            await hall.deposit("b1", FIRST)
        await deposited(hall, THREE)
        await deposited(hall, ("b1",), FIRST)
        await signed_in(hall, THREE)
        hall.after(60 * MINUTE)
        for number in ("1", FIRST, SECOND):
            await announced(hall, number)
        await commanded(hall, THREE)
        await commanded(hall, ("b1",), FIRST)
        for one in THREE:
            await hall.release(one)
        await hall.release("b1", FIRST)
        await results_declared(hall, THREE)
        await results_declared(hall, ("b1",), FIRST)
        await confirmed(hall, THREE)
        await confirmed(hall, ("b1",), FIRST)
        await objected(hall)
        await objected(hall, FIRST)
        return await ended(hall)
