"""The side store: opened bids and other plaintext that must not lie in clear, under one key per opening.

Blocking; `blobs.py` runs it in threads. Destroying an opening's key makes all its entries unreadable at once, in
back-ups too. Layout: `<root>/opened/<opening>/key` (under the vault key) and the entries beside it.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from hall.errors import Unavailable
from hall.storage import files
from hall.storage.vault import KEY_SIZE, Vault


class SideStore:
    """Encrypted entries of all openings. The names of entries lie in clear: they are roles and ids, never content."""

    def __init__(self, root: Path, vault: Vault) -> None:
        self._root = root / "opened"
        self._vault = vault

    def put(self, opening: str, name: str, plain: bytes) -> None:
        """Store `plain`, replacing an entry of that name. Whole in memory: the caller bounds the size (< 2 GiB)."""
        path = self._path(opening, name)
        files.write_whole(path, self._key(opening, create=True).seal(plain, f"{opening}/{name}"))

    def get(self, opening: str, name: str) -> bytes:
        """Give an entry. Raises Unavailable: "secret_missing", "vault_mismatch"."""
        path = self._path(opening, name)
        if not path.exists():
            raise Unavailable("secret_missing")
        return self._key(opening, create=False).open(path.read_bytes(), f"{opening}/{name}")

    def destroy(self, opening: str) -> None:
        """Destroy the opening's key and then its entries; what is gone already is fine."""
        directory = self._root / files.checked(opening)
        files.remove(directory / "key")
        shutil.rmtree(directory, ignore_errors=True)

    def _path(self, opening: str, name: str) -> Path:
        steps = [files.checked(step) for step in name.split("/")]
        return self._root.joinpath(files.checked(opening), "entries", *steps)

    def _key(self, opening: str, *, create: bool) -> Vault:
        path, place = self._root / files.checked(opening) / "key", f"opening-key/{opening}"
        if create and not path.exists():
            files.create_once(path, self._vault.seal(secrets.token_bytes(KEY_SIZE), place))
        if not path.exists():
            raise Unavailable("secret_missing")
        return Vault(self._vault.open(path.read_bytes(), place))
