"""Erasing the recordings of an opening for good, with their proofs left whole (clause 6.1).

Encrypted media become noise with the destruction of the opening's key; media that are not encrypted are deleted, and
all of them where the settings want it. Indices stay: chains and the heads in the journal go on to verify. What may not
live here: whether it may be done (`hall.keeping`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from hall.errors import Malformed
from hall.recording.files import epoch_of, index_paths
from hall.recording.vault import NONE


class RecordingEraser:
    """destroy: destroys the recording key of an opening; forget: drops what is remembered of it; copies: gives other
    files that hold recordings of an opening, such as its bundle; everything: delete encrypted media, too."""

    def __init__(
        self,
        recordings: Path,
        *,
        destroy: Callable[[str], None],
        forget: Callable[[str], None],
        copies: Callable[[str], list[Path]],
        everything: bool,
    ) -> None:
        self._recordings = recordings
        self._destroy = destroy
        self._forget = forget
        self._copies = copies
        self._everything = everything

    def erase(self, opening: str) -> tuple[bool, int]:
        """(media were encrypted under the key that is destroyed now, media files that are deleted). What a crash cut
        short is done at the next call, and counted then. Blocks on the disk. Raises OSError."""
        self._destroy(opening)
        encrypted, deleted = False, 0
        base = self._recordings / opening
        for directory in sorted(p for p in base.iterdir() if p.is_dir()) if base.is_dir() else []:
            for index in index_paths(directory):
                scheme, media = _told(index)
                encrypted |= scheme != NONE
                if scheme == NONE or self._everything:
                    media.unlink(missing_ok=True)
                    deleted += 1
            _flush(directory)
        for copy in self._copies(opening):
            copy.unlink(missing_ok=True)
        self._forget(opening)
        return encrypted, deleted


def _told(index: Path) -> tuple[str, Path]:
    """The scheme of an index and its media file. One that can't be read counts as not encrypted: it must go."""
    try:
        epoch = epoch_of(index)
    except Malformed:
        epoch = None
    if epoch is None:
        stem = index.name.removesuffix(".index.jsonl")
        found = [p for s in ("mp4", "webm", "mjpeg", "bin") if (p := index.with_name(f"{stem}.{s}")).exists()]
        return NONE, found[0] if found else index.with_name(f"{stem}.mp4")
    return epoch.scheme, index.with_name(epoch.file)


def _flush(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
