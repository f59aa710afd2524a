"""The one place where background tasks begin: each has a name and an owner, and its failure is loud."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger("hall.tasks")
_running: set[asyncio.Task[Any]] = set()


def start(coro: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Run `coro` beside the caller. The task is kept alive until it ends; an error is logged with its name.

    The caller owns the task and cancels it with `stop` when it goes away itself.
    """
    task = asyncio.get_running_loop().create_task(coro, name=name)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task %s failed", task.get_name(), exc_info=error)


async def stop(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel tasks and wait until they are gone; their failures were already logged."""
    alive = [t for t in tasks if t is not None and not t.done()]
    for task in alive:
        task.cancel()
    if alive:
        await asyncio.gather(*alive, return_exceptions=True)
