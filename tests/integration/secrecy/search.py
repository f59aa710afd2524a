"""Looks for secrets where a thief would: in every file of a directory and in the memory of processes."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import psutil

PIECE = 8 * 1024 * 1024
OVERLAP = 4096
Needles = Mapping[str, bytes]
"""Name -> bytes that are looked for."""


def forms_of_key(name: str, key: bytes) -> dict[str, bytes]:
    """A key as it is, in hex (both cases), and in both alphabets of base64."""
    return {
        f"{name} raw": key,
        f"{name} hex": key.hex().encode(),
        f"{name} HEX": key.hex().upper().encode(),
        f"{name} base64": base64.b64encode(key).rstrip(b"="),
        f"{name} base64url": base64.urlsafe_b64encode(key).rstrip(b"="),
    }


def forms_of_text(name: str, text: str) -> dict[str, bytes]:
    """A text in UTF-8, as JSON escapes it, in UTF-16, and as Python keeps Chinese in memory."""
    escaped = text.encode("unicode_escape")
    return {
        f"{name} utf-8": text.encode(),
        f"{name} escaped": escaped,
        f"{name} utf-16": text.encode("utf-16-le"),
    }


def in_files(directory: Path, needles: Needles) -> list[str]:
    """Where in the files of `directory` something is found: "name in file"."""
    found = []
    for path in sorted(p for p in directory.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            found += [
                f"{name} in {path}" for name in _found(iter(lambda f=file: f.read(PIECE), b""), needles)
            ]
    return found


def in_memory(pid: int, needles: Needles) -> list[str]:
    """Where in the memory of a process and its children something is found: "name in process"."""
    found = _in_process(psutil.Process(pid), needles)
    for process in psutil.Process(pid).children(recursive=True):
        try:
            found += _in_process(process, needles)
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            if process.is_running():
                raise  # only what has ended since it was listed holds nothing any more
    return found


def _in_process(process: psutil.Process, needles: Needles) -> list[str]:
    where = f"{process.pid} {' '.join(process.cmdline()[:4])}"
    return [
        f"{name} in {where} at {start:x}"
        for start, end in _mapped(process.pid)
        for name in _found(_memory(process.pid, start, end), needles)
    ]


def _mapped(pid: int) -> Iterator[tuple[int, int]]:
    """Readable regions that hold anything."""
    region: tuple[int, int] | None = None
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head, _, rest = line.partition(" ")
        if "-" in head and not head.endswith(":"):
            start, _, end = head.partition("-")
            region = (int(start, 16), int(end, 16)) if rest.startswith("r") and "[v" not in rest else None
        elif head in ("Rss:", "Swap:") and region is not None and rest.split()[0] != "0":
            yield region
            region = None


def _memory(pid: int, start: int, end: int) -> Iterator[bytes]:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for at in range(start, end, PIECE):
            try:
                memory.seek(at)
                yield memory.read(min(PIECE, end - at))
            except OSError:  # a page that can't be read, by anybody, hides nothing
                continue


def _found(pieces: Iterable[bytes], needles: Needles) -> set[str]:
    found: set[str] = set()
    tail = b""
    for piece in pieces:
        window = tail + piece
        found |= {name for name, needle in needles.items() if needle in window}
        tail = piece[-OVERLAP:]
    return found
