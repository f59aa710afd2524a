"""Ports of papers: looking into bids' PDFs, and keeping what the notary adds."""

from __future__ import annotations

from typing import Protocol

from hall.procurement.bid_report import BidReport


class BidLooks(Protocol):
    """Looks into the PDF of an opened bid, outside the server's process."""

    async def check(self, opening: str, lot: str, bidder: str, deposited_at: int) -> BidReport:
        """The report; deposited_at in ms UTC. Never raises for what the file is like."""
        ...


class PaperStore(Protocol):
    """Keeps papers of an opening on disk, by their digest."""

    async def keep(self, opening: str, data: bytes) -> str:
        """Keep these bytes; gives their SHA-256."""
        ...

    async def paper(self, opening: str, sha256: str) -> bytes:
        """Give them back. Raises Unavailable("blob_missing")."""
        ...
