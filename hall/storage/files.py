"""Files that are there whole or not at all: write, fsync, rename, fsync of the directory.

Blocking functions; call them in threads. Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from hall.errors import Malformed

CHUNK: Final = 1024 * 1024
PRIVATE: Final = 0o600
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def checked(name: str) -> str:
    """Give `name` back if it can be one step of a path; raises Malformed("name_malformed") for anything that climbs."""
    if not _NAME.fullmatch(name):
        raise Malformed("name_malformed")
    return name


def make_directory(path: Path) -> None:
    """Make a directory with its parents, for the owner alone, so that it survives a power cut."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names inside `path` durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make the bytes of `path` durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path`, replacing what was there; after the return it survives a power cut."""
    write_parts(path, (data,))


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Put the parts, one after another, at `path`, as `write_whole` does."""
    _draft(path, parts).replace(path)
    sync_directory(path.parent)


def create_once(path: Path, data: bytes) -> bool:
    """Put `data` at `path` only if nothing is there: True if this call did it. No reader ever sees half of it."""
    draft = _draft(path, (data,))
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    sync_directory(path.parent)
    return True


def _draft(path: Path, parts: Iterable[bytes]) -> Path:
    """Write the parts, durable, to a new file beside `path` that only the owner may read."""
    make_directory(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open(draft, "xb", opener=private) as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def private(path: str, flags: int) -> int:
    """An `opener` for files that only the owner may read."""
    return os.open(path, flags, PRIVATE)


def copy_hashed(source: Path, target: Path) -> str:
    """Copy `source` to a new file `target`, durable, and give the SHA-256 (hex) of what was read and written."""
    digest = hashlib.sha256()
    with open(target, "wb", opener=private) as file:
        for chunk in chunks(source):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def hashed(path: Path, before: bytes = b"") -> str:
    """Give the SHA-256 (hex) of a file, read in pieces, with some bytes `before` it."""
    digest = hashlib.sha256(before)
    for chunk in chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def chunks(path: Path) -> Iterator[bytes]:
    """Read a file in pieces of at most 1 MiB."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def remove(path: Path) -> None:
    """Delete a file for good; one that is gone already is fine."""
    if path.exists():
        path.unlink()
        sync_directory(path.parent)
