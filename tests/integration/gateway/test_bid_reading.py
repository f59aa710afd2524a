"""The committee reads the opened bids: marked for who reads, journalled each time, and nobody else reads (5.4.2)."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from hall.errors import HallError
from hall.rehearsal.stage import party_of
from tests.demo_world import holder
from tests.evaluation_hall import LOT, Evaluation, evaluation_hall
from tests.laid_out import TENDER

PATH = f"/api/tenders/{TENDER}/evaluation/bids/{LOT}/b1/pages"


async def test_clause_5_4_2_bids_are_read_marked_and_journalled_and_by_nobody_else(tmp_path: Path) -> None:
    async with evaluation_hall(tmp_path) as hall:
        await hall.drawn()
        seats = await hall.seats()
        await _nobody_reads(hall, seats[2])
        await hall.act(seats[1], "accept_seat")
        pdf = await hall.halls[seats[1]].get_bytes(PATH)
        text = _text(pdf)
        assert f"第 1 席 · {TENDER}" in text
        assert "2026-11-22" in text
        assert holder(seats[1]).identity.name not in text
        (access,) = (await hall.view("supervisor"))["accesses"]
        assert (access["member"], access["bidder"], access["pages"]) == (1, "b1", "1-1")
        assert access["copy"] in text, "the number on the page is the one in the journal"
        row = hall.inner.core.procedures.procedure
        event, _ = (await row(TENDER)).rooms["evaluation"].state.accesses[0]
        assert event.part == hashlib.sha256(pdf).hexdigest(), (
            "the journal names the very bytes that were given"
        )
        again = _text(await hall.halls[seats[1]].get_bytes(PATH))
        assert len((await hall.view("supervisor"))["accesses"]) == 2
        assert access["copy"] not in again, "each copy has a number of its own"
        kept = hall.inner.room.state.lots[LOT].disclosed["b1"].bid_sha256
        assert kept != event.part, "the digest of the sealed original stands in the journal as before"
        assert _code(await _read(hall, seats[1], PATH + "?first=2")) == "no_such_page"
        assert _code(await _read(hall, seats[1], PATH.replace("/b1/", "/b9/"))) == "no_such_bid"
        assert _code(await _read(hall, seats[1], PATH + "?first=x")) == "malformed_request"
        assert len((await hall.view("supervisor"))["accesses"]) == 2, "what was not given is no access"


async def _nobody_reads(hall: Evaluation, unseated: str) -> None:
    staff = ("procuring_entity", "host", "supervisor", "notary", "announcer", "clerk")
    for who in (*staff, "b1", "b2", unseated):
        await hall.of(who)
        assert _code(await _read(hall, who, PATH)) == "not_permitted", who
    assert (await hall.view("supervisor"))["accesses"] == []
    assert (await hall.view("b1"))["bids"] == []
    assert party_of(holder("b1").identity) == "b1"


async def _read(hall: Evaluation, who: str, path: str) -> HallError | bytes:
    try:
        return await hall.halls[who].get_bytes(path)
    except HallError as error:
        return error


def _code(found: HallError | bytes) -> str:
    return found.code if isinstance(found, HallError) else ""


def _text(pdf: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
