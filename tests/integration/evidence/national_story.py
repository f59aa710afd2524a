"""An opening of the suite GM, played as a whole to its bundle: bidders log in, seal, sign and release with SM2."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.errors import Refused
from tests.integration.evidence.stories import Told
from tests.own_hall import own_hall, play


async def national(place: Path) -> Told:
    """A bid that is sealed to a key of the other suite is refused; four of this one go their ordinary way."""
    async with own_hall(place, suite="GM") as hall:
        assert (await hall.login("b1")).encryption == hall.holder("b1").sealed_to.sha256
        with pytest.raises(Refused, match="unsupported_suite"):
            await hall.deposit("brief")
        bundle = await play(hall)
        return bundle, hall.core.archive.trust(hall.actor("procuring_entity"))
