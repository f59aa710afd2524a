"""Keys entrusted to custodians: opened in order, for the place they were made for, and for nobody else."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hall.client.keys import Identity, open_p12
from hall.errors import Malformed, Refused
from hall.signing import entrusted
from hall.signing.entrusted import Place

VECTOR: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "entrusted.json").read_text("utf-8")
)
PLACE = Place(
    VECTOR["tender"], VECTOR["lot"], VECTOR["bidder"], VECTOR["opening"], bytes.fromhex(VECTOR["salt"])
)
KEY = bytes.fromhex(VECTOR["key"])


@pytest.fixture(scope="module")
def custodians() -> list[Identity]:
    return [open_p12(base64.b64decode(p12), VECTOR["password"]) for p12 in VECTOR["custodians"]]


def opened(envelope: bytes, inner: str, place: Place, by: Identity) -> bytes:
    return entrusted.open_entrusted(envelope, inner, place, by.key, by.certificate)


def test_the_vector_opens_in_the_custodians_order_alone(custodians: list[Identity]) -> None:
    supervisor, notary = custodians
    envelope = base64.b64decode(VECTOR["envelope"])
    with pytest.raises(Refused, match="wrong_certificate"):
        opened(envelope, VECTOR["inner"], PLACE, notary)
    inner = opened(envelope, VECTOR["inner"], PLACE, supervisor)
    assert hashlib.sha256(inner).hexdigest() == VECTOR["inner"]
    assert opened(inner, "", PLACE, notary) == KEY


def test_clause_4_11_an_envelope_cannot_be_moved(custodians: list[Identity]) -> None:
    supervisor, _ = custodians
    envelope, inner = entrusted.entrust(KEY, PLACE, [supervisor.certificate])
    assert inner == ""
    for change in ({"tender": "T2"}, {"lot": "2"}, {"bidder": "yi"}, {"opening": "O2"}, {"salt": bytes(32)}):
        with pytest.raises(Refused, match="wrong_context"):
            opened(envelope, "", replace(PLACE, **change), supervisor)  # type: ignore[arg-type]  # one field each
    assert opened(envelope, "", PLACE, supervisor) == KEY


def test_a_key_is_no_envelope_and_an_envelope_no_key(custodians: list[Identity]) -> None:
    supervisor, notary = custodians
    single, _ = entrusted.entrust(KEY, PLACE, [supervisor.certificate])
    with pytest.raises(Refused, match="wrong_context"):
        opened(single, "ab" * 32, PLACE, supervisor)
    double, inner = entrusted.entrust(KEY, PLACE, [supervisor.certificate, notary.certificate])
    with pytest.raises(Refused, match="wrong_context"):
        opened(double, "", PLACE, supervisor)
    with pytest.raises(Refused, match="entrusted_mismatch"):
        opened(double, "ab" * 32, PLACE, supervisor)
    assert len(opened(double, inner, PLACE, supervisor)) > 32


def test_what_is_for_somebody_else_is_refused_before_it_is_stored(custodians: list[Identity]) -> None:
    supervisor, notary = custodians
    envelope, _ = entrusted.entrust(KEY, PLACE, [supervisor.certificate])
    entrusted.check_for(envelope, supervisor.certificate)
    with pytest.raises(Refused, match="wrong_custodians"):
        entrusted.check_for(envelope, notary.certificate)
    with pytest.raises(Malformed):
        entrusted.check_for(b"nothing", supervisor.certificate)
