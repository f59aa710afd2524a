"""RTP timestamps become hall time without stepping and without believing the sender's clock."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.recording.timeline import FUTURE_MS, LATE_MS, Kind, Lateness, Timeline, fitted, opus_ticks

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
    assert not line.strays("video", 9_000, NOON + 60_000)  # late, and not dated wrongly
    assert line.strays("video", 9_000, NOON + 61_000)
    assert not line.strays("audio", 5, NOON)


def test_timestamps_may_not_go_back_by_much() -> None:
    line = Timeline()
    for n in range(0, 12_001, 1_000):
        line.arrived("video", n * 90, 90_000, NOON + n)
    assert not line.strays("video", 90 * 2_000, NOON + 12_001)
    assert line.strays("video", 90 * 1_900, NOON + 12_001)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["video", "audio", None]), st.integers(0, 3_000), st.integers(-2_000, 4_000)
        ),
        max_size=60,
    )
)
@settings(deadline=None)
def test_what_comes_in_time_is_dated_like_everything_else(
    steps: list[tuple[Kind | None, int, int]],
) -> None:
    short, long = Timeline(), Timeline()
    rates: dict[Kind, int] = {"video": 90_000, "audio": 48_000}
    for line in (short, long):
        for each, rate in rates.items():
            line.arrived(each, 0xFFFFF000, rate, NOON)
    now = NOON
    for kind, passed, delay in steps:
        now += passed
        if kind is None:  # both senders report
            for line in (short, long):
                for each, rate in rates.items():
                    ntp = ((now - NOON) << 32) // 1000 + (5 << 32)
                    line.reported(each, ntp, (0xFFFFF000 + (now - NOON) * rate // 1000) & 0xFFFFFFFF)
            continue
        timestamp = (0xFFFFF000 + (now - NOON - delay) * rates[kind] // 1000) & 0xFFFFFFFF
        behind = long.behind(kind, timestamp, now)
        assert behind is not None
        is_late = not -FUTURE_MS <= behind <= LATE_MS
        expected = None if is_late else long.arrived(kind, timestamp, rates[kind], now)
        assert short.in_time(kind, timestamp, now) == expected
        assert all(short.utc(each, 0) == long.utc(each, 0) for each in rates)


def judged(steps: list[tuple[float, int]]) -> list[str]:
    """Judgements of packets that lie so many ms behind, at so many ms after NOON."""
    late = Lateness()
    return [late.judge(behind, NOON + at, fresh=False) for behind, at in steps]


def test_jitter_is_placed_at_once() -> None:
    assert set(judged([(float(n * 37 % LATE_MS), n * 20) for n in range(200)])) == {"place"}


def test_a_backlog_is_placed_as_soon_as_it_catches_up() -> None:
    burst = judged([(12_000 - n * 95.0, n * 5) for n in range(120)])
    assert burst[:3] == ["wait"] * 3
    assert burst[-1] == "place"
    assert "stood_still" not in burst
    assert burst.index("place") * 5 < 400


def test_a_backlog_on_a_narrow_line_is_placed_after_a_second() -> None:
    found = judged([(12_000 - n * 50.0, n * 100) for n in range(180)])
    assert found[:10] == ["wait"] * 10
    assert set(found[11:]) == {"place"}


def test_a_clock_that_stood_still_is_found_after_a_second() -> None:
    found = judged([(12_000.0, n * 100) for n in range(12)])
    assert found[:10] == ["wait"] * 10
    assert found[10] == "stood_still"


def test_a_backlog_that_stops_catching_up_stood_still_after_all() -> None:
    steps = [(20_000 - n * 90.0, n * 10) for n in range(100)]
    found = judged(steps + [(11_000.0, 1_000 + n * 100) for n in range(25)])
    assert found[99] == "place"
    assert found.index("stood_still") > 105


def test_the_first_packets_wait_until_they_can_be_dated() -> None:
    late = Lateness()
    assert late.judge(None, NOON, fresh=True) == "wait"
    assert late.judge(None, NOON + 399, fresh=True) == "wait"
    assert not late.overdue(NOON + 399, fresh=True)
    assert late.overdue(NOON + 400, fresh=True)
    assert late.judge(None, NOON + 400, fresh=True) == "place"


def test_samples_are_drawn_together_where_time_would_run_backwards() -> None:
    assert fitted([100, 200, 300], 0) == [100, 200, 300]
    assert fitted([100, 200, 300], 100) == [100, 200, 300]
    assert fitted([100, 200, 300], 200) == [200, 250, 300]
    assert fitted([100, 200, 300], 500) == [500, 501, 502]
    assert fitted([100, 100, 100], 0) == [100, 101, 102]


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=30), st.integers(0, 300_000))
@settings(deadline=None)
def test_samples_rise_from_the_floor_and_end_where_they_are_to(steps: list[int], floor: int) -> None:
    edges = list(itertools.accumulate(steps))
    found = fitted(edges, floor)
    assert found[0] >= floor
    assert all(a < b for a, b in itertools.pairwise(found))
    assert found[-1] <= max(edges[-1], floor, edges[0]) + len(edges)


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
