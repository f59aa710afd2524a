"""Each watcher gets its own numbers, without a hole or a jump when the source changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hall.media.forward import KeyframeGate
from hall.media.tables import SLOTS, VIDEO
from tests.one_line import Hearer, OneLine, to


@pytest.fixture
def line() -> OneLine:
    return OneLine("h264")


@pytest.fixture
def hearer(line: OneLine) -> Iterator[Hearer]:
    found = Hearer(line.rows)
    to(line, [found])
    yield found
    found.close()


def test_a_packet_gets_the_watchers_own_numbers(line: OneLine, hearer: Hearer) -> None:
    for n in range(4):
        line.take(500 + n, 9_000 * n, b"xy", now=0.1 * n)
    read = hearer.heard()
    assert [p.seq for p in read] == [65_534, 65_535, 0, 1]
    assert [p.timestamp for p in read] == [1_000, 10_000, 19_000, 28_000]
    assert {(p.ssrc, p.payload_type, p.marker, p.payload) for p in read} == {(42, 108, True, b"xy")}
    assert (hearer.outlet.packets, hearer.outlet.octets) == (4, 8)


def test_a_new_source_goes_on_where_the_old_one_stopped(line: OneLine, hearer: Hearer) -> None:
    line.take(10, 5_000, b"\x65x", now=1.0)
    first = line.source
    line.codec = "vp8"
    line.take(9_999, 77, b"\x10x", now=3.0)
    after = hearer.heard()[-1]
    assert (after.seq, after.payload_type) == (65_535, 96)
    assert after.timestamp == 1_000 + 2 * 90_000
    assert hearer.outlet.shifted(line.source, 77) == after.timestamp
    assert hearer.outlet.shifted(first, 5_000) is None


def test_order_and_holes_are_passed_on_as_they_are(line: OneLine, hearer: Hearer) -> None:
    for seq in (10, 12, 11):
        line.take(seq, 0, b"\x41x")
    sent = hearer.encrypted()
    assert [int.from_bytes(data[2:4], "big") for data in sent] == [65_534, 0, 65_535]
    hearer.outlet.send_again(65_535)
    assert hearer.encrypted() == sent[2:]


def test_a_codec_that_was_not_agreed_is_not_sent(line: OneLine) -> None:
    deaf = Hearer(line.rows, payload_types={"vp8": 96})
    to(line, [deaf])
    line.take(1, 1, b"\x65x")
    assert deaf.heard() == []
    deaf.close()


def test_packets_of_padding_leave_no_hole(line: OneLine, hearer: Hearer) -> None:
    line.take(1, 1, b"")
    assert [p.payload for p in hearer.heard()] == [b""]


def test_a_lost_packet_is_sent_again_as_it_was_while_it_is_remembered(line: OneLine, hearer: Hearer) -> None:
    line.take(1, 1, b"\x65first")
    hearer.outlet.send_again(65_534)
    first, again = hearer.encrypted()
    assert first == again
    hearer.outlet.send_again(3)
    assert hearer.encrypted() == []
    for n in range(2, SLOTS[VIDEO] + 2):
        line.take(n, n, b"\x41x")
    hearer.encrypted()
    hearer.outlet.send_again(65_534)
    assert hearer.encrypted() == []


def test_each_gets_a_packet_once_and_who_left_gets_none(line: OneLine, hearer: Hearer) -> None:
    other = Hearer(line.rows)
    to(line, [hearer, other])
    line.take(1, 1, b"\x65x")
    assert (len(hearer.heard()), len(other.heard())) == (1, 1)
    to(line, [other])
    line.take(2, 2, b"\x41x")
    assert (len(hearer.heard()), len(other.heard())) == (0, 1)
    other.close()


def test_a_row_that_is_given_to_another_watcher_gets_nothing_of_what_the_first_one_watched(
    line: OneLine, hearer: Hearer
) -> None:
    line.rows.give_back_line(hearer.row)  # and nobody told the publication
    other = Hearer(line.rows)
    assert other.outlet.row == hearer.outlet.row
    line.take(1, 1, b"\x65x")
    assert (hearer.heard(), other.heard()) == ([], [])
    other.close()


def test_many_watchers_of_two_sockets_are_all_served(line: OneLine) -> None:
    hearers = [Hearer(line.rows) for _ in range(80)]
    to(line, hearers)
    for n in range(3):
        line.take(n, n, b"\x65x")
    assert [len(one.heard()) for one in hearers] == [3] * 80
    for one in hearers:
        one.close()


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
