"""The arithmetic of commit and reveal: what the draws of an opening and of a committee share.

Needs nothing but public facts of a journal, so that anybody can do it again by hand. What may not live here: who takes
part in a draw, and when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

_COMMITTEE: Final = b"bidhall/committee/1\0"
_RANGE: Final = 1 << 256


def commitment_of(secret: str) -> str:
    """SHA-256 of the 32 secret bytes; both in lowercase hex."""
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()


def pick(seed: bytes, count: int) -> int:
    """An index below `count`, each equally likely: a number past the last whole multiple is hashed again."""
    limit = _RANGE - _RANGE % count
    while (number := int.from_bytes(seed)) >= limit:
        seed = hashlib.sha256(seed).digest()
    return number % count


def field(text: str) -> bytes:
    """u32be length | UTF-8 bytes."""
    data = text.encode()
    return len(data).to_bytes(4) + data


def committee_seed(
    tender: str, draw: int, pool: str, parties: Sequence[str], secrets: Mapping[str, str]
) -> str:
    """The seed of a committee's draw, hex.

    SHA-256("bidhall/committee/1\\0" | field(tender) | field(draw) | pool | for each party in the draw's order
    field(party) | commitment | secret). pool: digest of the list drawn from, hex; secrets: party → 32 bytes, hex.
    """
    digest = hashlib.sha256(_COMMITTEE + field(tender) + field(str(draw)) + bytes.fromhex(pool))
    for party in parties:
        secret = secrets[party]
        digest.update(field(party) + bytes.fromhex(commitment_of(secret)) + bytes.fromhex(secret))
    return digest.hexdigest()


def order_of(seed: str, count: int) -> tuple[int, ...]:
    """All indexes below `count` in the drawn order: one after another is picked among those that are left, each with
    the SHA-256 of the seed before. The first are called; the others stand by in this order."""
    left, drawn, state = list(range(count)), list[int](), bytes.fromhex(seed)
    while left:
        drawn.append(left.pop(pick(state, len(left))))
        state = hashlib.sha256(state).digest()
    return tuple(drawn)
