"""From whole encoded frames to RTP payloads, for media that reach the hall another way than by RTP of a browser:
H.264 (RFC 6184, non-interleaved mode).

What lives here is pure. What may not: connections, codecs' libraries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

MTU: Final = 1_200
"""Most bytes of a payload: with all headers and a relay's, it stays whole on every usual line."""

_START_CODE: Final = re.compile(rb"\x00{2,}\x01")
_FRAGMENT, _FIRST, _LAST = 28, 0x80, 0x40


def nal_units(stream: bytes) -> tuple[bytes, ...]:
    """The NAL units of a piece of byte stream (H.264, annex B)."""
    return tuple(unit for unit in _START_CODE.split(stream) if unit)


def h264_payloads(units: Sequence[bytes]) -> list[bytes]:
    """The payloads of one picture's NAL units, in order: units as they are, large ones in fragments (FU-A)."""
    payloads: list[bytes] = []
    for unit in units:
        if len(unit) <= MTU:
            payloads.append(unit)
            continue
        indicator, kind = unit[0] & 0xE0 | _FRAGMENT, unit[0] & 31
        step = MTU - 2
        for start in range(1, len(unit), step):
            edge = (_FIRST if start == 1 else 0) | (_LAST if start + step >= len(unit) else 0)
            payloads.append(bytes((indicator, edge | kind)) + unit[start : start + step])
    return payloads
