"""The CMS structures: what they refuse."""

from __future__ import annotations

import pytest
from asn1crypto import cms as asn1_cms
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.errors import HallError, Malformed, Refused
from hall.signing import cms
from tests.demo_world import AT, holder

CONTENT = b"the summary"


@pytest.mark.parametrize("one", ["b1", "b2"])
def test_an_envelope_opens_with_its_key_and_no_other(one: str) -> None:
    envelope = cms.parse_envelope(cms.build_envelope(CONTENT, holder(one).certificate))
    assert envelope.names(holder(one).certificate)
    assert not envelope.names(holder("b3").certificate)
    assert envelope.open(holder(one).key) == CONTENT
    for other in {"b1", "b2", "b3"} - {one}:
        with pytest.raises(Refused, match="envelope_damaged"):
            envelope.open(holder(other).key)


@pytest.mark.parametrize("one", ["b1", "b2"])
@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 800), bit=st.integers(0, 7))
def test_a_changed_envelope_is_refused_in_words(one: str, at: int, bit: int) -> None:
    data = bytearray(cms.build_envelope(CONTENT, holder(one).certificate))
    data[at % len(data)] ^= 1 << bit
    try:
        opened = cms.parse_envelope(bytes(data)).open(holder(one).key)
    except (Malformed, Refused):
        return
    # CBC has no tag: a changed IV or a name in the recipient's place may slip through here. The content's mark and the
    # commitment in the header catch it.
    assert isinstance(opened, bytes)


@pytest.mark.parametrize("one", ["b1", "b2"])
def test_a_detached_signature_holds_for_its_own_content_and_signer(one: str) -> None:
    who = holder(one)
    signature = cms.sign_detached(CONTENT, who.certificate, who.sign, signed_at=AT)
    assert cms.verify_detached(signature, CONTENT, who.certificate.sha256) == who.certificate
    with pytest.raises(Refused, match="bad_signature"):
        cms.verify_detached(signature, CONTENT + b" ", who.certificate.sha256)
    with pytest.raises(Refused, match="wrong_certificate"):
        cms.verify_detached(signature, CONTENT, holder("b3").certificate.sha256)


@pytest.mark.parametrize("one", ["b1", "b2"])
@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 1700), bit=st.integers(0, 7))
def test_a_changed_signature_never_holds_for_other_attributes(one: str, at: int, bit: int) -> None:
    who = holder(one)
    good = signature_of(one)
    data = bytearray(good)
    data[at % len(data)] ^= 1 << bit
    try:
        cms.verify_detached(bytes(data), CONTENT, who.certificate.sha256)
    except HallError:
        return
    # What the signature does not cover by its nature may change: version numbers, names of algorithms' parameters.
    assert attributes(bytes(data)) == attributes(good)


def signature_of(one: str) -> bytes:
    if one not in _SIGNATURES:
        _SIGNATURES[one] = cms.sign_detached(CONTENT, holder(one).certificate, holder(one).sign, signed_at=AT)
    return _SIGNATURES[one]


_SIGNATURES: dict[str, bytes] = {}


def attributes(data: bytes) -> bytes:
    return bytes(asn1_cms.ContentInfo.load(data)["content"]["signer_infos"][0]["signed_attrs"].dump())


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"\x30\x80", b"not DER", bytes(70_000)])
def test_what_is_no_cms_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="malformed_cms"):
        cms.parse_envelope(data)
    with pytest.raises(Malformed, match="malformed_cms"):
        cms.verify_detached(data, CONTENT, "00" * 32)


def test_a_signature_without_signed_attributes_is_malformed() -> None:
    who = holder("b2")
    info = asn1_cms.ContentInfo.load(cms.sign_detached(CONTENT, who.certificate, who.sign, signed_at=AT))
    signer = info["content"]["signer_infos"][0]
    bare = asn1_cms.SignerInfo(
        {key: signer[key] for key in signer if key not in ("signed_attrs", "unsigned_attrs")}
    )
    info["content"]["signer_infos"] = [bare]
    with pytest.raises(Malformed, match="malformed_cms"):
        cms.verify_detached(info.dump(force=True), CONTENT, who.certificate.sha256)
