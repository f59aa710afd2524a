"""Files of a tender's matters on disk, encrypted under the tender's own key, each under its digest."""

from __future__ import annotations

from hall.storage.blobs import Blobs


class EncryptedFiles:
    """The hall's `FileStore`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def keep(self, tender: str, sha256: str, data: bytes) -> None:
        """See the port."""
        await self._blobs.put_secret(_scope(tender), sha256, data)

    async def file(self, tender: str, sha256: str) -> bytes:
        """See the port."""
        return await self._blobs.get_secret(_scope(tender), sha256)


def _scope(tender: str) -> str:
    return f"files-{tender}"
