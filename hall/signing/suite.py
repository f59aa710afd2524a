"""The cipher suites: which keys, signatures and derivations the hall accepts, in one place.

What lives here: key kinds, signing and verifying raw signatures in the form browsers give them, HKDF. What
may not: certificates, files, message formats. `INTL` is built; `GM` is a name that headers may carry and
this build refuses.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hall.errors import Malformed, Refused

INTL: Final = "INTL"
GM: Final = "GM"
SUITES: Final = frozenset({INTL, GM})

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

MIN_RSA_BITS: Final = 2048
_COORDINATE: Final = 32  # bytes of r, s and a coordinate on P-256


class KeyKind(StrEnum):
    """The two kinds of keys of the INTL suite."""

    RSA = "rsa"
    P256 = "p256"


def key_kind(key: object) -> KeyKind:
    """Name the kind of a public or private key. Raises Refused("unsupported_key") for any other."""
    match key:
        case rsa.RSAPublicKey() | rsa.RSAPrivateKey() if key.key_size >= MIN_RSA_BITS:
            return KeyKind.RSA
        case ec.EllipticCurvePublicKey() | ec.EllipticCurvePrivateKey() if isinstance(
            key.curve, ec.SECP256R1
        ):
            return KeyKind.P256
        case _:
            raise Refused("unsupported_key")


def load_private_key(pem: bytes, password: bytes | None = None) -> PrivateKey:
    """Read a PKCS#8 PEM key of a supported kind. Raises Malformed("malformed_key"),
    Refused("unsupported_key").
    """
    try:
        key = serialization.load_pem_private_key(pem, password)
    except (ValueError, TypeError):
        raise Malformed("malformed_key") from None
    key_kind(key)
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise Refused("unsupported_key")


def sign(key: PrivateKey, data: bytes) -> bytes:
    """Sign as WebCrypto does: RSA PKCS#1 v1.5 with SHA-256, or ECDSA with SHA-256 as raw r|s (64 bytes)."""
    key_kind(key)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return raw_from_der(key.sign(data, ec.ECDSA(hashes.SHA256())))


def verify(key: PublicKey, data: bytes, signature: bytes) -> bool:
    """Say whether `signature` (as `sign` gives it) over `data` is right."""
    key_kind(key)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            if len(signature) != 2 * _COORDINATE:
                return False
            key.verify(der_from_raw(signature), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def raw_from_der(signature: bytes) -> bytes:
    """Turn an ECDSA signature of CMS (DER) into WebCrypto's r|s. Raises ValueError on anything else."""
    r, s = decode_dss_signature(signature)
    if max(r, s) >> (8 * _COORDINATE):
        raise ValueError("not a P-256 signature")
    return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")


def der_from_raw(signature: bytes) -> bytes:
    """Turn WebCrypto's r|s into the DER that CMS wants."""
    half = len(signature) // 2
    return encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )


def hkdf(key: bytes, *, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """Derive `length` bytes by HKDF-SHA256 (RFC 5869)."""
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)
