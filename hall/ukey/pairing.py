"""Which browser profiles may ask at all: pairing by a code that the person carries over, and proofs on each connection.

A loopback Origin is no authentication: any program of this machine can send one. So a page proves that it holds the
secret of its pairing, over a nonce of this program and its own origin, and this program proves the same to the page,
which another program on the port could not. What lives here: codes, secrets, proofs, the file they are kept in. What
may not: tokens, dialogues, sockets.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from hall.errors import Refused, Unavailable

CODE_LASTS: Final = 120_000
"""Milliseconds until a pairing code is worth nothing."""

WRONG_CODES: Final = 5
"""Wrong codes after which this program pairs nobody any more until it is started again."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """One browser profile at one origin. `secret` is 32 bytes in hex; `paired_at` ms UTC."""

    name: str
    origin: str
    id: str
    secret: str
    paired_at: int


@dataclass(slots=True)
class _Offer:
    code: str
    origin: str
    name: str
    until: int


class Pairings:
    """The pairings of one user of this machine, kept in a file that nobody else reads."""

    def __init__(self, file: Path) -> None:
        """Raises Unavailable("pairings_damaged") when the file can't be read; then it is to be removed by hand."""
        self._file = file
        self._offer: _Offer | None = None
        self._wrong = 0
        try:
            kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
            self._known = {one["id"]: Pairing(**one) for one in kept}
        except (ValueError, TypeError, KeyError):
            raise Unavailable("pairings_damaged", file=str(file)) from None

    def offer(self, origin: str, name: str, now: int) -> str:
        """Make a code to be carried into the page; an earlier one is void. Raises Refused("pairing_locked")."""
        if self._wrong >= WRONG_CODES:
            raise Refused("pairing_locked")
        code = f"{secrets.randbelow(10**6):06d}"
        self._offer = _Offer(code, origin, name, now + CODE_LASTS)
        return code

    def redeem(self, origin: str, code: str, now: int) -> Pairing:
        """Pair, once for each code.

        Raises Refused("pairing_code_wrong" | "pairing_code_expired" | "pairing_locked").
        """
        if self._wrong >= WRONG_CODES:
            raise Refused("pairing_locked")
        offer, self._offer = self._offer, None
        if offer is None or now > offer.until:
            raise Refused("pairing_code_expired")
        if offer.origin != origin or not hmac.compare_digest(offer.code.encode(), code.encode()):
            self._wrong += 1
            raise Refused("pairing_code_wrong")
        pairing = Pairing(offer.name, origin, secrets.token_hex(16), secrets.token_hex(32), now)
        self._known[pairing.id] = pairing
        self._keep()
        return pairing

    def find(self, name: str, origin: str) -> Pairing | None:
        """Give a pairing by its id, only to the origin that it was made for."""
        found = self._known.get(name)
        return found if found is not None and found.origin == origin else None

    def forget_all(self) -> int:
        """Forget every profile; say how many there were."""
        count = len(self._known)
        self._known.clear()
        self._keep()
        return count

    def _keep(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._file.with_name(self._file.name + ".part")
        part.unlink(missing_ok=True)
        with open(part, "w", encoding="utf-8", opener=_private) as file:
            json.dump([asdict(one) for one in self._known.values()], file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._file)


def proof(secret: str, side: str, nonce: str, origin: str) -> str:
    """Prove the secret over the other side's nonce; `side` ("page" or "program") keeps the two proofs apart."""
    said = "\0".join(("hall ukey/1", side, nonce, origin)).encode("utf-8")
    return hmac.new(bytes.fromhex(secret), said, hashlib.sha256).hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
