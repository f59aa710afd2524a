"""Who handed in which file: nobody reads a file by naming its digest, and digests of files stand in many views.

Kept in memory: a file handed in before a restart is handed in again. What may not live here: the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hall.procurement.acts import SignedAct

MOST: Final = 100_000
"""Files that are remembered; the oldest are forgotten first."""


class GivenFiles:
    """`who`: a party, or the network of somebody without an account."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str, str], None] = {}

    def add(self, tender: str, who: str, sha256: str) -> None:
        """Somebody has just handed these bytes in."""
        self._given.pop((tender, who, sha256), None)
        self._given[tender, who, sha256] = None
        if len(self._given) > MOST:
            del self._given[next(iter(self._given))]

    def has(self, tender: str, who: str, sha256: str) -> bool:
        """Whether these bytes came from `who`."""
        return (tender, who, sha256) in self._given


def named_files(act: SignedAct, keys: frozenset[str]) -> Iterator[str]:
    """The digests that an act's body has under these keys; what is malformed there is for its reader to refuse."""
    body: dict[str, Any] = act.body_json() if keys and act.body is not None else {}
    for key in sorted(keys & body.keys()):
        said = body[key]
        yield from (
            one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str) and one
        )
