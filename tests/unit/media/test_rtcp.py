"""RTCP is written so that another library reads it, and read from what that library writes."""

from __future__ import annotations

from typing import Any

import pytest
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from hall.media import rtcp

SEQ = st.integers(0, 0xFFFF)


def read(data: bytes) -> Any:
    [packet] = RtcpPacket.parse(data)
    return packet


def test_a_sender_report_with_its_name_is_understood() -> None:
    data = rtcp.sender_report(7, 1 << 40, 90_000, 5, 1 << 33) + rtcp.description([7, 8], b"hall")
    report, names = RtcpPacket.parse(data)
    assert (report.ssrc, report.sender_info.ntp_timestamp, report.sender_info.rtp_timestamp) == (
        7,
        1 << 40,
        90_000,
    )
    assert [chunk.ssrc for chunk in names.chunks] == [7, 8]
    assert rtcp.read_rtcp(data) == [rtcp.SenderReport(7, 1 << 40, 90_000)]


def test_a_receiver_report_with_its_limit_is_understood() -> None:
    block = rtcp.ReceptionBlock(9, 25, 3, 70_000, 12, 0x1234_5678, 65_536)
    data = rtcp.receiver_report(1, [block, block]) + rtcp.bitrate_limit(1, 800_000, 9)
    report, limit = RtcpPacket.parse(data)
    first = report.reports[0]
    assert len(report.reports) == 2
    assert (first.ssrc, first.fraction_lost, first.packets_lost, first.highest_sequence) == (9, 25, 3, 70_000)
    assert (first.jitter, first.lsr, first.dlsr) == (12, 0x1234_5678, 65_536)
    bits, ssrcs = unpack_remb_fci(limit.fci)
    assert ssrcs == [9]
    assert 790_000 < bits <= 800_000


def test_a_keyframe_request_is_understood() -> None:
    wish = read(rtcp.keyframe_request(1, 9))
    assert isinstance(wish, RtcpPsfbPacket)
    assert (wish.fmt, wish.ssrc, wish.media_ssrc) == (rtcp.PICTURE_LOSS, 1, 9)
    assert rtcp.read_rtcp(bytes(wish)) == [rtcp.KeyframeWanted()]


@given(SEQ, st.sets(st.integers(0, 200), min_size=1, max_size=60))
def test_what_is_asked_for_again_arrives_as_it_was_asked(start: int, steps: set[int]) -> None:
    missing = [start + step & 0xFFFF for step in sorted(steps)]
    data = rtcp.again_request(1, 9, missing)
    assert rtcp.read_rtcp(data) == [rtcp.Again(9, tuple(missing))]
    wish = read(data)
    assert isinstance(wish, RtcpRtpfbPacket)
    assert {seq & 0xFFFF for seq in wish.lost} == set(missing)


def test_what_the_library_reports_is_read() -> None:
    info = RtcpSenderInfo(ntp_timestamp=5 << 32, rtp_timestamp=6, packet_count=7, octet_count=8)
    name = RtcpSdesPacket([RtcpSourceInfo(4, [(1, b"somebody")])])
    data = bytes(RtcpSrPacket(4, info)) + bytes(name)
    assert rtcp.read_rtcp(data) == [rtcp.SenderReport(4, 5 << 32, 6)]


@pytest.mark.parametrize(
    "data", [b"\x80", b"\x80\xc8\x00\x06short", b"\x00\xc8\x00\x00", b"\x81\xc9\x00\x02" * 2]
)
def test_what_is_no_rtcp_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="RTCP"):
        rtcp.read_rtcp(data)


@given(st.binary(max_size=120))
def test_noise_is_read_or_refused(data: bytes) -> None:
    try:
        rtcp.read_rtcp(data)
    except ValueError:
        pass
