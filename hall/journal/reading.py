"""How a start reads a long journal: the spine at once, every row's content before it is used or in the background.

The spine is the index `rows_spine`: SQLite keeps it with the rows in every commit, so it is no second truth and never
left behind. Following it gives each stream's end and each tender's tree; the signed checkpoints must agree with those
trees. A row's content is held against its leaf when its stream is loaded, and all of them once more by `audit`.
What may not live here: decoding, and any writing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hall.journal import schema
from hall.journal.ledger import Checker, Ledger, Stored

ROWS_AT_ONCE: Final = 200
"""Rows that are checked in one go: about 2 ms, which no countdown notices."""

_TENDERS: Final = """
    WITH RECURSIVE found(tender) AS (
        SELECT min(tender) FROM rows
        UNION ALL
        SELECT (SELECT min(tender) FROM rows WHERE tender > found.tender) FROM found WHERE found.tender IS NOT NULL
    )
    SELECT tender FROM found WHERE tender IS NOT NULL
"""  # from one tender straight to the next: DISTINCT would read the whole index

_SPINE: Final = """
    SELECT tree_index, stream, seq, leaf FROM rows INDEXED BY rows_spine WHERE tender = ? ORDER BY tree_index
"""


async def follow_spine(connection: AsyncConnection, ledger: Ledger) -> None:
    """Fill the ledger from the places and leaves of all rows, tender by tender. Raises JournalCorrupt."""
    # As the driver has them: SQLAlchemy's rows would cost more than all the rest.
    driver: Any = (await connection.get_raw_connection()).driver_connection
    for (tender,) in await driver.execute_fetchall(_TENDERS):
        ledger.follow(tender, [*await driver.execute_fetchall(_SPINE, (tender,))])


async def audit(connection: AsyncConnection, ledger: Ledger) -> AsyncIterator[None]:
    """Check the content of every row, some at each step; who iterates decides on the pace.

    Rows that are appended meanwhile need no check. Raises JournalCorrupt.
    """
    table, checker = schema.rows.c, Checker(ledger)
    columns = select(*(table[name] for name in Stored._fields)).order_by(table.tree_index)
    for tender in ledger.tenders:
        start, size = 0, ledger.tree(tender).size
        while start < size:
            end = min(start + ROWS_AT_ONCE, size)
            part = table.tender == tender, table.tree_index >= start, table.tree_index < end
            for row in await connection.execute(columns.where(*part)):
                checker.check(Stored._make(row))
            start = end
            # An open reader would keep the write-ahead log from being emptied.
            await connection.rollback()
            yield
