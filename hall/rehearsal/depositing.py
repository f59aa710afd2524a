"""A bidder robot's own bid: drawn, sealed and handed in as a bidder's client does it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hall import wire
from hall.client.api import Hall, TenderCard
from hall.client.sealing import Columns, SealedBid, seal_bid
from hall.errors import Refused, Unavailable
from hall.rehearsal.policy import Kept

_MOVING: Final = ("act_for_another_deadline", "deadline_held")
_TRIES: Final = 5


async def deposit(
    hall: Hall,
    card: TenderCard,
    lot: str,
    view: wire.View,
    columns: Columns,
    work: Path,
    tell: Callable[..., None],
) -> Kept:
    """Seal a bid for `lot` in the folder `work` and deposit it; give what the bidder keeps. Raises HallError."""
    from hall.rehearsal.sample_bid import sample_bid_pdf  # drawing is needed once, by bidders only

    pdf = sample_bid_pdf(
        tender=view.tender_number,
        tender_name=view.tender_name,
        lot=lot,
        bidder=view.you.name,
        price=columns.price,
        period=columns.period,
        quality=columns.quality,
        manager=columns.manager,
        security=columns.security,
    )
    await asyncio.to_thread(work.mkdir, parents=True, exist_ok=True)
    sealed = await asyncio.to_thread(
        seal_bid,
        pdf,
        columns,
        hall.identity,
        work / f"{view.you.party}-{lot}.bid",
        tender=card.tender,
        lot=lot,
        bidder=view.you.party,
        signed_at=view.sign_in_from,
    )
    sha256 = sealed.receipt.sha256
    facts = {"lot": lot, "sha256": sha256, "size": sealed.receipt.size, "price": columns.price}
    tell("sealed", bidder=view.you.party, name=view.you.name, **facts)
    receipt = await _handed_in(hall, card, sealed)
    tell("deposited", lot=lot, at=receipt.received_at, sha256=receipt.sha256)
    return Kept(sha256, hashlib.sha256(sealed.summary.to_bytes()).hexdigest(), columns.price)


async def _handed_in(hall: Hall, card: TenderCard, sealed: SealedBid) -> wire.Receipt:
    """Deposit it. A deadline that has just been moved takes a moment until bids are taken under it (clause 4.1)."""
    for _ in range(_TRIES):
        try:
            receipt, _act = await hall.deposit(card, sealed.header, sealed.file, sealed.receipt)
        except Refused as error:
            if error.code not in _MOVING:
                raise
            await asyncio.sleep(1.0)
            card = await hall.tender(card.tender)
        else:
            return receipt
    raise Unavailable("hall_unreachable")
