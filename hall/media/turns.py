"""Work that can wait until the packets that have arrived are on their way to their watchers.

What lives here: the order of such work. What may not: what it is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

Work = Callable[[], None]


class Turns:
    """One piece of work for each turn of the event loop, and in between whatever has arrived.

    hurried: whether somebody waits for packets. While nobody does, work is done at once: a turn of the loop costs too.
    """

    def __init__(self, hurried: Callable[[], bool]) -> None:
        self._hurried = hurried
        self._waiting: deque[Work] = deque()

    def later(self, work: Work) -> None:
        """Do it when its turn comes; it must not raise."""
        if not self._hurried():
            work()
            return
        self._waiting.append(work)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._waiting[0]()
        self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)


def at_once(work: Work) -> None:
    """Stands where nothing is ever to wait."""
    work()
