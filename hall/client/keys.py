"""Who a client is: a certificate and its private key, read from a PKCS#12 file or from PEM, and acts signed with it.

The key never leaves this process; nothing here knows the network.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from hall.errors import Malformed, Refused
from hall.procurement import canonical
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.signing import suite
from hall.signing.certificates import Certificate, load_certificate


@dataclass(frozen=True, slots=True)
class Context:
    """What an act is about beside its body; zeros and empty texts where a field does not apply. `deadline`: ms UTC."""

    origin: str
    tender: str = ""
    lot: str = ""
    opening: str = ""
    deadline: int = 0
    epoch: int = 0
    manifest: str = ZERO_DIGEST
    tree_size: int = 0
    tree_root: str = ZERO_DIGEST


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its private key."""

    certificate: Certificate
    key: suite.PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Sign as WebCrypto does: PKCS#1 v1.5 for RSA, r|s for P-256, both with SHA-256."""
        return suite.sign(self.key, data)

    def sign_act(self, kind: str, context: Context, server_nonce: str, body: dict[str, object]) -> SignedAct:
        """Make and sign one act; its client nonce is fresh, so a repetition of the same object is the same act."""
        act = SignedAct(
            type=kind,
            origin=context.origin,
            tender=context.tender,
            lot=context.lot,
            opening=context.opening,
            deadline=context.deadline,
            epoch=context.epoch,
            manifest=context.manifest,
            tree_size=context.tree_size,
            tree_root=context.tree_root,
            certificate=self.certificate.sha256,
            server_nonce=server_nonce,
            client_nonce=secrets.token_hex(16),
            body=canonical.dumps(body).decode("utf-8"),
        )
        return act.with_signature(self.sign(act.signed_bytes()))


def open_p12(data: bytes, password: str) -> Identity:
    """Open a PKCS#12 file.

    Raises Refused("wrong_password"), which a damaged file can't be told from, Malformed("malformed_p12") when it
    holds no key with its certificate, Refused("unsupported_key").
    """
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(data, password.encode("utf-8"))
    except ValueError:
        raise Refused("wrong_password") from None
    if key is None or certificate is None:
        raise Malformed("malformed_p12")
    return _identity(load_certificate(certificate.public_bytes(serialization.Encoding.DER)), key)


def from_pem(certificate: bytes, key: bytes) -> Identity:
    """Read certificate and PKCS#8 key. Raises Malformed("malformed_certificate" | "malformed_key"),
    Refused("unsupported_key" | "key_of_another_certificate")."""
    return _identity(load_certificate(certificate), suite.load_private_key(key))


def _identity(certificate: Certificate, key: object) -> Identity:
    if suite.key_kind(key) is not certificate.kind or not isinstance(key, suite.PrivateKey):
        raise Refused("key_of_another_certificate")
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if public != certificate.spki:
        raise Refused("key_of_another_certificate")
    return Identity(certificate, key)
