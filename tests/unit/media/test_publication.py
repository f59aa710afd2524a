"""A publication hands each packet to its watchers and to the recorder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hall.clock import HallClock
from hall.media.forward import Source
from hall.media.publication import Publication, Watch
from hall.media.rtp import Packet


class Heard(Watch):
    """A watcher that notes what it was given."""

    def __init__(self) -> None:
        super().__init__(HallClock(), lambda: None)
        self.kinds: list[str] = []

    def forward(self, source: Source, packet: Packet, now: float) -> None:
        self.kinds.append(source.kind)


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
    assert watcher.kinds == ["audio"]
    publication.muted = False
    speaks(4)
    assert watcher.kinds == ["audio", "audio"]
    publication.record()
    assert recorder.sounds == 4
