"""Encryption at rest: lengths stay, any range opens alone, and proofs need no key."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.errors import Malformed
from hall.recording import vault
from hall.recording.manifest import Epoch, IndexWriter, verify_recording

KEY = bytes(range(32))
EPOCH = Epoch(
    "o-1", "host", 1, "001.mp4", "video/mp4", "avc1.42e01f", 320, 180, 1_000_000, "start", vault.AES_CTR
)
PLAIN = bytes(n * n % 251 for n in range(5_000))


def encrypted() -> tuple[bytes, bytes]:
    """A media file (of arbitrary bytes) as stored, and its index."""
    writer, stream = IndexWriter(EPOCH), vault.stream(vault.epoch_key(KEY, EPOCH))
    stored = stream.update(PLAIN[:100])
    index = writer.init(stored, PLAIN[:100])
    for n, start in enumerate(range(100, len(PLAIN), 700)):
        piece = PLAIN[start : start + 700]
        data = stream.update(piece)
        stored += data
        index += writer.fragment(
            data, utc=1_000_000 + 500 * n, duration=500, keyframe=True, video=7, audio=25, plain=piece
        )
    return stored, index + writer.end("stopped")


@given(st.integers(0, 4_999), st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_any_range_opens_alone(start: int, length: int) -> None:
    stored, _ = encrypted()
    assert len(stored) == len(PLAIN)
    found = vault.open_range(vault.AES_CTR, KEY, EPOCH, start, stored[start : start + length])
    assert found == PLAIN[start : start + length]


def test_openssl_opens_what_the_hall_wrote(tmp_path: Path) -> None:
    stored, _ = encrypted()
    command = ["openssl", "enc", "-d", "-aes-256-ctr", "-iv", "0" * 32]
    key = vault.epoch_key(KEY, EPOCH).hex()
    done = subprocess.run([*command, "-K", key], input=stored, capture_output=True, check=True)
    assert done.stdout == PLAIN


@pytest.mark.parametrize(
    "other",
    [
        replace(EPOCH, opening="o-2"),
        replace(EPOCH, participant="bidder-1"),
        replace(EPOCH, epoch=2),
        replace(EPOCH, utc=1_000_001),
    ],
)
def test_each_epoch_has_a_key_of_its_own(other: Epoch) -> None:
    assert vault.epoch_key(KEY, other) != vault.epoch_key(KEY, EPOCH)


def test_what_is_not_encrypted_needs_no_key_and_what_is_unknown_is_refused() -> None:
    assert vault.open_range("none", b"", EPOCH, 3, b"abc") == b"abc"
    with pytest.raises(Malformed) as refused:
        vault.open_range("rot13", KEY, EPOCH, 0, b"abc")
    assert refused.value.code == "unknown_scheme"
    with pytest.raises(ValueError):
        vault.epoch_key(b"short", EPOCH)


def test_proofs_stand_without_the_key() -> None:
    found = verify_recording(*encrypted())
    assert found.ok
    assert found.epoch == EPOCH
    assert found.end_cause == "stopped"


def test_with_the_key_the_plaintext_is_held_against_its_digests() -> None:
    stored, index = encrypted()
    assert verify_recording(stored, index, vault.keys_of(KEY)).ok
    assert verify_recording(stored, index, lambda epoch: None).ok
    wrong = verify_recording(stored, index, vault.keys_of(bytes(32)))
    assert {f.code for f in wrong.faults} == {"plain_digest_disagrees"}


def test_an_altered_byte_is_found_without_the_key() -> None:
    stored, index = encrypted()
    altered = stored[:2_000] + bytes([stored[2_000] ^ 1]) + stored[2_001:]
    [fault] = verify_recording(altered, index).faults
    assert (fault.code, fault.line) == ("fragment_altered", 4)


def test_a_key_file_gives_back_the_keys_of_its_files_and_nothing_else() -> None:
    keys = {("host", "001.mp4"): vault.epoch_key(KEY, EPOCH), ("bidder-1", "001.webm"): bytes(32)}
    data = vault.key_file("o-1", keys)
    assert KEY.hex().encode() not in data
    assert vault.read_key_file(data) == keys


@pytest.mark.parametrize(
    "spoiled",
    [b"", b"[]", b"\xff", b'{"v":2,"keys":[]}', b'{"v":1,"keys":[1]}', b'{"v":1,"keys":[{"key":"00"}]}'],
)
def test_a_spoiled_key_file_is_refused(spoiled: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        vault.read_key_file(spoiled)
    assert refused.value.code == "malformed_key_file"
