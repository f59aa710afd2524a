"""Recordings made elsewhere, a camera's files or a telephone call's: taken in slices, held against the signed digest,
and laid beside the hall's own with the same kind of index (clause 6.1).

So whatever is true of a recording is true of them: encrypted at rest, proven by a chain, found, held and erased in the
same ways. What they contain is not touched. Layout: `<recordings>/.incoming/<opening>/<sha256>` while it grows, then
`<recordings>/<opening>/<external-N|call-N>/NNN.bin`. Blocking; whoever calls does so from a thread. What may not live
here: who may send which.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hall.errors import Malformed, Unavailable
from hall.recording import vault
from hall.recording.files import EpochFile, epoch_directory, next_epoch, synced_path
from hall.recording.manifest import Epoch
from hall.runtime.external_port import ExternalFile

log = logging.getLogger("hall.recording")

MOST_BYTES: Final = 4 << 30
RESERVE: Final = 2 << 30
"""Bytes that uploads leave free for what is being recorded."""

_PIECE: Final = 4 << 20
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_HEAD: Final = 512
_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x30\x26\xb2\x75", "video/x-ms-asf"),
)


def kind_of(head: bytes) -> str:
    """The kind of an audio or video file by its first bytes. Raises Malformed("not_a_recording")."""
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    if len(head) > 188 and head[0] == head[188] == 0x47:
        return "video/mp2t"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/mpeg" if head[1] & 0x06 else "audio/aac"
    raise Malformed("not_a_recording")


class ExternalFiles:
    """All of one hall. keys: gives the recording key of an opening, None: nothing is encrypted."""

    def __init__(self, recordings: Path, keys: Callable[[str], bytes] | None) -> None:
        self._recordings, self._keys = recordings, keys
        self._one = threading.Lock()

    def received(self, opening: str, file: ExternalFile) -> int:
        """How many bytes of it are here; all of them when it lies in its place."""
        part = self._part(opening, file)
        if part.with_suffix(".done").exists():
            return file.size
        return part.stat().st_size if part.exists() else 0

    def write(self, opening: str, file: ExternalFile, offset: int, data: bytes, sha256: str) -> int:
        """Take a slice with its own digest; with the last one the file is checked and laid in its place. Gives the
        bytes received.

        Raises Malformed: "slice_damaged", "wrong_offset" (received), "upload_too_long" (size), "not_a_recording",
        "digest_mismatch" (it starts from 0 again); Unavailable("disk_full").
        """
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Malformed("slice_damaged")
        with self._one:
            received = self.received(opening, file)
            if not 0 <= offset <= received:
                raise Malformed("wrong_offset", received=received)
            if offset + len(data) > file.size or file.size > MOST_BYTES:
                raise Malformed("upload_too_long", size=min(file.size, MOST_BYTES))
            if fresh := data[received - offset :]:
                self._append(opening, file, received, fresh)
            part = self._part(opening, file)
            if received + len(fresh) == file.size and not part.with_suffix(".done").exists():
                self._keep(opening, file, part)
            return received + len(fresh)

    def _append(self, opening: str, file: ExternalFile, received: int, data: bytes) -> None:
        part = self._part(opening, file)
        if not received:
            kind_of(data[:_HEAD])
            if shutil.disk_usage(self._recordings).free < 2 * file.size + RESERVE:
                raise Unavailable("disk_full")
            part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(part, "ab", opener=_private) as out:
            out.write(data)

    def _keep(self, opening: str, file: ExternalFile, part: Path) -> None:
        """Hold the whole file against its digest, then write it and its index aside and move them into place: nobody
        ever finds half of it, and no worker that recovers an opening meddles with it."""
        with part.open("rb") as whole:
            if hashlib.file_digest(whole, "sha256").hexdigest() != file.sha256:
                part.unlink()
                raise Malformed("digest_mismatch")
        place = epoch_directory(self._recordings, opening, file.recording)
        draft = part.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        index = self._written(opening, file, part, draft, next_epoch(place))
        place.mkdir(parents=True, exist_ok=True)
        for one in (index.with_suffix("").with_suffix(".bin"), synced_path(index), index):
            one.replace(place / one.name)
        for directory in (place, place.parent):
            _sync(directory)
        part.with_suffix(".done").touch()
        shutil.rmtree(draft, ignore_errors=True)
        part.unlink()
        log.info(
            "a recording made elsewhere is kept", extra={"facts": {"opening": opening, "file": file.sha256}}
        )

    def _written(self, opening: str, file: ExternalFile, part: Path, draft: Path, number: int) -> Path:
        """The index of the file written into `draft`; times are spread evenly over what the act says it covers."""
        key = self._keys(opening) if self._keys is not None else b""
        with part.open("rb") as whole:
            kind = kind_of(whole.read(_HEAD))
            whole.seek(0)
            epoch = Epoch(
                opening=opening,
                participant=file.recording,
                epoch=number,
                file=f"{number:03d}.bin",
                mime="application/octet-stream",
                codec=kind,
                width=0,
                height=0,
                utc=file.start,
                cause="start",
                scheme=vault.AES_CTR if key else vault.NONE,
            )
            out = EpochFile(draft, epoch, b"", key)
            try:
                done = 0
                while piece := whole.read(_PIECE):
                    start, stop = (
                        file.start + (file.end - file.start) * at // file.size
                        for at in (done, done + len(piece))
                    )
                    out.append(piece, utc=start, duration=stop - start, keyframe=not done, video=0, audio=0)
                    done += len(piece)
                out.end("closed")
            finally:
                out.close()
        return draft / f"{number:03d}.index.jsonl"

    def _part(self, opening: str, file: ExternalFile) -> Path:
        epoch_directory(self._recordings, opening, file.recording)  # both are names
        if not _DIGEST.fullmatch(file.sha256):
            raise Malformed("bad_recording_id")
        return self._recordings / ".incoming" / opening / f"{file.recording}-{file.sha256}"


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
