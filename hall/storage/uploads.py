"""Sealed bids on their way to disk: resumable uploads that end as two durable copies.

Blocking; `blobs.py` runs it in threads. Bytes once received are never overwritten, so what was hashed is what is kept.
Layout: `<root>/uploads/<id>/{meta.json,part}` while it grows, `<root>/sealed/<id>.bid` and
`<mirror>/sealed/<id>.bid` when it is finished.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from hall.errors import Malformed, Unavailable
from hall.procurement import canonical
from hall.storage import files

RESERVE: Final = 256 * 1024 * 1024
"""Bytes that uploads leave free, so that the journal beside them never meets a full disk first."""

_ID: Final = re.compile(r"[0-9a-f]{32}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Upload:
    """What was announced at `begin`. size: bytes; sha256: hex; owner: whatever the caller wants to find again."""

    id: str
    size: int
    sha256: str
    owner: str


class Finished(NamedTuple):
    """A sealed bid that lies on disk twice."""

    path: Path
    sha256: str


class Uploads:
    """All upload areas and finished sealed bids of one hall. Safe to call from several threads."""

    def __init__(self, root: Path, mirror: Path) -> None:
        self._areas = root / "uploads"
        self._sealed = root / "sealed"
        self._mirror = mirror / "sealed"
        self._locks: dict[str, threading.Lock] = {}
        for directory in (self._areas, self._sealed, self._mirror):
            files.make_directory(directory)

    def begin(self, size: int, sha256: str, owner: str) -> str:
        """Open an area for `size` bytes with that digest and give its id, which nobody can guess."""
        if size < 1 or not _DIGEST.fullmatch(sha256):
            raise Malformed("upload_malformed")
        if shutil.disk_usage(self._areas).free < 2 * size + RESERVE:
            raise Unavailable("disk_full")
        upload = secrets.token_hex(16)
        meta = canonical.dumps({"size": size, "sha256": sha256, "owner": owner})
        files.write_whole(self._areas / upload / "meta.json", meta)
        return upload

    def find(self, upload: str) -> Upload:
        """Give what was announced. Raises Malformed("upload_unknown")."""
        if not _ID.fullmatch(upload):
            raise Malformed("upload_unknown")
        try:
            meta = canonical.loads((self._areas / upload / "meta.json").read_bytes())
        except FileNotFoundError:
            raise Malformed("upload_unknown") from None
        match meta:
            case {"size": int(size), "sha256": str(sha256), "owner": str(owner)}:
                return Upload(upload, size, sha256, owner)
        raise Unavailable("upload_damaged")

    def received(self, upload: str) -> int:
        """Give how many bytes, from the first one without a gap, are here."""
        announced = self.find(upload)
        if self.sealed_path(upload).exists():
            return announced.size
        part = self._areas / upload / "part"
        return part.stat().st_size if part.exists() else 0

    def write(self, upload: str, offset: int, data: bytes, sha256: str | None) -> int:
        """Take a slice and give the number of bytes received now. A slice sent again changes nothing.

        Raises Malformed: "slice_damaged" (not its digest), "upload_gap" (received=...), "upload_too_long".
        """
        if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
            raise Malformed("slice_damaged")
        with self._lock(upload):
            announced, received = self.find(upload), self.received(upload)
            if offset < 0 or offset > received:
                raise Malformed("upload_gap", received=received)
            if offset + len(data) > announced.size:
                raise Malformed("upload_too_long", size=announced.size)
            fresh = data[received - offset :]
            if fresh:
                with (self._areas / upload / "part").open("ab") as part:
                    part.write(fresh)
            return received + len(fresh)

    def finish(self, upload: str) -> Finished:
        """Hash everything again and put it on disk twice. Doing it again, also after a crash, gives the same answer.

        Raises Malformed: "upload_incomplete" (received=...), "digest_mismatch" (the area is empty again).
        """
        with self._lock(upload):
            announced, final = self.find(upload), self.sealed_path(upload)
            if final.exists():
                return Finished(final, announced.sha256)
            received = self.received(upload)
            if received != announced.size:
                raise Malformed("upload_incomplete", received=received)
            part = self._areas / upload / "part"
            draft = self._mirror / f".{upload}"
            if files.copy_hashed(part, draft) != announced.sha256:
                draft.unlink()
                part.unlink()
                raise Malformed("digest_mismatch")
            draft.replace(self.mirror_path(upload))
            files.sync_directory(self._mirror)
            files.sync_file(part)
            # The rename comes last: a file under its final name means that both copies are complete and durable.
            part.replace(final)
            files.sync_directory(self._sealed)
            return Finished(final, announced.sha256)

    def sealed_path(self, upload: str) -> Path:
        """Give where the finished bid lies, or will lie."""
        return self._sealed / f"{files.checked(upload)}.bid"

    def mirror_path(self, upload: str) -> Path:
        """Give where the second copy lies."""
        return self._mirror / f"{files.checked(upload)}.bid"

    def restore(self, upload: str, sha256: str) -> Path:
        """Hash both copies again, mend a damaged one from the good one, and give the first one's path.

        Raises Unavailable("sealed_bid_damaged") when neither has the digest: then the bidder's kept copy is asked for.
        """
        copies = (self.sealed_path(upload), self.mirror_path(upload))
        with self._lock(upload):
            good = [path for path in copies if path.exists() and files.hashed(path) == sha256]
            if not good:
                raise Unavailable("sealed_bid_damaged")
            for path in copies:
                if path not in good:
                    draft = path.with_name(f".{path.name}")
                    files.copy_hashed(good[0], draft)
                    draft.replace(path)
                    files.sync_directory(path.parent)
        return copies[0]

    def erase(self, upload: str) -> None:
        """Remove area and both copies; what is gone already is fine."""
        if not _ID.fullmatch(upload):
            raise Malformed("upload_unknown")
        with self._lock(upload):
            files.remove(self.sealed_path(upload))
            files.remove(self.mirror_path(upload))
            shutil.rmtree(self._areas / upload, ignore_errors=True)
        self._locks.pop(upload, None)

    def _lock(self, upload: str) -> threading.Lock:
        return self._locks.setdefault(upload, threading.Lock())
