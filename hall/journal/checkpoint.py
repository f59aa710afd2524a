"""Signed checkpoints: a tree's size and root as a C2SP tlog-checkpoint, signed as a C2SP signed note with Ed25519.

    <origin line>\\n<size>\\n<base64 root>\\n[extension lines]\\n\\n— <origin line> <base64 key id | signature>\\n

What lives here: writing and strictly reading such notes. What may not: keys' storage, clocks, I/O.
Specification: C2SP `tlog-checkpoint` and `signed-note`, algorithm 0x01.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hall.errors import Malformed

_ED25519: Final = b"\x01"
_DASH: Final = "\u2014 "


@dataclass(frozen=True, slots=True)
class SignedRoot:
    """What a checkpoint says: `root` is hex, `extensions` are the lines after the root, as they stand."""

    origin: str
    size: int
    root: str
    extensions: tuple[str, ...] = ()


def origin_line(origin: str, tender: str, *, rehearsal: bool) -> str:
    """Give the first line of a tender's checkpoints; a rehearsal says so in every one of them."""
    return f"{origin}/rehearsal/{tender}" if rehearsal else f"{origin}/{tender}"


def key_id(name: str, public: bytes) -> bytes:
    """Give the four bytes that name a key in a signature line. `public`: 32 raw bytes."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """Give the key as the note tools read it: `name+hex id+base64`."""
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode('ascii')}"


def sign(root: SignedRoot, key: Ed25519PrivateKey) -> str:
    """Give the signed note. Raises ValueError where origin or extensions would not survive the line format."""
    if not _is_name(root.origin):
        raise ValueError(f"{root.origin!r} can't be an origin line")
    if not all(_is_line(line) for line in root.extensions):
        raise ValueError("an extension is one line that is not empty")
    digest = base64.b64encode(bytes.fromhex(root.root)).decode("ascii")
    text = "".join(f"{line}\n" for line in (root.origin, str(root.size), digest, *root.extensions))
    signature = key_id(root.origin, key.public_key().public_bytes_raw()) + key.sign(text.encode("utf-8"))
    return f"{text}\n{_DASH}{root.origin} {base64.b64encode(signature).decode('ascii')}\n"


def read(note: str) -> SignedRoot:
    """Read what a note says without believing it. Raises Malformed("malformed_checkpoint", reason=...)."""
    text, _ = _halves(note)
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(_is_line(line) for line in lines) or not _is_name(lines[0]):
        _malformed("lines")
    size = lines[1]
    if not (size.isascii() and size.isdigit()) or (size != "0" and size.startswith("0")) or len(size) > 16:
        _malformed("size")
    root = _decode(lines[2])
    if len(root) != 32:
        _malformed("root")
    return SignedRoot(lines[0], int(size), root.hex(), tuple(lines[3:]))


def body_of(note: str) -> str:
    """Give the text that the note's signatures cover, with the newline that ends it. Raises as `read`."""
    read(note)
    return _halves(note)[0]


def signed_at(root: SignedRoot) -> int:
    """Give the hall time at which a checkpoint was signed, ms UTC, from its first extension line.

    Raises Malformed("malformed_checkpoint", reason="at").
    """
    word, _, value = (root.extensions or ("",))[0].partition(" ")
    if word != "at" or not (value.isascii() and value.isdigit()) or len(value) > 15:
        _malformed("at")
    return int(value)


def read_verifier_key(text: str) -> tuple[str, bytes]:
    """Read `name+hex id+base64`: the key's name and its 32 raw bytes. Raises Malformed("malformed_log_key")."""
    name, _, rest = text.partition("+")
    try:
        public = base64.b64decode(rest.partition("+")[2], validate=True)[1:]
    except (binascii.Error, ValueError):
        raise Malformed("malformed_log_key") from None
    if len(public) != 32 or not _is_name(name) or verifier_key(name, public) != text:
        raise Malformed("malformed_log_key")
    return name, public


def verify(note: str, origin: str, public: bytes) -> SignedRoot:
    """Read a note that must bear a good signature of the key `public` (32 raw bytes) under the name `origin`.

    Signatures of other keys are ignored, as the specification asks; a bad one of this key never passes.
    Raises Malformed("malformed_checkpoint", reason=...).
    """
    root = read(note)
    if root.origin != origin:
        _malformed("origin")
    text, signatures = _halves(note)
    wanted, good = key_id(origin, public), False
    for line in signatures:
        name, _, value = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not _is_name(name):
            _malformed("signature_line")
        blob = _decode(value)
        if len(blob) < 5:
            _malformed("signature_line")
        if name != origin or blob[:4] != wanted:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text.encode("utf-8"))
        except InvalidSignature:
            _malformed("bad_signature")
        good = True
    if not good:
        _malformed("not_signed")
    return root


def _halves(note: str) -> tuple[str, Sequence[str]]:
    """Part a note into its text, with the newline that ends it, and its signature lines."""
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        _malformed("form")
    return text + "\n", tail[:-1].split("\n")


def _is_line(line: str) -> bool:
    return bool(line) and line.isprintable()


def _is_name(name: str) -> bool:
    return _is_line(name) and "+" not in name and not any(letter.isspace() for letter in name)


def _decode(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        _malformed("base64")
    if base64.b64encode(value).decode("ascii") != text:
        _malformed("base64")
    return value


def _malformed(reason: str) -> NoReturn:
    raise Malformed("malformed_checkpoint", reason=reason)
