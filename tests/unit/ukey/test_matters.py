"""What the program signs is what it read and names, and never bytes that somebody hands over."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from typing import Any

import pytest
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.errors import HallError, Malformed, Refused
from hall.journal.checkpoint import SignedRoot, sign
from hall.journal.cosignature import signed_bytes
from hall.procurement import canonical
from hall.procurement.acts import ACT_TYPES, SignedAct
from hall.signing.bid_container import Summary
from hall.signing.certificates import Certificate
from hall.ukey.matters import MATTERS, of_act, of_checkpoint, of_pdf, of_record, of_summary
from hall.ukey.words import LANGUAGES, act_name, label
from tests.unit.client import openings as o
from tests.unit.client.people import someone

SUMMARY = Summary(
    tender="T-1",
    lot="1",
    bidder="b1",
    bid_sha256="ab" * 32,
    price="1234567.80",
    period="180",
    quality="good",
    manager="Zhang",
    security="",
)


def owner() -> Certificate:
    return someone("bidder").certificate


def unsigned(**other: Any) -> dict[str, Any]:
    act = someone("bidder").sign_act(
        "confirm_price", o.context(), o.NONCE, {"answer": "right", "price": "1.00"}
    )
    return {name: value for name, value in act.to_json().items() if name != "signature"} | other


def attributes(digest: bytes, *, at: bool = False, certificate: str | None = None, **other: Any) -> str:
    name = bytes.fromhex(certificate or owner().sha256)
    values: dict[str, Any] = {
        "content_type": "data",
        "message_digest": digest,
        "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [{"cert_hash": name}]}),
        **other,
    }
    if at:
        values["signing_time"] = cms.Time({"utc_time": cms.Time({"utc_time": "261122090000Z"}).native})
    built = cms.CMSAttributes([cms.CMSAttribute({"type": k, "values": [v]}) for k, v in values.items()])
    return base64.b64encode(built.dump(force=True)).decode()


def pdf() -> tuple[bytes, bytes]:
    """A file with a waiting signature, and the digest of what that covers."""
    head = b"%PDF-1.7\n/ByteRange [0 0000 0000 0000]\n"
    tail = b"\nend\n"
    start = len(head)
    hole = b"<" + b"00" * 20 + b">"
    head = head.replace(b"0 0000 0000 0000", b"0 %04d %04d %04d" % (start, start + len(hole), len(tail)), 1)
    return head + hole + tail, hashlib.sha256(head + tail).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_an_act_is_encoded_anew_from_the_fields_that_are_shown() -> None:
    given = unsigned()
    matter = of_act({"act": given}, owner())
    assert matter.data == SignedAct(**given).signed_bytes()
    shown = dict(matter.lines)
    assert (shown["tender"], shown["opening"], shown["body.price"]) == (o.TENDER, o.OPENING, "1.00")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"type": "pay_me"}, "malformed_act"),
        ({"tender": "T\u202e1"}, "malformed_act"),
        ({"body": '{"price":"1.00", "answer":"right"}'}, "malformed_act"),
        ({"extra": "1"}, "malformed_act"),
        ({"certificate": "00" * 32}, "wrong_certificate"),
    ],
)
def test_an_act_that_reads_in_two_ways_or_is_another_s_is_not_signed(
    wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(HallError) as refused:
        of_act({"act": unsigned(**wrong)}, owner())
    assert refused.value.code == code


def test_keys_in_a_body_are_named_and_not_shown_and_no_character_turns_another() -> None:
    body = canonical.dumps({"content_key": "c2VjcmV0", "text": "a\u202eb"}).decode()
    shown = dict(of_act({"act": unsigned(type="release", body=body)}, owner()).lines)
    assert shown["body.content_key"] == "(8)"
    assert shown["body.text"] == "a\\u202eb"


def test_a_summary_is_signed_with_its_price_shown() -> None:
    text = canonical.dumps({"v": 1, **dataclasses.asdict(SUMMARY)})
    given = {"summary": b64(text), "attributes": attributes(hashlib.sha256(text).digest(), at=True)}
    matter = of_summary(given, owner())
    assert dict(matter.lines)["price"] == "1234567.80"
    assert b64(matter.data) == given["attributes"]
    with pytest.raises(Refused) as refused:
        of_summary({**given, "attributes": attributes(bytes(32), at=True)}, owner())
    assert refused.value.facts == {"field": "message_digest"}


def test_a_record_is_hashed_here_before_its_attributes_are_signed() -> None:
    document, digest = pdf()
    matter = of_record({"pdf": b64(document), "attributes": attributes(digest)}, owner())
    assert dict(matter.lines)["pdf_sha256"] == digest.hex()
    with pytest.raises(Refused):
        of_record({"pdf": b64(document + b" "), "attributes": attributes(digest)}, owner())


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"certificate": "00" * 32}, "signing_certificate_v2"),
        ({"content_type": "signed_data"}, "content_type"),
        ({"signing_time": cms.Time({"utc_time": "261122090000Z"})}, "names"),
    ],
)
def test_attributes_that_say_anything_else_are_not_signed(given: dict[str, Any], field: str) -> None:
    document, digest = pdf()
    with pytest.raises(Refused) as refused:
        of_record({"pdf": b64(document), "attributes": attributes(digest, **given)}, owner())
    assert refused.value.facts == {"field": field}


def test_a_long_pdf_is_signed_by_its_digest_and_the_dialogue_says_so() -> None:
    matter = of_pdf({"name": "bid.pdf", "attributes": attributes(b"d" * 32)}, owner())
    assert (matter.warning, dict(matter.lines)["pdf_sha256"]) == ("digest_only", (b"d" * 32).hex())


def test_a_checkpoint_is_co_signed_with_its_size_and_root_shown() -> None:
    root = SignedRoot("hall.example/T-1", 7, "cd" * 32)
    note = sign(root, Ed25519PrivateKey.generate())
    matter = of_checkpoint({"note": note, "at": 1_790_000_000}, owner())
    assert matter.data == signed_bytes(note, 1_790_000_000)
    assert (dict(matter.lines)["tree_size"], dict(matter.lines)["tree_root"]) == ("7", "cd" * 32)
    for wrong in ({"note": "no note", "at": 1}, {"note": note, "at": "1"}):
        with pytest.raises(Malformed):
            of_checkpoint(wrong, owner())


def test_no_kind_of_request_signs_an_act_s_bytes_as_attributes_or_the_other_way_round() -> None:
    act = b64(SignedAct(**unsigned()).signed_bytes())
    document, _ = pdf()
    for kind in ("sign_summary", "sign_record", "sign_pdf"):
        given = {"attributes": act, "pdf": b64(document), "name": "x"}
        given["summary"] = b64(canonical.dumps({"v": 1, **dataclasses.asdict(SUMMARY)}))
        with pytest.raises((Refused, Malformed)):
            MATTERS[kind](given, owner())


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_title_and_line_has_words_and_every_act_a_name(language: str) -> None:
    words = LANGUAGES[language]
    assert words.keys() == LANGUAGES["en"].keys()
    assert all(act_name(words, kind) for kind in ACT_TYPES)
    document, digest = pdf()
    for matter in (
        of_act({"act": unsigned()}, owner()),
        of_record({"pdf": b64(document), "attributes": attributes(digest)}, owner()),
        of_pdf({"name": "bid.pdf", "attributes": attributes(digest)}, owner()),
    ):
        assert matter.title in words
        assert all(code in words or label(words, code) != code for code, _ in matter.lines)
