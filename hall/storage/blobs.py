"""Blobs on the local disk, as the rest of the hall sees them: async, all work in threads.

What lives here: the one facade over uploads of sealed bids, the encrypted side store and plain records (revisions of
the PDF). What may not: any idea of when something may be read; whoever asks has been let through already.
A failing disk is Unavailable("storage_failed"), a full one Unavailable("disk_full").
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from hall.errors import Unavailable
from hall.storage import files
from hall.storage.side_store import SideStore
from hall.storage.uploads import Finished, Upload, Uploads
from hall.storage.vault import Vault

P = ParamSpec("P")
T = TypeVar("T")


class Blobs:
    """root: data directory; mirror: where second copies of sealed bids go, best another disk; vault: the hall's."""

    def __init__(self, root: Path, mirror: Path, vault: Vault) -> None:
        self._records = root / "records"
        self._uploads = Uploads(root, mirror)
        self._side = SideStore(root, vault)

    async def begin(self, size: int, sha256: str, owner: str = "") -> str:
        """Open an upload area for a file of `size` bytes with that SHA-256 (hex) and give its id.

        `owner` is kept with it for the caller. Raises Malformed("upload_malformed"), Unavailable("disk_full").
        """
        return await _in_thread(self._uploads.begin, size, sha256, owner)

    async def upload(self, upload: str) -> Upload:
        """Give what was announced for an upload. Raises Malformed("upload_unknown")."""
        return await _in_thread(self._uploads.find, upload)

    async def received(self, upload: str) -> int:
        """Give the number of bytes received, counted from the first without a gap: where to go on."""
        return await _in_thread(self._uploads.received, upload)

    async def write(self, upload: str, offset: int, data: bytes, sha256: str | None = None) -> int:
        """Take a slice (with its own SHA-256, if given) and give the number of bytes received now.

        Slices come in order; one sent again changes nothing.
        Raises Malformed: "slice_damaged", "upload_gap" (received), "upload_too_long" (size), "upload_unknown".
        """
        return await _in_thread(self._uploads.write, upload, offset, data, sha256)

    async def finish(self, upload: str) -> Finished:
        """Hash the whole file again and give (path, sha256) when two copies are durable; repeatable.

        Raises Malformed: "upload_incomplete" (received), "digest_mismatch" (starts from 0 again), "upload_unknown".
        """
        return await _in_thread(self._uploads.finish, upload)

    def sealed_path(self, upload: str) -> Path:
        """Give where a finished sealed bid lies."""
        return self._uploads.sealed_path(upload)

    async def restore(self, upload: str, sha256: str) -> Path:
        """Hash both copies of a sealed bid again, mend a damaged one from the other, and give the path.

        Raises Unavailable("sealed_bid_damaged") when neither copy has the digest.
        """
        return await _in_thread(self._uploads.restore, upload, sha256)

    async def erase(self, upload: str) -> None:
        """Remove an upload, finished or not, with both copies."""
        await _in_thread(self._uploads.erase, upload)

    async def rehash(self, path: Path) -> str:
        """Give the SHA-256 (hex) of a file as it lies on disk now."""
        return await _in_thread(files.hashed, path)

    async def open_range(self, path: Path, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Give the bytes [start, start + length) of a file (to its end without `length`) in pieces of ≤ 1 MiB."""
        file = await _in_thread(path.open, "rb", 0)
        try:
            await _in_thread(file.seek, start)
            while length is None or length > 0:
                wanted = files.CHUNK if length is None else min(files.CHUNK, length)
                piece = await _in_thread(file.read, wanted)
                if not piece:
                    return
                if length is not None:
                    length -= len(piece)
                yield piece
        finally:
            file.close()

    async def put_secret(self, opening: str, name: str, plain: bytes) -> None:
        """Keep plaintext of an opening, encrypted under the opening's own key."""
        await _in_thread(self._side.put, opening, name, plain)

    async def get_secret(self, opening: str, name: str) -> bytes:
        """Give it back. Raises Unavailable: "secret_missing", "vault_mismatch"."""
        return await _in_thread(self._side.get, opening, name)

    async def destroy_secrets(self, opening: str) -> None:
        """Destroy the opening's key, and with it everything that was kept under it."""
        await _in_thread(self._side.destroy, opening)

    async def put(self, kind: str, name: str, data: bytes) -> Path:
        """Put a record (say, a PDF revision) whole and durable, replacing one of that name, and give its path."""
        path = self._record(kind, name)
        await _in_thread(files.write_whole, path, data)
        return path

    async def get(self, kind: str, name: str) -> bytes:
        """Give a record. Raises Unavailable("record_missing")."""
        path = self._record(kind, name)
        try:
            return await _in_thread(path.read_bytes)
        except FileNotFoundError:
            raise Unavailable("record_missing") from None

    def _record(self, kind: str, name: str) -> Path:
        return self._records.joinpath(*(files.checked(step) for step in (kind, *name.split("/"))))


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unavailable("disk_full" if error.errno == errno.ENOSPC else "storage_failed") from error
