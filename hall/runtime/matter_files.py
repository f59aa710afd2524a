"""Files that acts of a tender's matters name by their digest: tender documents, letters, evidence, recordings of calls.

Handed in before the act that names them; read by whom a matter lets. What may not live here: disk, HTTP, any rule.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Final, Protocol

from hall.errors import NotPermitted, Refused
from hall.runtime.procedure import Procedures
from hall.runtime.seats import Person

MOST_BYTES: Final = 32 * 1024 * 1024
MOST_OF_A_PARTY: Final = 512 * 1024 * 1024
"""Bytes that one party may hand in for one tender between two starts of the hall: nobody fills its disk."""


class FileStore(Protocol):
    """Keeps bytes of a tender under their digest, encrypted."""

    async def keep(self, tender: str, sha256: str, data: bytes) -> None: ...

    async def file(self, tender: str, sha256: str) -> bytes:
        """Give them back. Raises Unavailable("blob_missing")."""
        ...


class MatterFiles:
    """What people may ask of them."""

    def __init__(self, procedures: Procedures, store: FileStore) -> None:
        self._procedures, self._store = procedures, store
        self._given: Counter[tuple[str, str]] = Counter()

    async def hand_in(self, tender: str, person: Person, data: bytes) -> str:
        """Keep bytes that an act will name; gives their SHA-256.

        Raises NotPermitted("not_permitted") for who has no role in this tender, Refused: "file_too_large",
        "too_many_files".
        """
        if not (await self._procedures.look(tender, person)).roles:
            raise NotPermitted("not_permitted")
        if not 0 < len(data) <= MOST_BYTES:
            raise Refused("file_too_large", limit=MOST_BYTES)
        # Of tenders that nothing is written of, all together: a name costs nothing.
        key = (tender if self._procedures.knows(tender) else "", person.party)
        if self._given[key] + len(data) > MOST_OF_A_PARTY:
            raise Refused("too_many_files", limit=MOST_OF_A_PARTY)
        self._given[key] += len(data)
        try:
            sha256 = await self.keep(tender, data)
        except BaseException:
            self._given[key] -= len(data)
            raise
        await self._procedures.given.add(tender, person.party, sha256)
        return sha256

    async def keep(self, tender: str, data: bytes) -> str:
        """Keep bytes of the hall's own, or such that another door has let in; gives their SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        await self._store.keep(tender, sha256, data)
        return sha256

    async def give(self, tender: str, sha256: str) -> bytes:
        """The bytes, for who was let through already. Raises Unavailable("blob_missing")."""
        return await self._store.file(tender, sha256)

    async def file(self, tender: str, sha256: str, person: Person | None) -> bytes:
        """The bytes. Raises NotPermitted("no_such_file")."""
        await self._procedures.check_read(tender, sha256, person)
        return await self._store.file(tender, sha256)
