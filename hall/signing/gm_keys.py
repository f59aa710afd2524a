"""SM2 keys in files: PKCS#8 in PBES2 (PBKDF2-HMAC-SHA256, AES-256-CBC), as `openssl pkcs8` writes and reads them.

For rehearsals and the command line: in production the key stays in its token (`hall ukey`). What may not live here:
whose key it is, certificates' meaning.
"""

from __future__ import annotations

import secrets
from typing import Final

from asn1crypto import core, keys, pem
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7

from hall.errors import Malformed, Refused
from hall.signing import gm

ROUNDS: Final = 210_000
"""Of the files written here, unless the caller says otherwise."""

MAX_KEY_FILE: Final = 64 * 1024

# PKCS#8 of an SM2 key has one form here: curve by name, key and point inside (RFC 5915). So it needs no parser.
_HEAD: Final = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_MIDDLE: Final = bytes.fromhex("a14403420004")
_MOST_ROUNDS: Final = 10_000_000
_SECRET: Final = 32
_PROOF: Final = b"bidhall/1 key pair"


def write(key: gm.PrivateKey, password: str, *, rounds: int = ROUNDS) -> bytes:
    """Give the key as PEM, ENCRYPTED PRIVATE KEY."""
    salt, iv = secrets.token_bytes(16), secrets.token_bytes(16)
    padder = PKCS7(128).padder()
    cipher = Cipher(algorithms.AES256(_password_key(password, salt, rounds)), modes.CBC(iv)).encryptor()
    plain = _HEAD + key.secret + _MIDDLE + key.public.point
    sealed = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    scheme = {
        "key_derivation_func": {
            "algorithm": "pbkdf2",
            "parameters": {
                "salt": core.OctetString(salt),
                "iteration_count": rounds,
                "prf": {"algorithm": "sha256"},
            },
        },
        "encryption_scheme": {"algorithm": "aes256_cbc", "parameters": iv},
    }
    container = keys.EncryptedPrivateKeyInfo(
        {"encryption_algorithm": {"algorithm": "pbes2", "parameters": scheme}, "encrypted_data": sealed}
    )
    text: bytes = pem.armor("ENCRYPTED PRIVATE KEY", container.dump())
    return text


def read(der: bytes, password: str) -> gm.PrivateKey:
    """Read the DER inside such a PEM.

    Raises Refused("wrong_password"), which a damaged file can't be told from, Malformed("malformed_key") for another
    scheme, Refused("unsupported_key") for a key that is not SM2's.
    """
    if len(der) > MAX_KEY_FILE:
        raise Malformed("malformed_key")
    try:
        container = keys.EncryptedPrivateKeyInfo.load(der, strict=True)
        scheme = container["encryption_algorithm"]
        known = (scheme.kdf, scheme.kdf_hmac, scheme.encryption_cipher) == ("pbkdf2", "sha256", "aes")
        if not known or scheme.key_length != 32 or not 0 < scheme.kdf_iterations <= _MOST_ROUNDS:
            raise Malformed("malformed_key")
        derived = _password_key(password, scheme.kdf_salt, scheme.kdf_iterations)
        iv, sealed = scheme.encryption_iv, container["encrypted_data"].native
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Malformed("malformed_key") from None
    try:
        cipher = Cipher(algorithms.AES256(derived), modes.CBC(iv)).decryptor()
        unpadder = PKCS7(128).unpadder()
        plain = unpadder.update(cipher.update(sealed) + cipher.finalize()) + unpadder.finalize()
    except ValueError:
        raise Refused("wrong_password") from None
    return read_plain(plain)


def read_plain(plain: bytes) -> gm.PrivateKey:
    """Read the DER of an unencrypted PKCS#8 key. Raises Refused("unsupported_key"), Malformed("malformed_key")."""
    end = len(_HEAD) + _SECRET
    if not plain.startswith(_HEAD) or plain[end : end + len(_MIDDLE)] != _MIDDLE:
        raise Refused("unsupported_key")
    key = gm.PrivateKey(plain[len(_HEAD) : end], gm.PublicKey(plain[end + len(_MIDDLE) :]))
    try:
        if gm.verify(key.public, _PROOF, gm.sign(key, _PROOF)):
            return key
    except gm.Failed:
        pass
    raise Malformed("malformed_key")  # the two halves are not one pair


def _password_key(password: str, salt: bytes, rounds: int) -> bytes:
    return PBKDF2HMAC(hashes.SHA256(), 32, salt, rounds).derive(password.encode("utf-8"))
