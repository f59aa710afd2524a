"""Sealed bids on their way to disk: resumable uploads that end as two durable copies.

Blocking; `sealed_files.py` runs it in threads. Bytes once received are never overwritten, so what was hashed is what is
kept. Each upload keeps its own files, also where two have the same bytes: erasing one never takes another's away.
Layout: `<root>/uploads/<id>/{meta.json,part}` while it grows, `<root>/sealed/<id>.bid` and
`<mirror>/sealed/<id>.bid` when it is finished.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from hall.errors import Malformed, Refused, Unavailable
from hall.procurement import canonical
from hall.storage import files

RESERVE: Final = 256 * 1024 * 1024
"""Bytes that uploads leave free, so that the journal beside them is not the first to meet a full disk."""

MOST_UNFINISHED: Final = 16
"""Unfinished uploads one owner may have; beginning one more drops the oldest."""

_ID: Final = re.compile(r"[0-9a-f]{32}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Upload:
    """What was announced at `begin`. size: bytes; sha256: hex; owner: who may go on with it."""

    id: str
    size: int
    sha256: str
    owner: str


class Uploads:
    """All upload areas and finished sealed bids of one hall. Safe to call from several threads."""

    def __init__(self, root: Path, mirror: Path, reserve: int = RESERVE) -> None:
        self._areas = root / "uploads"
        self._sealed = root / "sealed"
        self._mirror = mirror / "sealed"
        self._reserve = reserve
        self._beginning = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        for directory in (self._areas, self._sealed, self._mirror):
            files.make_directory(directory)
        metas = sorted(self._areas.glob("*/meta.json"), key=lambda meta: meta.stat().st_mtime_ns)
        found = [self.find(meta.parent.name) for meta in metas]
        self._known = {upload.id: upload for upload in found}

    def begin(self, size: int, sha256: str, owner: str) -> str:
        """Give the id of the owner's upload of that file: the one begun earlier, or a new one nobody can guess."""
        if size < 1 or not _DIGEST.fullmatch(sha256):
            raise Malformed("upload_malformed")
        with self._beginning:
            unfinished = []
            for upload in list(self._known.values()):
                if (upload.size, upload.sha256, upload.owner) == (size, sha256, owner):
                    return upload.id
                if upload.owner == owner and not self._is_finished(upload.id):
                    unfinished.append(upload.id)
            for abandoned in unfinished[: max(0, len(unfinished) + 1 - MOST_UNFINISHED)]:
                self.erase(abandoned)
            return self._begin(size, sha256, owner)

    def _begin(self, size: int, sha256: str, owner: str) -> str:
        if shutil.disk_usage(self._areas).free < 2 * size + self._reserve:
            raise Unavailable("disk_full")
        upload = Upload(secrets.token_hex(16), size, sha256, owner)
        meta = canonical.dumps({"size": size, "sha256": sha256, "owner": owner})
        files.write_whole(self._areas / upload.id / "meta.json", meta)
        self._known[upload.id] = upload
        return upload.id

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
        if self._is_finished(upload):
            return self.find(upload).size
        part = self._part(upload)
        return part.stat().st_size if part.exists() else 0

    def write(self, upload: str, offset: int, data: bytes, sha256: str) -> int:
        """Take a slice with its digest and give the number of bytes received now. A slice sent again changes nothing.

        Raises Malformed: "slice_damaged", "wrong_offset" (received), "upload_too_long" (size), "upload_unknown".
        """
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Malformed("slice_damaged")
        with self._lock(upload):
            announced, received = self.find(upload), self.received(upload)
            if not 0 <= offset <= received:
                raise Malformed("wrong_offset", received=received)
            if offset + len(data) > announced.size:
                raise Malformed("upload_too_long", size=announced.size)
            fresh = data[received - offset :]
            if fresh:
                with open(self._part(upload), "ab", opener=files.private) as part:
                    part.write(fresh)
            return received + len(fresh)

    def finish(self, upload: str, inspect: Callable[[Path], T]) -> T:
        """Hash everything again, have it inspected, put it on disk twice, and give what `inspect` found.

        Doing it again, also after a crash, gives the same answer. Raises Malformed: "upload_incomplete" (received),
        "digest_mismatch" (the area is empty again), and what `inspect` raises (then there is no sealed bid).
        """
        with self._lock(upload):
            announced, final = self.find(upload), self.sealed_path(upload)
            if self._is_finished(upload):
                return inspect(self.path(upload))
            received = self.received(upload)
            if received != announced.size:
                raise Malformed("upload_incomplete", received=received)
            part = self._part(upload)
            draft = self._mirror / f".{upload}"
            try:
                if files.copy_hashed(part, draft) != announced.sha256:
                    part.unlink()
                    raise Malformed("digest_mismatch")
                found = inspect(part)
                draft.replace(self.mirror_path(upload))
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
            files.sync_directory(self._mirror)
            files.sync_file(part)
            # The rename comes last: a file under its final name means that both copies are complete and durable.
            part.replace(final)
            files.sync_directory(self._sealed)
            return found

    def path(self, upload: str) -> Path:
        """Give the first copy of a finished bid, or the second where the first is lost."""
        first = self.sealed_path(upload)
        return first if first.exists() else self.mirror_path(upload)

    def sealed_path(self, upload: str) -> Path:
        """Give where the finished bid lies, or will lie."""
        return self._sealed / f"{files.checked(upload)}.bid"

    def mirror_path(self, upload: str) -> Path:
        """Give where the second copy lies."""
        return self._mirror / f"{files.checked(upload)}.bid"

    def with_digest(self, sha256: str) -> list[Upload]:
        """Give the finished uploads whose bytes have (or had) that digest."""
        return [u for u in list(self._known.values()) if u.sha256 == sha256 and self._is_finished(u.id)]

    def mend(self, upload: str) -> bool:
        """Hash both copies again and replace a damaged one by the good one; False: neither is good."""
        copies = (self.sealed_path(upload), self.mirror_path(upload))
        with self._lock(upload):
            sha256 = self.find(upload).sha256
            good = [path for path in copies if path.exists() and files.hashed(path) == sha256]
            for path in copies:
                if good and path not in good:
                    draft = path.with_name(f".{path.name}")
                    files.copy_hashed(good[0], draft)
                    draft.replace(path)
                    files.sync_directory(path.parent)
            return bool(good)

    def again(self, size: int, sha256: str, owner: str) -> str:
        """Begin an upload of a finished bid anew, because neither copy is good any more. What lies there is set aside,
        and never erased. Raises Refused("not_damaged")."""
        for upload in self.with_digest(sha256):
            if upload.owner != owner:
                continue
            if self.mend(upload.id):
                raise Refused("not_damaged")
            with self._lock(upload.id):
                for path in (self.sealed_path(upload.id), self.mirror_path(upload.id)):
                    if path.exists():
                        path.replace(path.with_suffix(".damaged"))
                        files.sync_directory(path.parent)
        return self.begin(size, sha256, owner)

    def erase(self, upload: str) -> None:
        """Remove area and both copies; what is gone already is fine."""
        if not _ID.fullmatch(upload):
            raise Malformed("upload_unknown")
        with self._lock(upload):
            self._known.pop(upload, None)
            files.remove(self.sealed_path(upload))
            files.remove(self.mirror_path(upload))
            shutil.rmtree(self._areas / upload, ignore_errors=True)
        self._locks.pop(upload, None)

    def _is_finished(self, upload: str) -> bool:
        # The first copy is renamed from the part; if it is lost later, the second one alone still says so.
        return self.sealed_path(upload).exists() or (
            self.mirror_path(upload).exists() and not self._part(upload).exists()
        )

    def _part(self, upload: str) -> Path:
        return self._areas / upload / "part"

    def _lock(self, upload: str) -> threading.Lock:
        return self._locks.setdefault(upload, threading.Lock())
