"""Signed acts: one encoding, no two acts with the same bytes, a strict reader."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed
from hall.procurement import canonical
from hall.procurement.acts import ACT_TYPES, MAX_BODY, SignedAct

_names = st.text("ab01-/", max_size=4)
_digests = st.sampled_from(["00" * 32, "11" * 32, "ab" * 32])
_nonces = st.sampled_from(["00" * 16, "22" * 16])

acts = st.builds(
    SignedAct,
    type=st.sampled_from(sorted(ACT_TYPES)),
    origin=_names,
    tender=_names,
    lot=_names,
    opening=_names,
    deadline=st.sampled_from([0, 1, 256, 2**53 - 1]),
    epoch=st.sampled_from([0, 1, 2**32 - 1]),
    manifest=_digests,
    tree_size=st.sampled_from([0, 1, 2**32]),
    tree_root=_digests,
    certificate=_digests,
    server_nonce=_nonces,
    client_nonce=_nonces,
    body=st.sampled_from(["{}", '{"a":1}', '{"a":"甲"}']),
)


def an_act(**changes: object) -> SignedAct:
    act = SignedAct(
        type="login",
        origin="hall.example",
        certificate="ab" * 32,
        server_nonce="01" * 16,
        client_nonce="02" * 16,
        body="{}",
    ).with_signature(b"signature")
    return replace(act, **changes)  # type: ignore[arg-type]  # tests hand in wrong types on purpose


def test_the_signed_bytes_are_spelled_out_field_by_field() -> None:
    act = an_act(type="release", tender="T-1", lot="1", opening="o1", deadline=5, epoch=2, tree_size=7)
    digest = hashlib.sha256(b"{}").digest()
    parts = [b"release", b"hall.example", b"T-1", b"1", b"o1", bytes(7) + b"\x05", b"\0\0\0\x02", bytes(32)]
    parts += [bytes(7) + b"\x07", bytes(32), b"\xab" * 32, b"\x01" * 16, b"\x02" * 16, digest]
    expected = b"bidhall/1\0" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    assert act.signed_bytes() == expected


@given(acts, acts)
def test_two_different_acts_never_have_the_same_signed_bytes(one: SignedAct, other: SignedAct) -> None:
    assert (one.signed_bytes() == other.signed_bytes()) == (one == other)


@given(acts, st.sampled_from([field.name for field in fields(SignedAct)]), acts)
def test_changing_one_field_changes_the_signed_bytes(one: SignedAct, name: str, other: SignedAct) -> None:
    if name in ("signature", "body_digest"):
        return
    changed = replace(one, **{name: getattr(other, name), "body_digest": ""})
    assert (changed.signed_bytes() == one.signed_bytes()) == (changed == one)


@given(
    st.lists(st.text("ab\0", max_size=3).map(lambda text: text.replace("\0", "|")), min_size=8, max_size=8)
)
def test_shifting_text_between_fields_changes_the_signed_bytes(texts: list[str]) -> None:
    one = an_act(origin=texts[0], tender=texts[1], lot=texts[2], opening=texts[3])
    other = an_act(origin=texts[4], tender=texts[5], lot=texts[6], opening=texts[7])
    assert (one.signed_bytes() == other.signed_bytes()) == (texts[:4] == texts[4:])


@given(acts, st.binary(min_size=1, max_size=80))
def test_the_wire_form_comes_back_equal(act: SignedAct, signature: bytes) -> None:
    signed = act.with_signature(signature)
    assert SignedAct.from_json(canonical.loads(canonical.dumps(signed.to_json()))) == signed
    assert signed.signature_bytes() == signature


@given(acts)
def test_an_act_without_its_body_keeps_its_signed_bytes(act: SignedAct) -> None:
    withheld = act.with_signature(b"s").without_body()
    assert withheld.body is None
    assert withheld.signed_bytes() == act.signed_bytes()
    assert "body" not in withheld.to_json()
    assert SignedAct.from_json(withheld.to_json()) == withheld


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "unheard_of"}, "type"),
        ({"type": 5}, "type"),
        ({"origin": "a\nb"}, "origin"),
        ({"tender": "x" * 257}, "tender"),
        ({"lot": "甲" * 86}, "lot"),
        ({"opening": "\ud800"}, "opening"),
        ({"deadline": -1}, "deadline"),
        ({"deadline": True}, "deadline"),
        ({"deadline": 1.0}, "deadline"),
        ({"epoch": 2**32}, "epoch"),
        ({"manifest": "AB" * 32}, "manifest"),
        ({"tree_root": "ab" * 31}, "tree_root"),
        ({"tree_size": 2**53}, "tree_size"),
        ({"certificate": None}, "certificate"),
        ({"server_nonce": "ab" * 32}, "server_nonce"),
        ({"client_nonce": ""}, "client_nonce"),
        ({"body": None}, "body"),
        ({"body": {}}, "body"),
        ({"body": ""}, "body"),
        ({"body": "x" * (MAX_BODY + 1)}, "body"),
        ({"body": "\udfff"}, "body"),
        ({"signature": ""}, "signature"),
        ({"signature": "YQ"}, "signature"),
        ({"signature": "YR=="}, "signature"),
        ({"signature": "YQ==\n"}, "signature"),
        ({"signature": "签名"}, "signature"),
        ({"signature": "A" * 1404}, "signature"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_malformed_act_is_refused_and_its_field_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Malformed) as caught:
        SignedAct.from_json(an_act().to_json() | changes)
    assert (caught.value.code, caught.value.facts) == ("malformed_act", {"field": field})


@pytest.mark.parametrize("name", sorted(an_act().to_json()))
def test_an_act_that_lacks_a_field_is_refused(name: str) -> None:
    shown = an_act().to_json()
    del shown[name]
    with pytest.raises(Malformed):
        SignedAct.from_json(shown)


@pytest.mark.parametrize("value", [None, [], "act", 3])
def test_what_is_no_object_is_no_act(value: object) -> None:
    with pytest.raises(Malformed):
        SignedAct.from_json(value)


def test_a_body_and_a_foreign_digest_do_not_make_an_act() -> None:
    with pytest.raises(Malformed):
        an_act(body_digest="00" * 32)


@pytest.mark.parametrize(
    "body", ['{"a":1,"a":1}', '{"a": 1}', '{"b":1,"a":1}', "[]", "1", "{", '{"a":1.0}', '{"a":-0}']
)
def test_a_body_with_two_readings_is_refused(body: str) -> None:
    with pytest.raises(Malformed):
        an_act(body=body, body_digest="").body_json()


def test_a_withheld_body_cannot_be_read() -> None:
    with pytest.raises(Malformed):
        an_act().without_body().body_json()


def test_a_canonical_body_is_read() -> None:
    assert an_act(body='{"a":[1,"甲"]}', body_digest="").body_json() == {"a": [1, "甲"]}


FIELDS = (
    *("type", "origin", "tender", "lot", "opening"),
    *("deadline", "epoch", "manifest", "tree_size", "tree_root"),
    *("certificate", "server_nonce", "client_nonce", "body_digest"),
)
"""The order that docs/protocol.md gives."""


def read_back(data: bytes) -> dict[str, str | int]:
    """Read signed bytes by the documented table alone: a mark, then u32be length | bytes for each field, no more."""
    mark, rest = data[:10], data[10:]
    assert mark == b"bidhall/1\0"
    found: dict[str, str | int] = {}
    for name in FIELDS:
        length = int.from_bytes(rest[:4], "big")
        piece, rest = rest[4 : 4 + length], rest[4 + length :]
        assert len(piece) == length
        if name in ("deadline", "epoch", "tree_size"):
            found[name] = int.from_bytes(piece, "big")
        else:
            found[name] = piece.decode() if name in FIELDS[:5] else piece.hex()
    assert rest == b""
    return found


@given(acts)
def test_every_act_is_read_back_from_its_bytes_so_no_two_can_share_them(act: SignedAct) -> None:
    assert read_back(act.signed_bytes()) == {name: getattr(act, name) for name in FIELDS}
