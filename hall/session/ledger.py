"""The ledger of the 60 minutes: every millisecond of a window as running, frozen or given back (clauses 4.8, 5.3.3).

Pure. The common window stands under bidder "". A bidder that was given a window of its own has an account of its own
over both, and its running time is never more than the 60 minutes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hall.session.lot import LotState, OwnWindow
from hall.session.pause import Suspension
from hall.session.state import OpeningState, evolve


class Kind(StrEnum):
    """`running` counts. `frozen`: the opening stood still. `given_back`: it ran by the clock and does not count,
    because a fault had begun already, or because it is given again in a window of the bidder's own."""

    RUNNING = "running"
    FROZEN = "frozen"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in ms UTC."""

    bidder: str
    start: int
    end: int
    kind: Kind

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Window:
    """[start, end); `stopped_at`: from then on unused and given again; [lost_from, lost_to): the fault's. `lasts`: it
    ends at the moment of asking because nothing has ended it yet."""

    start: int
    end: int
    stopped_at: int
    lost_from: int = 0
    lost_to: int = 0
    lasts: bool = False


def ledger(entries: Iterable[tuple[int, str, Any]], lot: str) -> tuple[Span, ...]:
    """The ledger of a lot from all rows of its opening, (received_at, actor key, event) each, up to the last."""
    state, now = OpeningState(), 0
    for at, _, event in entries:
        state, now = evolve(state, event, at), at
    return ledger_of(state, lot, now)


def ledger_of(state: OpeningState, lot: str, now: int) -> tuple[Span, ...]:
    """The ledger of a lot as it stands at `now`, ms UTC: the common window first, then each own account by bidder."""
    found = state.lots[lot]
    if found.command is None:
        return ()
    spans = list(_spans("", [_common(found, now)], state.suspensions, now))
    for bidder in sorted(found.own):
        spans += _spans(bidder, [*_before(found, bidder), _last(found, bidder, now)], state.suspensions, now)
    return tuple(spans)


def unused(
    state: OpeningState, lot: LotState, bidder: str, lost: tuple[int, int], stopped_at: int, now: int
) -> int:
    """What is left of the bidder's window, in ms, if [lost) was the fault's and nothing after `stopped_at` was used."""
    last = _last(lot, bidder, now)
    window = _Window(last.start, last.end, min(stopped_at, last.end), *lost)
    spans = _spans(bidder, [*_before(lot, bidder), window], state.suspensions, now)
    return state.scheduled.rules.decryption_window - running(spans)


def last_window(lot: LotState, bidder: str, now: int) -> tuple[int, int]:
    """[start, end) of the window that the bidder had last, its own or the common one."""
    last = _last(lot, bidder, now)
    return last.start, last.end


def running(spans: Iterable[Span]) -> int:
    """How many milliseconds of them count."""
    return sum(span.length for span in spans if span.kind is Kind.RUNNING)


def _common(lot: LotState, now: int) -> _Window:
    command = lot.command
    if command is None:
        return _Window(now, now, now)
    end = max(now if lot.closed is None else lot.closed.at, command.opened_at)
    return _Window(command.opened_at, end, end, lasts=lot.closed is None)


def _last(lot: LotState, bidder: str, now: int) -> _Window:
    if bidder not in lot.own:
        return _common(lot, now)
    own = lot.own[bidder]
    end = max(now if own.closed is None else own.closed.at, own.opened_at)
    return _Window(own.opened_at, end, end, lasts=own.closed is None)


def _before(lot: LotState, bidder: str) -> Iterator[_Window]:
    """The windows before the bidder's last one, each cut as the event says that gave the next."""
    owns: list[OwnWindow] = [window for name, window in lot.spent if name == bidder]
    if bidder in lot.own:
        owns.append(lot.own[bidder])
    if not owns:
        return
    common = _common(lot, owns[0].opened_at)
    start, end = common.start, common.end
    for own in owns:
        given = own.given
        yield _Window(start, end, min(given.stopped_at, end), given.lost_from, given.lost_to)
        start, end = own.opened_at, own.closed.at if own.closed is not None else own.closes_at


def _spans(bidder: str, windows: Iterable[_Window], pauses: Sequence[Suspension], now: int) -> Iterator[Span]:
    for window in windows:
        # A pause that began after a window's end takes nothing back; one that begins now takes back what still runs.
        within = [p for p in pauses if p.at < window.end or (window.lasts and p.at == window.end)]
        cuts = {window.start, window.end, window.stopped_at, window.lost_from, window.lost_to}
        for pause in within:
            cuts |= {pause.since, pause.at, _end(pause, now)}
        edges = sorted(at for at in cuts if window.start <= at <= window.end)
        last: Span | None = None
        for start, end in itertools.pairwise(edges):
            kind = _kind(start, window, within, now)
            if last is not None and last.kind is kind:
                last = Span(bidder, last.start, end, kind)
                continue
            if last is not None:
                yield last
            last = Span(bidder, start, end, kind)
        if last is not None:
            yield last


def _kind(at: int, window: _Window, pauses: Sequence[Suspension], now: int) -> Kind:
    if any(p.at <= at < _end(p, now) for p in pauses):
        return Kind.FROZEN
    fault = window.lost_from <= at < window.lost_to or any(p.since <= at < p.at for p in pauses)
    return Kind.GIVEN_BACK if fault or at >= window.stopped_at else Kind.RUNNING


def _end(pause: Suspension, now: int) -> int:
    return now if pause.ended is None else pause.ended
