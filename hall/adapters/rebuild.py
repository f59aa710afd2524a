"""`hall rebuild`: the query tables made anew from the rows, while no server runs."""

from __future__ import annotations

from hall.adapters.codecs import CODECS
from hall.config import Config
from hall.journal.store import SqlJournal
from hall.storage.keys import HallKeys


async def rebuild_lists(config: Config) -> int:
    """Rebuild the lists; gives of how many rows. Raises Unavailable("journal_locked") while a server runs, and
    JournalCorrupt."""
    keys = HallKeys.load_or_create(config.storage.data / "keys")
    journal = await SqlJournal.open(
        config.database, keys, codecs=CODECS, origin=config.hall.origin, rehearsal=not config.production
    )
    try:
        return await journal.rebuild_lists()
    finally:
        await journal.close()
