"""Room left on the disk: without it no row, no recording and no upload can be taken (clause 4.7 a)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LOW: Final = 256 * 1024 * 1024
"""Bytes below which the disk counts as full: some minutes of a full room's recordings."""

ENOUGH: Final = 2 * LOW


@dataclass(slots=True)
class Disk:
    """`free`: bytes left where the hall's data lie. `full_since`: ms UTC, None while there is room. low, enough: bytes
    below which it is short, and from which it is so no more."""

    free: Callable[[], int]
    full_since: int | None = None
    low: int = LOW
    enough: int = ENOUGH

    def look(self, now: int) -> tuple[int, int | None] | None:
        """Give (start, end) of a shortage that began, or ended, just now; None where nothing changed."""
        left = self.free()
        if self.full_since is None and left < self.low:
            self.full_since = now
            return now, None
        if self.full_since is not None and left >= self.enough:
            start, self.full_since = self.full_since, None
            return start, now
        return None
