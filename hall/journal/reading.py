"""How a start reads a long journal: the spine at once, every row's content before it is used or in the background.

The spine is the index `rows_spine`: SQLite keeps it with the rows in every commit, so it is no second truth and never
left behind. Following it gives each stream's end and each tender's tree; the signed checkpoints must agree with those
trees. A row's content is held against its leaf when its stream is loaded, and all of them once more by `audit`.
What may not live here: decoding, and any writing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

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


ENDS: Final = f"""
    SELECT {", ".join(f"rows.{name}" for name in Stored._fields)} FROM json_each(:ends) AS wanted
    CROSS JOIN rows ON rows.stream = wanted.value ->> 0 AND rows.seq = wanted.value ->> 1
"""  # noqa: S608  # our own columns; SQLite would not use its index for a list of pairs
"""Single rows, by (stream, seq)."""

WHOLE: Final = f"""
    SELECT {", ".join(f"rows.{name}" for name in Stored._fields)} FROM json_each(:streams) AS wanted
    CROSS JOIN rows ON rows.stream = wanted.value ORDER BY rows.stream, rows.seq
"""  # noqa: S608  # our own columns
"""Whole streams, by their names."""

_AFTER: Final = f"""
    SELECT {", ".join(Stored._fields)} FROM rows WHERE (tender, tree_index) > (:tender, :place)
    ORDER BY tender, tree_index LIMIT {ROWS_AT_ONCE}
"""  # noqa: S608  # our own columns; many small tenders cost no more questions than a large one


async def audit(connection: AsyncConnection, ledger: Ledger) -> AsyncIterator[None]:
    """Check the content of every row, some at each step; who iterates decides on the pace.

    Rows that are appended meanwhile need no check. Raises JournalCorrupt.
    """
    checker, sizes = Checker(ledger), {tender: ledger.tree(tender).size for tender in ledger.tenders}
    tender, place = "", -1
    while True:
        part = [*await connection.execute(text(_AFTER), {"tender": tender, "place": place})]
        for stored in map(Stored._make, part):
            if stored.tree_index < sizes.get(stored.tender, 0):
                checker.check(stored)
        # An open reader would keep the write-ahead log from being emptied.
        await connection.rollback()
        yield
        if len(part) < ROWS_AT_ONCE:
            return
        tender, place = part[-1].tender, part[-1].tree_index
