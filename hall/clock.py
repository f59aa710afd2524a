"""The one clock (clause 4.1). Only this module reads a clock; everybody else is handed a `Clock`.

Two readings, never mixed: `now()` is hall time, the law's time, in milliseconds UTC; `monotonic()` is liveness
(heartbeats, ICE, retries), in seconds of CLOCK_MONOTONIC, which all processes of one machine share.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the rest of the hall knows of time."""

    def now(self) -> int:
        """Hall time in milliseconds UTC; never runs backwards."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; liveness only."""
        ...


def machine_time() -> int:
    """The machine's own wall clock in milliseconds UTC; read at start-up and to notice steps, never for the law."""
    return time.time_ns() // 1_000_000


class HallClock:
    """Hall time = a wall reading taken once + the monotonic time since: it can't step and can't run backwards.

    not_before: the last journalled time in ms UTC; after a restart the clock never starts before it.
    start: the hall time to begin with, in rehearsals; None takes the machine's wall clock.
    """

    def __init__(self, *, not_before: int = 0, start: int | None = None) -> None:
        wall = machine_time() if start is None else start
        self._base = max(wall, not_before)
        self._at = time.monotonic()

    @property
    def base(self) -> tuple[int, float]:
        """(hall ms, monotonic seconds) of one and the same moment: what a media worker derives its clock from."""
        return self._base, self._at

    def now(self) -> int:
        return self._base + int((time.monotonic() - self._at) * 1000)

    def monotonic(self) -> float:
        return time.monotonic()

    def advance(self, by_ms: int) -> None:
        """Move hall time forward: demo and rehearsal only, and only after `ClockAdvanced` is journalled."""
        if by_ms < 0:
            raise ValueError("hall time never runs backwards")
        self._base += by_ms

    def not_before(self, at_ms: int) -> None:
        """Make sure that hall time is at least `at_ms` from here on (the last journalled time, after a restart)."""
        behind = at_ms - self.now()
        if behind > 0:
            self._base += behind


class DerivedClock:
    """Hall time in another process of the same machine, from the base that the server sent."""

    def __init__(self, base_ms: int, base_monotonic: float) -> None:
        self._base = base_ms
        self._at = base_monotonic

    def rebase(self, base_ms: int, base_monotonic: float) -> None:
        """Adopt a new base: hall time was moved forward by a journalled act."""
        self._base, self._at = base_ms, base_monotonic

    def now(self) -> int:
        return self._base + int((time.monotonic() - self._at) * 1000)

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock for tests: time passes only when told."""

    def __init__(self, now: int = 0) -> None:
        self.at = now
        self.mono = 0.0

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.mono

    def not_before(self, at_ms: int) -> None:
        """Make sure that hall time is at least `at_ms`."""
        self.at = max(self.at, at_ms)

    def pass_ms(self, ms: int) -> None:
        """Let both readings advance."""
        self.at += ms
        self.mono += ms / 1000
