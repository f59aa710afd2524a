"""The plaintext of a sealed bid: a ZIP of exactly three stored entries, and the summary inside it.

What lives here: building and strictly reading `bid.pdf`, `summary.json`, `summary.p7s`. What may not: keys (signing is
handed in), whether the summary's figures suit the tender. The reader knows one layout only: local headers and the
central directory must agree byte for byte, with no prefix, gap, comment or extra field, so that no two ZIP programs
can see different bids in one file.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import BinaryIO, Final, NoReturn

from hall.errors import Malformed, Refused
from hall.procurement import canonical, money

BID_PDF: Final = "bid.pdf"
SUMMARY: Final = "summary.json"
SIGNATURE: Final = "summary.p7s"
ENTRIES: Final = (BID_PDF, SUMMARY, SIGNATURE)

MAX_SMALL: Final = 64 * 1024
"""Most bytes of summary.json and of summary.p7s."""

MAX_TEXT: Final = 512
"""Most UTF-8 bytes of a text of the summary."""

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_VERSION: Final = 20
_DOS_DATE: Final = 0x21  # 1980-01-01: a container tells nothing about when it was made
_CHUNK: Final = 1024 * 1024
_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Summary:
    """The columns that are read out (开标一览表). `price` is a decimal string in yuan, `bid_sha256` hex."""

    tender: str
    lot: str
    bidder: str
    bid_sha256: str
    price: str
    period: str
    quality: str
    manager: str
    security: str

    def to_bytes(self) -> bytes:
        """Give summary.json: canonical JSON. Raises Malformed("malformed_summary", field=...)."""
        data = canonical.dumps({"v": 1, **asdict(self)})
        parse_summary(data)
        return data


@dataclass(frozen=True, slots=True)
class Container:
    """A container that passed the strict reader. Offsets and sizes in bytes within the file."""

    pdf_offset: int
    pdf_size: int
    pdf_sha256: str
    summary: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    crc: int
    size: int
    offset: int

    @property
    def shared(self) -> tuple[int, int, int, int, int, int, int, int, int, int]:
        """Give what local and central header say alike: version, flags, method, time, date, CRC, sizes, lengths."""
        return (_VERSION, 0, 0, 0, _DOS_DATE, self.crc, self.size, self.size, len(self.name), 0)

    def local(self) -> bytes:
        return _LOCAL.pack(b"PK\x03\x04", *self.shared) + self.name

    def central(self) -> bytes:
        return _CENTRAL.pack(b"PK\x01\x02", _VERSION, *self.shared, 0, 0, 0, 0, self.offset) + self.name


def parse_summary(data: bytes) -> Summary:
    """Read summary.json strictly: canonical, flat, its keys only. Raises Malformed("malformed_summary", field=...)."""
    if len(data) > MAX_SMALL:
        _malformed_summary("length")
    try:
        found = canonical.loads(data)
    except Malformed:
        _malformed_summary("json")
    names = [field.name for field in fields(Summary)]
    if not isinstance(found, dict) or found.keys() != {"v", *names}:
        _malformed_summary("keys")
    if canonical.dumps(found) != data:
        _malformed_summary("json")
    if type(found["v"]) is not int or found["v"] != 1:
        _malformed_summary("v")
    for name in names:
        if not isinstance(found[name], str) or not canonical.is_plain(found[name], MAX_TEXT):
            _malformed_summary(name)
    if not _HEX.fullmatch(found["bid_sha256"]):
        _malformed_summary("bid_sha256")
    try:
        money.parse(found["price"])
    except Malformed:
        _malformed_summary("price")
    return Summary(**{name: found[name] for name in names})


def build_container(pdf: bytes, summary: Summary, sign: Callable[[bytes], bytes]) -> bytes:
    """Give the container's bytes; see `write_container`."""
    out = io.BytesIO()
    write_container(io.BytesIO(pdf), summary, sign, out)
    return out.getvalue()


def write_container(pdf: BinaryIO, summary: Summary, sign: Callable[[bytes], bytes], out: BinaryIO) -> None:
    """Write the container into `out`, in constant memory; the PDF is read twice. `sign` gets summary.json and gives
    summary.p7s (`cms.sign_detached`).

    Raises Refused("summary_mismatch") when the summary does not hold this PDF's digest, Malformed("malformed_summary").
    """
    digest, crc, size = hashlib.sha256(), 0, 0
    while data := pdf.read(_CHUNK):
        digest.update(data)
        crc = zlib.crc32(data, crc)
        size += len(data)
    if summary.bid_sha256 != digest.hexdigest():
        raise Refused("summary_mismatch", field="bid_sha256")
    text = summary.to_bytes()
    signature = sign(text)
    pdf.seek(0)
    entries, offset = [], 0
    for name, source, checked, length in (
        (BID_PDF, pdf, crc, size),
        (SUMMARY, io.BytesIO(text), zlib.crc32(text), len(text)),
        (SIGNATURE, io.BytesIO(signature), zlib.crc32(signature), len(signature)),
    ):
        entry = _Entry(name.encode("ascii"), checked, length, offset)
        local = entry.local()
        out.write(local)
        shutil.copyfileobj(source, out, _CHUNK)
        entries.append(entry)
        offset += len(local) + length
    out.write(_tail(entries, offset))


def read_container(file: BinaryIO) -> Container:
    """Read a container from the start of `file`, in constant memory.

    Raises Refused("container_malformed", reason=...): the deposit is whole, but what the bidder sealed is no bid.
    """
    entries: list[_Entry] = []
    contents: list[bytes] = []
    pdf_offset, pdf_sha256, offset = 0, "", 0
    for name in ENTRIES:
        entry = _read_local(file, name, offset)
        start = offset + _LOCAL.size + len(entry.name)
        if name == BID_PDF:
            pdf_offset, pdf_sha256 = start, _digest_entry(file, entry)
        else:
            contents.append(_read_small(file, entry))
        entries.append(entry)
        offset = start + entry.size
    tail = _tail(entries, offset)
    # Everything behind the entries follows from them: one comparison leaves nothing to interpret.
    if file.read(len(tail) + 1) != tail:
        _malformed("directory")
    return Container(pdf_offset, entries[0].size, pdf_sha256, contents[0], contents[1])


def _read_local(file: BinaryIO, name: str, offset: int) -> _Entry:
    raw = file.read(_LOCAL.size + len(name))
    if len(raw) != _LOCAL.size + len(name):
        _malformed("header", name)
    crc, size = struct.unpack_from("<LL", raw, 14)
    entry = _Entry(name.encode("ascii"), crc, size, offset)
    if entry.local() != raw:
        _malformed("header", name)
    return entry


def _digest_entry(file: BinaryIO, entry: _Entry) -> str:
    digest, crc, left = hashlib.sha256(), 0, entry.size
    while left:
        data = file.read(min(left, _CHUNK))
        if not data:
            _malformed("truncated", entry.name.decode())
        digest.update(data)
        crc = zlib.crc32(data, crc)
        left -= len(data)
    if crc != entry.crc:
        _malformed("crc", entry.name.decode())
    return digest.hexdigest()


def _read_small(file: BinaryIO, entry: _Entry) -> bytes:
    if entry.size > MAX_SMALL:
        _malformed("length", entry.name.decode())
    data = file.read(entry.size)
    if len(data) != entry.size or zlib.crc32(data) != entry.crc:
        _malformed("crc", entry.name.decode())
    return data


def _tail(entries: list[_Entry], offset: int) -> bytes:
    directory = b"".join(entry.central() for entry in entries)
    count = len(entries)
    return directory + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), offset, 0)


def _malformed(reason: str, entry: str = "") -> NoReturn:
    raise Refused("container_malformed", reason=reason, entry=entry)


def _malformed_summary(field: str) -> NoReturn:
    raise Malformed("malformed_summary", field=field)
