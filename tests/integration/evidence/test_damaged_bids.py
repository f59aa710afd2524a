"""A bid that the hall damaged is believed to be so only where the journal told of this very damage (clause 4.7 b)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from tests.forger import Forger, flipped
from tests.integration.evidence.conftest import Honest
from tests.own_hall import LOT

pytestmark = pytest.mark.timeout(300)

BID = f"sealed/{LOT}/b4.bid"


def refused(forger: Forger, honest: Honest, path: Path) -> bool:
    """Whether the bytes of the deposits are what the bundle is refused for."""
    result = verify(forger.write(path / "forged.zip"), honest.anchors)
    return any(v.clause == "5.2.2" and v.status is Status.FAILED for v in result.verdicts)


@pytest.mark.parametrize(
    ("intact", "found", "is_refused"),
    [(False, "what lies there", False), (False, "something else", True), (True, "what lies there", True)],
)
def test_5_2_2_a_damaged_bid(
    forger: Forger, honest: Honest, tmp_path: Path, intact: bool, found: str, is_refused: bool
) -> None:
    damaged = flipped(forger.members[BID], len(forger.members[BID]) - 100)
    forger.members[BID] = damaged
    digest = hashlib.sha256(damaged if found == "what lies there" else b"").hexdigest()
    for item in forger.row("SealingRechecked")["body"]["items"]:
        if item["bidder"] == "b4":
            item |= {"intact": intact, "sha256": digest}
    assert refused(forger, honest, tmp_path) is is_refused
