"""The national algorithms: SM2 (GB/T 32918), SM3 (GB/T 32905), SM4-GCM (GB/T 32907, GB/T 36624).

What lives here: primitives and keys. What may not: files, certificates, message formats. SM2 is `gmssl-pyx`'s (the
GmSSL library); SM3 and SM4 are OpenSSL's through `cryptography`, three times as fast; the tests hold each against the
other. Signatures use the standard's default signer id and stand as r | s, 64 bytes. None of it is a certified module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import gmssl_pyx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

from hall.errors import Refused

Failed: Final = gmssl_pyx.GmsslInnerError
"""What the library raises for keys that are none."""

SIGNER_ID: Final = b"1234567812345678"
"""GB/T 35276: the id that a signer has who agreed on no other."""

CURVE: Final = "1.2.156.10197.1.301"
SM4_KEY: Final = 16
TAG: Final = 16

_COORDINATE: Final = 32
_PRIME: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_SPKI: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
"""A SubjectPublicKeyInfo of an SM2 key up to its point: the curve by name, uncompressed. It has no other form here."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point on the curve: x | y, 64 bytes. Raises Refused("unsupported_key") for what lies beside it."""

    point: bytes

    def __post_init__(self) -> None:
        x = int.from_bytes(self.point[:_COORDINATE], "big")
        y = int.from_bytes(self.point[_COORDINATE:], "big")
        on_curve = (y * y - (x * x * x - 3 * x + _B)) % _PRIME == 0
        if len(self.point) != 2 * _COORDINATE or max(x, y) >= _PRIME or not on_curve:
            raise Refused("unsupported_key")

    @property
    def spki(self) -> bytes:
        """Give the key as DER of a SubjectPublicKeyInfo."""
        return _SPKI + self.point


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key pair. Nothing of the secret shows in a trace."""

    secret: bytes = field(repr=False)
    public: PublicKey


def public_key(spki: bytes) -> PublicKey:
    """Read the DER of a SubjectPublicKeyInfo. Raises Refused("unsupported_key")."""
    if not spki.startswith(_SPKI):
        raise Refused("unsupported_key")
    return PublicKey(spki[len(_SPKI) :])


def generate() -> PrivateKey:
    """Make a key pair."""
    point, secret = gmssl_pyx.sm2_key_generate()
    return PrivateKey(secret, PublicKey(point))


def sign(key: PrivateKey, data: bytes) -> bytes:
    """Sign as r | s, 64 bytes: SM2 with SM3 and the default id."""
    return raw_from_der(gmssl_pyx.sm2_sign(key.secret, key.public.point, data, signer_id=SIGNER_ID))


def verify(key: PublicKey, data: bytes, signature: bytes) -> bool:
    """Say whether `signature` (r | s) over `data` is right."""
    if len(signature) != 2 * _COORDINATE:
        return False
    halves = int.from_bytes(signature[:_COORDINATE], "big"), int.from_bytes(signature[_COORDINATE:], "big")
    if not all(0 < half < _ORDER for half in halves):
        return False
    try:
        der = encode_dss_signature(*halves)
        return bool(gmssl_pyx.sm2_verify(key.point, data, der, signer_id=SIGNER_ID))
    except Failed:
        return False


def raw_from_der(signature: bytes) -> bytes:
    """Turn a signature of CMS or a certificate (DER) into r | s. Raises ValueError on anything else."""
    r, s = decode_dss_signature(signature)
    if max(r, s) >> (8 * _COORDINATE):
        raise ValueError("not an SM2 signature")
    return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")


def der_from_raw(signature: bytes) -> bytes:
    """Turn r | s into the DER that CMS and certificates want."""
    return encode_dss_signature(
        int.from_bytes(signature[:_COORDINATE], "big"), int.from_bytes(signature[_COORDINATE:], "big")
    )


def encrypt(key: PublicKey, data: bytes) -> bytes:
    """Encrypt up to 255 bytes; give the DER of SM2Cipher (GB/T 35276): x, y, SM3 digest, ciphertext."""
    return bytes(gmssl_pyx.sm2_encrypt(key.point, data))


def decrypt(key: PrivateKey, data: bytes) -> bytes:
    """Undo `encrypt`. Raises ValueError when this key does not open it."""
    try:
        return bytes(gmssl_pyx.sm2_decrypt(key.secret, data))
    except Failed:
        raise ValueError("the key does not open it") from None


def sm3(data: bytes) -> bytes:
    """Digest of 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def hkdf(key: bytes, *, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """Derive `length` bytes by HKDF (RFC 5869) with HMAC-SM3."""
    return HKDF(hashes.SM3(), length, salt, info).derive(key)


class Sm4Gcm:
    """SM4-GCM with a key of 16 bytes, nonces of 12 and tags of 16, on buffers as `cryptography`'s AESGCM has them."""

    def __init__(self, key: bytes) -> None:
        if len(key) != SM4_KEY:
            raise ValueError("an SM4 key has 16 bytes")
        self._key = algorithms.SM4(key)

    def encrypt_into(
        self, nonce: bytes, data: bytes | memoryview, associated: bytes | None, out: memoryview, /
    ) -> int:
        """Write ciphertext and tag into `out`, which is just as long as both; give that length."""
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated or b"")
        length = encryptor.update_into(data, out)
        encryptor.finalize()
        out[length : length + TAG] = encryptor.tag
        return length + TAG

    def decrypt_into(
        self, nonce: bytes, data: bytes | memoryview, associated: bytes | None, out: memoryview, /
    ) -> int:
        """Write the plaintext into `out`; nothing in it counts when InvalidTag is raised."""
        if len(data) < TAG:
            raise InvalidTag
        decryptor = Cipher(self._key, modes.GCM(nonce, bytes(data[-TAG:]))).decryptor()
        decryptor.authenticate_additional_data(associated or b"")
        length = decryptor.update_into(data[:-TAG], out)
        decryptor.finalize()
        return length


def sm4_cbc_encrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """SM4-CBC with PKCS#7 padding, as a CMS envelope holds its content."""
    padder = PKCS7(128).padder()
    cipher = Cipher(algorithms.SM4(key), modes.CBC(iv)).encryptor()
    return cipher.update(padder.update(data) + padder.finalize()) + cipher.finalize()


def sm4_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Undo `sm4_cbc_encrypt`. Raises ValueError."""
    cipher = Cipher(algorithms.SM4(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(cipher.update(data) + cipher.finalize()) + unpadder.finalize()
