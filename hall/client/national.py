"""The key holder of the suite GM: a pair of SM2 certificates with their keys, read from one PEM file.

For rehearsals and the command line: in production SM2 keys stay in a certified token. The file holds, in any order, the
signing and the encryption certificate, their keys as ENCRYPTED PRIVATE KEY (PKCS#8 in PBES2, one password), and may
hold issuers. What may not live here: the network, decisions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from asn1crypto import pem

from hall.client.keys import Context, KeyHolder, sign_act
from hall.errors import HallError, Malformed, Refused
from hall.procurement.acts import SignedAct
from hall.signing import entrusted, gm, gm_keys, sealed_bid
from hall.signing.certificates import Certificate, load_certificate
from hall.signing.gm_pairs import paired

MAX_FILE: Final = 256 * 1024
_MOST_BLOCKS: Final = 16


@dataclass(frozen=True, slots=True)
class NationalIdentity:
    """Both certificates of a pair with their keys in this process."""

    certificate: Certificate
    """Signs."""
    key: gm.PrivateKey = field(repr=False)
    recipient: Certificate
    """Bids are sealed to it."""
    opening_key: gm.PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Sign with SM2 and SM3 as r|s; see `KeyHolder`."""
        return gm.sign(self.key, data)

    def unwrap(self, header: sealed_bid.SealedHeader) -> bytes:
        """Unwrap with the other key; see `KeyHolder`."""
        return sealed_bid.unwrap(header, self.opening_key, self.recipient)

    def open_entrusted(self, envelope: bytes, inner: str, place: entrusted.Place) -> bytes:
        """Nothing is entrusted to SM2 certificates: a custodian's one certificate would have to sign and to open."""
        raise Refused("custody_needs_file")

    def sign_act(self, kind: str, context: Context, server_nonce: str, body: dict[str, object]) -> SignedAct:
        """Make and sign one act; see `keys.sign_act`."""
        return sign_act(self, kind, context, server_nonce, body)


def recipient_of(holder: KeyHolder) -> Certificate:
    """Give the certificate that a holder's bids are sealed to: its own, or the other one of its pair."""
    return holder.recipient if isinstance(holder, NationalIdentity) else holder.certificate


def is_pair_file(data: bytes) -> bool:
    """Say whether this looks like such a file and not like PKCS#12."""
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data


def open_pair(data: bytes, password: str) -> NationalIdentity:
    """Read such a file.

    Raises Refused("wrong_password"), Malformed("malformed_p12") where it does not hold one pair with its keys,
    Refused("unsupported_key"), Malformed("malformed_key" | "malformed_certificate").
    """
    if len(data) > MAX_FILE:
        raise Malformed("malformed_p12")
    try:
        blocks = [(name, der) for name, _, der in pem.unarmor(data, multiple=True)]
    except ValueError:
        raise Malformed("malformed_p12") from None
    if len(blocks) > _MOST_BLOCKS:
        raise Malformed("malformed_p12")
    keys = [gm_keys.read(der, password) for name, der in blocks if name == "ENCRYPTED PRIVATE KEY"]
    held = [
        (certificate, key)
        for certificate in map(_readable, (der for name, der in blocks if name == "CERTIFICATE"))
        for key in keys
        if certificate is not None and certificate.spki == key.public.spki
    ]
    for signer, key in held:
        for recipient, opening_key in held:
            if paired(signer, recipient):
                return NationalIdentity(signer, key, recipient, opening_key)
    raise Malformed("malformed_p12")


def _readable(der: bytes) -> Certificate | None:
    """An issuer beside them may be of a kind that the hall does not read."""
    try:
        return load_certificate(der)
    except HallError:
        return None
