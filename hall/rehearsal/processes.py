"""Processes that never outlive whoever started them, and signals that let every `finally` run."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hall import tasks

Ended = Callable[[], Awaitable[int]]
"""Waits for the exit code."""


async def until_signalled(work: Coroutine[Any, Any, int]) -> int:
    """Run `work`; SIGINT and SIGTERM cancel it."""
    task = tasks.start(work, "main")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    return await task


async def finished(*command: str) -> tuple[int, str]:
    """Run a command to its end; give its exit code and all it said. Whoever is cancelled meanwhile takes it along."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode("utf-8", "replace")


@asynccontextmanager
async def python_process(*arguments: str, log: Path) -> AsyncIterator[tuple[asyncio.StreamReader, Ended]]:
    """A Python process that ends with this block: its lines, and its exit code. What it says beside them goes to `log`.

    It is given an open standard input, whose end tells it that it is alone.
    """
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            # Ctrl-C reaches everything in the terminal's group at once; here each is ended in its own order.
            start_new_session=True,
        )
    if process.stdout is None:
        raise AssertionError("a pipe was asked for")
    try:
        yield process.stdout, process.wait
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()
