"""Opens released bids in a process pool and keeps what was in them encrypted until the disclosure."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from concurrent.futures import Executor
from pathlib import Path

from hall.procurement import canonical
from hall.procurement.tender import Deposit
from hall.runtime.ports import SealedStore
from hall.session.events import DisclosedBid
from hall.signing.loopback import seal_and_open
from hall.signing.opener import OpenedBid, open_bid
from hall.storage.blobs import Blobs


class PooledOpener:
    """pool: processes, because AES-GCM holds the interpreter's lock. scratch: a private directory for the
    moment between
    decryption and the encrypted side store, empty otherwise."""

    def __init__(self, pool: Executor, sealed: SealedStore, blobs: Blobs, scratch: Path) -> None:
        self._pool = pool
        self._sealed = sealed
        self._blobs = blobs
        self._scratch = scratch
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def open(self, opening: str, deposit: Deposit, content_key: bytes) -> str:
        """Open, verify and put aside; gives the digest of summary.json. Raises Refused with the design's codes."""
        sealed = self._sealed.path(deposit.sha256)
        with tempfile.TemporaryDirectory(dir=self._scratch) as directory:
            plain = Path(directory) / "bid"
            run = asyncio.get_running_loop().run_in_executor
            opened = await run(self._pool, open_bid, sealed, content_key, deposit.sha256, plain)
            place = f"{deposit.lot}/{deposit.bidder}"
            await self._blobs.put_secret(
                opening, f"{place}/summary", canonical.dumps(_columns(deposit.bidder, opened))
            )
            with contextlib.suppress(FileNotFoundError):
                await self._blobs.put_secret_file(opening, f"{place}/bid", plain)
        return opened.summary_digest

    async def loop_back(self, at_ms: int) -> None:
        """Seal and open something with keys of its own, in the pool as real bids are. Raises what opening raises."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as directory:
            run = asyncio.get_running_loop().run_in_executor
            await run(self._pool, seal_and_open, Path(directory), at_ms)

    async def columns(self, opening: str, lot: str, bidder: str) -> DisclosedBid:
        """The read-out columns of a bid opened earlier."""
        found = canonical.loads((await self._blobs.get_secret(opening, f"{lot}/{bidder}/summary")).decode())
        return (
            DisclosedBid(**{key: str(value) for key, value in found.items()})
            if isinstance(found, dict)
            else _damaged()
        )


def _columns(bidder: str, opened: OpenedBid) -> dict[str, object]:
    summary = opened.summary
    return {
        "bidder": bidder,
        "price": summary.price,
        "period": summary.period,
        "quality": summary.quality,
        "manager": summary.manager,
        "security": summary.security,
        "bid_sha256": opened.bid_pdf_sha256,
    }


def _damaged() -> DisclosedBid:
    raise ValueError("the side store holds something that is no summary")
