"""A durable heartbeat: a small file that says when the hall was last there, whatever ends it.

Two records in two blocks are written in turn, each with its own digest, so that a cut in the middle of a write leaves
the one before. What may not live here: a clock, and what an absence means.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

log = logging.getLogger("hall.health")

_BLOCK: Final = 4096
_LINE: Final = 256


@dataclass(frozen=True, slots=True)
class Beat:
    """`at`: hall time, `wall`: the machine's own clock, of one and the same moment; both ms UTC."""

    at: int
    wall: int


class Heartbeat:
    """The file. All calls wait for the disk: none belongs into a loop."""

    def __init__(self, file: Path) -> None:
        self.failed = False
        """Whether the last write failed: then the disk is not well."""

        self._file = file
        self._fd: int | None = None
        self._turn = 0

    def open(self) -> Beat | None:
        """Open the file, making it if need be; gives the last beat of an earlier run."""
        self._fd = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        found = [one for one in (_read(self._fd, block) for block in (0, 1)) if one is not None]
        if not found:
            return None
        self._turn, beat = max(found, key=lambda one: one[0])
        return beat

    def write(self, beat: Beat) -> None:
        """Return when the beat is on the disk; a disk that fails is told in `failed` and in the log."""
        if self._fd is None:
            return
        self._turn += 1
        body = json.dumps({"turn": self._turn, **asdict(beat)}, separators=(",", ":"))
        line = f"{_digest(body)} {body}".ljust(_LINE - 1) + "\n"
        try:
            os.pwrite(self._fd, line.encode("ascii"), (self._turn % 2) * _BLOCK)
            os.fdatasync(self._fd)
        except OSError:
            if not self.failed:
                log.exception("the heartbeat can't be written")
            self.failed = True
            return
        self.failed = False

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _read(fd: int, block: int) -> tuple[int, Beat] | None:
    """The record in a block as (turn, beat); None for a block that holds no whole record."""
    digest, _, body = os.pread(fd, _LINE, block * _BLOCK).decode("ascii", "replace").strip().partition(" ")
    if not body or digest != _digest(body):
        return None
    record = json.loads(body)
    return int(record["turn"]), Beat(int(record["at"]), int(record["wall"]))


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode("ascii")).hexdigest()[:32]
