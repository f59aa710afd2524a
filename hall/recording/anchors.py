"""Where the ticks of an epoch's tracks lie in hall time, and how frames that wait become samples of its file.

What lives here: the anchors of one epoch, moved only between fragments, and the columns of a fragment. What may not:
when a fragment ends, files, clocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import sub
from typing import Final

from hall.recording.segments import AUDIO_RATE, VIDEO_RATE, Samples
from hall.recording.timeline import Kind, Timeline, fitted, opus_ticks

REANCHOR_MS: Final = 15
RATES: Final[dict[Kind, int]] = {"video": VIDEO_RATE, "audio": AUDIO_RATE}

Pending = tuple[int, int, bool, bytes]
"""A frame or packet not yet written: its running ticks, its arrival in hall ms, whether a player can begin with it, the
bytes as a sample stores them. A plain tuple, because thousands are made each second.
"""


class Anchors:
    """Hall time of each track's ticks within one epoch. `zero`: hall time in ms at which the file begins."""

    __slots__ = ("_at", "_ends", "zero")

    def __init__(self, timeline: Timeline) -> None:
        self.zero = 0
        self._at: dict[Kind, float] = {}
        self._ends: dict[Kind, int] = {}
        self.follow(timeline)

    def follow(self, timeline: Timeline) -> list[tuple[Kind, float]]:
        """Follow the sender's clock in steps that matter, only between fragments: the tracks moved, and by how many
        ms.
        """
        moved: list[tuple[Kind, float]] = []
        for kind, track in timeline.tracks.items():
            fresh = timeline.utc(kind, track.ticks) - track.ticks * 1000 / track.rate
            held = self._at.get(kind)
            if held is None:
                self._at[kind] = fresh
            elif abs(fresh - held) > REANCHOR_MS:
                self._at[kind] = fresh
                moved.append((kind, fresh - held))
        return moved

    def hall_time(self, kind: Kind, ticks: int) -> float:
        """Hall time in ms of a track's running ticks."""
        return self._at[kind] + ticks * 1000 / RATES[kind]

    def before(self, pending: Sequence[Pending], until: float) -> int:
        """How many packets of sound begin before a moment of hall time."""
        limit = (until - self._at["audio"]) * AUDIO_RATE / 1000
        for n, one in enumerate(pending):
            if one[0] >= limit:
                return n
        return len(pending)

    def samples(self, kind: Kind, pending: Sequence[Pending], stop: int | None) -> Samples:
        """Pending frames, at least one, as samples: each lasts until the next begins, so that a gap shows as a held
        picture. stop: running ticks at which the last one ends; None for sound, which says itself how long it is.
        """
        ticks: tuple[int, ...]
        ticks, _, keyframes, data = zip(*pending, strict=True)
        if stop is None:
            stop = ticks[-1] + opus_ticks(data[-1])
        offset = round((self.hall_time(kind, ticks[0]) - self.zero) * RATES[kind] / 1000) - ticks[0]
        start, floor = ticks[0] + offset, self._ends.get(kind, 0)
        durations = [*map(sub, (*ticks[1:], stop), ticks)]
        if start < floor or min(durations) <= 0:
            # A sender whose timestamps go backwards gets samples of one tick: file time never runs backwards.
            edges = fitted([at + offset for at in accumulate((*ticks, stop), max)], floor)
            start, durations = edges[0], [*map(sub, edges[1:], edges)]
        found = Samples(start, durations, keyframes, data)
        self._ends[kind] = found.end
        return found
