"""A key under its earlier certificate: what the client takes for that, whoever sends it (clause 5.2.3)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hall.client.keys import Identity
from hall.client.renewed import formerly
from hall.errors import Refused
from hall.signing import sealed_bid
from tests.demo_world import Holder, holder


def identity(one: Holder) -> Identity:
    return Identity(one.certificate, one.key)


def test_clause_5_2_3_a_renewed_key_opens_what_was_sealed_to_its_earlier_certificate(tmp_path: Path) -> None:
    before = holder("b2")
    (tmp_path / "bid").write_bytes(b"x" * 1000)
    sealed_bid.seal(
        tmp_path / "bid",
        tmp_path / "sealed",
        tender="T1",
        lot="1",
        bidder="b2",
        name="bid",
        certificate=before.certificate,
    )
    head = sealed_bid.parse_header((tmp_path / "sealed").read_bytes())
    now = identity(holder("b2+renewed"))
    with pytest.raises(Refused, match="wrong_certificate"):
        now.unwrap(head)
    key = formerly(now, before.certificate.der).unwrap(head)
    sealed_bid.self_test(tmp_path / "sealed", key)


@pytest.mark.parametrize("other", ["b2+other", "b3", "host"])
def test_clause_5_2_3_no_other_certificate_is_taken_for_an_earlier_one(other: str) -> None:
    with pytest.raises(Refused, match="wrong_certificate"):
        formerly(identity(holder("b2+renewed")), holder(other).certificate.der)


def test_clause_5_2_3_the_same_key_of_another_holder_is_not_taken() -> None:
    stranger = replace(holder("b2+renewed").certificate, credit_code="91000000MA99999999")
    with pytest.raises(Refused, match="wrong_certificate"):
        formerly(Identity(stranger, holder("b2").key), holder("b2").certificate.der)
