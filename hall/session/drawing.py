"""The arithmetic of a verifiable draw: from what the parties committed and revealed to the drawn value.

Needs nothing of the opening but public facts of its journal, so that anybody can do it again by hand:

    seed = SHA-256("bidhall/draw/1\\0" | field(opening) | field(lot) | field(draw) | for each party in the draw's order
           field(party) | commitment | secret)      field(x) = u32be length | UTF-8 bytes, numbers in decimal digits

Parties are those who committed. Nobody can know the seed before the last reveal, and whoever doesn't like it can only
keep silent, which leaves it out of the repeated draw. That last word is the known limit of commit and reveal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from hall.procurement.drawing import commitment_of, field, pick

__all__ = ["commitment_of", "draw_result", "pick"]

_TAG: Final = b"bidhall/draw/1\0"


def draw_result(
    opening: str,
    lot: str,
    draw: int,
    parties: Sequence[str],
    secrets: Mapping[str, str],
    values: Sequence[str],
) -> tuple[str, str]:
    """(seed in hex, drawn value). parties: who committed, in the draw's order; secrets: party → 32 bytes in hex."""
    digest = hashlib.sha256(_TAG)
    for text in (opening, lot, str(draw)):
        digest.update(field(text))
    for party in parties:
        secret = secrets[party]
        digest.update(field(party) + bytes.fromhex(commitment_of(secret)) + bytes.fromhex(secret))
    seed = digest.digest()
    return seed.hex(), values[pick(seed, len(values))]
