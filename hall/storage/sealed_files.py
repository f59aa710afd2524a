"""The hall's `SealedStore`: uploads and sealed bids on the local disk, all work in threads.

What lives here: who may go on with which upload, and which file has which digest. What may not: the format of a sealed
bid; whoever builds this hands in `inspect`, which reads a file by the strict rules.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from hall.errors import Malformed, Unavailable
from hall.runtime.ports import SealedDeposit
from hall.storage import files
from hall.storage.threads import in_thread
from hall.storage.uploads import Uploads

log = logging.getLogger("hall.storage")

Inspect = Callable[[Path, str], SealedDeposit]
"""(file, its SHA-256 in hex) -> what the strict header says; raises Refused or Malformed. Runs in a thread."""


class SealedFiles:
    """root: data directory; mirror: where the second copies go, best on another disk."""

    def __init__(self, root: Path, mirror: Path, inspect: Inspect) -> None:
        self._uploads = Uploads(root, mirror)
        self._inspect = inspect

    async def begin(self, size: int, sha256: str, owner: str) -> tuple[str, int]:
        """Begin or resume the owner's upload of `size` bytes with that SHA-256 (hex): (id, bytes received).

        Raises Malformed("upload_malformed"), Unavailable("disk_full").
        """
        upload = await in_thread(self._uploads.begin, size, sha256, owner)
        return upload, await in_thread(self._uploads.received, upload)

    async def again(self, size: int, sha256: str, owner: str) -> tuple[str, int]:
        """Begin or resume an upload of a finished bid whose copies are both damaged: (id, bytes received).

        Raises Refused("not_damaged"), and what `begin` raises.
        """
        upload = await in_thread(self._uploads.again, size, sha256, owner)
        return upload, await in_thread(self._uploads.received, upload)

    async def status(self, upload: str, owner: str) -> tuple[int, int]:
        """Give (bytes received without a gap, size). Raises Malformed("upload_unknown")."""
        _, size = await self._mine(upload, owner)
        return await in_thread(self._uploads.received, upload), size

    async def write(self, upload: str, owner: str, offset: int, data: bytes, sha256: str) -> int:
        """Take a slice with its own SHA-256 and give the number of bytes received now.

        Slices come in order; one sent again changes nothing.
        Raises Malformed: "slice_damaged", "wrong_offset" (received), "upload_too_long" (size), "upload_unknown".
        """
        await self._mine(upload, owner)
        return await in_thread(self._uploads.write, upload, offset, data, sha256)

    async def finish(self, upload: str, owner: str) -> SealedDeposit:
        """Hash the whole file again, read its header strictly, make two copies durable; repeatable.

        Raises Malformed: "upload_incomplete" (received), "digest_mismatch" (starts from 0 again), "upload_unknown",
        and what `inspect` raises.
        """
        sha256, _ = await self._mine(upload, owner)
        return await in_thread(self._uploads.finish, upload, lambda path: self._inspect(path, sha256))

    async def erase(self, upload: str) -> None:
        """Remove an upload, finished or not, with both copies. Another upload of the same bytes stays."""
        await in_thread(self._uploads.erase, upload)

    async def rehash(self, sha256: str) -> str:
        """Hash the stored sealed bid again, now, and give what was found; "" if it is gone.

        A damaged copy is mended from the other one first: only when both are bad is the answer another digest.
        """
        return await in_thread(self._rehash, sha256)

    async def prove(self, sha256: str, challenge: str) -> str:
        """Hash a challenge (hex) and the stored sealed bid behind it, now: who has not all its bytes can't (clause
        4.2). "" if it is gone."""
        return await in_thread(self._prove, sha256, bytes.fromhex(challenge))

    async def header(self, sha256: str) -> bytes:
        """Give everything before the payload. Raises Unavailable("sealed_bid_missing")."""
        return await in_thread(self._header, sha256)

    def path(self, sha256: str) -> Path:
        """Give where the sealed bid with that digest lies. Raises Unavailable("sealed_bid_missing")."""
        found = self._uploads.with_digest(sha256)
        if not found:
            raise Unavailable("sealed_bid_missing")
        return self._uploads.path(found[0].id)

    async def _mine(self, upload: str, owner: str) -> tuple[str, int]:
        """Give (sha256, size) of the owner's upload; somebody else's is as unknown as one that never was."""
        found = await in_thread(self._uploads.find, upload)
        if found.owner != owner:
            raise Malformed("upload_unknown")
        return found.sha256, found.size

    def _rehash(self, sha256: str) -> str:
        for upload in self._uploads.with_digest(sha256):
            path = self._uploads.sealed_path(upload.id)
            if path.exists() and files.hashed(path) == sha256:
                return sha256
            log.error("sealed bid %s is damaged on disk", sha256)
            self._uploads.mend(upload.id)
            return files.hashed(self._uploads.path(upload.id))
        return ""

    def _prove(self, sha256: str, challenge: bytes) -> str:
        found = self._uploads.with_digest(sha256)
        return files.hashed(self._uploads.path(found[0].id), challenge) if found else ""

    def _header(self, sha256: str) -> bytes:
        path = self.path(sha256)
        length = self._inspect(path, sha256).header_length
        with path.open("rb") as file:
            return file.read(length)
