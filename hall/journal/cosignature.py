"""Co-signatures: others than the hall sign a checkpoint, each with a certificate of its own.

    — cosigner/<certificate SHA-256, hex> <base64 key id | u64be POSIX seconds | signature>\\n

The line has the form of C2SP `tlog-cosignature`, and the signature covers what that specification says: the two lines
`cosignature/v1` and `time <seconds>`, then the checkpoint's text. Its key type is the hall's own (0xff, then a name),
because people here hold X.509 certificates with RSA, P-256 or SM2 keys and no Ed25519 key: the certificate names the
algorithm, the line does not. What lives here: writing and strictly reading lines. What may not: keys, certificates,
clocks; whoever reads a line checks its signature with the certificate that it names.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from hall.errors import Malformed
from hall.journal.checkpoint import body_of

_TYPE: Final = b"\xffbidhall/1 x509\n"
_NAME: Final = "cosigner/"
_LINE: Final = re.compile("\u2014 cosigner/([0-9a-f]{64}) ([A-Za-z0-9+/]+={0,2})\n")
_HEAD: Final = 12
_MOST: Final = 1024  # bytes of a signature: RSA with 8192 bits


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One line as it was read, not believed. certificate: SHA-256, hex; at: POSIX seconds."""

    certificate: str
    at: int
    signature: bytes


def key_id(certificate: str) -> bytes:
    """Give the four bytes that name the key of this certificate (SHA-256, hex) in a line."""
    name = f"{_NAME}{certificate}".encode("ascii")
    return hashlib.sha256(name + b"\n" + _TYPE + bytes.fromhex(certificate)).digest()[:4]


def signed_bytes(note: str, at: int) -> bytes:
    """Give what a co-signature of this checkpoint covers. at: POSIX seconds.

    Raises Malformed("malformed_checkpoint") for what is no signed note.
    """
    return f"cosignature/v1\ntime {at}\n{body_of(note)}".encode()


def write(cosignature: Cosignature) -> str:
    """Give the line, with its newline."""
    blob = key_id(cosignature.certificate) + cosignature.at.to_bytes(8, "big") + cosignature.signature
    return f"\u2014 {_NAME}{cosignature.certificate} {base64.b64encode(blob).decode('ascii')}\n"


def read(line: str) -> Cosignature:
    """Read a line without believing it. Raises Malformed("malformed_cosignature")."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise Malformed("malformed_cosignature", reason="line")
    try:
        blob = base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("malformed_cosignature", reason="base64") from None
    at, signature = int.from_bytes(blob[4:_HEAD], "big"), blob[_HEAD:]
    cosignature = Cosignature(found[1], at, signature)
    if not 0 < len(signature) <= _MOST or at >= 1 << 53 or write(cosignature) != line:
        raise Malformed("malformed_cosignature", reason="blob")
    return cosignature
