"""Disk work off the event loop, with the disk's failures in the hall's own words."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hall.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking `work` in a thread; OSErrors become Unavailable: blob_missing, disk_full, storage_failed."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except FileNotFoundError:
        raise Unavailable("blob_missing") from None
    except OSError as error:
        raise Unavailable("disk_full" if error.errno == errno.ENOSPC else "storage_failed") from error
