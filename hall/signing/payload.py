"""The payload of a sealed bid: Google Tink's streaming AEAD, type AES256_GCM_HKDF_1MB, in constant memory; in the suite
GM the same layout with HKDF-SM3 and SM4-GCM, whose key has 16 bytes.

`0x28 | salt(32) | prefix(7)`, then segments of 1 MiB (the first one shorter by those 40 bytes), each AES-256-GCM with
its own tag; key = HKDF-SHA256(CEK, salt, info=AAD, 32), nonce = prefix | u32be number | last(0 or 1). Tink's own
decrypter reads it (tests/interop). What may not live here: the header's meaning, files' names.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedIOBase
from typing import Final

from cryptography.exceptions import InvalidTag

from hall.errors import Refused
from hall.signing import suite as suites

SEGMENT: Final = 1024 * 1024
"""Bytes of a full segment with its tag."""

PREAMBLE: Final = 40
TAG: Final = 16
SALT: Final = 32
PREFIX: Final = 7

_FIRST: Final = SEGMENT - PREAMBLE - TAG  # plaintext bytes of the first segment
_OTHER: Final = SEGMENT - TAG

Sink = Callable[[bytes | bytearray | memoryview], object]
"""Takes bytes; the buffer is reused, so a sink that keeps them copies them."""


def segments(size: int) -> int:
    """Count the segments of a plaintext of `size` bytes."""
    return 1 if size <= _FIRST else 1 + -(-(size - _FIRST) // _OTHER)


def length(size: int) -> int:
    """Count the payload's bytes for a plaintext of `size` bytes."""
    return PREAMBLE + size + TAG * segments(size)


def encrypt(
    source: BufferedIOBase,
    size: int,
    sink: Sink,
    *,
    cek: bytes,
    salt: bytes,
    prefix: bytes,
    aad: bytes,
    suite: str = suites.INTL,
) -> None:
    """Encrypt exactly `size` bytes of `source` into `sink`; Refused("input_changed") if it holds fewer or more."""
    sink(bytes([PREAMBLE]) + salt + prefix)
    cipher = suites.payload_cipher(suite, cek, salt=salt, aad=aad)
    plain = bytearray(_OTHER)
    sealed = bytearray(SEGMENT)
    count, left = segments(size), size
    for number in range(count):
        part = memoryview(plain)[: min(left, _OTHER if number else _FIRST)]
        _fill(source, part)
        left -= len(part)
        out = memoryview(sealed)[: len(part) + TAG]
        cipher.encrypt_into(_nonce(prefix, number, last=number == count - 1), part, None, out)
        sink(out)
    if source.read(1):
        raise Refused("input_changed")


def decrypt(
    source: BufferedIOBase,
    size: int,
    sink: Sink,
    *,
    cek: bytes,
    salt: bytes,
    aad: bytes,
    suite: str = suites.INTL,
) -> None:
    """Decrypt a payload whose plaintext has `size` bytes; `source` stands at its first byte.

    Nothing unauthenticated reaches `sink`. Raises Refused("ciphertext_damaged", segment=n) at the first segment
    (from 0) that does not open; a preamble that is not the header's counts as the first.
    """
    preamble = source.read(PREAMBLE)
    if len(preamble) != PREAMBLE or preamble[0] != PREAMBLE or preamble[1 : 1 + SALT] != salt:
        raise Refused("ciphertext_damaged", segment=0)
    prefix = preamble[1 + SALT :]
    cipher = suites.payload_cipher(suite, cek, salt=salt, aad=aad)
    sealed = bytearray(SEGMENT)
    plain = bytearray(_OTHER)
    count, left = segments(size), size
    for number in range(count):
        share = min(left, _OTHER if number else _FIRST)
        part = memoryview(sealed)[: share + TAG]
        out = memoryview(plain)[:share]
        try:
            _fill(source, part)
            cipher.decrypt_into(_nonce(prefix, number, last=number == count - 1), part, None, out)
        except (InvalidTag, Refused):
            raise Refused("ciphertext_damaged", segment=number) from None
        left -= share
        sink(out)
    if source.read(1):
        raise Refused("ciphertext_damaged", segment=count)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _fill(source: BufferedIOBase, part: memoryview) -> None:
    """Read until `part` is full. Raises Refused("input_changed") at an early end."""
    filled = 0
    while filled < len(part):
        count = source.readinto(part[filled:])
        if not count:
            raise Refused("input_changed")
        filled += count
