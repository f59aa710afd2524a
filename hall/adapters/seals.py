"""What the hall itself vouches for: its signature on receipts and acknowledgements, and its nonces.

A nonce needs no memory: it carries its own hour of birth and a code over it and the certificate, so it holds after a
restart too. Layout, 16 bytes: seconds(5) | random(3) | HMAC-SHA-256 over both and the certificate, cut to 8.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.procurement import canonical

NONCE_LIFE: Final = 24 * 3600
"""Seconds that a nonce is good for."""


class HallSeals:
    """The hall's `Seals`. log: signs receipts; nonce: secret of the nonces' codes."""

    def __init__(self, log: Ed25519PrivateKey, nonce: bytes) -> None:
        self._log = log
        self._nonce = nonce

    def sign(self, label: str, body: dict[str, object]) -> str:
        """Base64 Ed25519 over "bidhall/1 <label>\\0" | canonical JSON of `body`."""
        message = f"bidhall/1 {label}\0".encode() + canonical.dumps(body)
        return base64.b64encode(self._log.sign(message)).decode("ascii")

    def nonce(self, certificate: str, now: int) -> str:
        """A nonce for acts under this certificate (SHA-256 hex); `now` in ms UTC."""
        head = (now // 1000).to_bytes(5, "big") + secrets.token_bytes(3)
        return (head + self._code(head, certificate)).hex()

    def nonce_holds(self, nonce: str, certificate: str, now: int) -> bool:
        """Whether this hall gave that nonce to that certificate within the last day."""
        try:
            data = bytes.fromhex(nonce)
        except ValueError:
            return False
        head, code = data[:8], data[8:]
        age = now // 1000 - int.from_bytes(head[:5], "big")
        return hmac.compare_digest(code, self._code(head, certificate)) and 0 <= age <= NONCE_LIFE

    def _code(self, head: bytes, certificate: str) -> bytes:
        return hmac.digest(self._nonce, b"bidhall/1 nonce\0" + head + certificate.encode(), "sha256")[:8]
