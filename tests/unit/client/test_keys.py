"""PKCS#12 files and acts signed by what they hold."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from hall.client.keys import from_pem, open_p12
from hall.errors import Malformed, Refused
from hall.signing.certificates import verify_act
from tests.unit.client import openings as o
from tests.unit.client.people import pems, someone


def p12(password: str) -> bytes:
    identity = someone("bidder")
    protection = serialization.BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(
        b"bidder", identity.key, identity.certificate.parsed, None, protection
    )


def test_a_p12_file_opens_with_its_password_only() -> None:
    data = p12("right")
    assert open_p12(data, "right").certificate == someone("bidder").certificate
    with pytest.raises(Refused, match="wrong_password"):
        open_p12(data, "wrong")


def test_a_damaged_p12_file_is_refused_in_plain_codes() -> None:
    data = p12("right")
    for damaged in (b"", b"no file of this kind", data[: len(data) // 2]):
        with pytest.raises((Refused, Malformed)):
            open_p12(damaged, "right")


def test_a_key_of_another_certificate_is_refused() -> None:
    with pytest.raises(Refused, match="key_of_another_certificate"):
        from_pem(pems("bidder")[0], pems("host")[1])


def test_a_signed_act_verifies_and_has_a_nonce_of_its_own() -> None:
    first = o.command(someone("host"))
    second = o.command(someone("host"))
    verify_act(first, someone("host").certificate.der)
    assert first.client_nonce != second.client_nonce


def test_the_key_is_not_printed() -> None:
    assert "key=" not in repr(someone("host"))
