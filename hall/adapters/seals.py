"""The hall's own signatures on receipts and acknowledgements, and its stateless server nonces."""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Final

from hall.procurement import canonical
from hall.storage.keys import HallKeys

NONCE_LIFE: Final = 24 * 3600 * 1000


class HallSeals:
    """Signs with the log key. A nonce is its time and a MAC over time and certificate: it survives a restart, and that
    it serves one act only is the journal's business."""

    def __init__(self, keys: HallKeys) -> None:
        self._keys = keys

    def sign(self, label: str, body: dict[str, object]) -> str:
        """Base64 Ed25519 over "bidhall/1 <label>\\0" | canonical JSON of `body`."""
        message = f"bidhall/1 {label}\0".encode() + canonical.dumps(body)
        return base64.b64encode(self._keys.log.sign(message)).decode()

    def nonce(self, certificate: str, now: int) -> str:
        """A nonce of 16 bytes, hex: 6 of time, 2 of chance, 8 of MAC."""
        return self._made(certificate, now.to_bytes(6, "big") + secrets.token_bytes(2))

    def nonce_holds(self, nonce: str, certificate: str, now: int) -> bool:
        """Whether this hall gave the nonce to this certificate within the last 24 hours."""
        head = bytes.fromhex(nonce)[:8]
        age = now - int.from_bytes(head[:6], "big")
        return 0 <= age <= NONCE_LIFE and hmac.compare_digest(self._made(certificate, head), nonce)

    def _made(self, certificate: str, head: bytes) -> str:
        mac = hmac.digest(self._keys.nonce, head + certificate.encode(), "sha256")
        return (head + mac[:8]).hex()
