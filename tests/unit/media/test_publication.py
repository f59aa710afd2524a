"""A publication hands each packet to its watchers and to the recorder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from hall.clock import ManualClock
from hall.media.exchange import TOGETHER, note, pass_time
from hall.media.loudness import heard
from hall.media.publication import Publication, Watch, Watches
from hall.media.tables import URGENT, Rows
from tests.one_line import Hearer


def heard_by(publication_rows: Rows) -> tuple[Watch, Hearer]:
    """Somebody who watches, and what reaches them."""
    hearer = Hearer(publication_rows, "audio", {"opus": 111})
    watch = Watch(publication_rows, lambda: None)
    watch.outlets["audio"] = hearer.outlet
    return watch, hearer


def speak(publication: Publication, *seqs: int) -> None:
    """Packets of sound come."""
    for seq in seqs:
        publication.hand_in("opus", seq, False, seq * 960, b"\x01\x02")


class Recorded:
    """A recorder that notes what reaches it."""

    def __init__(self) -> None:
        self.sounds = 0

    def begin(self, *, video: bool) -> None: ...

    def take(self, frames: Sequence[tuple[str, bytes, int, int, bool]]) -> None:
        self.sounds += len(frames)

    def sender_report(self, kind: Literal["video", "audio"], ntp: int, timestamp: int) -> None: ...

    def tick(self) -> None: ...

    def clock_advanced(self) -> None: ...

    def end(self, cause: str) -> None: ...


async def test_clause_4_4_who_is_muted_is_heard_by_nobody_and_recorded_all_the_same() -> None:
    clock, recorder, watches = ManualClock(), Recorded(), Watches()
    rows = Rows(clock.monotonic)
    publication = Publication(rows, watches, clock, lambda kind, at, detail: None)
    publication.enter(recorder, muted=False)
    watches["host"], watcher = heard_by(rows)
    speak(publication, 1)
    publication.muted = True
    speak(publication, 2, 3)
    assert len(watcher.heard()) == 1
    publication.muted = False
    speak(publication, 4)
    assert len(watcher.heard()) == 1
    publication.record()
    assert recorder.sounds == 4
    watcher.close()


async def test_who_speaks_is_told_when_it_changes_and_never_of_the_muted() -> None:
    clock = ManualClock()
    told: list[tuple[str, str]] = []
    rows = Rows(clock.monotonic)
    publication = Publication(rows, Watches(), clock, lambda kind, at, detail: told.append((kind, detail)))
    publication.enter(Recorded(), muted=False)

    def sound(level: int, seconds: float) -> None:
        for _ in range(int(seconds * 50)):
            clock.pass_ms(20)
            line = rows.lines[publication.row]
            if not publication.muted and heard(line, level, clock.monotonic()):
                note(rows.tables, publication.row, URGENT)
                rows.look()

    sound(80, 0.5)
    sound(20, 2.0)
    assert told == [("speaking", "1")]
    publication.muted = True
    assert told == [("speaking", "1"), ("speaking", "0")]
    sound(20, 2.0)
    publication.muted = False
    assert len(told) == 2
    sound(20, 1.0)
    clock.pass_ms(1_500)
    publication.tick(clock.monotonic())  # no packet any more
    assert told[2:] == [("speaking", "1"), ("speaking", "0")]


def alone(clock: ManualClock, recorder: Recorded) -> Publication:
    """A publication that nobody watches."""
    publication = Publication(Rows(clock.monotonic), Watches(), clock, lambda kind, at, detail: None)
    publication.enter(recorder, muted=False)
    return publication


async def test_packets_wait_for_the_recorder_no_longer_than_a_moment() -> None:
    clock, recorder = ManualClock(), Recorded()
    publication = alone(clock, recorder)
    speak(publication, 1, 2, 3)
    assert recorder.sounds == 1  # the first goes ahead
    clock.pass_ms(300)
    pass_time(publication.rows.tables, clock.monotonic())
    publication.rows.look()
    assert recorder.sounds == 3


async def test_a_hole_is_looked_into_at_once() -> None:
    clock, recorder = ManualClock(), Recorded()
    publication = alone(clock, recorder)
    speak(publication, 1, 2, 4)
    assert recorder.sounds == 2


async def test_what_is_recorded_in_turns_is_forwarded_before() -> None:
    turns: list[Callable[[], None]] = []
    clock, recorder, watches = ManualClock(), Recorded(), Watches()
    rows = Rows(clock.monotonic)
    publication = Publication(rows, watches, clock, lambda kind, at, detail: None, turns.append)
    publication.enter(recorder, muted=False)
    watches["host"], watcher = heard_by(rows)
    speak(publication, *range(TOGETHER + 5))
    assert (len(watcher.heard()), recorder.sounds, len(turns)) == (TOGETHER + 5, 1, 1)
    turns.pop()()
    assert recorder.sounds == TOGETHER + 5
    watcher.close()


async def test_a_publication_whose_packets_cannot_be_recorded_ends() -> None:
    class Broken(Recorded):
        def take(self, frames: Sequence[tuple[str, bytes, int, int, bool]]) -> None:
            if frames[0][2]:
                raise RuntimeError("no such packet was expected")

    publication = alone(ManualClock(), Broken())
    for seq in range(TOGETHER + 1):
        assert not publication.gone.is_set()
        speak(publication, seq)
    assert publication.gone.is_set()


async def test_a_publication_that_is_over_leaves_its_row_to_the_next_one() -> None:
    clock, told = ManualClock(), list[str]()
    rows = Rows(clock.monotonic)
    over = Publication(rows, Watches(), clock, lambda kind, at, detail: told.append(kind))
    over.enter(Recorded(), muted=False)
    speak(over, 1, 2)
    await over.close()
    await over.close()
    following = Publication(rows, Watches(), clock, lambda kind, at, detail: None)
    assert following.row == over.row
    recorder = Recorded()
    following.enter(recorder, muted=False)
    told.clear()
    clock.pass_ms(20_000)
    speak(over, 3)
    speak(following, 7)
    over.muted = True
    over.tick(clock.monotonic())
    over.report()
    assert (told, over.sources, over.is_silent(), following.muted) == ([], {}, False, False)
    assert recorder.sounds == 1
