"""Co-signatures of checkpoints are lines: written one way, read one way, over the whole of what the hall signed."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.errors import Malformed
from hall.journal import cosignature as c
from hall.journal.checkpoint import SignedRoot, sign, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOTE = sign(SignedRoot("hall.example/T", 7, "ab" * 32, ("at 5",)), KEY)
WHO = "cd" * 32
LINE = c.write(c.Cosignature(WHO, 1_700_000_000, b"signature"))


def test_a_line_says_who_and_when_and_is_read_as_it_was_written() -> None:
    assert LINE.startswith(f"\u2014 cosigner/{WHO} ")
    assert c.read(LINE) == c.Cosignature(WHO, 1_700_000_000, b"signature")


def test_what_is_signed_is_what_the_specification_says() -> None:
    text = NOTE.split("\n\n")[0] + "\n"
    assert c.signed_bytes(NOTE, 9) == f"cosignature/v1\ntime 9\n{text}".encode()


def test_a_note_with_a_cosignature_still_bears_the_halls_own() -> None:
    verify(NOTE + LINE, "hall.example/T", KEY.public_key().public_bytes_raw())


@pytest.mark.parametrize(
    "line",
    [
        LINE[:-1],
        LINE + "\n",
        LINE.replace("cosigner", "signer"),
        LINE.replace(WHO, WHO.upper()),
        LINE.replace(WHO, "ce" * 32),  # the key id is of another certificate
        f"\u2014 cosigner/{WHO} {base64.b64encode(c.key_id(WHO) + bytes(8)).decode()}\n",
        f"\u2014 cosigner/{WHO} {base64.b64encode(c.key_id(WHO) + b'x' * 2000).decode()}\n",
        f"\u2014 cosigner/{WHO} {base64.b64encode(c.key_id(WHO) + bytes([255] * 9)).decode()}\n",
    ],
)
def test_another_spelling_is_no_line(line: str) -> None:
    with pytest.raises(Malformed, match="malformed_cosignature"):
        c.read(line)
