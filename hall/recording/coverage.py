"""What of a participant is recorded, and what is missing and why: spans and gaps over the indices alone.

What lives here is pure. A gap is longer than `GAP_MS`; what is shorter a player bridges. What may not: judging whose
fault a gap is (the journal tells what the hall noticed at that time), media bytes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hall.recording.manifest import Epoch, Fragment

GAP_MS: Final = 2_000

SILENCE: Final = "silence"
"""Nothing arrived though the connection stood: the only cause of a gap within one file."""

WORKER_LOST: Final = "worker_lost"
NOT_STARTED: Final = "not_started"
RUNNING: Final = "running"
"""The file has no end yet, and is the newest: what is missing at the end may still come."""

INTENDED: Final = frozenset({"stopped", "closed", "clock_advanced", NOT_STARTED, RUNNING})
"""Causes that are nobody's failure: the participant left or had not come, the room was closed for the day or for good,
a rehearsal's time was moved on. All others are losses."""


class Indexed(Protocol):
    """What is asked of one recording's index; `manifest.Verification` has it."""

    @property
    def epoch(self) -> Epoch | None: ...
    @property
    def fragments(self) -> Sequence[Fragment]: ...
    @property
    def end_cause(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of one file without a gap; [start, end) in ms hall time."""

    participant: str
    file: str
    epoch: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gap:
    """An interval of which nothing of a participant is recorded; ms hall time.

    cause: why the file before it ended (`stopped`, `closed`, `silent`, `connection_lost`, `reconnect`, `failed`,
    `hall_stopped`, `worker_lost`, `timestamps`, `parameters`, `clock_advanced`), or `silence`, `disk_refused`,
    `not_started`, `running`.
    """

    participant: str
    start: int
    end: int
    cause: str

    @property
    def intended(self) -> bool:
        """Whether nothing was lost: see `INTENDED`."""
        return self.cause in INTENDED


@dataclass(frozen=True, slots=True)
class Coverage:
    """Spans and gaps, by participant and time."""

    spans: tuple[Span, ...]
    gaps: tuple[Gap, ...]

    def of(self, participant: str) -> Coverage:
        """The same of one participant alone."""
        return Coverage(
            tuple(s for s in self.spans if s.participant == participant),
            tuple(g for g in self.gaps if g.participant == participant),
        )

    @property
    def recorded_ms(self) -> int:
        """Length of all spans."""
        return sum(s.end - s.start for s in self.spans)

    @property
    def lost_ms(self) -> int:
        """Length of the gaps that were not intended."""
        return sum(g.end - g.start for g in self.gaps if not g.intended)

    @property
    def share(self) -> float:
        """Recorded of what was to be recorded, 0 to 1."""
        due = self.recorded_ms + self.lost_ms
        return self.recorded_ms / due if due else 1.0


def coverage(indices: Iterable[Indexed], within: tuple[int, int] | None = None) -> Coverage:
    """Spans and gaps of everybody in `indices` (any order, epochs of several participants).

    within: (from, to) in ms hall time; then spans are cut to it, and what is missing before the first and behind the
    last file of a participant is a gap too. Without it only what is missing between files and inside them is.
    """
    files: dict[str, list[tuple[Epoch, Indexed]]] = {}
    for one in indices:
        if one.epoch is not None:
            files.setdefault(one.epoch.participant, []).append((one.epoch, one))
    spans: list[Span] = []
    gaps: list[Gap] = []
    for participant in sorted(files):
        own = sorted(files[participant], key=lambda f: f[0].epoch)
        pieces = list(_pieces(own))
        spans += [span for span, _ in pieces]
        holes = [
            Gap(participant, before.end, after.start, cause)
            for (before, cause), (after, _) in itertools.pairwise(pieces)
        ]
        if within is not None:
            holes = [*_edges(participant, pieces, within), *holes]
        gaps += sorted((g for g in holes if g.end - g.start > GAP_MS), key=lambda g: g.start)
    if within is None:
        return Coverage(tuple(spans), tuple(gaps))
    return Coverage(
        tuple(
            Span(s.participant, s.file, s.epoch, max(s.start, within[0]), min(s.end, within[1]))
            for s in spans
            if s.end > within[0] and s.start < within[1]
        ),
        tuple(
            Gap(g.participant, max(g.start, within[0]), min(g.end, within[1]), g.cause)
            for g in gaps
            if g.end > within[0] and g.start < within[1]
        ),
    )


def _edges(participant: str, pieces: Sequence[tuple[Span, str]], within: tuple[int, int]) -> Iterator[Gap]:
    start, end = within
    if not pieces:
        yield Gap(participant, start, end, NOT_STARTED)
        return
    yield Gap(participant, start, pieces[0][0].start, NOT_STARTED)
    last, cause = pieces[-1]
    yield Gap(participant, last.end, end, cause)


def _pieces(own: Sequence[tuple[Epoch, Indexed]]) -> Iterator[tuple[Span, str]]:
    """Spans of one participant in order, each with why it ended."""
    reached = 0
    for n, (epoch, one) in enumerate(own):
        following = own[n + 1][0] if n + 1 < len(own) else None
        start: int | None = None
        for fragment in one.fragments:
            if start is not None and fragment.utc - reached > GAP_MS:
                yield Span(epoch.participant, epoch.file, epoch.epoch, start, reached), SILENCE
                start = None
            if start is None:
                start = max(fragment.utc, reached)
            reached = max(reached, fragment.until)
        if start is not None and reached > start:
            span = Span(epoch.participant, epoch.file, epoch.epoch, start, reached)
            yield span, _why(one.end_cause, following)


def _why(end_cause: str | None, following: Epoch | None) -> str:
    if following is not None and following.cause == "disk_refused":
        return "disk_refused"  # the file before could not even be ended
    if end_cause is not None:
        return end_cause
    return RUNNING if following is None else WORKER_LOST
