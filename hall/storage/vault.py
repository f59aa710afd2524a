"""Encryption at rest: small secrets under one AES-256-GCM key, each bound to the place it belongs to.

What lives here: the box that other parts are handed. What may not: files, key generation policy, logging of any kind.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hall.errors import Unavailable

KEY_SIZE: Final = 32
_NONCE_SIZE: Final = 12


class Vault:
    """Seals and opens bytes. A sealed value is nonce(12) | ciphertext | tag(16)."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError("a vault key has 32 bytes")
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt `plain`; it opens only under the same `place` (a value moved to another row or file does not)."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode("utf-8"))

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt. Raises Unavailable("vault_mismatch") for damage, another key or another place."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], place.encode("utf-8"))
        except (InvalidTag, ValueError):
            raise Unavailable("vault_mismatch") from None
