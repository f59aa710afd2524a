"""The recovery file: a bid's content key under a passphrase, made when the bid is sealed, kept by its bidder alone.

It opens nothing without the passphrase, and no other bid. The format is canonical JSON, the same in the browser
(`web/src/crypto/recovery.ts`): PBKDF2-HMAC-SHA-256 (RFC 8018) gives an AES-256-GCM key, and what lies under it is bound
to the sealed file's head. With an unencrypted copy of the bid it makes the very bytes again that were deposited: the
receipt's digest says whether it did. What may not live here: when it may be used.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from hall.errors import Malformed, Refused
from hall.procurement import canonical
from hall.signing import payload, sealed_bid

ITERATIONS: Final = 600_000
"""OWASP's figure for PBKDF2-HMAC-SHA-256 (Password Storage Cheat Sheet, 2023)."""

SHORTEST: Final = 12
"""Characters of a passphrase."""

_SHAPE: Final = {"v": int, "kind": str, "iterations": int} | dict.fromkeys(
    ("head", "prefix", "salt", "iv", "key"), str
)
_LENGTHS: Final = {"prefix": payload.PREFIX, "salt": 16, "iv": 12, "key": 48}
_KIND: Final = "bidhall-recovery"
_MOST_ITERATIONS: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the file and its passphrase give. `prefix`: of the payload's nonces."""

    header: sealed_bid.SealedHeader
    prefix: bytes
    content_key: bytes = field(repr=False)


def make(header: sealed_bid.SealedHeader, prefix: bytes, content_key: bytes, passphrase: str) -> bytes:
    """The file for one sealed bid. Raises Refused("passphrase_too_short")."""
    if len(passphrase) < SHORTEST:
        raise Refused("passphrase_too_short", least=SHORTEST)
    salt, iv = secrets.token_bytes(16), secrets.token_bytes(12)
    bound = _bound(header.raw, prefix, ITERATIONS, salt, iv)
    sealed = AESGCM(_derived(passphrase, salt, ITERATIONS)).encrypt(iv, content_key, canonical.dumps(bound))
    return canonical.dumps({**bound, "key": _b64(sealed)})


def open_file(data: bytes, passphrase: str) -> Recovered:
    """What the file holds, the key's commitment checked.

    Raises Malformed("recovery_file_malformed"), Refused("recovery_passphrase_wrong"), Refused("commit_mismatch"), and
    what `sealed_bid.parse_header` raises.
    """
    iterations, found = _read(data)
    bound = _bound(found["head"], found["prefix"], iterations, found["salt"], found["iv"])
    cipher = AESGCM(_derived(passphrase, found["salt"], iterations))
    try:
        key = cipher.decrypt(found["iv"], found["key"], canonical.dumps(bound))
    except InvalidTag:
        raise Refused("recovery_passphrase_wrong") from None
    header = sealed_bid.parse_header(found["head"])
    sealed_bid.check_commit(header, key)
    return Recovered(header, found["prefix"], key)


def open_key(data: bytes, header: sealed_bid.SealedHeader, passphrase: str) -> bytes:
    """The content key of exactly this bid. Raises Refused("recovery_file_other") and what `open_file` raises."""
    if _read(data)[1]["head"] != header.raw:
        raise Refused("recovery_file_other")
    return open_file(data, passphrase).content_key


def seal_again(copy: BufferedIOBase, found: Recovered, out: Path) -> str:
    """Write the sealed file that was deposited once more, from an unencrypted copy of what is in it; gives its SHA-256.

    Only the receipt's own digest makes it the deposit: another copy gives another one, and is no bid.
    Raises Refused("input_changed") for a copy of another length, OSError.
    """
    return sealed_bid.write_sealed(copy, out, found.header, found.content_key, found.prefix)


def _read(data: bytes) -> tuple[int, dict[str, bytes]]:
    try:
        found = canonical.loads(data)
    except Malformed:
        raise Malformed("recovery_file_malformed") from None
    if not isinstance(found, dict) or found.keys() != _SHAPE.keys():
        raise Malformed("recovery_file_malformed")
    if any(type(found[name]) is not kind for name, kind in _SHAPE.items()):
        raise Malformed("recovery_file_malformed")
    if (found["v"], found["kind"]) != (1, _KIND) or not 1 <= found["iterations"] <= _MOST_ITERATIONS:
        raise Malformed("recovery_file_malformed")
    try:
        parts = {name: base64.b64decode(found[name], validate=True) for name in ("head", *_LENGTHS)}
    except binascii.Error:
        raise Malformed("recovery_file_malformed") from None
    if any(len(parts[name]) != length for name, length in _LENGTHS.items()):
        raise Malformed("recovery_file_malformed")
    return found["iterations"], parts


def _bound(head: bytes, prefix: bytes, iterations: int, salt: bytes, iv: bytes) -> dict[str, object]:
    return {
        "v": 1,
        "kind": _KIND,
        "head": _b64(head),
        "prefix": _b64(prefix),
        "iterations": iterations,
        "salt": _b64(salt),
        "iv": _b64(iv),
    }


def _derived(passphrase: str, salt: bytes, iterations: int) -> bytes:
    kdf = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=iterations)
    return kdf.derive(passphrase.encode("utf-8"))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
