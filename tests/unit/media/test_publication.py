"""A publication hands each packet to its watchers and to the recorder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from hall.clock import HallClock, ManualClock
from hall.media.forward import Outlet
from hall.media.publication import TOGETHER, Publication, Watch
from hall.media.rtp import Packet


class Heard(Watch):
    """A watcher that counts what goes out to it."""

    def __init__(self) -> None:
        super().__init__(HallClock(), lambda: None)
        self.heard = 0
        self.outlets["audio"] = Outlet(self._put, 1, 48_000, {"opus": 111}, 0, 0)

    def _put(self, head: bytes, payload: bytes) -> None:
        self.heard += 1


class Recorded:
    """A recorder that notes what reaches it."""

    def __init__(self) -> None:
        self.sounds = 0

    def begin(self, *, video: bool) -> None: ...

    def video(self, codec: str, units: Sequence[bytes], timestamp: int, arrived: int) -> None: ...

    def audio(self, packet: bytes, timestamp: int, arrived: int) -> None:
        self.sounds += 1

    def sender_report(self, kind: Literal["video", "audio"], ntp: int, timestamp: int) -> None: ...

    def tick(self) -> None: ...

    def clock_advanced(self) -> None: ...

    def end(self, cause: str) -> None: ...


async def test_clause_4_4_who_is_muted_is_heard_by_nobody_and_recorded_all_the_same() -> None:
    watcher, recorder = Heard(), Recorded()
    publication = Publication({"host": watcher}, HallClock(), lambda kind, at, detail: None)
    publication.listener = recorder

    def speaks(seq: int) -> None:
        publication.on_packet("audio", "opus", Packet(111, False, seq, seq * 960, 1, b"\x01\x02"), seq / 50)

    speaks(1)
    publication.muted = True
    speaks(2)
    speaks(3)
    assert watcher.heard == 1
    publication.muted = False
    speaks(4)
    assert watcher.heard == 2
    publication.record()
    assert recorder.sounds == 4


async def test_who_speaks_is_told_when_it_changes_and_never_of_the_muted() -> None:
    clock = ManualClock()
    told: list[tuple[str, str]] = []
    publication = Publication({}, clock, lambda kind, at, detail: told.append((kind, detail)))
    publication.listener = Recorded()

    def sound(level: int, seconds: float) -> None:
        for _ in range(int(seconds * 50)):
            clock.pass_ms(20)
            publication.on_level(level, clock.monotonic())

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


async def test_packets_wait_for_the_recorder_no_longer_than_a_moment() -> None:
    clock, recorder = ManualClock(), Recorded()
    publication = Publication({}, clock, lambda kind, at, detail: None)
    publication.listener = recorder
    for seq in (1, 2, 3):
        publication.on_packet(
            "audio", "opus", Packet(111, False, seq, seq * 960, 1, b"\x01"), clock.monotonic()
        )
    assert recorder.sounds == 1  # the first goes ahead
    clock.pass_ms(300)
    publication.tick(clock.monotonic())
    assert recorder.sounds == 3


async def test_a_hole_is_looked_into_at_once() -> None:
    clock, recorder = ManualClock(), Recorded()
    publication = Publication({}, clock, lambda kind, at, detail: None)
    publication.listener = recorder
    for seq in (1, 2, 4):
        publication.on_packet(
            "audio", "opus", Packet(111, False, seq, seq * 960, 1, b"\x01"), clock.monotonic()
        )
    assert recorder.sounds == 2


async def test_what_is_recorded_in_turns_is_forwarded_before() -> None:
    turns: list[Callable[[], None]] = []
    watcher, recorder = Heard(), Recorded()
    publication = Publication({"host": watcher}, HallClock(), lambda kind, at, detail: None, turns.append)
    publication.listener = recorder

    def speaks(seq: int) -> None:
        publication.on_packet("audio", "opus", Packet(111, False, seq, seq * 960, 1, b"\x01"), seq / 50)

    for seq in range(TOGETHER + 5):
        speaks(seq)
    assert (watcher.heard, recorder.sounds, len(turns)) == (TOGETHER + 5, 0, 1)
    turns.pop()()
    assert recorder.sounds == TOGETHER + 5


async def test_a_publication_whose_packets_cannot_be_recorded_ends() -> None:
    class Broken(Recorded):
        def audio(self, packet: bytes, timestamp: int, arrived: int) -> None:
            if timestamp:
                raise RuntimeError("no such packet was expected")

    publication = Publication({}, HallClock(), lambda kind, at, detail: None)
    publication.listener = Broken()
    for seq in range(TOGETHER):
        assert not publication.gone.is_set()
        publication.on_packet("audio", "opus", Packet(111, False, seq, seq * 960, 1, b"\x01"), seq / 50)
    assert publication.gone.is_set()
