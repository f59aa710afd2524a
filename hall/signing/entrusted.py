"""A content key entrusted to custodians: enveloped to the supervisor, inside that to the notary where there is one.

What lives here: the envelopes, both directions, and their context, so that none can be moved to another tender, lot,
bidder or opening. What may not: who the custodians are, and whether it is time to open anything.

    content for the last custodian:  "bidhall/1 entrusted key"      | 0x00 | context | content key (32)
    content for one before it:       "bidhall/1 entrusted envelope" | 0x00 | context | the next one's envelope (DER)
    context = SHA-256(for tender, lot, bidder, opening, salt: u32 length | bytes)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hall.errors import Malformed, Refused
from hall.signing import cms, suite
from hall.signing.certificates import Certificate

KEY_SIZE: Final = 32
_KEY: Final = b"bidhall/1 entrusted key\0"
_ENVELOPE: Final = b"bidhall/1 entrusted envelope\0"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose key it is. `salt`: the sealed header's, 32 bytes."""

    tender: str
    lot: str
    bidder: str
    opening: str
    salt: bytes

    @property
    def context(self) -> bytes:
        """What binds an envelope's content to this place."""
        texts = (self.tender, self.lot, self.bidder, self.opening)
        parts = (*(text.encode("utf-8") for text in texts), self.salt)
        return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def entrust(content_key: bytes, place: Place, custodians: Sequence[Certificate]) -> tuple[bytes, str]:
    """Envelope a key for the first of `custodians` to open, then the next.

    Gives (DER, SHA-256 in hex of the envelope inside it; "" where the key itself is inside).
    """
    if len(content_key) != KEY_SIZE or not custodians:
        raise ValueError("a key of 32 bytes is entrusted to somebody")
    *before, last = custodians
    envelope, inner = cms.build_envelope(_KEY + place.context + content_key, last), ""
    for custodian in reversed(before):
        inner = hashlib.sha256(envelope).hexdigest()
        envelope = cms.build_envelope(_ENVELOPE + place.context + envelope, custodian)
    return envelope, inner


def check_for(envelope: bytes, certificate: Certificate) -> None:
    """It is an envelope with this one recipient. Raises Malformed("malformed_cms"), Refused("wrong_custodians")."""
    if not cms.parse_envelope(envelope).names(certificate):
        raise Refused("wrong_custodians")


def open_entrusted(
    envelope: bytes,
    inner: str,
    place: Place,
    key: suite.PrivateKey | cms.Unwraps,
    certificate: Certificate,
) -> bytes:
    """What is in an envelope: the next one if its digest is `inner`, the content key where that is "".

    Raises Refused: "wrong_certificate" (needed elsewhere), "envelope_damaged", "wrong_context" for what was made for
    another place, "entrusted_mismatch" for another envelope than the one that the release names.
    """
    try:
        parsed = cms.parse_envelope(envelope)
    except Malformed:
        raise Refused("envelope_damaged") from None
    if not parsed.names(certificate):
        raise Refused("wrong_certificate", needed="")
    return content_of(parsed.open(key), inner, place)


def content_of(plain: bytes, inner: str, place: Place) -> bytes:
    """Strip what binds an envelope's content to its place; see `open_entrusted`."""
    head = (_ENVELOPE if inner else _KEY) + place.context
    if not hmac.compare_digest(plain[: len(head)], head):
        raise Refused("wrong_context")
    content = plain[len(head) :]
    fits = hashlib.sha256(content).hexdigest() == inner if inner else len(content) == KEY_SIZE
    if not fits:
        raise Refused("entrusted_mismatch")
    return content
