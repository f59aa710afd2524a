"""What is recorded and what is missing, with its cause, from the indices alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.recording.coverage import GAP_MS, Coverage, Span, coverage
from hall.recording.manifest import Epoch, EpochCause, IndexWriter, Verification, verify_recording

START = 1_000_000


def index(
    number: int,
    times: Sequence[int],
    *,
    end: str | None = "stopped",
    cause: EpochCause = "reconnect",
    participant: str = "host",
) -> Verification:
    """An index with half a second from each of `times` on (ms after START)."""
    epoch = Epoch(
        "o-1", participant, number, f"{number:03d}.mp4", "video/mp4", "x", 2, 2, START + times[0], cause
    )
    writer = IndexWriter(epoch)
    lines, media = writer.init(b"i"), b"i"
    for at in times:
        lines += writer.fragment(b"f", utc=START + at, duration=500, keyframe=True, video=7, audio=25)
        media += b"f"
    return verify_recording(media, lines + (writer.end(end) if end else b""))


def shape(found: Coverage) -> tuple[list[tuple[int, int]], list[tuple[int, int, str]]]:
    return (
        [(s.start - START, s.end - START) for s in found.spans],
        [(g.start - START, g.end - START, g.cause) for g in found.gaps],
    )


def test_a_file_without_a_hole_is_one_span() -> None:
    found = coverage([index(1, [0, 500, 1_000])])
    assert found.spans == (Span("host", "001.mp4", 1, START, START + 1_500),)
    assert found.gaps == ()
    assert (found.recorded_ms, found.share) == (1_500, 1.0)


def test_a_hole_within_a_file_is_silence_and_two_seconds_are_none() -> None:
    found = coverage([index(1, [0, 2_500, 5_001])])
    assert shape(found) == ([(0, 3_000), (5_001, 5_501)], [(3_000, 5_001, "silence")])


@pytest.mark.parametrize(
    ("end", "cause", "told"),
    [
        ("reconnect", "reconnect", "reconnect"),
        ("connection_lost", "reconnect", "connection_lost"),
        ("worker_lost", "reconnect", "worker_lost"),
        (None, "reconnect", "worker_lost"),
        (None, "disk_refused", "disk_refused"),
        ("worker_lost", "disk_refused", "disk_refused"),
        ("clock_advanced", "clock_advanced", "clock_advanced"),
    ],
)
def test_between_files_the_end_of_the_first_says_why(end: str | None, cause: EpochCause, told: str) -> None:
    found = coverage([index(2, [9_000], cause=cause), index(1, [0], end=end)])
    assert shape(found) == ([(0, 500), (9_000, 9_500)], [(500, 9_000, told)])
    assert found.lost_ms == (0 if told == "clock_advanced" else 8_500)


def test_participants_are_told_apart() -> None:
    found = coverage([index(1, [0, 9_000]), index(1, [4_000], participant="bidder-1")])
    assert [s.participant for s in found.spans] == ["bidder-1", "host", "host"]
    assert found.of("bidder-1").gaps == ()
    assert len(found.of("host").gaps) == 1


def test_within_an_interval_what_is_missing_at_its_edges_is_a_gap_too() -> None:
    found = coverage([index(1, [4_000], end=None)], (START, START + 10_000))
    assert shape(found) == (
        [(4_000, 4_500)],
        [(0, 4_000, "not_started"), (4_500, 10_000, "running")],
    )
    assert found.lost_ms == 0
    cut = coverage([index(1, [0, 500, 9_000])], (START + 200, START + 5_000))
    assert shape(cut) == ([(200, 1_000)], [(1_000, 5_000, "silence")])


def test_a_file_without_a_fragment_covers_nothing() -> None:
    empty = verify_recording(b"", b"")
    assert coverage([empty]) == Coverage((), ())


@given(st.lists(st.integers(0, 4_000), min_size=1, max_size=30), st.data())
@settings(deadline=None)
def test_spans_and_gaps_lie_in_order_and_never_overlap(steps: list[int], data: st.DataObject) -> None:
    times, at = [], 0
    for step in steps:
        times.append(at)
        at += 500 + step
    cut = data.draw(st.integers(1, len(times)))
    files = [index(1, times[:cut]), *([index(2, times[cut:])] if times[cut:] else [])]
    found = coverage(files)
    marks = sorted([(s.start, s.end) for s in found.spans] + [(g.start, g.end) for g in found.gaps])
    assert all(start < end for start, end in marks)
    assert all(b[0] - a[1] in range(GAP_MS + 1) for a, b in itertools.pairwise(marks))
    assert all(g.end - g.start > GAP_MS for g in found.gaps)
    assert marks[0][0] == START and marks[-1][1] == START + times[-1] + 500
