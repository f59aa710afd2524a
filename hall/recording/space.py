"""Whether recordings may still be written: room left on their disk, and the quota.

What lives here asks the file system; it blocks, and runs in the flushing threads. A reserve is kept on purpose: files
are then ended with their cause instead of torn, and a journal on the same disk can go on. What may not: recorders.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

RESERVE: Final = 512 * 1024 * 1024
"""Bytes left on the disk below which nothing more is recorded: above what the journal needs to go on."""

WALK_EVERY: Final = 30
"""Looks between two sums of all files; in between the quota may be passed by what is written in that time."""

DISK_FULL: Final = "disk_full"
QUOTA_USED: Final = "quota_used"
_AGAIN: Final = 0.98


class Space:
    """recordings: their directory; quota: bytes that they may take, 0 for no limit; reserve: bytes to be left free."""

    def __init__(self, recordings: Path, quota: int = 0, reserve: int = RESERVE) -> None:
        self._recordings, self._quota, self._reserve = recordings, quota, reserve
        self._looks = 0
        self._used = 0
        self.refused = ""
        """Why nothing may be written now; empty when it may."""

    def look(self) -> None:
        """Look again. Once refused, some room must have come free before it is allowed again."""
        if self._quota and self._looks % WALK_EVERY == 0:
            self._used = size_of(self._recordings)
        self._looks += 1
        left = shutil.disk_usage(self._recordings).free
        if left < self._reserve * (2 if self.refused == DISK_FULL else 1):
            self.refused = DISK_FULL
        elif self._quota and self._used >= self._quota * (_AGAIN if self.refused == QUOTA_USED else 1):
            self.refused = QUOTA_USED
        else:
            self.refused = ""


def size_of(directory: Path) -> int:
    """Bytes of all files below a directory; what vanishes meanwhile counts for nothing."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return total
