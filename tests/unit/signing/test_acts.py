"""The shared vectors of signed acts: bytes, signatures, and what no reader may accept."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import pytest

from hall.errors import Malformed, Refused
from hall.procurement.acts import SignedAct
from hall.signing.certificates import verify_act
from tests.unit.signing.vectors import vectors

VALID = [pytest.param(vector, id=vector["name"]) for vector in vectors("acts")["valid"]]
MALFORMED = [
    pytest.param(vector, id=f"{n} {vector['field']}") for n, vector in enumerate(vectors("acts")["malformed"])
]


@pytest.mark.parametrize("vector", VALID)
def test_an_act_has_the_bytes_of_the_vector_and_a_right_signature(vector: dict[str, Any]) -> None:
    act = SignedAct.from_json(vector["act"])
    assert act.signed_bytes().hex() == vector["signed_bytes"]
    assert act.to_json() == vector["act"]
    verify_act(act, b64decode(vector["certificate"]))


@pytest.mark.parametrize("vector", VALID)
def test_a_signature_does_not_hold_for_another_act_or_certificate(vector: dict[str, Any]) -> None:
    act = SignedAct.from_json(vector["act"])
    der = b64decode(vector["certificate"])
    with pytest.raises(Refused) as caught:
        verify_act(replace(act, deadline=act.deadline + 1), der)
    assert caught.value.code == "bad_signature"
    others = {item["certificate"] for item in vectors("acts")["valid"]} - {vector["certificate"]}
    with pytest.raises(Refused) as caught:
        verify_act(act, b64decode(others.pop()))
    assert caught.value.code == "wrong_certificate"


@pytest.mark.parametrize("vector", VALID)
@pytest.mark.parametrize("at", [0, 31, 32, -1])
def test_a_changed_signature_is_refused(vector: dict[str, Any], at: int) -> None:
    signature = bytearray(b64decode(vector["act"]["signature"]))
    signature[at] ^= 1
    for changed in (bytes(signature), bytes(signature[:-1]), bytes(signature) + b"\0", bytes(64)):
        act = SignedAct.from_json(vector["act"] | {"signature": b64encode(changed).decode()})
        with pytest.raises(Refused):
            verify_act(act, b64decode(vector["certificate"]))


@pytest.mark.parametrize("vector", MALFORMED)
def test_a_malformed_act_is_refused_and_its_field_named(vector: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as caught:
        SignedAct.from_json(vector["act"])
    assert caught.value.facts == {"field": vector["field"]}
