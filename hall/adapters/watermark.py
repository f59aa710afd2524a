"""Has pages of an opened bid marked for their reader: in clear for a moment in the scratch directory, in a process of
its own under limits; the server never parses a bid's PDF. What may not live here: who may read what.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import tempfile
from pathlib import Path
from typing import Final

from hall.adapters.bid_checker import ENDED, LIMITS, MOST_BYTES, Limits, in_a_process
from hall.errors import NotPermitted, Refused
from hall.runtime.bid_reading import BidPages
from hall.signing import record_font
from hall.signing.bid_pages import ALPHABET
from hall.storage.blobs import Blobs

log = logging.getLogger("hall.watermark")

_MODULE: Final = "hall.signing.bid_pages_process"


class MarkedPages:
    """scratch: empty between two readings. face: the font file of the marks, with the simplified characters."""

    def __init__(self, blobs: Blobs, scratch: Path, face: Path) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._face = face
        self._font: bytes | None = None
        self._two = asyncio.Semaphore(2)

    async def pages(self, opening: str, lot: str, bidder: str, first: int, mark: tuple[str, ...]) -> BidPages:
        """See `bid_reading.Binder`."""
        async with self._two:
            if self._font is None:
                self._font = await asyncio.to_thread(record_font.subset, self._face, ALPHABET)
            with tempfile.TemporaryDirectory(dir=self._scratch) as directory:
                plain = Path(directory) / "bid"
                await self._blobs.copy_secret(opening, f"{lot}/{bidder}/bid", plain)
                if plain.stat().st_size > MOST_BYTES:
                    raise Refused("pages_too_much", limit=MOST_BYTES)
                return await mark_pages(plain, first, mark, self._font)


async def mark_pages(
    container: Path, first: int, mark: tuple[str, ...], font: bytes, limits: Limits = LIMITS
) -> BidPages:
    """Pages of the PDF in a container, marked in a process of its own. Raises as `bid_reading.Binder`."""
    question: dict[str, object] = {
        "path": str(container),
        "first": first,
        "mark": list(mark),
        "font": base64.b64encode(font).decode(),
        "memory": limits.memory,
        "seconds": limits.seconds,
    }
    answer, status = await in_a_process(_MODULE, question, limits.patience)
    if status in ENDED:
        raise Refused("pages_too_much")
    head, _, pdf = answer.partition(b"\n")
    try:
        found = json.loads(head)
        if found["first"] == 0:
            raise NotPermitted("no_such_page", pages=int(found["count"]))
        return BidPages(found["first"], found["last"], found["count"], tuple(found["broken"]), pdf)
    except (ValueError, KeyError, TypeError):  # a process that a hostile file broke says anything or nothing
        raise Refused("pages_unreadable") from None
