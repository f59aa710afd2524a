"""Before a client signs the record it hashes the PDF itself."""

from __future__ import annotations

import hashlib

import pytest
from asn1crypto import cms

from hall.client.record import check_prepared, covered_digest
from hall.errors import Refused

ROOM = 64


def prepared(text: bytes, *, range_: tuple[int, int, int, int] | None = None) -> bytes:
    """Something that has the parts of a prepared PDF that matter: text, ByteRange, placeholder, end."""
    head, tail = b"%PDF-1.7\n" + text + b"\n/ByteRange [", b"]\n/Contents "
    length = len(head) + 40 + len(tail)
    places = range_ or (0, length, length + ROOM + 2, len(b"\n%%EOF"))
    told = " ".join(str(place) for place in places).ljust(40).encode()
    return head + told + tail + b"<" + b"0" * ROOM + b">" + b"\n%%EOF"


def attributes(digest: bytes) -> bytes:
    made = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [digest]},
        ]
    )
    return bytes(made.dump())


def digest_of(pdf: bytes) -> bytes:
    start = pdf.index(b"<000")
    return hashlib.sha256(pdf[:start] + pdf[start + ROOM + 2 :]).digest()


def test_all_but_the_placeholder_is_covered() -> None:
    pdf = prepared(b"the record")
    assert covered_digest(pdf) == digest_of(pdf)
    check_prepared(pdf, digest_of(pdf).hex(), attributes(digest_of(pdf)))


def test_an_earlier_signature_is_not_mistaken_for_the_waiting_one() -> None:
    signed = prepared(b"first").replace(b"<" + b"0" * ROOM + b">", b"<" + b"ab" * (ROOM // 2) + b">")
    pdf = prepared(signed)
    assert covered_digest(pdf) == digest_of(pdf)


@pytest.mark.parametrize("reason", ["digest", "attributes", "byte_range"])
def test_a_record_that_is_not_what_is_signed_is_refused(reason: str) -> None:
    pdf = prepared(b"the record")
    other = prepared(b"a forged 1")
    shown, signed = digest_of(pdf), digest_of(pdf)
    if reason == "digest":
        pdf = other
    if reason == "attributes":
        signed = digest_of(other)
    if reason == "byte_range":
        pdf = prepared(b"the record", range_=(0, 10, len(pdf) - 10, 10))
    with pytest.raises(Refused) as caught:
        check_prepared(pdf, shown.hex(), attributes(signed))
    assert (caught.value.code, caught.value.facts) == ("record_digest_mismatch", {"reason": reason})


@pytest.mark.parametrize(
    "broken", [b"", b"\x31", attributes(bytes(32))[:-1], attributes(bytes(32)) + b"\x00"]
)
def test_attributes_that_are_no_attributes_are_refused(broken: bytes) -> None:
    pdf = prepared(b"the record")
    with pytest.raises(Refused, match="record_digest_mismatch"):
        check_prepared(pdf, digest_of(pdf).hex(), broken)


def test_a_message_digest_given_twice_is_refused() -> None:
    pdf = prepared(b"the record")
    twice = cms.CMSAttributes(
        [{"type": "message_digest", "values": [digest]} for digest in (digest_of(pdf), bytes(32))]
    )
    with pytest.raises(Refused, match="record_digest_mismatch"):
        check_prepared(pdf, digest_of(pdf).hex(), twice.dump())
