"""Where a process can die, and what is left of it: copies of its data directory, taken around every commit.

A process that is killed leaves what it has written (the page cache outlives it). `Places` takes that copy at the moment
itself, so one played history gives as many crashes as it has moments, and each is looked at on its own afterwards.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hall.journal import writer
from hall.journal.store import SqlJournal
from hall.journal.tree import verify_consistency, verify_inclusion

BEFORE, WITHIN, AFTER = "before the append", "within the append", "after the append"
PLACES = (BEFORE, WITHIN, AFTER)
"""Around one commit. AFTER is also before the acknowledgement, before the publishing and before every side effect that
follows: nothing is written between them."""

_NOT_DATA = shutil.ignore_patterns("*.lock", "*-shm")


def copy_of(directory: Path, to: Path) -> Path:
    """What the death of the process leaves of its data directory."""
    shutil.copytree(directory, to, ignore=_NOT_DATA)
    return to


@contextmanager
def around_each_commit(at: Callable[[str], None]) -> Iterator[None]:
    """Call `at(place)` at each place of every commit. The journal stands still meanwhile."""
    commits, execute = writer.Writer._commit, writer._execute

    async def watched_commit(self: writer.Writer, connection: Any, jobs: Sequence[Any]) -> Any:
        at(BEFORE)
        outcomes = await commits(self, connection, jobs)
        at(AFTER)
        return outcomes

    async def watched_execute(connection: Any, commit: writer.Commit) -> None:
        await execute(connection, commit)
        at(WITHIN)

    writer.Writer._commit = watched_commit  # type: ignore[method-assign]
    writer._execute = watched_execute
    try:
        yield
    finally:
        writer.Writer._commit = commits  # type: ignore[method-assign]
        writer._execute = execute


async def proofs_hold(journal: SqlJournal, tender: str) -> None:
    """Every row is proved to stand in the tree, and every earlier tree to be the beginning of this one."""
    tree = journal.tree(tender)
    size, root = tree.size, tree.root()
    rows = (await journal.rows(tender))[:size]  # a room that lives goes on appending meanwhile
    assert [row.tree_index for row in rows] == list(range(size))
    for row in rows:
        path = tree.inclusion(row.tree_index, size)
        assert verify_inclusion(bytes.fromhex(row.leaf), row.tree_index, size, path, root)
    for mark in await journal.checkpoints(tender):
        if 0 < mark.size <= size:
            path = tree.consistency(mark.size, size)
            assert verify_consistency(mark.size, size, path, bytes.fromhex(mark.root), root)
