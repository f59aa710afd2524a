"""`bidseal/1`: the sealed bid. Its one strict header parser, sealing, and what a key's holder checks before it unwraps.

    "BIDSEAL1" | u32be len | header JSON (<= 64 KiB, canonical) | payload (see `payload`)

What lives here: the format. What may not: decisions about deposits and releases, the network, clocks. The parser is
shared with the browser by tests/vectors/bidseal.json: a lax one would give one file two meanings and two prices. The
header must be canonical JSON, byte for byte, because that one comparison leaves no room for a second reading.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from hall.errors import Malformed, Refused
from hall.procurement import canonical
from hall.signing import cms, payload
from hall.signing import suite as suites
from hall.signing.certificates import Certificate

MAGIC: Final = b"BIDSEAL1"
PREFIX_LENGTH: Final = len(MAGIC) + 4
MAX_HEADER: Final = 64 * 1024
"""Most bytes of the header JSON."""

MAX_SIZE: Final = 2**40
MAX_NAME: Final = 256
"""Most UTF-8 bytes of tender, lot, bidder and name."""

_CONTENT_MARK: Final = b"bidseal/1 cek\0"
_KEYS: Final = frozenset(
    "v suite tender lot bidder name size recipient signer salt envelope commit tag_commit".split()
)
_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """A header that passed the strict parser. `raw` is everything before the payload; digests in hex, `salt` bytes."""

    raw: bytes
    tender: str
    lot: str
    bidder: str
    name: str
    size: int
    recipient: str
    signer: str
    salt: bytes
    commit: str
    tag_commit: str
    envelope_der: bytes
    envelope: cms.Envelope
    suite: str = suites.INTL

    @property
    def aad(self) -> bytes:
        """Give the associated data that binds the payload to this header."""
        return hashlib.sha256(self.raw).digest()

    @property
    def file_length(self) -> int:
        """Give the only length in bytes the whole file may have."""
        return expected_length(len(self.raw) - PREFIX_LENGTH, self.size)


@dataclass(frozen=True, slots=True)
class SealReceipt:
    """What sealing gives its owner to keep: the file's length and digest, the key's commitments. Digests in hex."""

    size: int
    sha256: str
    commit: str
    tag_commit: str
    recipient: str


def expected_length(header_len: int, size: int) -> int:
    """Give the length of a sealed file from its header JSON's length and its plaintext's: 12 + header + payload."""
    return PREFIX_LENGTH + header_len + payload.length(size)


def header_end(prefix: bytes) -> int:
    """Say how many bytes stand before the payload, from the first 12. Raises what `parse_header` raises."""
    if prefix[: len(MAGIC)] != MAGIC or len(prefix) < PREFIX_LENGTH:
        raise Malformed("not_a_sealed_bid")
    header_len = int.from_bytes(prefix[len(MAGIC) : PREFIX_LENGTH], "big")
    if not 0 < header_len <= MAX_HEADER:
        _malformed("length")
    return PREFIX_LENGTH + header_len


def parse_header(prefix: bytes) -> SealedHeader:
    """Read the header from the file's first bytes; what follows it is not looked at.

    Raises Malformed("not_a_sealed_bid"), Malformed("malformed_header", field=...), Malformed("malformed_cms") for the
    envelope.
    """
    end = header_end(prefix)
    if len(prefix) < end:
        _malformed("length")
    text = prefix[PREFIX_LENGTH:end]
    try:
        found = canonical.loads(text)
    except Malformed:
        _malformed("json")
    if not isinstance(found, dict):
        _malformed("json")
    if found.keys() != _KEYS:
        _malformed("keys")
    if canonical.dumps(found) != text:
        _malformed("json")
    return _read_fields(found, prefix[:end])


def read_header(file: BinaryIO) -> SealedHeader:
    """Read the header from an open file; leaves it at the payload's first byte."""
    prefix = file.read(PREFIX_LENGTH)
    return parse_header(prefix + file.read(header_end(prefix) - PREFIX_LENGTH))


def check_length(header: SealedHeader, file_length: int) -> None:
    """Raises Malformed("malformed_payload") unless the file has the one length its header allows."""
    if file_length != header.file_length:
        raise Malformed("malformed_payload", expected=header.file_length, found=file_length)


def check_recipient(header: SealedHeader, certificate: Certificate) -> None:
    """Raises Refused("wrong_certificate", needed=...) unless header and envelope name this certificate alone."""
    if certificate.sha256 != header.recipient or not header.envelope.names(certificate):
        raise Refused("wrong_certificate", needed=header.recipient)


def check_deposit(
    header: SealedHeader,
    *,
    tender: str,
    lot: str,
    bidder: str,
    certificate: Certificate,
    signer: Certificate | None = None,
) -> None:
    """Compare a header with the login that deposits it, before anything is stored. `certificate` is the recipient's;
    `signer`: the login's, where it is another one (GM).

    Raises Refused("wrong_certificate", needed=...), Refused("wrong_tender" | "wrong_lot" | "wrong_bidder").
    """
    check_recipient(header, certificate)
    if header.signer != (signer or certificate).sha256:
        raise Refused("wrong_certificate", needed=header.signer)
    if header.tender != tender:
        raise Refused("wrong_tender")
    if header.lot != lot:
        raise Refused("wrong_lot", lot=header.lot)
    if header.bidder != bidder:
        raise Refused("wrong_bidder")


def check_commit(header: SealedHeader, cek: bytes) -> None:
    """Raises Refused("commit_mismatch") unless `cek` is the key the header is committed to (AES-GCM itself is not)."""
    if len(cek) != 32 or not hmac.compare_digest(_commit(cek, header.salt, header.suite), header.commit):
        raise Refused("commit_mismatch")


def release_tag(cek: bytes, salt: bytes, suite: str = suites.INTL) -> bytes:
    """Give the tag that proves the unwrapping and tells nothing about the key; its SHA-256 is `tag_commit`."""
    return suites.hkdf(cek, salt=salt, info=b"bidseal/1 release tag", suite=suite)


def unwrap(header: SealedHeader, key: suites.PrivateKey | cms.Unwraps, certificate: Certificate) -> bytes:
    """Give the content key. Whoever calls has already checked the decrypt command against its own deposit.

    The private key may lie in a token. The recipient is compared first: Refused("wrong_certificate", needed=...).
    Then Refused("envelope_damaged") when the key does not open it, Refused("wrong_context") when what it holds was
    made for another bid, and Refused("commit_mismatch") when it is not the key that the header is committed to.
    """
    check_recipient(header, certificate)
    content = header.envelope.open(key)
    mark = _CONTENT_MARK + _context(header.tender, header.lot, header.bidder, header.salt)
    if len(content) != len(mark) + 32 or not hmac.compare_digest(content[: len(mark)], mark):
        raise Refused("wrong_context")
    cek = content[len(mark) :]
    check_commit(header, cek)
    if not hmac.compare_digest(_tag_commit(cek, header.salt, header.suite), header.tag_commit):
        raise Refused("commit_mismatch")
    return cek


def seal(
    plaintext: Path,
    out: Path,
    *,
    tender: str,
    lot: str,
    bidder: str,
    name: str,
    certificate: Certificate,
    signer: Certificate | None = None,
    keep: Callable[[SealedHeader, bytes, bytes], None] = lambda header, prefix, cek: None,
) -> SealReceipt:
    """Seal the file `plaintext` into `out` for one certificate, then read it back and open every segment. The kind of
    its key decides the suite; `signer`: in GM the other one of the pair.

    Any file can be sealed; only the container of `bid_container` can later be opened as a bid. Nothing keeps the
    content key, save what `keep` makes of header, nonce prefix and key before this returns (a recovery file): from here
    on only the certificate's key opens the bid. Raises Malformed("malformed_header") when an
    argument can't stand in a header, Refused("input_changed"), OSError.
    """
    with plaintext.open("rb") as source:
        size = os.fstat(source.fileno()).st_size
        cek, salt = secrets.token_bytes(32), secrets.token_bytes(payload.SALT)
        suite = suites.of_key(certificate.kind)
        content = _CONTENT_MARK + _context(tender, lot, bidder, salt) + cek
        text = canonical.dumps(
            {
                "v": 1,
                "suite": suite,
                "tender": tender,
                "lot": lot,
                "bidder": bidder,
                "name": name,
                "size": size,
                "recipient": certificate.sha256,
                "signer": (signer or certificate).sha256,
                "salt": _b64(salt),
                "envelope": _b64(cms.build_envelope(content, certificate)),
                "commit": _b64(bytes.fromhex(_commit(cek, salt, suite))),
                "tag_commit": _b64(bytes.fromhex(_tag_commit(cek, salt, suite))),
            }
        )
        header = parse_header(MAGIC + len(text).to_bytes(4, "big") + text)
        try:
            prefix = secrets.token_bytes(payload.PREFIX)
            sha256 = write_sealed(source, out, header, cek, prefix)
            self_test(out, cek)
            keep(header, prefix, cek)
        except BaseException:
            out.unlink(missing_ok=True)  # half a bid must not be taken for one
            raise
    return SealReceipt(header.file_length, sha256, header.commit, header.tag_commit, header.recipient)


def self_test(sealed: Path, cek: bytes) -> SealedHeader:
    """Open every segment with the content key and drop the plaintext; raises what `decrypt_file` raises."""
    with sealed.open("rb") as file:
        return decrypt_file(file, cek, lambda part: None)


def decrypt_file(file: BufferedReader, cek: bytes, sink: payload.Sink) -> SealedHeader:
    """Decrypt a sealed file from its first byte into `sink`, the key's commitment checked first.

    Raises what `parse_header` raises, Refused("commit_mismatch"), Refused("ciphertext_damaged", segment=n).
    """
    header = read_header(file)
    check_length(header, os.fstat(file.fileno()).st_size)
    check_commit(header, cek)
    payload.decrypt(file, header.size, sink, cek=cek, salt=header.salt, aad=header.aad, suite=header.suite)
    return header


def write_sealed(source: BufferedIOBase, out: Path, header: SealedHeader, cek: bytes, prefix: bytes) -> str:
    """Write the file, durably; give its digest. prefix: of the nonces, fresh for each key. Raises
    Refused("input_changed"), OSError."""
    digest = hashlib.sha256()
    with out.open("wb") as file:

        def sink(part: bytes | bytearray | memoryview) -> None:
            file.write(part)
            digest.update(part)

        sink(header.raw)
        payload.encrypt(
            source,
            header.size,
            sink,
            cek=cek,
            salt=header.salt,
            prefix=prefix,
            aad=header.aad,
            suite=header.suite,
        )
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _read_fields(found: dict[str, object], raw: bytes) -> SealedHeader:
    if found["v"] != 1 or type(found["v"]) is not int:
        _malformed("v")
    suite = found["suite"]
    if not isinstance(suite, str) or suite not in suites.SUITES:
        _malformed("suite")
    size = found["size"]
    if type(size) is not int or not 0 < size <= MAX_SIZE:
        _malformed("size")
    recipient, signer = _hex(found, "recipient"), _hex(found, "signer")
    if (signer != recipient) is not (suite == suites.GM):
        _malformed("signer")  # one certificate for both in INTL, a pair in GM
    envelope_der = _base64(found, "envelope")
    envelope = cms.parse_envelope(envelope_der)
    if suites.of_key(envelope.kind) != suite:
        _malformed("envelope")
    return SealedHeader(
        raw=raw,
        tender=_text(found, "tender"),
        lot=_text(found, "lot"),
        bidder=_text(found, "bidder"),
        name=_text(found, "name"),
        size=size,
        recipient=recipient,
        signer=signer,
        salt=_base64(found, "salt", payload.SALT),
        commit=_base64(found, "commit", 32).hex(),
        tag_commit=_base64(found, "tag_commit", 32).hex(),
        envelope_der=envelope_der,
        envelope=envelope,
        suite=suite,
    )


def _text(found: dict[str, object], field: str) -> str:
    value = found[field]
    if not isinstance(value, str) or not value or not canonical.is_plain(value, MAX_NAME):
        _malformed(field)
    return value


def _hex(found: dict[str, object], field: str) -> str:
    value = found[field]
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        _malformed(field)
    return value


def _base64(found: dict[str, object], field: str, size: int | None = None) -> bytes:
    value = found[field]
    if not isinstance(value, str):
        _malformed(field)
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        _malformed(field)
    if _b64(data) != value or not data or (size is not None and len(data) != size):
        _malformed(field)
    return data


def _context(tender: str, lot: str, bidder: str, salt: bytes) -> bytes:
    """Bind an envelope's content to one bid, so that it can't be lifted into another header."""
    parts = (tender.encode("utf-8"), lot.encode("utf-8"), bidder.encode("utf-8"), salt)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def _commit(cek: bytes, salt: bytes, suite: str) -> str:
    return suites.hkdf(cek, salt=salt, info=b"bidseal/1 commit", suite=suite).hex()


def _tag_commit(cek: bytes, salt: bytes, suite: str) -> str:
    return hashlib.sha256(release_tag(cek, salt, suite)).hexdigest()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _malformed(field: str) -> NoReturn:
    raise Malformed("malformed_header", field=field)
