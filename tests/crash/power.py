"""What a power cut leaves: only what was synced, by SQLite or by Python, and only under names that were synced.

A killed process can't tell a sync from a mere write, because the page cache outlives it. So every sync is watched:
SQLite's through its VFS (the methods of its open files, reached with ctypes), Python's through `os.fsync`. A file's
bytes count as of its last sync, a directory's names as of its own; whatever else was written is gone.
"""

from __future__ import annotations

import _sqlite3
import contextlib
import ctypes
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_void_p
from pathlib import Path
from typing import Any

import pytest

_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)
_CREATE, _JOURNAL, _WAL = 0x4, 0x800, 0x80000
"""SQLITE_OPEN_CREATE, SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_WAL."""


class _Methods(Structure):
    """sqlite3_io_methods of version 3. Older versions have fewer, and SQLite looks at no more than the version says."""

    _fields_ = (
        ("version", c_int),
        ("before", c_void_p * 4),  # close, read, write, truncate
        ("sync", c_void_p),
        ("after", c_void_p * 13),
    )


class _Vfs(Structure):
    """sqlite3_vfs, as far as `xOpen`."""

    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
    )


class Power:
    """Watches the syncs below `root` while it is `on`. The root itself is taken to be there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._bytes: dict[int, bytes] = {}
        self._names: dict[int, dict[str, tuple[int, bool]]] = {}
        self._held: dict[int, int] = {}

    @contextmanager
    def on(self) -> Iterator[Power]:
        """Watch all syncs of this process."""
        sync = os.fsync

        def watched(handle: Any) -> None:
            sync(handle)
            self._synced(handle if isinstance(handle, int) else handle.fileno())

        with pytest.MonkeyPatch.context() as patch, self._watching_sqlite():
            patch.setattr(os, "fsync", watched)
            patch.setattr(os, "fdatasync", watched)
            try:
                yield self
            finally:
                for handle in self._held.values():
                    os.close(handle)
                self._held.clear()

    def cut(self, to: Path) -> Path:
        """Write down what a power cut at this moment would leave."""
        with self._lock:
            self._restore(self._root.stat().st_ino, to)
        return to

    def _restore(self, directory: int, to: Path) -> None:
        to.mkdir(mode=0o700)
        for name, (inode, is_directory) in self._names.get(directory, {}).items():
            if is_directory:
                self._restore(inode, to / name)
            else:
                (to / name).touch(mode=0o600)
                (to / name).write_bytes(self._bytes.get(inode, b""))

    def _synced(self, handle: int) -> None:
        """This file's bytes, or this directory's names, are durable as they are now."""
        found = os.fstat(handle)
        with self._lock:
            if found.st_ino not in self._held:
                # Held open, so that no other file gets its number when it is deleted.
                self._held[found.st_ino] = os.open(f"/proc/self/fd/{handle}", os.O_RDONLY)
            if stat.S_ISDIR(found.st_mode):
                with os.scandir(handle) as entries:
                    self._names[found.st_ino] = {
                        entry.name: (entry.inode(), entry.is_dir(follow_symlinks=False)) for entry in entries
                    }
            else:
                self._bytes[found.st_ino] = _read(self._held[found.st_ino])

    def _synced_at(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(path, os.O_RDONLY)
            try:
                self._synced(handle)
            finally:
                os.close(handle)

    @contextmanager
    def _watching_sqlite(self) -> Iterator[None]:
        library = ctypes.CDLL(_sqlite3.__file__)  # whatever it is linked to answers through it
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        vfs = library.sqlite3_vfs_find(None).contents
        original = vfs.open
        begin = _OPEN(original)
        kept: list[object] = []  # SQLite calls these as long as a file is open
        changed: dict[int, _Methods] = {}
        paths: dict[int, Path] = {}
        nameless: set[int] = set()

        def opened(one: int, name: int, file: int, flags: int, told: int) -> int:
            code: int = begin(one, name, file, flags, told)
            methods = c_void_p.from_address(file)
            if code == 0 and name and methods.value:
                paths[file] = Path(os.fsdecode(ctypes.string_at(name)))
                if flags & _CREATE and flags & (_JOURNAL | _WAL):
                    nameless.add(file)
                methods.value = ctypes.addressof(watched(methods.value))
            return code

        def watched(address: int) -> _Methods:
            if address not in changed:
                methods = _Methods.from_buffer_copy(_Methods.from_address(address))
                sync = _SYNC(methods.sync)

                def synced(file: int, flags: int) -> int:
                    code: int = sync(file, flags)
                    if code == 0:
                        self._synced_at(paths[file])
                        if file in nameless:  # with the first sync of a new one, SQLite syncs its directory
                            nameless.remove(file)
                            self._synced_at(paths[file].parent)
                    return code

                callback = _SYNC(synced)
                kept.append(callback)
                methods.sync = ctypes.cast(callback, c_void_p)
                changed[address] = methods
            return changed[address]

        callback = _OPEN(opened)
        vfs.open = ctypes.cast(callback, c_void_p)
        try:
            yield
        finally:
            vfs.open = original
            _FOR_EVER.append((callback, kept, changed))


_FOR_EVER: list[object] = []
"""Methods of files that SQLite may still have open."""


def _read(handle: int) -> bytes:
    size = os.fstat(handle).st_size
    return os.pread(handle, size, 0) if size else b""
