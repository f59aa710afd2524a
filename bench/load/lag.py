"""How late an event loop is: what a task that asks to be woken every 10 ms has to wait beyond that.

Two readings of each wait: the whole of it, and the part for which the loop's own thread was computing meanwhile. The
rest is the machine's: other processes had the cores, or a disk was waited for.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

EVERY = 0.01


@dataclass(frozen=True, slots=True)
class Lags:
    """Waits in ms, ascending. own: the part in which the loop's thread was computing."""

    whole: list[float]
    own: list[float]


class LagMeter:
    """Run `run` beside the work; `take` gives the waits since the last call."""

    def __init__(self) -> None:
        self._whole: list[float] = []
        self._own: list[float] = []

    async def run(self) -> None:
        while True:
            due, busy = time.monotonic() + EVERY, time.thread_time()
            await asyncio.sleep(EVERY)
            late = time.monotonic() - due
            self._whole.append(late * 1000)
            self._own.append(min(late, time.thread_time() - busy) * 1000)

    def take(self) -> dict[str, list[float]]:
        found = {"whole": sorted(self._whole), "own": sorted(self._own)}
        self._whole, self._own = [], []
        return found


def lags_of(told: dict[str, list[float]]) -> Lags:
    """What `take` gave, from another process."""
    return Lags(told["whole"], told["own"])


def figures(lags: Lags) -> list[tuple[str, float]]:
    """What is told of them, each with its name; ms."""
    return [
        ("loop lag p50", quantile(lags.whole, 0.5)),
        ("loop lag p99", quantile(lags.whole, 0.99)),
        ("loop lag p99, own", quantile(lags.own, 0.99)),
        ("loop lag, longest", lags.whole[-1]),
        ("loop lag, longest own", lags.own[-1]),
    ]


def quantile(ascending: list[float], share: float) -> float:
    return ascending[min(len(ascending) - 1, int(len(ascending) * share))]
