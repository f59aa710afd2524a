"""The side store: opened bids and other plaintext that must not lie in clear, under one key per opening.

Blocking; `blobs.py` runs it in threads. Destroying an opening's key makes all its entries unreadable at once, in
back-ups too. Layout: `<root>/opened/<opening>/key` (under the vault key), entries in `entries/` beside it.

An entry is prefix(7) and then segments of 1 MiB, each AES-256-GCM under nonce = prefix | u32be number | last(1), with
the entry's place as associated data: no segment can be left out, moved or borrowed from another entry.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hall.errors import Unavailable
from hall.storage import files
from hall.storage.vault import KEY_SIZE, Vault

_PREFIX: Final = 7
_TAG: Final = 16
_SEGMENT: Final = files.CHUNK


class SideStore:
    """Encrypted entries of all openings. The names of entries lie in clear: they are roles and ids, never content."""

    def __init__(self, root: Path, vault: Vault) -> None:
        self._root = root / "opened"
        self._vault = vault

    def put(self, opening: str, name: str, plain: bytes) -> None:
        """Store `plain`, replacing an entry of that name."""
        parts = (plain[at : at + _SEGMENT] for at in range(0, len(plain), _SEGMENT))
        self._put(opening, name, parts)

    def put_file(self, opening: str, name: str, plain: Path) -> None:
        """Store what `plain` holds, in bounded memory; then overwrite that file and delete it."""
        self._put(opening, name, files.chunks(plain))
        with plain.open("r+b") as file:
            for _ in range(0, plain.stat().st_size, _SEGMENT):
                file.write(bytes(_SEGMENT))
            file.flush()
            os.fsync(file.fileno())
        files.remove(plain)

    def get(self, opening: str, name: str) -> bytes:
        """Give an entry. Raises FileNotFoundError, Unavailable("vault_mismatch")."""
        return b"".join(self._parts(opening, name))

    def copy_out(self, opening: str, name: str, target: Path) -> None:
        """Write an entry in clear to `target` (created, for its owner alone), in bounded memory. Raises as `get`."""
        with open(target, "xb", opener=_private) as file:
            for part in self._parts(opening, name):
                file.write(part)

    def _parts(self, opening: str, name: str) -> Iterator[bytes]:
        path = self._path(opening, name)
        cipher = AESGCM(self._key(opening))
        place = _place(opening, name)
        with path.open("rb") as file:
            prefix = file.read(_PREFIX)
            try:
                parts = _last_marked(iter(lambda: file.read(_SEGMENT + _TAG), b""))
                for n, part, last in parts:
                    yield cipher.decrypt(_nonce(prefix, n, last), part, place)
            except (InvalidTag, ValueError):
                raise Unavailable("vault_mismatch") from None

    def destroy(self, opening: str) -> None:
        """Destroy the opening's key and then its entries; what is gone already is fine."""
        directory = self._root / files.checked(opening)
        files.remove(directory / "key")
        shutil.rmtree(directory, ignore_errors=True)

    def _put(self, opening: str, name: str, parts: Iterable[bytes]) -> None:
        path = self._path(opening, name)
        cipher = AESGCM(self._make_key(opening))
        place, prefix = _place(opening, name), secrets.token_bytes(_PREFIX)
        segments = (
            cipher.encrypt(_nonce(prefix, n, last), part, place) for n, part, last in _last_marked(parts)
        )
        files.write_parts(path, _after(prefix, segments))

    def _path(self, opening: str, name: str) -> Path:
        steps = [files.checked(step) for step in name.split("/")]
        return self._root.joinpath(files.checked(opening), "entries", *steps)

    def _make_key(self, opening: str) -> bytes:
        path = self._root / files.checked(opening) / "key"
        if not path.exists():
            files.create_once(
                path, self._vault.seal(secrets.token_bytes(KEY_SIZE), f"opening key\n{opening}")
            )
        return self._key(opening)

    def _key(self, opening: str) -> bytes:
        path = self._root / files.checked(opening) / "key"
        return self._vault.open(path.read_bytes(), f"opening key\n{opening}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _after(prefix: bytes, segments: Iterable[bytes]) -> Iterator[bytes]:
    yield prefix
    yield from segments


def _last_marked(parts: Iterable[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Number the parts from 0 and mark the last one; no parts at all are one empty part."""
    rest = iter(parts)
    number, part = 0, next(rest, b"")
    for following in rest:
        yield number, part, False
        number, part = number + 1, following
    yield number, part, True


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def _place(opening: str, name: str) -> bytes:
    return f"{opening}\n{name}".encode()
