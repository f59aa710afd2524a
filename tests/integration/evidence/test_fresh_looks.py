"""A look at the ciphertexts proves that they were read then: a digest over a challenge that nobody knew before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hall.evidence.verify import verify
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest
from tests.own_hall import LOT


def faults(honest: Honest, forger: Forger, place: Path) -> str:
    result = verify(forger.write(place / "bundle.zip"), honest.anchors)
    return "\n".join(fault for v in result.verdicts if v.clause == "4.2" for fault in v.faults)


def test_clause_4_2_each_look_answers_a_challenge_chosen_after_the_deadline(honest: Honest) -> None:
    forger = honest.forger()
    proof = forger.row("FreshnessProved")["body"]
    announced = forger.row("BiddersAnnounced")["body"]["act"]
    assert proof["challenge"] == announced["client_nonce"]  # by the host's own program, after the deadline
    for item in proof["items"]:
        sealed = forger.members[f"sealed/{LOT}/{item['bidder']}.bid"]
        # Any bidder can reckon it from the file that it kept.
        assert item["digest"] == hashlib.sha256(bytes.fromhex(proof["challenge"]) + sealed).hexdigest()
    (verdict,) = [v for v in verify(honest.bundle, honest.anchors).verdicts if v.clause == "4.2"]
    assert verdict.faults == ()


def _from_memory(forger: Forger) -> None:
    proof = forger.row("FreshnessProved")["body"]
    proof["items"][0]["digest"] = forger.row("SealingRechecked")["body"]["items"][0]["sha256"]


def _known_before(forger: Forger) -> None:
    proof = forger.row("FreshnessProved")["body"]
    proof["challenge"] = forger.row("BidderSignedIn")["body"]["act"]["client_nonce"]
    for item in proof["items"]:
        sealed = forger.members[f"sealed/{LOT}/{item['bidder']}.bid"]
        item["digest"] = hashlib.sha256(bytes.fromhex(proof["challenge"]) + sealed).hexdigest()


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (_from_memory, "do not answer the challenge"),
        (_known_before, "is of no act signed after the deadline"),
        (lambda forger: forger.remove(forger.row("FreshnessProved")), "no proof stands beside it"),
    ],
)
def test_clause_4_2_a_look_that_proves_nothing_is_refused(
    honest: Honest, tmp_path: Path, lie: Callable[[Forger], None], says: str
) -> None:
    forger = honest.forger()
    lie(forger)
    assert says in faults(honest, forger, tmp_path)
