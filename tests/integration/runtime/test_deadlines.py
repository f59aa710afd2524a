"""Deposits around the opening's deadline, in a whole hall: held by an absence, refused in writing, taken again."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hall.errors import Refused
from hall.procurement import canonical
from hall.session import commands as oc
from hall.session.rules import Stage
from hall.storage.keys import HallKeys
from hall.tendering import commands as tc
from hall.tendering import events as te
from tests.own_hall import BIDDERS, LOT, MINUTE, TENDER, OwnHall, own_hall, reopened


def rows(hall: OwnHall) -> list[str]:
    """What has happened to the tender before its opening, by name."""
    return [type(event).__name__ for _, _, event in hall.core.registry.tendering(TENDER).entries]


def parts(directory: Path) -> list[Path]:
    """What is left of uploads."""
    return list(directory.rglob("part"))


async def taken(hall: OwnHall, kind: str) -> None:
    room = hall.core.registry.tendering(TENDER)
    changed = asyncio.Event()
    stop = room.listen(lambda _: changed.set())
    async with asyncio.timeout(20):
        while kind not in rows(hall):
            await changed.wait()
            changed.clear()
    stop()


async def test_clause_4_7_a_deadline_in_the_hall_s_absence_is_held_and_deposits_open_again(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b1")
        await hall.sign_in("b1")
        hall.after(50 * MINUTE)
        await hall.act("host", "make_announcement", text="开标前的提示")
    async with reopened(hall, 20 * MINUTE) as again:
        await again.until("DeadlineHeld")
        assert again.room.state.stage is Stage.HELD
        assert "IncidentRecorded" in again.kinds()
        assert "DeadlinePassed" not in again.kinds()
        with pytest.raises(Refused) as refused:
            await again.deposit("b2")
        assert refused.value.code == "deadline_held"
        paper = json.loads(str(refused.value.facts["document"]))
        assert (paper["code"], paper["what"], paper["bidder"]) == ("deadline_held", "upload", "b2")
        assert again.core.registry.tendering(TENDER).state.closed is None

        again.after(16 * MINUTE)  # nobody answered the consultation
        await again.until("ConsultationAnswered", 3)
        until = again.clock.now() + 30 * MINUTE
        await again.act("procuring_entity", "move_deadline", deadline=until, reason="平台故障，截止时间顺延")
        await taken(again, "DepositDeadlineMoved")
        await again.deposit("b2")
        await again.sign_in("b2")
        again.after(30 * MINUTE)
        await again.until("DepositsHandedOver")
        closed = again.core.registry.tendering(TENDER).state.closed
        assert closed is not None
        assert (closed.at, [d.bidder for d in closed.deposits]) == (until, ["b1", "b2"])
        assert set(again.room.state.signed_in) == {"b1", "b2"}


async def test_clause_5_2_2_a_late_deposit_is_refused_in_writing_and_erased(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b1")
        hall.after(60 * MINUTE)
        with pytest.raises(Refused) as refused:
            await hall.deposit("b2")
        assert refused.value.code == "deadline_passed"
        await hall.until("DepositsHandedOver")
        (paper,) = hall.core.desk.deposits.refusals(TENDER, "b2")
        assert json.loads(str(refused.value.facts["document"])) == dataclasses.asdict(paper)
        assert paper.deadline <= paper.received_at
        unsigned = {k: v for k, v in dataclasses.asdict(paper).items() if k != "signature"}
        message = b"bidhall/1 refusal\0" + canonical.dumps(unsigned)
        key = HallKeys.load_or_create(tmp_path / "data" / "keys").log_public
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(paper.signature), message)
        assert hall.core.desk.deposits.refusals(TENDER, "b1") == []


async def test_clause_5_2_2_an_upload_that_crosses_the_deadline_is_refused_and_its_data_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with own_hall(tmp_path) as hall:
        files = hall.core.sealed
        write = files.write

        async def slowly(*slice_: Any) -> int:
            received = await write(*slice_)
            hall.after(61 * MINUTE)
            return received

        monkeypatch.setattr(files, "write", slowly)
        with pytest.raises(Refused, match="deadline_passed"):
            await hall.deposit("b1")
        (paper,) = hall.core.desk.deposits.refusals(TENDER, "b1")
        assert (paper.what, paper.size > 0, paper.sha256 != "") == ("deposit", True, True)
        assert await files.rehash(paper.sha256) == ""
        assert parts(tmp_path) == []
        await hall.until("DepositsHandedOver")
        assert hall.room.state.deposits == ()


async def test_a_deposit_sent_again_too_late_leaves_the_bid_that_was_taken(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b1")
        deposit = hall.core.registry.tendering(TENDER).state.active(LOT, "b1")
        assert deposit is not None
        hall.after(60 * MINUTE)
        with pytest.raises(Refused, match="deadline_passed"):
            await hall.deposit_again("b1")
        assert await hall.core.sealed.rehash(deposit.sha256) == deposit.sha256


async def test_clause_5_2_2_what_came_in_time_is_not_overtaken_by_the_deadline(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b1")
        tendering = hall.core.registry.tendering(TENDER)
        with tendering.reserved(hall.clock.now()):  # its last byte is here, and the hall still hashes it
            hall.after(61 * MINUTE)
            await hall.until("DeadlinePassed")
            for _ in range(3):  # both rooms have had their turn
                await hall.room.submit(oc.Tick(), received_at=hall.clock.now())
                again = tc.PublishTender(tendering.state.published)
                await tendering.submit(again, received_at=hall.clock.now())
            assert tendering.state.closed is None
        await hall.until("DepositsHandedOver")
        assert tendering.state.closed is not None


async def test_clause_5_2_2_a_bid_is_withdrawn_in_time_and_the_hall_says_so_in_writing(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        for who in BIDDERS[:2]:
            await hall.deposit(who)
        sha256 = hall.core.registry.tendering(TENDER).state.active(LOT, "b1")
        assert sha256 is not None
        paper = await hall.withdraw("b1")
        assert (paper.bidder, paper.sha256, paper.lot) == ("b1", sha256.sha256, LOT)
        assert hall.core.desk.deposits.withdrawals(TENDER, "b1") == [paper]
        assert hall.core.desk.deposits.receipts(TENDER, "b1") == []
        hall.after(60 * MINUTE)
        with pytest.raises(Refused, match="deadline_passed"):
            await hall.withdraw("b2")
        await hall.until("DepositsHandedOver")
        last = hall.core.registry.tendering(TENDER).state.refusals[-1]
        assert (last.what, last.bidder) == (te.What.WITHDRAWAL, "b2")
        assert [d.bidder for d in hall.room.state.deposits if not d.superseded] == ["b2"]


async def test_clause_4_1_a_deadline_that_is_moved_in_time_moves_for_deposits_too(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b1")
        later = hall.room.state.scheduled.bid_deadline + 30 * MINUTE
        await hall.act("procuring_entity", "move_deadline", deadline=later, reason="补遗")
        await taken(hall, "DepositDeadlineMoved")
        hall.after(60 * MINUTE)
        await hall.deposit("b2")
        hall.after(31 * MINUTE)
        await hall.until("DepositsHandedOver")
        assert hashlib.sha256(
            canonical.dumps([dataclasses.asdict(d) for d in hall.room.state.deposits])
        ).hexdigest() == (hall.room.state.manifest)


async def test_a_hand_over_that_a_crash_cut_short_is_owed_after_the_next_start(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b1")
        with hall.core.registry.tendering(TENDER).reserved(hall.clock.now()):
            hall.after(61 * MINUTE)
            await hall.until("DeadlinePassed")
            await hall.core.registry.close()  # the hall goes while it still hashes
    assert "DepositsClosed" not in rows(hall)
    async with reopened(hall, 1_000) as again:
        await again.until("DepositsHandedOver")
        await taken(again, "HandedOver")
        assert again.room.state.manifest is not None
        assert rows(again).count("DepositsClosed") == 1
