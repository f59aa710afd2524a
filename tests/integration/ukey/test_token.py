from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hall.client.sealing import Columns, seal_bid
from hall.client.token import Found, TokenKeys, Tokens, unpad_oaep
from hall.errors import Refused
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.signing import bid_container, cms, sealed_bid
from hall.signing.certificates import verify_act, verify_signature
from tests.gm_world import gm_holder
from tests.softhsm import PIN, SoftToken
from tests.unit.client import openings


def sealed(folder: Path, token: SoftToken) -> sealed_bid.SealedHeader:
    plain, out = folder / "plain", folder / "sealed"
    plain.write_bytes(b"the bid")
    sealed_bid.seal(plain, out, tender="T", lot="1", bidder="b", name="bid", certificate=token.certificate)
    with out.open("rb") as file:
        return sealed_bid.read_header(file)


def test_a_token_shows_its_certificates_before_anybody_typed_a_pin(
    library: Tokens, tokens: dict[str, SoftToken]
) -> None:
    found = {one.token: one.certificate for one in library.certificates()}
    assert found == {label: one.certificate for label, one in tokens.items()}


def test_an_sm2_certificate_on_a_token_is_refused_before_a_pin_is_asked_for(
    library: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SoftHSM2 holds no SM2 key, so what a maker's token would show stands in for it."""
    shown = Found("national", gm_holder("b1").certificate, ())
    monkeypatch.setattr(library, "certificates", lambda: [shown])
    with pytest.raises(Refused) as refused:
        library.open(shown.certificate.sha256, "a pin that is never used")
    assert refused.value.code == "token_has_sm2"


def test_a_token_signs_what_the_certificate_verifies(keys: TokenKeys) -> None:
    assert verify_signature(keys.certificate, b"data", keys.sign(b"data"))
    verify_act(keys.sign_act("login", openings.context(), openings.NONCE, {}), keys.certificate.der)


def test_a_token_unwraps_the_key_of_a_bid_as_the_file_does(
    keys: TokenKeys, token: SoftToken, tmp_path: Path
) -> None:
    header = sealed(tmp_path, token)
    assert keys.unwrap(header) == token.identity.unwrap(header)


def test_a_token_refuses_the_bid_of_another_certificate_by_name(
    keys: TokenKeys, tokens: dict[str, SoftToken], token: SoftToken, tmp_path: Path
) -> None:
    other = next(one for one in tokens.values() if one is not token)
    with pytest.raises(Refused) as refused:
        keys.unwrap(sealed(tmp_path, other))
    assert refused.value.code == "wrong_certificate"


def test_an_envelope_changed_by_one_bit_is_damaged(keys: TokenKeys, token: SoftToken, tmp_path: Path) -> None:
    header = sealed(tmp_path, token)
    envelope = bytearray(header.envelope_der)
    envelope[header.envelope_der.index(header.envelope.encrypted_key) + 5] ^= 1
    parsed = cms.parse_envelope(bytes(envelope))
    with pytest.raises(Refused) as refused:
        parsed.open(keys)
    assert refused.value.code == "envelope_damaged"


def test_a_bid_is_signed_and_sealed_with_a_token_alone(keys: TokenKeys, tmp_path: Path) -> None:
    columns = Columns("100.00", "180", "good", "Zhang", "")
    out = tmp_path / "bid"
    place = {"tender": "T", "lot": "1", "bidder": "b"}
    pdf = sample_bid_pdf(**place, tender_name="T", **dataclasses.asdict(columns))
    bid = seal_bid(pdf, columns, keys, out, signed_at=1_790_000_000_000, **place)
    cek = keys.unwrap(bid.header)
    with out.open("rb") as file, (tmp_path / "zip").open("wb") as plain:
        sealed_bid.decrypt_file(file, cek, plain.write)
    with (tmp_path / "zip").open("rb") as file:
        container = bid_container.read_container(file)
    cms.verify_detached(container.signature, container.summary, keys.certificate.sha256)


def test_a_wrong_pin_is_named_with_the_tries_that_are_left(library: Tokens, token: SoftToken) -> None:
    with pytest.raises(Refused) as refused:
        library.open(token.certificate.sha256, "000000")
    assert refused.value.code == "pin_wrong"
    assert refused.value.facts["tries"] in ("some", "few", "one")
    library.open(token.certificate.sha256, PIN).close()


def test_a_certificate_that_is_in_no_token_is_named(library: Tokens) -> None:
    with pytest.raises(Refused) as refused:
        library.open("00" * 32, PIN)
    assert (refused.value.code, refused.value.facts) == ("token_certificate_absent", {"needed": "00" * 32})


def test_raw_blocks_are_unpadded_as_openssl_pads_them() -> None:
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.private_numbers()
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)

    def raw(data: bytes) -> bytes:
        return pow(int.from_bytes(data, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")

    for length in (0, 1, 32, 190):
        message = secrets.token_bytes(length)
        assert unpad_oaep(raw(key.public_key().encrypt(message, oaep))) == message
    block = raw(key.public_key().encrypt(b"x", oaep))
    for wrong in (b"\1" + block[1:], block[:-1] + bytes([block[-1] ^ 1]), block[:40], bytes(256)):
        with pytest.raises(ValueError, match="decryption failed"):
            unpad_oaep(wrong)
