"""A recovery file opens its own bid and no other, makes the very bytes again, and says what is wrong with it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path

import pytest

from hall.errors import HallError, Malformed, Refused
from hall.procurement import canonical
from hall.signing import recovery, sealed_bid

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "recovery.json").read_text("utf-8"))
WORDS = VECTOR["passphrase"]
FILE = canonical.dumps(VECTOR["file"])
SEALED = base64.b64decode(VECTOR["sealed"])
KEY = bytes.fromhex(VECTOR["content_key"])


def header(data: bytes = SEALED) -> sealed_bid.SealedHeader:
    return sealed_bid.read_header(io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]  # BytesIO reads


def code(data: bytes, words: str = WORDS) -> str:
    with pytest.raises(HallError) as refused:
        recovery.open_key(data, header(), words)
    return refused.value.code


def changed(**fields: object) -> bytes:
    return canonical.dumps({**VECTOR["file"], **fields})


def test_the_file_opens_the_bid_that_it_was_made_with() -> None:
    assert recovery.open_key(FILE, header(), WORDS) == KEY


def test_an_unencrypted_copy_gives_the_very_bytes_again_and_an_edited_one_does_not(tmp_path: Path) -> None:
    found = recovery.open_file(FILE, WORDS)
    copy = base64.b64decode(VECTOR["copy"])
    digest = recovery.seal_again(io.BytesIO(copy), found, tmp_path / "again.bid")
    assert (tmp_path / "again.bid").read_bytes() == SEALED
    assert digest == hashlib.sha256(SEALED).hexdigest()
    edited = copy[:-1] + bytes([copy[-1] ^ 1])
    assert recovery.seal_again(io.BytesIO(edited), found, tmp_path / "edited.bid") != digest
    with pytest.raises(Refused, match="input_changed"):
        recovery.seal_again(io.BytesIO(copy + b"x"), found, tmp_path / "longer.bid")


def test_every_wrong_file_and_passphrase_has_its_code() -> None:
    assert code(FILE, "another passphrase") == "recovery_passphrase_wrong"
    assert code(b"{}") == "recovery_file_malformed"
    assert code(changed(kind="something")) == "recovery_file_malformed"
    assert code(changed(iterations=0)) == "recovery_file_malformed"
    assert code(changed(salt="AAAA")) == "recovery_file_malformed"
    assert code(changed(key="!")) == "recovery_file_malformed"
    head = bytearray(base64.b64decode(VECTOR["file"]["head"]))
    head[-3] ^= 1
    assert code(changed(head=base64.b64encode(head).decode())) == "recovery_file_other"
    assert code(changed(prefix=base64.b64encode(b"1234567").decode())) == "recovery_passphrase_wrong"
    assert code(changed(iterations=VECTOR["file"]["iterations"] + 1)) == "recovery_passphrase_wrong"


def test_a_short_passphrase_is_refused_before_anything_is_made() -> None:
    with pytest.raises(Refused, match="passphrase_too_short"):
        recovery.make(header(), b"\0" * 7, KEY, "eleven char")


def test_what_is_made_opens_and_holds_the_key_nowhere_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "ITERATIONS", 1000)
    made = recovery.make(header(), b"\1" * 7, KEY, "一个足够长的恢复口令一二")
    assert recovery.open_key(made, header(), "一个足够长的恢复口令一二") == KEY
    assert base64.b64encode(KEY) not in made and KEY.hex().encode() not in made
    with pytest.raises(Malformed, match="recovery_file_malformed"):
        recovery.open_file(made[:-1], "一个足够长的恢复口令一二")


def test_a_bid_of_the_suite_gm_is_opened_and_made_again_by_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(recovery, "ITERATIONS", 1000)
    bid = json.loads((Path(__file__).parents[2] / "vectors" / "gm.json").read_text("utf-8"))["bid"]
    sealed, key = base64.b64decode(bid["file"]), bytes.fromhex(bid["cek"])
    whose = header(sealed)
    prefix = sealed[len(whose.raw) :][33:40]
    found = recovery.open_file(recovery.make(whose, prefix, key, WORDS), WORDS)
    assert (found.header.suite, found.content_key) == ("GM", key)
    plain = io.BytesIO(base64.b64decode(bid["plaintext"]))
    recovery.seal_again(plain, found, tmp_path / "again.bid")  # type: ignore[arg-type]  # BytesIO reads
    assert (tmp_path / "again.bid").read_bytes() == sealed
