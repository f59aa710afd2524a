"""Standstills as the rows tell them, and the time that counts beside them (clause 4.8). Written anew for the verifier.

A countdown runs while the opening does: not between the start of a fault and the end of the suspension that it caused.
Whatever the hall says about moved ends, only this arithmetic decides whether a limit was kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hall.evidence.case import Case
from hall.evidence.history import Fact


@dataclass(frozen=True, slots=True)
class Pause:
    """One standstill. `since`: start of its fault as it counts, `at`: when the countdowns stopped, `ended`: when they
    ran again, or the end of the journal; `continued`: when the decrypted went on after a split."""

    began: Fact
    since: int
    at: int
    ended: int
    continued: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch [start, end) of somebody's 60 minutes: running, frozen or given_back."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) of a decryption window; nothing after `stopped_at` was used, and [lost_from, lost_to) was the
    fault's."""

    start: int
    end: int
    stopped_at: int
    lost_from: int = 0
    lost_to: int = 0


def of_suspension(case: Case, number: int, *kinds: str) -> list[Fact]:
    """Rows of these kinds that belong to one suspension."""
    return case.history.of(*kinds, suspension=number)


def pauses(case: Case) -> list[Pause]:
    """All standstills in order."""
    last = max((fact.at for fact in case.history.facts), default=0)
    found = []
    for began in case.history.of("Suspended"):
        number = began.body["suspension"]
        dated = of_suspension(case, number, "SuspensionExtended", "SuspensionReasoned")
        ends = of_suspension(case, number, "Resumed", "SuspensionLifted")
        ended = ends[0].body["at"] if ends else last
        later = of_suspension(case, number, "ContinuationBegan")
        since = min([began.body["since"], *(fact.body["since"] for fact in dated)])
        found.append(Pause(began, since, began.at, ended, later[0].body["at"] if later else ended))
    return found


def ran(case: Case, start: int, end: int, *, continued: bool = False) -> int:
    """How many of the milliseconds in [start, end) count. continued: of a step that after a split goes on with the
    decrypted only."""
    counted, reached = 0, start
    stops = sorted(
        (pause.since, pause.continued if continued else pause.ended)
        for pause in pauses(case)
        if pause.at < end
    )
    for since, until in stops:
        counted += max(0, min(since, end) - reached)
        reached = max(reached, min(until, end))
    return counted + max(0, end - reached)


def account(case: Case, lot: str, bidder: str, until: int) -> list[Span]:
    """The 60 minutes of a lot, as spans: the common window for bidder "", else all windows of one bidder."""
    windows = _windows(case, lot, bidder, until)
    return [span for window in windows for span in _spans(window, pauses(case))]


def running(spans: Iterable[Span]) -> int:
    """How many milliseconds of them count."""
    return sum(span.end - span.start for span in spans if span.kind == "running")


def _windows(case: Case, lot: str, bidder: str, until: int) -> Iterator[Window]:
    command = case.history.first("DecryptionCommanded", lot=lot)
    if command is None:
        return
    closed = case.history.first("WindowClosed", lot=lot)
    start = command.body["opened_at"]
    end = max(start, closed.body["at"] if closed else until)
    owns = case.history.of("OwnWindowOpened", lot=lot, bidder=bidder) if bidder else []
    for own in owns:
        given: dict[str, Any] = own.body
        yield Window(start, end, min(given["stopped_at"], end), given["lost_from"], given["lost_to"])
        start = given["opened_at"]
        over = [
            f.body["at"]
            for f in case.history.of("OwnWindowClosed", lot=lot, bidder=bidder)
            if f.index > own.index
        ]
        end = over[0] if over else until
    yield Window(start, end, end)


def _spans(window: Window, stops: list[Pause]) -> Iterator[Span]:
    within = [pause for pause in stops if pause.at < window.end]
    cuts = {window.start, window.end, window.stopped_at, window.lost_from, window.lost_to}
    for pause in within:
        cuts |= {pause.since, pause.at, pause.ended}
    edges = sorted(at for at in cuts if window.start <= at <= window.end)
    last: Span | None = None
    for start, end in itertools.pairwise(edges):
        kind = _kind(start, window, within)
        if last is not None and last.kind == kind:
            last = Span(kind, last.start, end)
            continue
        if last is not None:
            yield last
        last = Span(kind, start, end)
    if last is not None:
        yield last


def _kind(at: int, window: Window, stops: list[Pause]) -> str:
    if any(pause.at <= at < pause.ended for pause in stops):
        return "frozen"
    lost = window.lost_from <= at < window.lost_to or any(pause.since <= at < pause.at for pause in stops)
    return "given_back" if lost or at >= window.stopped_at else "running"
