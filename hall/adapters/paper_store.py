"""Papers of an opening on disk, each under its digest."""

from __future__ import annotations

import hashlib
from typing import Final

from hall.storage.blobs import Blobs

_KIND: Final = "papers"


class PaperStore:
    """The hall's `PaperStore`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def keep(self, opening: str, data: bytes) -> str:
        """See the port."""
        sha256 = hashlib.sha256(data).hexdigest()
        await self._blobs.put(_KIND, f"{opening}/{sha256}", data)
        return sha256

    async def paper(self, opening: str, sha256: str) -> bytes:
        """See the port."""
        return await self._blobs.get(_KIND, f"{opening}/{sha256}")
