"""What the shell needs of the outside for recordings made elsewhere, as `ports` for everything else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ExternalFile:
    """A file of a recording made elsewhere, as the act that attached it says. `start`, `end`: what it covers, ms UTC;
    `received`: bytes that are here."""

    recording: str
    sha256: str
    size: int
    start: int
    end: int
    received: int = 0

    def with_received(self, received: int) -> ExternalFile:
        return replace(self, received=received)


class ExternalStore(Protocol):
    """Files of recordings made elsewhere, on disk. Both calls block."""

    def received(self, opening: str, file: ExternalFile) -> int: ...

    def write(self, opening: str, file: ExternalFile, offset: int, data: bytes, sha256: str) -> int: ...
