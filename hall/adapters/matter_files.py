"""Files of a tender's matters on disk, encrypted under the tender's own key, each under its digest; beside each, who
handed it in."""

from __future__ import annotations

from hall.errors import Malformed, Unavailable
from hall.procurement import canonical
from hall.storage.blobs import Blobs


class EncryptedFiles:
    """The hall's `FileStore` and `GivenStore`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def keep(self, tender: str, sha256: str, data: bytes) -> None:
        """See the port."""
        await self._blobs.put_secret(_scope(tender), sha256, data)

    async def file(self, tender: str, sha256: str) -> bytes:
        """See the port."""
        return await self._blobs.get_secret(_scope(tender), sha256)

    async def givers(self, tender: str, sha256: str) -> tuple[str, ...]:
        """See the port."""
        try:
            found = canonical.loads(await self._blobs.get_secret(_scope(tender), _beside(sha256)))
        except (Unavailable, Malformed) as error:
            if error.code in ("blob_missing", "name_malformed"):
                return ()
            raise
        return tuple(str(one) for one in found) if isinstance(found, list) else ()

    async def keep_givers(self, tender: str, sha256: str, givers: tuple[str, ...]) -> None:
        """See the port."""
        await self._blobs.put_secret(_scope(tender), _beside(sha256), canonical.dumps(list(givers)))


def _scope(tender: str) -> str:
    return f"files-{tender}"


def _beside(sha256: str) -> str:
    return f"{sha256}-givers"
