"""`bidseal/1`: the strict header parser by shared vectors, the length formula, the commitments."""

from __future__ import annotations

import hashlib
import io
import json
from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed, Refused
from hall.procurement import canonical
from hall.signing import payload, sealed_bid
from hall.signing.certificates import Certificate, load_certificate
from tests.unit.signing.vectors import vectors

VECTORS = vectors("bidseal")


def named(group: str) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in VECTORS[group]]


def certificate(kind: str) -> Certificate:
    return load_certificate(b64decode(VECTORS["certificates"][kind]))


def a_header() -> sealed_bid.SealedHeader:
    return sealed_bid.parse_header(b64decode(VECTORS["valid"][1]["header"]))


@pytest.mark.parametrize("vector", named("valid"))
def test_a_valid_header_is_read(vector: dict[str, Any]) -> None:
    raw = b64decode(vector["header"])
    header = sealed_bid.parse_header(raw + b"the payload is not looked at")
    assert header.raw == raw
    assert (header.tender, header.lot, header.bidder, header.name) == (
        "T-2026-001",
        "1",
        "b2",
        "投标文件.zip",
    )
    assert (header.salt.hex(), header.commit, header.tag_commit) == (
        vector["salt"],
        vector["commit"],
        vector["tag_commit"],
    )
    assert header.aad.hex() == vector["aad"]
    assert header.file_length == vector["file_length"]
    assert header.recipient == header.signer == certificate(vector["certificate"]).sha256
    assert header.envelope.names(certificate(vector["certificate"]))


@pytest.mark.parametrize("vector", named("valid"))
def test_the_content_key_opens_the_payload_and_meets_the_commitments(vector: dict[str, Any]) -> None:
    header = sealed_bid.parse_header(b64decode(vector["header"]))
    cek = bytes.fromhex(vector["cek"])
    sealed_bid.check_commit(header, cek)
    assert sealed_bid.release_tag(cek, header.salt).hex() == vector["tag"]
    plain = io.BytesIO()
    source = io.BytesIO(b64decode(vector["payload"]))
    payload.decrypt(source, header.size, plain.write, cek=cek, salt=header.salt, aad=header.aad)
    assert plain.getvalue() == b64decode(vector["plaintext"])
    assert hashlib.sha256(header.raw + b64decode(vector["payload"])).hexdigest() == vector["sha256"]


@pytest.mark.parametrize("vector", named("malformed"))
def test_a_malformed_header_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises((Malformed, Refused)) as caught:
        sealed_bid.parse_header(b64decode(vector["prefix"]))
    assert caught.value.code == vector["code"]


@pytest.mark.parametrize("vector", named("malformed_envelopes"))
def test_a_header_with_another_envelope_than_for_one_recipient_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as caught:
        sealed_bid.parse_header(b64decode(vector["prefix"]))
    assert caught.value.code == "malformed_cms"


@pytest.mark.parametrize("vector", named("damaged"))
def test_a_damaged_file_is_refused_by_its_length_or_its_segment(vector: dict[str, Any]) -> None:
    data = b64decode(vector["file"])
    header = sealed_bid.parse_header(data)
    cek = bytes.fromhex(VECTORS["valid"][1]["cek"])

    def opened() -> None:
        sealed_bid.check_length(header, len(data))
        source = io.BytesIO(data[len(header.raw) :])
        payload.decrypt(source, header.size, io.BytesIO().write, cek=cek, salt=header.salt, aad=header.aad)

    with pytest.raises((Malformed, Refused)) as caught:
        opened()
    assert caught.value.code == vector["code"]
    assert caught.value.facts.get("segment") == vector.get("segment")


@given(st.integers(0, 400), st.integers(0, 7))
def test_any_changed_bit_of_the_header_is_refused_or_changes_the_associated_data(at: int, bit: int) -> None:
    raw = bytearray(a_header().raw)
    raw[at % len(raw)] ^= 1 << bit
    try:
        changed = sealed_bid.parse_header(bytes(raw))
    except Malformed:
        return
    assert changed.aad != a_header().aad


@given(st.binary(max_size=300))
def test_any_bytes_are_either_a_header_or_malformed(data: bytes) -> None:
    for prefix in (data, sealed_bid.MAGIC + data, sealed_bid.MAGIC + len(data).to_bytes(4, "big") + data):
        with pytest.raises(Malformed):
            sealed_bid.parse_header(prefix)


FIELDS: dict[str, object] = json.loads(a_header().raw[12:])


@given(
    st.dictionaries(
        st.sampled_from(sorted(FIELDS)), st.integers() | st.text("aé\n甲=", max_size=5) | st.none()
    )
)
def test_no_change_of_a_value_gets_past_the_parser_as_an_exception_of_another_kind(
    changes: dict[str, object],
) -> None:
    try:
        text = canonical.dumps(FIELDS | changes)
    except ValueError:
        return
    try:
        sealed_bid.parse_header(sealed_bid.MAGIC + len(text).to_bytes(4, "big") + text)
    except (Malformed, Refused):
        pass


@pytest.mark.parametrize("line", VECTORS["lengths"])
def test_the_length_of_the_file_follows_from_header_and_size(line: dict[str, int]) -> None:
    assert payload.segments(line["size"]) == line["segments"]
    assert sealed_bid.expected_length(line["header_len"], line["size"]) == line["file_length"]
    assert line["file_length"] == 12 + line["header_len"] + 40 + line["size"] + 16 * line["segments"]


@pytest.mark.parametrize("cek", [bytes(32), b"", bytes(range(31)), bytes(range(33))])
def test_another_content_key_does_not_meet_the_commitment(cek: bytes) -> None:
    with pytest.raises(Refused) as caught:
        sealed_bid.check_commit(a_header(), cek)
    assert caught.value.code == "commit_mismatch"


def test_a_deposit_must_be_the_logins_own() -> None:
    login = {"tender": "T-2026-001", "lot": "1", "bidder": "b2"}
    sealed_bid.check_deposit(a_header(), **login, certificate=certificate("ec"))
    with pytest.raises(Refused) as caught:
        sealed_bid.check_deposit(a_header(), **login, certificate=certificate("rsa"))
    assert caught.value.code == "wrong_certificate"
    for name in login:
        with pytest.raises(Refused) as caught:
            sealed_bid.check_deposit(a_header(), **(login | {name: "other"}), certificate=certificate("ec"))
        assert caught.value.code == f"wrong_{name}"
