"""Identities for the client's tests, made in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hall.client.keys import Identity, from_pem

BORN = datetime(2026, 1, 1, tzinfo=UTC)
DIES = datetime(2028, 1, 1, tzinfo=UTC)


@cache
def someone(name: str, dies: datetime = DIES) -> Identity:
    """A person with a P-256 key and a certificate of its own making."""
    certificate, key = pems(name, dies)
    return from_pem(certificate, key)


@cache
def pems(name: str, dies: datetime = DIES) -> tuple[bytes, bytes]:
    """Certificate and key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BORN)
        .not_valid_after(dies)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
