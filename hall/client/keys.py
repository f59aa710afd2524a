"""Who holds a client's keys: one interface, whether they lie in a file or in a token, and acts signed with them.

What lives here: `KeyHolder`, which everything that signs or releases is given, and `Identity`, the holder whose key
came from a PKCS#12 file or from PEM. What may not: the network, decisions. Nobody outside a holder sees a private key;
who asks for an unwrapping has made the checks of a release, or sealed the bid itself.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from hall.errors import Malformed, Refused
from hall.procurement import canonical
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.signing import entrusted, sealed_bid, suite
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


class KeyHolder(Protocol):
    """A certificate and whoever can use its private key."""

    @property
    def certificate(self) -> Certificate: ...

    def sign(self, data: bytes) -> bytes:
        """Sign as WebCrypto does: PKCS#1 v1.5 for RSA, r|s for P-256, both with SHA-256."""

    def unwrap(self, header: sealed_bid.SealedHeader) -> bytes:
        """Give the content key of a sealed bid; raises what `sealed_bid.unwrap` raises."""

    def open_entrusted(self, envelope: bytes, inner: str, place: entrusted.Place) -> bytes:
        """Open what was entrusted to this certificate; raises what `entrusted.open_entrusted` raises."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its private key in this process: the key holder that a file makes."""

    certificate: Certificate
    key: suite.PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Sign with the key; see `KeyHolder`."""
        return suite.sign(self.key, data)

    def unwrap(self, header: sealed_bid.SealedHeader) -> bytes:
        """Unwrap with the key; see `KeyHolder`."""
        return sealed_bid.unwrap(header, self.key, self.certificate)

    def open_entrusted(self, envelope: bytes, inner: str, place: entrusted.Place) -> bytes:
        """Open as a custodian; see `KeyHolder`."""
        return entrusted.open_entrusted(envelope, inner, place, self.key, self.certificate)

    def sign_act(self, kind: str, context: Context, server_nonce: str, body: dict[str, object]) -> SignedAct:
        """Make and sign one act; see `sign_act`."""
        return sign_act(self, kind, context, server_nonce, body)


def sign_act(
    holder: KeyHolder, kind: str, context: Context, server_nonce: str, body: dict[str, object]
) -> SignedAct:
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
        certificate=holder.certificate.sha256,
        server_nonce=server_nonce,
        client_nonce=secrets.token_hex(16),
        body=canonical.dumps(body).decode("utf-8"),
    )
    return act.with_signature(holder.sign(act.signed_bytes()))


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
    if suite.spki(suite.public_key(key)) != certificate.spki:
        raise Refused("key_of_another_certificate")
    return Identity(certificate, key)
