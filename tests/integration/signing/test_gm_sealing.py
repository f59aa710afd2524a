"""Bids and signatures of the suite GM: sealed here, sealed by a browser, and held against OpenSSL piece by piece."""

from __future__ import annotations

import hashlib
import io
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from hall.client.national import open_pair
from hall.errors import Malformed, Refused
from hall.rehearsal.demo_ca import PASSWORD
from hall.signing import cms, gm, gm_cms, gm_keys, payload, sealed_bid
from hall.signing.certificates import load_certificate
from tests.demo_world import AT, holder
from tests.gm_world import gm_holder, gm_world, pair
from tests.unit.signing.vectors import vectors
from tests.vectors.make_gm import EXAMPLE

VECTORS = vectors("gm")
BROWSER = vectors("gm_browser")


def sealed(tmp_path: Path, plain: bytes) -> tuple[Path, sealed_bid.SealReceipt]:
    one = pair("gm-b1")
    (tmp_path / "plain").write_bytes(plain)
    receipt = sealed_bid.seal(
        tmp_path / "plain",
        tmp_path / "sealed",
        tender="T1",
        lot="1",
        bidder="b1",
        name="bid.zip",
        certificate=one.recipient,
        signer=one.certificate,
    )
    return tmp_path / "sealed", receipt


def header_of(path: Path) -> sealed_bid.SealedHeader:
    with path.open("rb") as file:
        return sealed_bid.read_header(file)


def opened(data: bytes, cek: bytes) -> bytes:
    header, plain = sealed_bid.parse_header(data), io.BytesIO()
    source = io.BytesIO(data[len(header.raw) :])
    payload.decrypt(
        source, header.size, plain.write, cek=cek, salt=header.salt, aad=header.aad, suite=header.suite
    )
    return plain.getvalue()


def test_a_bid_opens_with_the_pairs_second_key_alone(tmp_path: Path) -> None:
    path, receipt = sealed(tmp_path, b"p" * 2_100_000)
    header, one = header_of(path), pair("gm-b1")
    assert (header.suite, header.signer, header.recipient) == (
        "GM",
        one.certificate.sha256,
        one.recipient.sha256,
    )
    assert receipt.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert opened(path.read_bytes(), one.unwrap(header)) == b"p" * 2_100_000
    with pytest.raises(Refused, match="envelope_damaged"):
        sealed_bid.unwrap(header, one.key, one.recipient)
    with pytest.raises(Refused, match="wrong_certificate"):
        pair("gm-b2").unwrap(header)


def test_a_changed_byte_names_its_segment(tmp_path: Path) -> None:
    path, _ = sealed(tmp_path, bytes(2_100_000))
    data, cek = bytearray(path.read_bytes()), pair("gm-b1").unwrap(header_of(path))
    data[len(header_of(path).raw) + payload.SEGMENT + 7] ^= 1
    with pytest.raises(Refused) as caught:
        opened(bytes(data), cek)
    assert (caught.value.code, caught.value.facts["segment"]) == ("ciphertext_damaged", 1)


@pytest.mark.parametrize("where", ["vectors", "browser"])
def test_a_bid_opens_whoever_sealed_it(where: str) -> None:
    vector: dict[str, Any] = VECTORS["bid"] if where == "vectors" else BROWSER
    recipient, data = load_certificate(b64decode(vector["recipient"])), b64decode(vector["file"])
    header = sealed_bid.parse_header(data)
    sealed_bid.check_length(header, len(data))
    cek = sealed_bid.unwrap(header, EXAMPLE, recipient)
    assert opened(data, cek) == b64decode(vector["plaintext"])


def test_what_a_browser_signed_is_verified() -> None:
    signer, plain = load_certificate(b64decode(BROWSER["signer"])), b64decode(BROWSER["plaintext"])
    assert cms.verify_detached(b64decode(BROWSER["signed"]), plain, signer.sha256) == signer
    assert gm.verify(EXAMPLE.public, plain, bytes.fromhex(BROWSER["signature"]))
    with pytest.raises(Refused, match="bad_signature"):
        cms.verify_detached(b64decode(BROWSER["signed"]), plain + b".", signer.sha256)


def test_the_vectors_say_what_this_code_does() -> None:
    bid, signer = VECTORS["bid"], load_certificate(b64decode(VECTORS["bid"]["signer"]))
    cek, header = bytes.fromhex(bid["cek"]), sealed_bid.parse_header(b64decode(bid["file"]))
    assert sealed_bid.release_tag(cek, header.salt, "GM").hex() == bid["tag"]
    assert hashlib.sha256(b64decode(bid["file"])).hexdigest() == bid["sha256"]
    cms.verify_detached(b64decode(bid["summary_p7s"]), b64decode(bid["plaintext"]), signer.sha256)
    for item in VECTORS["sm3"]:
        assert gm.sm3(bytes.fromhex(item["data"])).hex() == item["digest"]


def test_openssl_opens_the_envelope_piece_by_piece(tmp_path: Path) -> None:
    one = pair("gm-b1")
    envelope = cms.build_envelope(b"a content key and its context", one.recipient)
    parts = gm_cms.parse(envelope)
    (tmp_path / "key.pem").write_bytes(gm_keys.write(one.opening_key, "demo", rounds=1000))
    (tmp_path / "wrapped").write_bytes(parts.encrypted_key)
    (tmp_path / "content").write_bytes(parts.ciphertext)
    unwrap = ("pkeyutl", "-decrypt", "-inkey", "key.pem", "-passin", "pass:demo", "-in", "wrapped")
    key = subprocess.run(("openssl", *unwrap), cwd=tmp_path, check=True, capture_output=True).stdout
    decrypt = ("enc", "-d", "-sm4-cbc", "-K", key.hex(), "-iv", parts.iv.hex(), "-in", "content")
    content = subprocess.run(("openssl", *decrypt), cwd=tmp_path, check=True, capture_output=True).stdout
    assert content == b"a content key and its context"


def test_an_envelope_in_any_other_encoding_is_refused() -> None:
    good = cms.build_envelope(b"content", pair("gm-b1").recipient)
    assert cms.parse_envelope(good).names(pair("gm-b1").recipient)
    for wrong in (good + b"\0", good[:-1], good.replace(b"\x02\x01\x01", b"\x02\x01\x00", 1), b"\x30\x00"):
        with pytest.raises(Malformed, match="malformed_cms"):
            cms.parse_envelope(wrong)


def test_a_summary_is_signed_by_the_pairs_first_key() -> None:
    one = gm_holder("b1")
    signature = cms.sign_detached(b"summary", one.certificate, one.sign, signed_at=AT)
    assert cms.verify_detached(signature, b"summary", one.certificate.sha256) == one.certificate
    with pytest.raises(Refused, match="wrong_certificate"):
        cms.verify_detached(signature, b"summary", holder("b1").certificate.sha256)


def test_a_pair_file_holds_one_pair_or_is_refused() -> None:
    data = gm_world().bidders[0].file.read_bytes()
    assert open_pair(data, PASSWORD).certificate.sha256 == gm_world().bidders[0].sha256
    with pytest.raises(Refused, match="wrong_password"):
        open_pair(data, "demo12345")
    first = data[: data.index(b"-----END ENCRYPTED PRIVATE KEY-----") + 36]
    for wrong in (b"", first, first + gm_world().bidders[1].file.read_bytes()[:100]):
        with pytest.raises(Malformed):
            open_pair(wrong, PASSWORD)
