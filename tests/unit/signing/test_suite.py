"""The suite: which keys are accepted, and signatures in the form browsers give them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed, Refused
from hall.signing import suite

P256 = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


@given(st.binary(max_size=64))
def test_a_p256_signature_is_64_bytes_and_holds_for_its_data_only(data: bytes) -> None:
    signature = suite.sign(P256, data)
    assert len(signature) == 64
    assert suite.verify(P256.public_key(), data, signature)
    assert not suite.verify(P256.public_key(), data + b"x", signature)
    assert suite.raw_from_der(suite.der_from_raw(signature)) == signature


@given(st.binary(max_size=300))
def test_any_bytes_as_signature_are_simply_wrong(signature: bytes) -> None:
    assert not suite.verify(P256.public_key(), b"data", signature)
    assert not suite.verify(RSA.public_key(), b"data", signature)


def test_an_rsa_signature_holds_for_its_data_only() -> None:
    signature = suite.sign(RSA, b"data")
    assert suite.verify(RSA.public_key(), b"data", signature)
    assert not suite.verify(RSA.public_key(), b"Data", signature)


@pytest.mark.parametrize("half", [bytes(32), b"\xff" * 32])
def test_impossible_halves_of_a_signature_are_simply_wrong(half: bytes) -> None:
    signature = suite.sign(P256, b"data")
    assert not suite.verify(P256.public_key(), b"data", half + signature[32:])
    assert not suite.verify(P256.public_key(), b"data", signature[:32] + half)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        object(),
    ],
)
def test_other_keys_are_refused(key: object) -> None:
    with pytest.raises(Refused, match="unsupported_key"):
        suite.key_kind(key)


def test_a_key_file_is_read_or_refused_in_words() -> None:
    def pem(key: suite.PrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
        plain = serialization.NoEncryption()
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)

    assert suite.key_kind(suite.load_private_key(pem(P256))) is suite.KeyKind.P256
    assert suite.key_kind(suite.load_private_key(pem(RSA))) is suite.KeyKind.RSA
    with pytest.raises(Refused, match="unsupported_key"):
        suite.load_private_key(pem(ed25519.Ed25519PrivateKey.generate()))
    for nonsense in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(Malformed, match="malformed_key"):
            suite.load_private_key(nonsense)


def test_hkdf_is_that_of_rfc_5869() -> None:
    derived = suite.hkdf(b"\x0b" * 22, salt=bytes(range(13)), info=bytes(range(0xF0, 0xFA)), length=42)
    expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    assert derived.hex() == expected
