from __future__ import annotations

import gmssl_pyx
import pytest
from asn1crypto import pem
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed, Refused
from hall.signing import gm, gm_keys

KEY = gm.generate()

# GB/T 32918.5, annex A.2: the key, and one signature of "message digest" with the default id.
EXAMPLE = gm.PublicKey(
    bytes.fromhex(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
)
SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)

# RFC 8998, appendix A.1.
GCM = {
    "key": bytes.fromhex("0123456789abcdeffedcba9876543210"),
    "nonce": bytes.fromhex("00001234567800000000abcd"),
    "aad": bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    "plain": bytes.fromhex("".join(letter * 16 for letter in "abcdefea")),
    "sealed": bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    ),
}


def sealed(key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes:
    out = bytearray(len(data) + gm.TAG)
    gm.Sm4Gcm(key).encrypt_into(nonce, data, associated, memoryview(out))
    return bytes(out)


def test_the_signature_of_the_standards_example_verifies() -> None:
    assert gm.verify(EXAMPLE, b"message digest", SIGNATURE)
    assert not gm.verify(EXAMPLE, b"message digesT", SIGNATURE)


def test_the_digest_of_the_standards_example_is_right() -> None:
    assert gm.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_the_sealed_example_of_rfc_8998_is_right() -> None:
    assert sealed(GCM["key"], GCM["nonce"], GCM["plain"], GCM["aad"]) == GCM["sealed"]


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_two_implementations_agree_on_sm3_hkdf_and_sm4_gcm(data: bytes, associated: bytes) -> None:
    assert gm.sm3(data) == gmssl_pyx.sm3_hash(data)
    salt, key, nonce = b"s" * 32, b"k" * 16, b"n" * 12
    block = gmssl_pyx.sm3_hmac(gmssl_pyx.sm3_hmac(salt, data + b"."), associated + b"\1")
    assert gm.hkdf(data + b".", salt=salt, info=associated) == block
    ciphertext, tag = gmssl_pyx.sm4_gcm_encrypt(key, nonce, associated, data + b".")
    assert sealed(key, nonce, data + b".", associated) == ciphertext + tag


def test_a_changed_byte_is_found_whatever_was_changed() -> None:
    whole = bytearray(sealed(GCM["key"], GCM["nonce"], b"price", b""))
    for at in range(len(whole)):
        whole[at] ^= 1
        with pytest.raises(InvalidTag):
            gm.Sm4Gcm(GCM["key"]).decrypt_into(GCM["nonce"], bytes(whole), b"", memoryview(bytearray(5)))
        whole[at] ^= 1


def test_a_signature_of_another_form_never_verifies() -> None:
    good = gm.sign(KEY, b"act")
    assert gm.verify(KEY.public, b"act", good)
    order = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
    r = int.from_bytes(good[:32], "big")
    for wrong in (b"", good[:63], good + b"\0", bytes(64), bytes(32) + good[32:], good[:32] + bytes(32)):
        assert not gm.verify(KEY.public, b"act", wrong)
    if r + order < 2**256:
        assert not gm.verify(KEY.public, b"act", (r + order).to_bytes(32, "big") + good[32:])


def test_two_signatures_of_the_same_are_never_alike() -> None:
    assert len({gm.sign(KEY, b"act")[:32] for _ in range(8)}) == 8


def test_what_was_encrypted_opens_with_its_own_key_alone() -> None:
    cipher = gm.encrypt(KEY.public, b"sixteen bytes ok")
    assert gm.decrypt(KEY, cipher) == b"sixteen bytes ok"
    with pytest.raises(ValueError):
        gm.decrypt(gm.generate(), cipher)


def test_a_point_beside_the_curve_is_no_key() -> None:
    point = bytearray(KEY.public.point)
    point[-1] ^= 1
    for wrong in (bytes(point), bytes(64), KEY.public.point[:-1], b"\xff" * 64):
        with pytest.raises(Refused, match="unsupported_key"):
            gm.PublicKey(wrong)


def test_a_key_shows_no_secret_in_a_trace() -> None:
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)


def test_a_key_file_opens_with_its_password_alone() -> None:
    _, _, der = pem.unarmor(gm_keys.write(KEY, "四季 password", rounds=1000))
    assert gm_keys.read(der, "四季 password") == KEY
    with pytest.raises(Refused, match="wrong_password"):
        gm_keys.read(der, "四季 passwort")
    with pytest.raises(Malformed, match="malformed_key"):
        gm_keys.read(der[:-1], "四季 password")


def test_a_key_file_of_two_halves_that_are_no_pair_is_refused() -> None:
    wrong = gm.PrivateKey(KEY.secret, gm.generate().public)
    _, _, der = pem.unarmor(gm_keys.write(wrong, "x", rounds=1000))
    with pytest.raises(Malformed, match="malformed_key"):
        gm_keys.read(der, "x")
