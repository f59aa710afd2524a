"""The bundle: one stored ZIP that holds everything a court needs, and how it is written and read.

Members: bundle.json (what, whose, and the digest of each other member), journal.jsonl, checkpoints.jsonl,
certificates/, sealed/, record/, recordings/ (docs/bundle-format.md). Reading never trusts a length or a name; what is
no bundle is `NotABundle`. Members are looked at where they lie in the file, and hashed once, on all cores: verifying
costs little more than hashing.
"""

from __future__ import annotations

import base64
import hashlib
import mmap
import os
import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hall.errors import HallError, Malformed
from hall.evidence.entitlement import Entitlement
from hall.procurement import canonical
from hall.recording.manifest import Verification, verify_recording

HEAD: Final = "bundle.json"
JOURNAL: Final = "journal.jsonl"
CHECKPOINTS: Final = "checkpoints.jsonl"
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_MOST_MEMBERS: Final = 20_000
_LOCAL: Final = struct.Struct("<4s5H3I2H")
"""A local file header of a ZIP, up to its name."""

ANCHORS: Final = ("origin", "mode", "log_key", "ca_roots", "tsa_roots")
_HEAD_KEYS: Final = frozenset({"v", "tender", "opening", "members", *ANCHORS})


class NotABundle(HallError):
    """The file is no bundle at all: nothing can be said about it."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """What is believed without proof: the hall's log key (32 bytes) and certificate roots (DER)."""

    origin: str
    mode: str
    log_key: bytes
    ca_roots: tuple[bytes, ...]
    tsa_roots: tuple[bytes, ...]

    def promise(self) -> str:
        """What a tender promises of the CA roots when it is published: SHA-256 of their sorted base64 as canonical
        JSON."""
        told = sorted(base64.b64encode(root).decode() for root in self.ca_roots)
        return hashlib.sha256(canonical.dumps(told)).hexdigest()

    def fingerprints(self) -> list[str]:
        """For people to compare with what was published."""
        named = [
            ("log key", self.log_key),
            *(("CA root", r) for r in self.ca_roots),
            *(("TSA root", r) for r in self.tsa_roots),
        ]
        return [f"{name} sha256:{hashlib.sha256(data).hexdigest()}" for name, data in named]


class BundleWriter:
    """Writes members one after another, then the head that names them all. Equal contents give equal bytes."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._members: list[dict[str, object]] = []

    def add(self, name: str, data: bytes) -> None:
        """Add one member."""
        self._zip.writestr(zipfile.ZipInfo(name, _EPOCH), data)
        self._members.append({"path": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})

    def add_file(self, name: str, path: Path) -> None:
        """Add one member from disk, in pieces."""
        with path.open("rb") as source:
            self.add_pieces(name, iter(lambda: source.read(1 << 20), b""))

    def add_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """Add one member piece by piece."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(zipfile.ZipInfo(name, _EPOCH), "w", force_zip64=True) as target:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                target.write(piece)
        self._members.append({"path": name, "sha256": digest.hexdigest(), "size": size})

    def close(
        self,
        head: Mapping[str, object],
        name: str = HEAD,
        sign: Callable[[dict[str, object]], str] | None = None,
    ) -> None:
        """Write the head; `head` holds v, origin, mode, tender, opening and the anchors. sign: gives the signature
        over all of it, where it bears one."""
        whole = {**head, "members": sorted(self._members, key=lambda m: str(m["path"]))}
        if sign is not None:
            whole["signature"] = sign(whole)
        self._zip.writestr(zipfile.ZipInfo(name, _EPOCH), canonical.dumps(whole))
        self._zip.close()


class Bundle:
    """A bundle opened for reading. Raises NotABundle when there is nothing to judge. head: the name of its head."""

    def __init__(self, path: Path, head: str = HEAD) -> None:
        self._head = head
        try:
            with path.open("rb") as file, zipfile.ZipFile(file) as opened:
                _check_frame(opened.infolist(), path.stat().st_size)
                found = canonical.loads(opened.read(head))
                self._infos = {info.filename: info for info in opened.infolist()}
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except NotABundle:
            raise
        except Exception as error:  # A hostile file makes the ZIP reader raise anything at all.
            raise NotABundle("not_a_bundle", reason=type(error).__name__) from None
        if not isinstance(found, dict) or found.get("v") != 1:
            raise NotABundle("not_a_bundle", reason="head")
        self.head: dict[str, object] = found
        self.names = frozenset(self._infos)
        self._digests: dict[tuple[str, bytes], Future[str]] = {}
        # Hashing leaves the interpreter's lock: it goes on beside whatever is judged meanwhile.
        self._pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="digest")
        self._recordings: dict[tuple[str, str], Verification] = {}

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        try:
            self._bytes.close()
        except BufferError:  # somebody still looks at a member; the file goes with the last look
            pass

    def entitlement(self) -> tuple[Entitlement, str]:
        """Whom the bundle is made for, and which bidder where it is one. Raises NotABundle for a head with other keys
        than the format's."""
        keys, holder = self.head.keys() - _HEAD_KEYS, self.head.get("holder", "")
        try:
            whom = Entitlement(str(self.head.get("entitlement", "regulator")))
        except ValueError:
            raise NotABundle("not_a_bundle", reason="entitlement") from None
        own = {"entitlement", "holder"} if whom is Entitlement.BIDDER else {"entitlement"}
        if not keys <= own or not isinstance(holder, str) or bool(holder) != (whom is Entitlement.BIDDER):
            raise NotABundle("not_a_bundle", reason="head")
        return whom, holder

    def view(self, name: str) -> memoryview:
        """A member's bytes where they lie in the file; none when it is missing or its ZIP frame is broken (then the
        head's digest does not hold)."""
        info = self._infos.get(name)
        if info is None:
            return memoryview(b"")
        start = info.header_offset
        header = self._bytes[start : start + _LOCAL.size]
        if len(header) < _LOCAL.size:
            return memoryview(b"")
        magic, *_, name_length, extra_length = _LOCAL.unpack(header)
        behind = start + _LOCAL.size
        method, checksum = struct.unpack_from("<H", header, 8)[0], struct.unpack_from("<I", header, 14)[0]
        same = self._bytes[behind : behind + name_length] == name.encode()
        # Digests prove the bytes; a frame that contradicts itself is one that other programs would not open.
        same = same and checksum == info.CRC
        if magic != b"PK\x03\x04" or method != zipfile.ZIP_STORED or not same:
            return memoryview(b"")
        begin = behind + name_length + extra_length
        return memoryview(self._bytes)[begin : begin + info.file_size]

    def read(self, name: str) -> bytes:
        """A member's bytes, as `view`."""
        return bytes(self.view(name))

    def lines(self, name: str) -> list[bytes]:
        """A JSONL member's lines."""
        return self.read(name).split(b"\n")[:-1]

    def under(self, folder: str) -> list[str]:
        """Names of the members of a folder."""
        return sorted(name for name in self.names if name.startswith(f"{folder}/"))

    def damaged(self) -> list[str]:
        """Members whose bytes are not what the head says, that the head names and are missing, or that
        it does not name."""
        listed = {str(m.get("path")): m for m in _objects(self.head.get("members"))}
        wrong = sorted((self.names - {self._head}) ^ listed.keys())
        for name in sorted(self.names & listed.keys()):
            found = (self.digest(name), len(self.view(name)))
            if found != (listed[name].get("sha256"), listed[name].get("size")):
                wrong.append(name)
        return wrong

    def size(self, name: str) -> int:
        """Bytes of a member, 0 when it is missing."""
        return self._infos[name].file_size if name in self._infos else 0

    def hash_ahead(self) -> None:
        """Begin to hash every member, the largest first; `digest` then waits for its own alone."""
        for name in sorted(self.names, key=lambda name: -self.size(name)):
            self.hashing(name)

    def digest(self, name: str, before: bytes = b"") -> str:
        """SHA-256 of `before` and a member, hex; reckoned once."""
        return self.hashing(name, before).result()

    def hashing(self, name: str, before: bytes = b"") -> Future[str]:
        """Begin to reckon such a digest, on another core if there is one."""
        if (name, before) not in self._digests:

            def reckoned() -> str:
                digest = hashlib.sha256(before)
                digest.update(self.view(name))
                return digest.hexdigest()

            self._digests[name, before] = self._pool.submit(reckoned)
        return self._digests[name, before]

    def recording(self, index: str, media: str) -> Verification:
        """What an index says of its media file ("": it is not there) as stored; looked at once."""
        if (index, media) not in self._recordings:
            self._recordings[index, media] = verify_recording(self.view(media), self.read(index))
        return self._recordings[index, media]

    def part(self, name: str) -> Callable[[int, int], bytes]:
        """Reads a member: (offset, length) -> bytes, fewer where it ends or its ZIP frame is broken."""
        view = self.view(name)
        return lambda offset, length: bytes(view[offset : offset + length])

    def anchors(self) -> Anchors:
        """The anchors that the bundle itself brings: good for self-consistency, no proof of origin."""
        return read_anchors(self.head)


def _check_frame(infos: list[zipfile.ZipInfo], file_size: int) -> None:
    """Plain names, each once, stored as they are: what a member holds then lies in the file, and nothing unpacks to
    more than was handed in."""
    names = [info.filename for info in infos]
    if len(names) > _MOST_MEMBERS:
        raise NotABundle("not_a_bundle", reason="too_many_members")
    if len(set(names)) != len(names) or not all(_NAME.fullmatch(name) for name in names):
        raise NotABundle("not_a_bundle", reason="names")
    if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
        raise NotABundle("not_a_bundle", reason="compressed")
    if sum(info.file_size for info in infos) > file_size:
        raise NotABundle("not_a_bundle", reason="sizes")


def read_anchors(found: Mapping[str, object]) -> Anchors:
    """Anchors from the trust file or a bundle's head. Raises Malformed("malformed_trust")."""
    try:
        anchors = Anchors(
            origin=_text(found["origin"]),
            mode=_text(found["mode"]),
            log_key=_unbase64(_text(found["log_key"])),
            ca_roots=tuple(_unbase64(x) for x in _texts(found["ca_roots"])),
            tsa_roots=tuple(_unbase64(x) for x in _texts(found["tsa_roots"])),
        )
        Ed25519PublicKey.from_public_bytes(anchors.log_key)
        for root in (*anchors.ca_roots, *anchors.tsa_roots):
            x509.load_der_x509_certificate(root)
    except (KeyError, TypeError, ValueError):
        raise Malformed("malformed_trust") from None
    return anchors


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("list expected")
    return [_text(item) for item in value]


def _objects(value: object) -> Iterable[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _unbase64(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
