"""Each watcher gets its own numbers, without a hole or a jump when the source changes."""

from __future__ import annotations

from hall.media.forward import KeyframeGate, Outlet, Source
from hall.media.rtp import Packet, read_packet


class Line(Outlet):
    """An outlet that notes what goes out."""

    def __init__(self) -> None:
        self.out: list[bytes] = []
        super().__init__(
            lambda head, payload: self.out.append(head + payload),
            ssrc=42,
            rate=90_000,
            payload_types={"h264": 108, "vp8": 96},
            seq=65_534,
            timestamp=1_000,
        )


def packet(seq: int, timestamp: int, payload: bytes = b"x") -> Packet:
    return Packet(102, True, seq, timestamp, 7, payload)


def through(line: Line, source: Source, one: Packet, now: float) -> bytes:
    """What goes out for a packet of a source."""
    source.keep(one)
    line.send(source, one, now)
    return line.out[-1]


def test_a_packet_gets_the_watchers_own_numbers() -> None:
    line, source = Line(), Source("video", "h264")
    read = [read_packet(through(line, source, packet(500 + n, 9_000 * n), 0.1 * n)) for n in range(4)]
    assert [p.seq for p in read] == [65_534, 65_535, 0, 1]
    assert [p.timestamp for p in read] == [1_000, 10_000, 19_000, 28_000]
    assert {(p.ssrc, p.payload_type, p.marker, p.payload) for p in read} == {(42, 108, True, b"x")}


def test_a_new_source_goes_on_where_the_old_one_stopped() -> None:
    line, first, second = Line(), Source("video", "h264"), Source("video", "vp8")
    through(line, first, packet(10, 5_000), 1.0)
    after = read_packet(through(line, second, packet(9_999, 77), 3.0))
    assert (after.seq, after.payload_type) == (65_535, 96)
    assert after.timestamp == 1_000 + 2 * 90_000
    assert line.shifted(second, 77) == after.timestamp
    assert line.shifted(first, 5_000) is None


def test_order_and_holes_are_passed_on_as_they_are() -> None:
    line, source = Line(), Source("video", "h264")
    for seq in (10, 12, 11):
        through(line, source, packet(seq, 0), 0.0)
    assert line.seq == (65_534 + 3) & 0xFFFF
    line.send_again(65_535)
    assert [read_packet(data).seq for data in line.out] == [65_534, 0, 65_535, 65_535]


def test_a_codec_that_was_not_agreed_is_not_sent() -> None:
    line = Line()
    line.send(Source("video", "av1"), packet(1, 1), 0.0)
    assert line.out == []


def test_packets_of_padding_leave_no_hole() -> None:
    assert len(through(Line(), Source("video", "h264"), packet(1, 1, b""), 0.0)) == 12


def test_a_lost_packet_is_sent_again_as_it_was_while_it_is_remembered() -> None:
    line, source = Line(), Source("video", "h264")
    first = through(line, source, packet(1, 1), 0.0)
    line.send_again(65_534)
    assert line.out == [first, first]
    line.send_again(3)
    for n in range(2, 600):
        through(line, source, packet(n, n), 0.0)
    sent = len(line.out)
    line.send_again(65_534)
    assert len(line.out) == sent


def test_who_is_asked_whether_packets_follow_each_other_knows_a_hole() -> None:
    source = Source("video", "h264")
    assert [source.follows(packet(seq, 0)) for seq in (65_535, 0, 1, 3, 2, 3)][1:] == [
        True,
        True,
        False,
        False,
        True,
    ]


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
