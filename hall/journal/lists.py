"""The public lists, read: one connection of its own that can't write, one thread that waits for it.

What may not live here: anything written (`hall.journal.projections` writes), and rights: all here is public.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from hall.journal.projections import phrase
from hall.runtime.listing import SORTS, ListedTender, ListPage, ListQuery, cursor_of

COLUMNS: Final = ", ".join(f"tenders.{field.name}" for field in fields(ListedTender))
_FEW: Final = 400
"""Hits up to which a search starts from its hits; with more it walks the sorted list and stops at a full page."""


class SqlLists:
    """The `TenderLists` of a journal on disk."""

    def __init__(self, path: Path) -> None:
        """path: of the journal's database, which has today's schema."""
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lists")
        self._open: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the database; what is closed stays closed."""
        with suppress(RuntimeError):  # its thread has ended: nothing is open
            self._thread.submit(self._close).result()
        self._thread.shutdown()

    async def page(self, query: ListQuery) -> ListPage:
        """See the port."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.read, query)

    async def tender(self, tender: str) -> ListedTender | None:
        """See the port."""
        statement = f"SELECT {COLUMNS} FROM tenders WHERE tender = ? AND published_at > 0"  # noqa: S608  # our columns
        found = await self._rows(statement, (tender,))
        return ListedTender(*found[0]) if found else None

    async def openings(self, since: int, most: int) -> tuple[ListedTender, ...]:
        """See the port."""
        statement = (
            f"SELECT {COLUMNS} FROM tenders WHERE bid_deadline >= ? AND published_at > 0"  # noqa: S608  # our columns
            " ORDER BY bid_deadline, id LIMIT ?"
        )
        return tuple(ListedTender(*row) for row in await self._rows(statement, (since, most)))

    def read(self, query: ListQuery) -> ListPage:
        """A page, in the calling thread; one thread alone may call."""
        statement, values = self._statement(query)
        rows = self._connection().execute(statement, values).fetchall()
        told = tuple(ListedTender(*row[:-1]) for row in rows[: query.limit])
        if len(rows) <= query.limit:
            return ListPage(told, "")
        last = rows[query.limit - 1]
        return ListPage(told, cursor_of(getattr(told[-1], SORTS[query.sort]), last[-1]))

    def _statement(self, query: ListQuery) -> tuple[str, list[object]]:
        column, order = SORTS[query.sort], "DESC" if query.descending else "ASC"
        # Named, because SQLite would rather walk the index of the one condition that nearly every row meets.
        source = f"tenders INDEXED BY {_index(query)}"
        where, values = ["tenders.published_at > 0"], list[object]()
        if asked := phrase(query.search):
            if self._hits(asked) <= _FEW:
                source = "tender_words CROSS JOIN tenders ON tenders.id = tender_words.rowid"
                where.append("tender_words MATCH ?")
            else:
                where.append("tenders.id IN (SELECT rowid FROM tender_words WHERE tender_words MATCH ?)")
            values.append(asked)
        elif query.search.strip():
            where.append("0")  # punctuation alone is in no text
        if query.phase:
            where.append("tenders.phase = ?")
            values.append(query.phase)
        if query.after is not None:
            where.append(f"(tenders.{column}, tenders.id) {'<' if query.descending else '>'} (?, ?)")
            values.extend(query.after)
        text = (
            f"SELECT {COLUMNS}, tenders.id FROM {source} WHERE {' AND '.join(where)}"  # noqa: S608  # our own words
            f" ORDER BY tenders.{column} {order}, tenders.id {order} LIMIT ?"
        )
        return text, [*values, query.limit + 1]

    def _hits(self, asked: str) -> int:
        statement = "SELECT count(*) FROM (SELECT 1 FROM tender_words WHERE tender_words MATCH ? LIMIT ?)"
        found = self._connection().execute(statement, (asked, _FEW + 1)).fetchone()
        return int(found[0])

    async def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        def read() -> list[tuple[Any, ...]]:
            return self._connection().execute(statement, values).fetchall()

        return await asyncio.get_running_loop().run_in_executor(self._thread, read)

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            self._open = sqlite3.connect(uri, uri=True, check_same_thread=False, cached_statements=256)
            self._open.execute("PRAGMA query_only=ON")
        return self._open

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _index(query: ListQuery) -> str:
    return f"tenders_by_{'phase_' if query.phase else ''}{SORTS[query.sort]}"
