"""Time-stamp tokens are checked offline; openssl agrees about what is good."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from asn1crypto import tsp

from hall.clock import ManualClock
from hall.errors import Refused
from hall.signing import tokens
from hall.signing.timestamps import POLICY, InternalTimeStamps
from tests.demo_world import holder, world
from tests.integration.signing.conftest import SIGNED_AT, Desk

DATA = b"the text of a checkpoint"


def request(data: bytes) -> bytes:
    return bytes(
        tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": hashlib.sha256(data).digest(),
                },
                "cert_req": True,
            }
        ).dump()
    )


@pytest.fixture
def token(desk: Desk) -> bytes:
    return tokens.token_of(desk.time_source.respond(request(DATA)))


def test_a_good_token_says_when_and_by_whom(desk: Desk, token: bytes) -> None:
    said = tokens.check(token, DATA, [world().root.read_bytes()])
    assert (said.at, said.policy) == (SIGNED_AT, POLICY)
    assert said.by
    assert tokens.imprint(token) == ("sha256", hashlib.sha256(DATA).digest())


def test_openssl_accepts_the_very_token(desk: Desk, token: bytes, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "data").write_bytes(DATA)
    for name, der in (("root.pem", world().root), ("issuing.pem", world().issuing)):
        subprocess.run(["openssl", "x509", "-inform", "DER", "-in", der, "-out", tmp_path / name], check=True)
    said = subprocess.run(
        ["openssl", "ts", "-verify", "-in", "token", "-token_in", "-data", "data", "-CAfile", "root.pem",
         "-untrusted", "issuing.pem", "-attime", str(SIGNED_AT // 1000), "-ignore_critical"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verification: OK" in said.stdout + said.stderr


def test_a_token_over_something_else_does_not_fit(token: bytes) -> None:
    with pytest.raises(Refused, match="stamp_does_not_fit"):
        tokens.check(token, DATA + b".", [world().root.read_bytes()])


def test_a_token_that_leads_to_no_trusted_root_is_not_believed(token: bytes) -> None:
    with pytest.raises(Refused, match="stamp_untrusted"):
        tokens.check(token, DATA, [])


def test_a_person_stamps_nothing(desk: Desk) -> None:
    one = holder("b1")
    source = InternalTimeStamps(one.certificate.der, one.key, ManualClock(SIGNED_AT), [desk.issuing])
    token = tokens.token_of(source.respond(request(DATA)))
    with pytest.raises(Refused, match="stamp_untrusted"):
        tokens.check(token, DATA, [world().root.read_bytes()])


def test_no_byte_of_a_token_can_be_changed(token: bytes) -> None:
    said = tokens.check(token, DATA, [world().root.read_bytes()])
    for at in range(0, len(token), 41):
        changed = token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]
        try:
            again = tokens.check(changed, DATA, [world().root.read_bytes()])
        except Refused:
            continue
        assert again == said  # a byte that no signature covers, such as of a certificate that nobody needs


def test_a_certificate_that_names_one_thing_twice_makes_no_token_good(token: bytes) -> None:
    purpose, usage = b"\x06\x03\x55\x1d\x25", b"\x06\x03\x55\x1d\x0f"
    assert purpose in token and usage in token
    with pytest.raises(Refused, match="stamp_untrusted"):
        tokens.check(token.replace(purpose, usage), DATA, [world().root.read_bytes()])


@pytest.mark.parametrize("junk", [b"", b"junk", b"0\x00", bytes(100)])
def test_junk_is_no_token(junk: bytes) -> None:
    with pytest.raises(Refused, match="stamp_malformed"):
        tokens.check(junk, DATA, [])
