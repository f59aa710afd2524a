"""RTP headers are read and written as RFC 3550 says, and nonsense is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.media.rtp import NO_LEVEL, ahead, audio_level, count, parts, report, write_header
from tests.one_line import OneLine, Packet, array, read_packet


@given(
    st.integers(0, 127),
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=50),
)
def test_what_is_written_is_read_again(
    pt: int, marker: bool, seq: int, timestamp: int, payload: bytes
) -> None:
    data = write_header(pt, marker, seq, timestamp, 77) + payload
    assert read_packet(data) == Packet(pt, marker, seq, timestamp, 77, payload)


def test_extensions_sources_and_padding_are_stripped() -> None:
    plain = write_header(96, True, 1, 2, 3)
    odd = (
        bytes([plain[0] | 0x20 | 0x10 | 2])
        + plain[1:]
        + b"SRC1SRC2"
        + b"\xbe\xde\x00\x01abcd"
        + b"payload"
        + b"\0\0\3"
    )
    assert read_packet(odd).payload == b"payload"
    begin, stop, _ = parts(array(odd), len(odd))
    assert odd[begin:stop] == b"\xbe\xde\x00\x01abcd"


@pytest.mark.parametrize(
    ("elements", "level"),
    [
        (b"\x20\x85\x00\x00", 5),
        (b"\x10A\x20\x7f", 127),
        (b"\x00\x00\x20\x28", 40),
        (b"\x31ab\x20", None),
        (b"\x10A\x00\x00", None),
        (b"", None),
    ],
)
def test_loudness_is_found_among_the_extensions(elements: bytes, level: int | None) -> None:
    assert level_in(b"\xbe\xde\x00\x01" + elements, 2) == level


def level_in(extensions: bytes, number: int) -> int | None:
    """How loud a packet with these extensions is."""
    level = audio_level(array(b"before" + extensions + b"behind"), 6, 6 + len(extensions), number)
    return None if level == NO_LEVEL else level


def test_extensions_of_another_form_say_nothing_of_loudness() -> None:
    assert level_in(b"\x10\x00\x00\x01\x02\x01\x28\x00", 2) is None
    assert level_in(b"", 2) is None


@given(st.binary(max_size=40), st.integers(1, 14))
def test_spoiled_extensions_give_a_level_or_none(data: bytes, number: int) -> None:
    level = level_in(b"\xbe\xde" + data, number)
    assert level is None or 0 <= level <= 127


@given(st.binary(max_size=80))
def test_noise_is_a_packet_or_a_value_error(data: bytes) -> None:
    try:
        read_packet(data)
    except ValueError:
        pass


@pytest.mark.parametrize(("seq", "of", "by"), [(5, 3, 2), (2, 0xFFFF, 3), (0xFFFE, 1, -3)])
def test_sequence_numbers_wrap(seq: int, of: int, by: int) -> None:
    assert ahead(seq, of) == by


def test_a_receiver_report_counts_what_is_missing() -> None:
    stream = OneLine().stream
    for n in range(100):
        if n % 10 != 5:
            count(stream, 9, (0xFFF0 + n) & 0xFFFF, n * 3_000, 90_000, n / 30)
    fraction, lost, highest, jitter = report(stream)
    assert (lost, highest, jitter) == (10, 0xFFF0 + 99, 0)
    assert fraction == 10 * 256 // 100
    assert report(stream)[0] == 0
