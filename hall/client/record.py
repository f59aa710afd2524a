"""Signing the opening record: the client hashes the PDF itself before it signs (clause 5.5.3).

The hall prepares a revision with room for a signature and the attributes to sign; this client trusts neither. It hashes
what the ByteRange covers, and signs only attributes that hold this very digest.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, Final
from urllib.parse import quote

from asn1crypto import cms

from hall.client.api import Hall
from hall.errors import Refused

_RANGE: Final = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
_PLACEHOLDER: Final = re.compile(rb"<0+>")


async def sign_record(hall: Hall, opening: str) -> str:
    """Sign the record's current revision; give the digest of the revision this makes.

    Raises Refused("record_digest_mismatch") when the PDF is not what the attributes say, or with the hall's code:
    `stale_revision` and `prepared_expired` mean: prepare again.
    """
    path = f"/api/openings/{quote(opening)}/record"
    prepared: dict[str, Any] = await hall.post(f"{path}/prepare", {})
    name = str(prepared["prepared"])
    pdf = await hall.get_bytes(f"{path}/prepared/{quote(name)}")
    attributes = base64.b64decode(str(prepared["attributes"]))
    check_prepared(pdf, str(prepared["digest"]), attributes)
    signature = base64.b64encode(hall.identity.sign(attributes)).decode("ascii")
    done = await hall.post(f"{path}/sign", {"prepared": name, "signature": signature})
    return str(done["revision"])


def check_prepared(pdf: bytes, digest: str, attributes: bytes) -> None:
    """Raises Refused("record_digest_mismatch", reason=...) unless `attributes` sign this PDF and its digest (hex)."""
    own = covered_digest(pdf)
    if own.hex() != digest:
        raise Refused("record_digest_mismatch", reason="digest")
    try:
        found = [
            item["values"][0].native
            for item in cms.CMSAttributes.load(attributes, strict=True)
            if item["type"].native == "message_digest" and len(item["values"]) == 1
        ]
    except (ValueError, TypeError):
        raise Refused("record_digest_mismatch", reason="attributes") from None
    if found != [own]:
        raise Refused("record_digest_mismatch", reason="attributes")


def covered_digest(pdf: bytes) -> bytes:
    """Give the SHA-256 over what the waiting signature covers: all of the file but its own placeholder."""
    for match in _RANGE.finditer(pdf):
        start, length, second, rest = (int(group) for group in match.groups())
        if start == 0 and second + rest == len(pdf) and _PLACEHOLDER.fullmatch(pdf, length, second):
            return hashlib.sha256(pdf[:length] + pdf[second:]).digest()
    raise Refused("record_digest_mismatch", reason="byte_range")
