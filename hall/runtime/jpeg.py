"""The head of a JPEG, without decoding it: whether it is one, and how large its picture is (ITU-T T.81, annex B)."""

from __future__ import annotations

from typing import Final

from hall.errors import Malformed

_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive
_SCAN: Final = 0xDA


def jpeg_size(data: bytes) -> tuple[int, int]:
    """(width, height) in pixels. Raises Malformed("not_a_picture")."""
    if data[:2] != _START or data[-2:] != _END:
        raise Malformed("not_a_picture")
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN or length < 2:
            break
        if marker in _FRAMES and length >= 8 and at + 9 <= len(data):
            height = int.from_bytes(data[at + 5 : at + 7], "big")
            width = int.from_bytes(data[at + 7 : at + 9], "big")
            if width and height:
                return width, height
            break
        at += 2 + length
    raise Malformed("not_a_picture")
