"""The public lists, read: one connection of its own that can't write, one thread that waits for it.

What may not live here: anything written (`hall.journal.projections` writes), and rights: all here is public.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from hall.journal.projections import phrase
from hall.runtime.listing import LISTED, SORTS, ListedTender, ListPage, ListQuery, cursor_of

COLUMNS: Final = ", ".join(f"tenders.{name}" for name in LISTED)
_AS_JSON: Final = f"json_object({', '.join(f'{name!r}, tenders.{name}' for name in LISTED)})"
"""A line as it goes over the wire. The database writes it in the time in which it would give the columns; a dataclass,
a dict and an encoder on the way cost three times as much as reading it."""

_FEW: Final = 400
"""Hits up to which a search starts from its hits; with more it walks the sorted list and stops at a full page."""

_MOST_KEPT: Final = 128
"""Pages that are kept until the lists change, each of some 10 KB: most people look at the same few."""


class SqlLists:
    """The `TenderLists` of a journal on disk."""

    def __init__(self, path: Path) -> None:
        """path: of the journal's database, which has today's schema."""
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lists")
        self._open: sqlite3.Connection | None = None
        self._changes = 0
        self._kept: dict[ListQuery, bytes] = {}

    def close(self) -> None:
        """Let go of the database; what is closed stays closed."""
        with suppress(RuntimeError):  # its thread has ended: nothing is open
            self._thread.submit(self._close).result()
        self._thread.shutdown()

    async def page(self, query: ListQuery) -> ListPage:
        """See the port."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.read, query)

    async def told(self, query: ListQuery) -> bytes:
        """See the port."""
        if (kept := self._kept.get(query)) is not None:
            return kept
        changes = self._changes
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._thread, self._encoded, query)
        if changes == self._changes:  # else it may have been read before the change
            if len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[query] = found
        return found

    def changed(self) -> None:
        """The lists were written: whoever asks from now on hears what they say now."""
        self._changes += 1
        self._kept.clear()

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
        lines, following = self._lines(query, COLUMNS)
        return ListPage(tuple(ListedTender(*line) for line in lines), following)

    def _encoded(self, query: ListQuery) -> bytes:
        lines, following = self._lines(query, _AS_JSON)
        told = ",".join(line for (line,) in lines)
        return f'{{"tenders":[{told}],"next":{json.dumps(following)}}}'.encode()

    def _lines(self, query: ListQuery, columns: str) -> tuple[list[tuple[Any, ...]], str]:
        """These columns of each line, and the cursor of what follows."""
        statement, values = self._statement(query, columns)
        rows = self._connection().execute(statement, values).fetchall()
        following = cursor_of(*rows[query.limit - 1][-2:]) if len(rows) > query.limit else ""
        return [row[:-2] for row in rows[: query.limit]], following

    def _statement(self, query: ListQuery, columns: str) -> tuple[str, list[object]]:
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
            f"SELECT {columns}, tenders.{column}, tenders.id FROM {source} WHERE {' AND '.join(where)}"  # noqa: S608  # our own words
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
