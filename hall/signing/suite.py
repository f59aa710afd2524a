"""The cipher suites: which keys, signatures and derivations the hall accepts, in one place.

What lives here: key kinds, signing and verifying raw signatures in the form browsers give them, HKDF, the payload's
cipher. What may not: certificates, message formats. `INTL` is RSA and P-256 with SHA-256 and AES; `GM` is SM2, SM3 and
SM4 (`gm`). A tender names the one suite of its bids.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

from asn1crypto import pem as armor
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hall.errors import Malformed, Refused
from hall.signing import gm, gm_keys

INTL: Final = "INTL"
GM: Final = "GM"
SUITES: Final = frozenset({INTL, GM})

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | gm.PublicKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | gm.PrivateKey

MIN_RSA_BITS: Final = 2048
_COORDINATE: Final = 32  # bytes of r, s and a coordinate on P-256


class KeyKind(StrEnum):
    """The two kinds of keys of the INTL suite, and the one of GM."""

    RSA = "rsa"
    P256 = "p256"
    SM2 = "sm2"


class PayloadCipher(Protocol):
    """An AEAD on buffers, as `cryptography`'s AESGCM is one; `out` has the room of the result."""

    def encrypt_into(
        self, nonce: bytes, data: memoryview, associated_data: None, buf: memoryview, /
    ) -> int: ...

    def decrypt_into(
        self, nonce: bytes, data: memoryview, associated_data: None, buf: memoryview, /
    ) -> int: ...


def key_kind(key: object) -> KeyKind:
    """Name the kind of a public or private key. Raises Refused("unsupported_key") for any other."""
    match key:
        case rsa.RSAPublicKey() | rsa.RSAPrivateKey() if key.key_size >= MIN_RSA_BITS:
            return KeyKind.RSA
        case ec.EllipticCurvePublicKey() | ec.EllipticCurvePrivateKey() if isinstance(
            key.curve, ec.SECP256R1
        ):
            return KeyKind.P256
        case gm.PublicKey() | gm.PrivateKey():
            return KeyKind.SM2
        case _:
            raise Refused("unsupported_key")


def of_key(kind: KeyKind) -> str:
    """Name the suite that a kind of key belongs to."""
    return GM if kind is KeyKind.SM2 else INTL


def spki(key: PublicKey) -> bytes:
    """Give a public key as DER of a SubjectPublicKeyInfo."""
    if isinstance(key, gm.PublicKey):
        return key.spki
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def public_key(key: PrivateKey) -> PublicKey:
    """Give the public half of a private key."""
    return key.public if isinstance(key, gm.PrivateKey) else key.public_key()


def load_private_key(pem: bytes, password: bytes | None = None) -> PrivateKey:
    """Read a PKCS#8 PEM key of a supported kind. Raises Malformed("malformed_key"),
    Refused("unsupported_key" | "wrong_password").
    """
    try:
        key = serialization.load_pem_private_key(pem, password)
    except UnsupportedAlgorithm:
        return _national(pem, password)  # a curve that it does not know
    except (ValueError, TypeError):
        raise Malformed("malformed_key") from None
    key_kind(key)
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise Refused("unsupported_key")


def _national(pem: bytes, password: bytes | None) -> gm.PrivateKey:
    _, _, der = armor.unarmor(pem)
    return gm_keys.read_plain(der) if password is None else gm_keys.read(der, password.decode("utf-8"))


def sign(key: PrivateKey, data: bytes) -> bytes:
    """Sign as WebCrypto does: RSA PKCS#1 v1.5 with SHA-256, or ECDSA with SHA-256 as raw r|s (64 bytes); SM2 with SM3
    as r|s too.
    """
    key_kind(key)
    if isinstance(key, gm.PrivateKey):
        return gm.sign(key, data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return raw_from_der(key.sign(data, ec.ECDSA(hashes.SHA256())))


def verify(key: PublicKey, data: bytes, signature: bytes) -> bool:
    """Say whether `signature` (as `sign` gives it) over `data` is right."""
    key_kind(key)
    if isinstance(key, gm.PublicKey):
        return gm.verify(key, data, signature)
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


def hkdf(key: bytes, *, salt: bytes, info: bytes, length: int = 32, suite: str = INTL) -> bytes:
    """Derive `length` bytes by HKDF (RFC 5869) with the suite's digest: SHA-256 or SM3."""
    if suite == GM:
        return gm.hkdf(key, salt=salt, info=info, length=length)
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


def payload_cipher(suite: str, cek: bytes, *, salt: bytes, aad: bytes) -> PayloadCipher:
    """Give the cipher of a payload's segments: AES-256-GCM or SM4-GCM, its key derived from the content key."""
    if suite == GM:
        return gm.Sm4Gcm(gm.hkdf(cek, salt=salt, info=aad, length=gm.SM4_KEY))
    return AESGCM(hkdf(cek, salt=salt, info=aad))
