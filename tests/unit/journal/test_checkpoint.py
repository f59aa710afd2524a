"""Checkpoints are C2SP signed notes: written one way, read one way."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed
from hall.journal.checkpoint import (
    SignedRoot,
    key_id,
    origin_line,
    read,
    read_verifier_key,
    sign,
    signed_at,
    verifier_key,
    verify,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = "hall.example/rehearsal/YQ-2026-001"
ROOT = SignedRoot(ORIGIN, 300, "ab" * 32)
NOTE = sign(ROOT, KEY)


def test_a_note_has_the_lines_of_the_specification() -> None:
    text, signature = NOTE.split("\n\n")
    assert text.split("\n") == [ORIGIN, "300", base64.b64encode(b"\xab" * 32).decode()]
    assert signature.startswith(f"\u2014 {ORIGIN} ")
    assert signature.endswith("\n")
    blob = base64.b64decode(signature.split(" ")[2])
    assert blob[:4] == key_id(ORIGIN, PUBLIC)
    KEY.public_key().verify(blob[4:], (text + "\n").encode())


def test_the_key_names_itself_as_in_the_published_example() -> None:
    # golang.org/x/mod/sumdb/note documents this key.
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    assert (
        verifier_key("PeterNeumann", public)
        == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    )


def test_the_published_example_note_verifies() -> None:
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    blob = base64.b64decode(line)
    assert blob[:4] == key_id("PeterNeumann", public)
    Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text.encode())


def test_a_good_note_says_what_was_signed() -> None:
    assert verify(NOTE, ORIGIN, PUBLIC) == ROOT
    longer = SignedRoot(ORIGIN, 0, "00" * 32, ("token sha256:1234", "prev 5"))
    assert verify(sign(longer, KEY), ORIGIN, PUBLIC) == longer


def test_a_rehearsal_says_so_in_its_first_line() -> None:
    assert origin_line("hall.example", "T", rehearsal=True) == "hall.example/rehearsal/T"
    assert origin_line("hall.example", "T", rehearsal=False) == "hall.example/T"


def test_another_key_another_name_and_no_signature_are_refused() -> None:
    for note, origin, public in (
        (NOTE, ORIGIN, OTHER.public_key().public_bytes_raw()),
        (sign(ROOT, OTHER), ORIGIN, PUBLIC),
        (NOTE, "hall.example/YQ-2026-001", PUBLIC),
    ):
        with pytest.raises(Malformed, match="malformed_checkpoint"):
            verify(note, origin, public)


def test_signatures_of_others_may_stand_beside() -> None:
    text, own = NOTE.split("\n\n")
    foreign = sign(ROOT, OTHER).split("\n\n")[1].replace(ORIGIN, "witness.example")
    assert verify(f"{text}\n\n{foreign}{own}", ORIGIN, PUBLIC) == ROOT


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_noticed(at: int, change: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[at] ^= change
    try:
        note = raw.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(Malformed, match="malformed_checkpoint"):
        verify(note, ORIGIN, PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        f"{ORIGIN}\n300\n",
        NOTE.replace("\n300\n", "\n0300\n"),
        NOTE.replace("\n300\n", "\n+300\n"),
        NOTE.replace("\n300\n", "\n３００\n"),
        NOTE.replace("\n300\n", "\n\n300\n"),
        NOTE.replace("q6urq", "q6ur", 1),
        NOTE.rstrip("\n"),
        NOTE.replace(ORIGIN, "two words"),
    ],
)
def test_nonsense_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="malformed_checkpoint"):
        read(text)


@pytest.mark.parametrize(
    "root",
    [
        SignedRoot("two words", 1, "00" * 32),
        SignedRoot("plus+sign", 1, "00" * 32),
        SignedRoot("", 1, "00" * 32),
        SignedRoot(ORIGIN, 1, "00" * 32, ("",)),
        SignedRoot(ORIGIN, 1, "00" * 32, ("a\nb",)),
    ],
)
def test_what_the_lines_cant_carry_is_not_signed(root: SignedRoot) -> None:
    with pytest.raises(ValueError, match=r"origin line|extension"):
        sign(root, KEY)


def test_the_published_key_is_read_as_it_is_written() -> None:
    assert read_verifier_key(verifier_key(ORIGIN, PUBLIC)) == (ORIGIN, PUBLIC)
    for text in ("", ORIGIN, f"{ORIGIN}+00000000+{verifier_key(ORIGIN, PUBLIC).split('+', 2)[2]}"):
        with pytest.raises(Malformed, match="malformed_log_key"):
            read_verifier_key(text)


def test_a_note_says_when_it_was_signed_or_is_asked_in_vain() -> None:
    assert signed_at(SignedRoot(ORIGIN, 1, "00" * 32, ("at 17", "more"))) == 17
    for extensions in ((), ("more", "at 17"), ("at x",), ("at",)):
        with pytest.raises(Malformed, match="malformed_checkpoint"):
            signed_at(SignedRoot(ORIGIN, 1, "00" * 32, extensions))
