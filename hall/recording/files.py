"""The files of one epoch on disk: media, index, and the mark of what is flushed; and closing what a killed
worker left.

`<recordings>/<opening>/<participant>/<NNN>.mp4|webm|mjpeg`, `<NNN>.index.jsonl`, `<NNN>.synced`. Data is written
first, then its index line; once a second both are flushed, and only then the mark says how many index lines a
power cut can't take back. Here fragments are encrypted on their way to the disk (`vault`). What may not live here:
RTP, containers, the meaning of a fragment.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from hall.errors import Malformed
from hall.recording import vault
from hall.recording.manifest import Epoch, IndexWriter, parse_line
from hall.recording.rescue import rescue

_INDEX_NAME = re.compile(r"(\d{3,})\.index\.jsonl")
_OWN_FILES = re.compile(r"(\d{3,})\.(?:index\.jsonl|mp4|webm|mjpeg|bin|synced)(?:\.torn)?")
_LONGEST_END = 1_024  # bytes that hold an end line, whatever its cause
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def epoch_directory(recordings: Path, opening: str, participant: str) -> Path:
    """Where one participant's epochs of one opening lie. Raises Malformed("bad_recording_id") for a name that
    is no name.
    """
    for name in (opening, participant):
        if not _SAFE_ID.fullmatch(name):
            raise Malformed("bad_recording_id")
    return recordings / opening / participant


def next_epoch(directory: Path) -> int:
    """The number of the epoch to begin: one more than any file there was ever given."""
    if not directory.is_dir():
        return 1
    return 1 + max((int(m[1]) for p in directory.iterdir() if (m := _OWN_FILES.fullmatch(p.name))), default=0)


def index_paths(directory: Path) -> list[Path]:
    """The indices in one participant's directory, by epoch."""
    if not directory.is_dir():
        return []
    return sorted(p for p in directory.iterdir() if _INDEX_NAME.fullmatch(p.name))


def epoch_of(index: Path) -> Epoch | None:
    """What an index says of its file; None for one that has no whole first line yet.

    Raises Malformed("index_line_malformed").
    """
    with index.open("rb") as lines:
        raw = lines.readline()
    if not raw.endswith(b"\n"):
        return None
    line = parse_line(raw[:-1])
    if line["kind"] != "init":
        raise Malformed("index_line_malformed", reason="kind")
    return Epoch(**{name: line[name] for name in Epoch.__dataclass_fields__})


def synced_path(index: Path) -> Path:
    """The mark that belongs to an index."""
    return index.with_name(index.name.removesuffix(".index.jsonl") + ".synced")


def synced_lines(index: Path) -> int:
    """How many lines of an index are flushed, as far as its mark knows."""
    try:
        return int(synced_path(index).read_bytes() or b"0")
    except (OSError, ValueError):
        return 0


class EpochFile:
    """One epoch being written. Writes happen in the caller's thread, flushing in another; a lock keeps
    closing apart. key: the opening's recording key, for an epoch whose scheme wants one.
    """

    def __init__(self, directory: Path, epoch: Epoch, segment: bytes, key: bytes = b"") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        stem = f"{epoch.epoch:03d}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._directory = directory
        self._media = os.open(directory / epoch.file, flags, 0o640)
        self._index = os.open(directory / f"{stem}.index.jsonl", flags, 0o640)
        self._mark = os.open(directory / f"{stem}.synced", flags & ~os.O_APPEND, 0o640)
        self.epoch = epoch
        self._writer = IndexWriter(epoch)
        self._written = 0
        self._synced = 0
        self._lock = threading.Lock()
        self._closed = False
        self._unsafe = False
        # One stream from the first byte to the last: what is written once is never encrypted a second time.
        encrypts = epoch.scheme == vault.AES_CTR
        self._stream = vault.stream(vault.epoch_key(key, epoch)) if encrypts else None
        stored = segment if self._stream is None else self._stream.update(segment)
        self._write(stored, self._writer.init(stored, segment))

    @property
    def until(self) -> int:
        """Hall time in ms up to which fragments are written."""
        return self._writer.until

    @property
    def fragments(self) -> int:
        return self._writer.fragments

    def append(
        self, plain: bytes, *, utc: int, duration: int, keyframe: bool, video: int, audio: int
    ) -> None:
        """Write one whole fragment, then its index line. Raises OSError; the file is then not to be used
        further.
        """
        stored = plain if self._stream is None else self._stream.update(plain)
        line = self._writer.fragment(
            stored, utc=utc, duration=duration, keyframe=keyframe, video=video, audio=audio, plain=plain
        )
        self._write(stored, line)

    def end(self, cause: str) -> None:
        """Write the end line; `close` flushes it."""
        self._write(b"", self._writer.end(cause))

    def sync(self) -> None:
        """Flush, then mark what is flushed. Called from the flushing thread."""
        with self._lock:
            if not self._closed:
                self._sync()

    def close(self) -> None:
        """Flush for the last time and let go of the files. Called from the flushing thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self._sync()
            finally:
                for fd in (self._media, self._index, self._mark):
                    os.close(fd)

    def _sync(self) -> None:
        written = self._written
        if written == self._synced:
            return
        if self._unsafe:
            return
        try:
            os.fdatasync(self._media)
            os.fdatasync(self._index)
            if not self._synced:
                _sync_directory(self._directory)
        except OSError:
            # A system may forget what it failed to write, and call the next flush a success: never believe it.
            self._unsafe = True
            raise
        os.pwrite(self._mark, b"%010d\n" % written, 0)
        self._synced = written

    def _write(self, stored: bytes, line: bytes) -> None:
        if self._unsafe:
            raise OSError(errno.EIO, "an earlier flush failed")
        if stored:
            _write_all(self._media, stored)
        _write_all(self._index, line)
        self._written += 1


@dataclass(frozen=True, slots=True)
class Closed:
    """What was done to an index that a killed worker left open.

    empty: nothing of it was whole, and its files are set aside; altered: it does not verify and stays as it is.
    """

    index: Path
    dropped_bytes: int = 0
    empty: bool = False
    altered: bool = False


def recover_opening(recordings: Path, opening: str) -> list[Closed]:
    """Close every recording of an opening that has no end line. Nobody may be writing them any more."""
    base = recordings / opening
    found: list[Closed] = []
    for directory in sorted(p for p in base.iterdir() if p.is_dir()) if base.is_dir() else []:
        for index in index_paths(directory):
            try:
                closed = recover_index(index)
            except Malformed:
                closed = Closed(index, altered=True)
            if closed is not None:
                found.append(closed)
    return found


def recover_index(index: Path) -> Closed | None:
    """Cut a torn tail off one index and its media file and append the end line; None when it was closed
    already.

    Raises Malformed("recording_altered") when more than a torn tail is missing: that is for a person to judge.
    """
    if _is_closed(index):
        return None
    lines = index.read_bytes()
    media = _media_beside(index)
    if media is None:
        rescue(
            lambda offset, length: b"", 0, lines, synced_lines(index)
        )  # raises where something was flushed
        _set_aside(index, None)
        return Closed(index, len(lines), empty=True)
    with media.open("r+b") as f:
        fd, size = f.fileno(), media.stat().st_size
        found = rescue(lambda offset, length: os.pread(fd, length, offset), size, lines, synced_lines(index))
        if found.index_length == 0:
            _set_aside(index, media)
            return Closed(index, size + len(lines), empty=True)
        if (found.media_length, found.index_length, found.end_line) == (size, len(lines), b""):
            return None
        f.truncate(found.media_length)
        os.fsync(fd)  # a killed worker's last fragments may be in memory alone
    with index.open("r+b") as f:
        f.truncate(found.index_length)
        f.seek(found.index_length)
        f.write(found.end_line)
        f.flush()
        os.fsync(f.fileno())
    synced_path(index).write_bytes(b"%010d\n" % found.lines)
    return Closed(index, size - found.media_length + len(lines) - found.index_length)


def _is_closed(index: Path) -> bool:
    """Whether the end line is there and flushed, and with it everything before."""
    with index.open("rb") as f:
        f.seek(max(0, index.stat().st_size - _LONGEST_END))
        last = f.read().splitlines()[-1:]
    try:
        line = parse_line(last[0]) if last else {}
    except Malformed:
        return False
    return line.get("kind") == "end" and bool(line["fragments"] + 2 == synced_lines(index))


def _set_aside(index: Path, media: Path | None) -> None:
    """Name files that hold nothing whole `….torn`: no recording any more, and their number is never given again."""
    for path in (index, media):
        if path is not None:
            path.rename(path.with_name(f"{path.name}.torn"))
    _sync_directory(index.parent)


def _media_beside(index: Path) -> Path | None:
    stem = index.name.removesuffix(".index.jsonl")
    found = [
        p for suffix in ("mp4", "webm", "mjpeg", "bin") if (p := index.with_name(f"{stem}.{suffix}")).exists()
    ]
    return found[0] if found else None


def _write_all(fd: int, data: bytes) -> None:
    while (written := os.write(fd, data)) < len(data):
        data = data[written:]


def _sync_directory(directory: Path) -> None:
    """Make the names in a participant's directory durable, its own name and that of the opening's directory too."""
    for path in (directory, directory.parent, directory.parent.parent):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
