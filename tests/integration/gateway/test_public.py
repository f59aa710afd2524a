"""What anybody is given without a login: list, open data, calendar; and a bidder's download and registration."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Any

import aiohttp
import pytest

from hall.client.matters import Matters
from hall.client.registration import answer, ask, register
from hall.errors import HallError
from hall.procurement.documents import EnquiryRules, TenderDocument
from hall.tendering.registration.commands import TakeDocuments
from tests.demo_world import AT
from tests.integration.gateway.conftest import Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT = "招标文件全文\n".encode() * 50_000


async def get(visitor: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with visitor.get(path) as found:
        return found.status, await found.json()


async def publish(doors: Doors) -> str:
    """The notice hands on one document, and the registration has its deadline."""
    sha256 = hashlib.sha256(DOCUMENT).hexdigest()
    document = TenderDocument(sha256, "招标文件.pdf", len(DOCUMENT), "tender_documents", AT)
    procedures = doors.core.procedures
    await doors.core.files._store.keep("T1", sha256, DOCUMENT)
    await procedures.note("registration", "T1", TakeDocuments((document,), rules=EnquiryRules(0, 3, 0)))
    await (await procedures.procedure("T1")).settle()
    return sha256


async def test_the_list_is_for_anybody_and_is_searched(visitor: aiohttp.ClientSession) -> None:
    for path in ("/api/tenders", "/api/tenders?stage=bidding&q=测试&sort=deadline", "/api/tenders?q=test-1"):
        status, page = await get(visitor, path)
        assert (status, [one["tender"] for one in page["tenders"]], page["next"]) == (200, ["T1"], "")
    assert (await get(visitor, "/api/tenders?stage=awarded"))[1]["tenders"] == []
    status, refused = await get(visitor, "/api/tenders?sort=bidders")
    assert (status, refused["error"]["code"]) == (400, "malformed_message")


async def test_open_data_is_a_release_at_a_stable_address(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    status, package = await get(visitor, "/api/open/tenders/T1/release.json")
    assert status == 200
    assert package["uri"] == f"{doors.base}/api/open/tenders/T1/release.json"
    assert package["releases"][0]["tender"]["title"] == "测试工程"
    assert (await get(visitor, "/api/open/tenders/T1/record.json"))[0] == 200
    status, refused = await get(visitor, "/api/open/tenders/T9/release.json")
    assert (status, refused["error"]["code"]) == (404, "no_such_tender")


async def test_the_calendar_of_openings_is_text_of_its_own_kind(visitor: aiohttp.ClientSession) -> None:
    async with visitor.get("/api/open/openings.ics") as found:
        assert found.content_type == "text/calendar"
        text = await found.text()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert "UID:O1@hall.localhost\r\n" in text


async def test_clause_5_2_1_a_bidder_downloads_acknowledges_and_is_registered_and_nobody_sees_it(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    sha256 = await publish(doors)
    before = await everything(doors, visitor)
    async with doors.client("b1") as bidder:
        await bidder.login()
        matters = Matters(bidder, "T1")
        with pytest.raises(HallError, match="no_such_file"):
            await matters.file(sha256)  # by the way of other files nothing would tell that it was fetched
        body: dict[str, object] = {"documents": [sha256], "members": []}
        with pytest.raises(HallError, match="download_first"):
            await matters.act("registration", "acknowledge_download", body)
        ack = await register(matters)
        assert ack.events == ["Registered"]
        assert (await register(matters)).events == []
        assert (await matters.view("registration"))["mine"]["complete"]
        assert await everything(doors, visitor) == before
        await ask(matters, "单位是平方米吗？")
    async with doors.client("host") as host:
        await host.login()
        with pytest.raises(HallError, match="not_permitted"):
            await answer(Matters(host, "T1"), 1, "是。")


async def test_a_download_that_breaks_off_was_not_sent(doors: Doors) -> None:
    sha256 = await publish(doors)
    async with doors.client("b2") as bidder:
        await bidder.login()
        stream = await bidder.session.get(f"{doors.base}/api/tenders/T1/documents/{sha256}")
        assert await stream.content.read(1000)
        stream.close()
        await asyncio.sleep(0)
        shown = await Matters(bidder, "T1").view("registration")
        assert [one["received"] for one in shown["documents"]] == [False]


async def test_staff_and_public_get_no_document_by_the_bidders_door(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    sha256 = await publish(doors)
    assert (await get(visitor, f"/api/tenders/T1/documents/{sha256}"))[0] == 401
    async with doors.client("host") as host:
        await host.login()
        with pytest.raises(HallError, match="not_permitted"):
            await host.get_bytes(f"/api/tenders/T1/documents/{sha256}")


async def everything(doors: Doors, visitor: aiohttp.ClientSession) -> list[object]:
    """What the public, the staff and another bidder are told, without what moves by itself."""
    paths = [
        "/api/tenders",
        "/api/tenders/T1",
        "/api/tenders/T1/registration",
        "/api/open/tenders/T1/release.json",
        "/api/open/tenders/T1/record.json",
        "/api/broadcast/O1/index.json",
    ]
    told: list[object] = [(await get(visitor, path))[1] for path in paths]
    for who in ("host", "procuring_entity", "supervisor", "b3"):
        async with doors.client(who) as one:
            await one.login()
            for path in (*paths, "/api/openings/O1?cursor=0", "/api/inbox"):
                told.append(_still(await one.get(path)))
    return [_still(one) for one in told]


def _still(told: object) -> object:
    """Without the moment of the answer and its nonces."""
    return re.sub(r"'(now|cursor|at|since|presence)': [^,}]*", "", str(told))


async def test_clause_6_1_the_publics_bundle_needs_no_login_and_an_opening_that_is_over(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    status, told = await get(visitor, "/api/open/openings/O1/bundle.zip")
    assert (status, told["error"]["code"]) == (409, "not_closed_yet")
    status, told = await get(visitor, "/api/open/trust.json")
    assert (status, told) == (200, doors.core.archive.anchors())
    limited = [
        (await get(visitor, "/api/open/openings/O1/bundle.zip"))[1]["error"]["code"] for _ in range(20)
    ]
    assert limited[-1] == "too_often"
