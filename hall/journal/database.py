"""The database under the journal: one process at a time, safe settings on every connection, schema up to date.

What lives here: everything that is SQLite's. What may not: rows, events, keys.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hall.errors import Unavailable

_SETTINGS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL loses acknowledged rows at a power cut
    "foreign_keys=ON",
    "busy_timeout=10000",
    "secure_delete=ON",  # what was erased is overwritten
)


class Lock:
    """Holds a database for this process: the trees in memory are true only while nobody else writes."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let the next process have it; doing it twice does no harm."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def lock(url: str) -> Lock:
    """Take the database at `url` or raise Unavailable("journal_locked")."""
    path = path_of(url)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Unavailable("journal_locked") from None
    return Lock(handle)


async def connect(url: str) -> AsyncEngine:
    """Give an engine whose database has today's schema."""
    path = path_of(url)
    os.close(
        os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    )  # before SQLite makes it readable by others
    engine = create_async_engine(url)
    event.listen(engine.sync_engine, "connect", _settle)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    except BaseException:
        await engine.dispose()
        raise
    return engine


async def forget(engine: AsyncEngine) -> None:
    """Empty the write-ahead log, where what was just deleted still stands; at the latest the next close does it."""
    async with engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _settle(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for setting in _SETTINGS:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def path_of(url: str) -> Path:
    """The file of the database at `url`. Raises ValueError for what is no file of SQLite's."""
    name = make_url(url).database
    if not url.startswith("sqlite+aiosqlite:") or not name or name == ":memory:":
        raise ValueError("the journal wants sqlite+aiosqlite:///<path>; MemoryJournal needs no database")
    return Path(name)
