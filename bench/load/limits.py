"""What the machine lets a benchmark open."""

from __future__ import annotations

import resource


def raise_open_files() -> int:
    """Allow this process as many open files as it may allow itself; gives that number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
