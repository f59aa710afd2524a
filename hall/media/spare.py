"""Starts worker processes, and keeps one in reserve: what takes a worker seconds is to import its libraries, and a
reserve has done that already when another one dies.

What lives here: processes. What may not: the line to them.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hall import tasks

log = logging.getLogger("hall.media.control")

AFTER_S: Final = 5.0
"""Seconds after a start at which a new reserve is made: whoever has just started needs the processor more."""


class Spare:
    """One process in reserve for all workers of a hall. `arguments`: what every worker is given."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = tuple(arguments)
        self._reserve: Process | None = None
        self._refilling: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Process id of the reserve, if there is one."""
        return self._reserve.pid if self._reserve is not None and self._reserve.returncode is None else None

    async def launch(self, socket: Path) -> Process:
        """A worker that dials `socket`: the reserve, at once, or a new process."""
        reserve, self._reserve = self._reserve, None
        self._refill()
        if reserve is not None and reserve.returncode is None and reserve.stdin is not None:
            try:
                reserve.stdin.write(f"{socket}\n".encode())
                await reserve.stdin.drain()
                reserve.stdin.close()
                return reserve
            except ConnectionError:
                log.warning("the worker in reserve was gone")
        return await self._start("--socket", str(socket), stdin=DEVNULL)

    async def close(self) -> None:
        """Let the reserve go."""
        self._closed = True
        await tasks.stop(self._refilling)
        if self._reserve is not None and self._reserve.returncode is None:
            self._reserve.kill()
            await self._reserve.wait()

    def _refill(self) -> None:
        if not self._closed and (self._refilling is None or self._refilling.done()):
            self._refilling = tasks.start(self._make_reserve(), "media worker in reserve")

    async def _make_reserve(self) -> None:
        await asyncio.sleep(AFTER_S)
        if self._reserve is None:
            self._reserve = await self._start(stdin=PIPE)

    async def _start(self, *arguments: str, stdin: int) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hall.media_worker",
            *arguments,
            *self._arguments,
            stdin=stdin,
            start_new_session=True,  # Ctrl-C is for the server, which then ends the worker
        )
