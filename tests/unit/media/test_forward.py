"""Each watcher gets its own numbers, without a hole or a jump when the source changes."""

from __future__ import annotations

from hall.media.forward import KeyframeGate, Outlet, Source
from hall.media.rtp import Packet, read_packet


def outlet() -> Outlet:
    return Outlet(ssrc=42, rate=90_000, payload_types={"h264": 108, "vp8": 96}, seq=65_534, timestamp=1_000)


def packet(seq: int, timestamp: int, payload: bytes = b"x") -> Packet:
    return Packet(102, True, seq, timestamp, 7, payload)


def through(line: Outlet, source: Source, one: Packet, now: float) -> bytes:
    """What goes out for a packet of a source."""
    source.keep(one)
    head = line.rewrite(source, one, now)
    assert head is not None
    return head + one.payload


def test_a_packet_gets_the_watchers_own_numbers() -> None:
    line, source = outlet(), Source("video", "h264")
    read = [read_packet(through(line, source, packet(500 + n, 9_000 * n), 0.1 * n)) for n in range(4)]
    assert [p.seq for p in read] == [65_534, 65_535, 0, 1]
    assert [p.timestamp for p in read] == [1_000, 10_000, 19_000, 28_000]
    assert {(p.ssrc, p.payload_type, p.marker, p.payload) for p in read} == {(42, 108, True, b"x")}


def test_a_new_source_goes_on_where_the_old_one_stopped() -> None:
    line, first, second = outlet(), Source("video", "h264"), Source("video", "vp8")
    through(line, first, packet(10, 5_000), 1.0)
    after = read_packet(through(line, second, packet(9_999, 77), 3.0))
    assert (after.seq, after.payload_type) == (65_535, 96)
    assert after.timestamp == 1_000 + 2 * 90_000
    assert line.shifted(second, 77) == after.timestamp
    assert line.shifted(first, 5_000) is None


def test_order_and_holes_are_passed_on_as_they_are() -> None:
    line, source = outlet(), Source("video", "h264")
    for seq in (10, 12, 11):
        through(line, source, packet(seq, 0), 0.0)
    assert line.seq == (65_534 + 3) & 0xFFFF
    assert line.again(65_535) is not None


def test_a_codec_that_was_not_agreed_is_not_sent() -> None:
    assert outlet().rewrite(Source("video", "av1"), packet(1, 1), 0.0) is None


def test_packets_of_padding_leave_no_hole() -> None:
    assert outlet().rewrite(Source("video", "h264"), packet(1, 1, b""), 0.0) is not None


def test_a_lost_packet_is_sent_again_as_it_was_while_it_is_remembered() -> None:
    line, source = outlet(), Source("video", "h264")
    first = through(line, source, packet(1, 1), 0.0)
    again = line.again(65_534)
    assert again is not None and b"".join(again) == first
    assert line.again(3) is None
    for n in range(2, 600):
        through(line, source, packet(n, n), 0.0)
    assert line.again(65_534) is None


def test_keyframes_are_asked_for_at_most_twice_a_second_and_none_is_forgotten() -> None:
    asked: list[float] = []
    now = 0.0
    gate = KeyframeGate(lambda: asked.append(now))
    for now in (0.0, 0.1, 0.2, 0.3):
        gate.request(now)
    assert asked == [0.0]
    for now in (0.4, 0.5, 0.6, 2.0):
        gate.tick(now)
    assert asked == [0.0, 0.5]
