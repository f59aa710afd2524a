"""RTP timestamps become hall time without stepping and without believing the sender's clock."""

from __future__ import annotations

import pytest

from hall.recording.timeline import Timeline, opus_ticks

NOON = 1_795_000_000_000


def test_the_least_delayed_packet_anchors_a_track() -> None:
    line = Timeline()
    for n, delay in enumerate((40, 5, 90, 30)):
        ticks = line.arrived("video", 1_000 + n * 9_000, 90_000, NOON + n * 100 + delay)
    assert line.utc("video", ticks) == pytest.approx(NOON + 300 + 5)


def test_timestamps_run_on_over_the_wrap() -> None:
    line = Timeline()
    first = line.arrived("audio", 0xFFFFFF00, 48_000, NOON)
    second = line.arrived("audio", 0x2C0, 48_000, NOON + 20)
    assert second - first == 960


def test_reports_of_all_tracks_tie_sound_to_picture() -> None:
    line = Timeline()
    sender = 5_000_000 << 32  # the sender's clock is wrong by decades, as some are
    for n in range(50):
        video = line.arrived("video", n * 1_800, 90_000, NOON + n * 20 + 60)  # pictures come 60 ms late
        audio = line.arrived("audio", n * 960, 48_000, NOON + n * 20)
    assert line.utc("video", video) - line.utc("audio", audio) == pytest.approx(60)
    line.reported("video", sender, 0)
    assert line.utc("video", video) - line.utc("audio", audio) == pytest.approx(60)  # one report ties nothing
    line.reported("audio", sender, 0)
    for n in range(50, 100):
        video = line.arrived("video", n * 1_800, 90_000, NOON + n * 20 + 60)
        audio = line.arrived("audio", n * 960, 48_000, NOON + n * 20)
    assert line.utc("video", video) == pytest.approx(line.utc("audio", audio))
    assert line.utc("audio", audio) == pytest.approx(NOON + 99 * 20)


def test_a_drifting_sender_is_followed() -> None:
    line = Timeline()
    for n in range(3_000):  # a minute of 20 ms packets from a clock that runs 1 % slow
        ticks = line.arrived("audio", n * 960, 48_000, NOON + n * 20 + n // 5)
    assert line.utc("audio", ticks) == pytest.approx(NOON + 3_000 * 20 + 600, abs=250)


def test_a_sender_cannot_write_itself_into_the_future() -> None:
    line = Timeline()
    line.arrived("video", 0, 90_000, NOON)
    assert not line.strays("video", 9_000, NOON + 100)
    assert line.strays("video", 90_000 * 60, NOON + 100)
    assert not line.strays("video", 9_000, NOON + 9_000)
    assert line.strays("video", 9_000, NOON + 11_000)
    assert not line.strays("audio", 5, NOON)


def test_reports_that_contradict_the_arrivals_are_not_believed() -> None:
    line = Timeline()
    line.arrived("video", 0, 90_000, NOON)
    line.reported("video", 1 << 32, 90_000 * 3600)
    ticks = line.arrived("video", 9_000, 90_000, NOON + 100)
    assert line.utc("video", ticks) == pytest.approx(NOON + 100)


@pytest.mark.parametrize(
    ("packet", "ticks"),
    [
        (b"", 960),
        (b"\xfc\xff", 960),
        (b"\xf8\xff\xfe", 960),
        (b"\xf9ab", 1_920),
        (b"\x18x", 2_880),
        (b"\xff\x03abc", 2_880),
    ],
)
def test_an_opus_packet_says_how_long_it_is(packet: bytes, ticks: int) -> None:
    assert opus_ticks(packet) == ticks
