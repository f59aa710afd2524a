"""An opening in which the hall damaged both copies of a bid, and its bidder brought the file that it had kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hall.errors import Refused
from tests.integration.evidence.stories import (
    MINUTE,
    THREE,
    Told,
    announced,
    commanded,
    confirmed,
    consulted,
    deposited,
    ended,
    objected,
    parties,
    results_declared,
    signed_in,
)
from tests.own_hall import BIDDERS, LOT, TENDER, OwnHall, own_hall


def spoil(hall: OwnHall, bidder: str) -> bytes:
    """Flip a byte of both copies of a bid; gives the file as its bidder kept it."""
    deposit = hall.core.registry.tendering(TENDER).state.active(LOT, bidder)
    assert deposit is not None
    kept = hall.core.sealed.path(deposit.sha256).read_bytes()
    for path in hall.directory.rglob(hall.core.sealed.path(deposit.sha256).name):
        path.write_bytes(kept[:-9] + bytes([kept[-9] ^ 1]) + kept[-8:])
    return kept


async def brought_again(place: Path) -> Told:
    """b4's bid is held in the check of sealing, brought again, and opened in a window of its own: by its recovery file,
    for its certificate's key is gone by then."""
    async with own_hall(place, staff=parties(), rules={"remedy": "recovery_file"}) as hall:
        await deposited(hall)
        await signed_in(hall)
        kept = spoil(hall, "b4")
        counter, person, sha256 = (
            hall.core.desk.deposits,
            await hall.login("b4"),
            hashlib.sha256(kept).hexdigest(),
        )
        hall.after(60 * MINUTE)
        await announced(hall)
        with pytest.raises(Refused, match="not_damaged"):  # nobody has looked yet
            await counter.bring_again(TENDER, LOT, person, len(kept), sha256)
        await hall.until("SealingRechecked")
        with pytest.raises(Refused, match="not_the_deposit"):
            await counter.bring_again(TENDER, LOT, person, len(kept), "ab" * 32)
        with pytest.raises(Refused, match="not_damaged"):
            await counter.bring_again(TENDER, LOT, await hall.login("b1"), *_announced(hall, "b1"))
        await commanded(hall, BIDDERS)
        upload, received = await counter.bring_again(TENDER, LOT, person, len(kept), sha256)
        assert received == 0
        await hall.core.sealed.write(upload, f"{TENDER}/b4", 0, kept, sha256)
        assert await counter.restore(TENDER, upload, person, hall.clock.now()) == sha256
        await hall.until("BidRestored")
        await consulted(hall)
        for one in THREE:
            await hall.release(one)
        await results_declared(hall)
        (incident,) = [x.incident for x in hall.room.state.incidents if x.kind == "ciphertext_damaged"]
        await hall.act(
            "procuring_entity",
            "decide_cause",
            bidder="b4",
            cause="platform_fault",
            incident=incident,
            reason="平台存储损坏，投标人已恢复",
        )
        await hall.until("OwnWindowOpened")
        await hall.act("b4", "claim_remedy", kind="recovery_file", reason="UKey已损坏")
        await hall.release("b4")
        for role in ("scrutineer", "procuring_entity"):
            assert "b4" not in hall.room.state.lots[LOT].opened
            await hall.act(role, "answer_remedy", bidder="b4", accepted=True, reason="已视频核对身份")
        await confirmed(hall, BIDDERS)
        await objected(hall)
        return await ended(hall)


def _announced(hall: OwnHall, bidder: str) -> tuple[int, str]:
    deposit = hall.room.state.deposit(LOT, bidder)
    return deposit.size, deposit.sha256
