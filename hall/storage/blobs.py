"""Blobs on the local disk: plain records (revisions of the PDF) and the encrypted side store, all work in threads.

What may not live here: any idea of when something may be read; whoever asks has been let through already.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from hall.storage import files
from hall.storage.side_store import SideStore
from hall.storage.threads import in_thread
from hall.storage.vault import Vault


class Blobs:
    """root: data directory; vault: the hall's. Errors of the disk: see `in_thread`."""

    def __init__(self, root: Path, vault: Vault) -> None:
        self._records = root / "records"
        self._side = SideStore(root, vault)

    async def put(self, kind: str, name: str, data: bytes) -> Path:
        """Put a record whole and durable, replacing one of that name, and give its path."""
        path = self.path(kind, name)
        await in_thread(files.write_whole, path, data)
        return path

    async def get(self, kind: str, name: str) -> bytes:
        """Give a record. Raises Unavailable("blob_missing")."""
        return await in_thread(self.path(kind, name).read_bytes)

    def path(self, kind: str, name: str) -> Path:
        """Give where a record lies, or would lie. Raises Malformed("name_malformed")."""
        return self._records.joinpath(*(files.checked(step) for step in (kind, *name.split("/"))))

    async def put_secret(self, opening: str, name: str, plain: bytes) -> None:
        """Keep plaintext of an opening, encrypted under the opening's own key."""
        await in_thread(self._side.put, opening, name, plain)

    async def put_secret_file(self, opening: str, name: str, plain: Path) -> None:
        """Move a file of plaintext into the side store: encrypted there, overwritten and gone here."""
        await in_thread(self._side.put_file, opening, name, plain)

    async def get_secret(self, opening: str, name: str) -> bytes:
        """Give it back. Raises Unavailable: "blob_missing", "vault_mismatch"."""
        return await in_thread(self._side.get, opening, name)

    async def copy_secret(self, opening: str, name: str, target: Path) -> None:
        """Write it in clear to a file of the caller's, who removes it. Raises as `get_secret`."""
        await in_thread(self._side.copy_out, opening, name, target)

    async def destroy_secrets(self, opening: str) -> None:
        """Destroy the opening's key, and with it everything that was kept under it."""
        await in_thread(self._side.destroy, opening)

    async def rehash(self, path: Path) -> str:
        """Give the SHA-256 (hex) of a file as it lies on disk now."""
        return await in_thread(files.hashed, path)

    async def open_range(self, path: Path, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Give the bytes [start, start + length) of a file (to its end without `length`) in pieces of ≤ 1 MiB."""
        with await in_thread(lambda: path.open("rb")) as file:
            await in_thread(file.seek, start)
            while length is None or length > 0:
                piece = await in_thread(
                    file.read, files.CHUNK if length is None else min(files.CHUNK, length)
                )
                if not piece:
                    return
                if length is not None:
                    length -= len(piece)
                yield piece
