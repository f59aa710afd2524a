"""Pictures as RTP payloads: what the assembler makes of them is what they were."""

from __future__ import annotations

import pytest

from hall.media.packets import MTU, h264_payloads, nal_units
from tests.one_line import OneLine


@pytest.mark.parametrize("size", [2, MTU - 1, MTU, MTU + 1, 2 * MTU - 3, 10 * MTU])
def test_a_picture_comes_out_of_its_packets_as_it_went_in(size: int) -> None:
    units = (b"\x67sps", b"\x68pps", b"\x65" + bytes(n % 251 for n in range(size - 1)))
    payloads = h264_payloads(units)
    assert max(len(payload) for payload in payloads) <= MTU
    line = OneLine("h264")
    for n, payload in enumerate(payloads):
        line.take(n, 0, payload, marker=n == len(payloads) - 1)
    assert [frame.units for frame in line.frames()] == [units]


def test_start_codes_of_both_lengths_part_units() -> None:
    stream = b"\0\0\0\1\x67a\0\0\1\x68b\0\0\0\1\x65c\0d"
    assert nal_units(stream) == (b"\x67a", b"\x68b", b"\x65c\0d")
    assert nal_units(b"") == ()
