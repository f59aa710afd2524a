"""Who handed in which file: nobody reads a file by naming its digest, and digests of files stand in many views.

Kept beside the file itself, encrypted as it is, so that a restart between handing in and signing costs nobody anything.
What may not live here: the bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final, Protocol

from hall.procurement.acts import SignedAct

MOST: Final = 1_000
"""Who handed in the same bytes in one tender, as far as it is remembered; the first are forgotten first."""


class GivenStore(Protocol):
    """Keeps, with each file of a tender, who handed it in."""

    async def givers(self, tender: str, sha256: str) -> tuple[str, ...]:
        """In their order; () for bytes that nobody handed in."""
        ...

    async def keep_givers(self, tender: str, sha256: str, givers: tuple[str, ...]) -> None: ...


class GivenFiles:
    """`who`: a party, or the network of somebody without an account."""

    def __init__(self, store: GivenStore) -> None:
        self._store = store
        self._turn = asyncio.Lock()

    async def add(self, tender: str, who: str, sha256: str) -> None:
        """Somebody has just handed these bytes in."""
        async with self._turn:
            known = await self._store.givers(tender, sha256)
            if who not in known:
                await self._store.keep_givers(tender, sha256, (*known, who)[-MOST:])

    async def has(self, tender: str, who: str, sha256: str) -> bool:
        """Whether these bytes came from `who`. Raises Malformed("name_malformed") for what can be no digest."""
        return who in await self._store.givers(tender, sha256)


def named_files(act: SignedAct, keys: frozenset[str]) -> Iterator[str]:
    """The digests that an act's body has under these keys; what is malformed there is for its reader to refuse."""
    body: dict[str, Any] = act.body_json() if keys and act.body is not None else {}
    for key in sorted(keys & body.keys()):
        said = body[key]
        yield from (
            one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str) and one
        )
