"""What the server knows of the recordings: it tails their indices, and proves that the recorder writes.

What lives here runs in the server process: it reads files and imports neither aiortc nor av. Heads and proofs
speak only of fragments that the worker has flushed, so nothing the journal says of a recording can be taken
back by a power cut.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from hall.errors import Malformed
from hall.recording.files import epoch_directory, index_paths, synced_lines
from hall.recording.manifest import Fragment, parse_line
from hall.runtime.media_ports import RecordingFile
from hall.session.events import RecorderProof, RecordingHead

_KEPT = (
    64  # fragments remembered of one index: half a minute; the flushed one is never further back than that
)
_FUTURE_MS = 1_000
_FILE = re.compile(r"\d{3,}\.(?:mp4|webm|mjpeg|bin|index\.jsonl)")


class RecordingTail:
    """Tails every index under one recordings directory; cheap to ask often, each line is read once."""

    def __init__(self, recordings: Path) -> None:
        self._recordings = recordings
        self._indices: dict[Path, _Index] = {}

    def heads(self, opening: str) -> list[RecordingHead]:
        """The head of each recording of an opening, by participant and epoch; only what is flushed counts."""
        base = self._recordings / opening
        participants = sorted(p.name for p in base.iterdir() if p.is_dir()) if base.is_dir() else []
        return [
            h for participant in participants for i in self._read(opening, participant) if (h := i.head())
        ]

    def prove(
        self, opening: str, participant: str, now_ms: int, within_ms: int = 5_000
    ) -> RecorderProof | None:
        """The last flushed fragment, read back from the disk by its hash; None when it ended before now -
        within.

        now_ms: hall time. Reads one fragment (some tens of KB).
        """
        for index in reversed(self._read(opening, participant)):
            fragment = index.flushed()
            if fragment is None or index.file is None:
                continue
            if not now_ms - within_ms <= fragment.until <= now_ms + _FUTURE_MS:
                return None  # older epochs are older still
            if not _stands_on_disk(index.path.with_name(index.file), fragment):
                return None
            return RecorderProof(participant, index.file, fragment.n, fragment.stored, fragment.until)
        return None

    def files(self, opening: str) -> list[RecordingFile]:
        """Every media file of an opening with what its index says so far, by participant and epoch."""
        base = self._recordings / opening
        participants = sorted(p.name for p in base.iterdir() if p.is_dir()) if base.is_dir() else []
        found = []
        for index in (i for participant in participants for i in self._read(opening, participant)):
            if index.file is not None:
                found.append(
                    RecordingFile(
                        participant=index.participant,
                        file=index.file,
                        epoch=index.epoch,
                        mime=index.mime,
                        start=index.start,
                        end=index.until,
                        size=index.size,
                    )
                )
        return found

    def path(self, opening: str, participant: str, file: str) -> Path:
        """Where a media file (or its index) lies. Raises Malformed("bad_recording_id") for anything but a
        recording's name.
        """
        if not _FILE.fullmatch(file):
            raise Malformed("bad_recording_id")
        return epoch_directory(self._recordings, opening, participant) / file

    def forget(self, opening: str) -> None:
        """Drop what is remembered of an opening that has ended."""
        base = self._recordings / opening
        for path in [p for p in self._indices if p.is_relative_to(base)]:
            del self._indices[path]

    def _read(self, opening: str, participant: str) -> list[_Index]:
        try:
            paths = index_paths(epoch_directory(self._recordings, opening, participant))
        except Malformed:
            return []
        found = [self._indices.setdefault(p, _Index(p)) for p in paths]
        for index in found:
            index.read()
        return found


@dataclass(slots=True)
class _Index:
    """One index file, read as far as whole lines reach."""

    path: Path
    offset: int = 0
    participant: str = ""
    file: str | None = None
    epoch: int = 0
    mime: str = ""
    start: int = 0
    until: int = 0
    size: int = 0
    init_chain: str = ""
    end: tuple[int, str] | None = None
    last: deque[Fragment] = field(default_factory=lambda: deque(maxlen=_KEPT))
    broken: bool = False

    def read(self) -> None:
        if self.end is not None or self.broken:
            return
        with self.path.open("rb") as f:
            f.seek(self.offset)
            fresh = f.read()
        whole = fresh.rfind(b"\n") + 1
        for raw in fresh[:whole].split(b"\n")[:-1]:
            self._line(raw)
        self.offset += whole

    def _line(self, raw: bytes) -> None:
        try:
            line = parse_line(raw)
        except Malformed:
            self.broken = True  # no proof and no head any more: the agenda stops, a person looks
            return
        match line["kind"]:
            case "init":
                self.participant, self.file, self.epoch = line["participant"], line["file"], line["epoch"]
                self.init_chain, self.mime = line["chain"], line["mime"]
                self.start = self.until = line["utc"]
                self.size = line["length"]
            case "fragment":
                names = Fragment.__dataclass_fields__
                fragment = Fragment(**{k: v for k, v in line.items() if k in names})
                self.last.append(fragment)
                self.until, self.size = fragment.until, fragment.offset + fragment.length
            case _:
                self.end = line["fragments"], line["chain"]

    def flushed(self) -> Fragment | None:
        """The last fragment that is flushed; None when there is none, or it is further back than what is
        kept.
        """
        if self.broken:
            return None
        lines = synced_lines(self.path)
        return next((f for f in reversed(self.last) if f.n < lines), None)

    def head(self) -> RecordingHead | None:
        if self.broken or self.file is None:
            return None
        lines = synced_lines(self.path)
        if self.end is not None and lines == self.end[0] + 2:
            return RecordingHead(self.participant, self.file, self.epoch, *self.end)
        fragment = self.flushed()
        if fragment is not None:
            return RecordingHead(self.participant, self.file, self.epoch, fragment.n, fragment.chain)
        return RecordingHead(self.participant, self.file, self.epoch, 0, self.init_chain) if lines else None


def _stands_on_disk(path: Path, fragment: Fragment) -> bool:
    """Whether the fragment's bytes, read from the device and not from memory, have the hash of the index."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Flushed pages may be dropped from memory, so that the read that follows asks the disk.
        os.posix_fadvise(fd, fragment.offset, fragment.length, os.POSIX_FADV_DONTNEED)
        stored = os.pread(fd, fragment.length, fragment.offset)
    except OSError:
        return False
    finally:
        os.close(fd)
    return hashlib.sha256(stored).hexdigest() == fragment.stored
