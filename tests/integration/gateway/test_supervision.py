"""Supervision at the door: asked and complained without an account, followed by a code, handled with certificates."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hall.client.matters import Matters
from hall.errors import HallError
from hall.rehearsal.stage import party_of, toml
from tests.demo_world import holder, world
from tests.integration.gateway.conftest import Doors, laid_out, opened, plan

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE = "/api/tenders/T1/supervision"


OFFICES = {"supervisor": "regulator", "clerk": "trading_centre"}
"""Who of the demo's people has which office in this hall."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    place = laid_out(tmp_path_factory.mktemp("supervised"))
    people = {party_of(holder(who).identity): [office] for who, office in OFFICES.items()}
    made = plan(world())
    parties: Any = made["party"]
    for party in parties:
        party |= {"office": people[party["id"]]} if party["id"] in people else {}
    (place / "plan.toml").write_text(toml(made), encoding="utf-8")
    async with opened(place) as found:
        yield found


def said(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "complaint",
        "about": "other",
        "against": "trading_centre",
        "against_party": "",
        "lot": "",
        "knew_at": 0,
        "prior_code": "",
        "files": [],
        "name": "周某",
        "contact": "13812345678",
        "facts": "大厅的公告与现场不一致。",
        "demands": "请求核查。",
        **changed,
    }


async def send(
    doors: Doors, visitor: aiohttp.ClientSession, way: str, body: Any, method: str = "post"
) -> Any:
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with visitor.request(method, f"{BASE}/{way}", headers={"Origin": doors.base}, **sent) as answer:
        return answer.status, json.loads(await answer.read()) if answer.content_type.endswith(
            "json"
        ) else None


async def test_clause_6_3_a_complaint_without_an_account_is_handled_and_followed_by_its_code(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    status, kept = await send(doors, visitor, "files", b"proof", "put")
    assert status == 200
    status, shown = await send(doors, visitor, "cases", said(files=[kept["sha256"]]))
    assert (status, len(shown["code"]), shown["refused"]) == (200, 32, "")
    number = shown["number"]
    status, found = await send(doors, visitor, "lookup", {"code": shown["code"].upper()})
    assert (status, found["case"]["stage"], found["statement"]["name"]) == (200, "filed", "周某")
    async with doors.client("supervisor") as hall:
        await hall.login()
        matters = Matters(hall, "T1")
        words = await hall.get(f"{BASE}/statements/cases/{number}")
        assert (words["facts"], words["contact"]) == ("大厅的公告与现场不一致。", "13812345678")
        assert await matters.file(kept["sha256"]) == b"proof"
        await matters.act("supervision", "accept_case", {"case": number, "text": "予以受理"})
        view = await until(matters, number, lambda case: case["evidence"] is not None and case["held"])
        listing = json.loads(await matters.file(view["evidence"]["listing"]))
        assert (listing["root"], listing["size"]) == (view["evidence"]["root"], len(listing["rows"]))
        assert kept["sha256"] in listing["files"]
        assert (await doors.core.keeper.state("O1")).holds
    async with doors.client("b1") as hall:
        await hall.login()
        with pytest.raises(HallError, match="no_such_case"):
            await hall.get(f"{BASE}/statements/cases/{number}")
        with pytest.raises(HallError, match="no_such_file"):
            await Matters(hall, "T1").file(kept["sha256"])
        assert "周某" not in json.dumps(await Matters(hall, "T1").view("supervision"), ensure_ascii=False)
    by_code = {"code": shown["code"]}
    status, more = await send(doors, visitor, "files", b"more proof", "put")
    status, found = await send(doors, visitor, "add", {**by_code, "files": [more["sha256"]]})
    assert (status, found["case"]["files"]) == (200, [kept["sha256"], more["sha256"]])
    status, refused = await send(doors, visitor, "add", {**by_code, "files": ["ab" * 32]})
    assert (status, refused["error"]["code"]) == (409, "file_not_handed_in")
    async with visitor.post(
        f"{BASE}/file", json={**by_code, "sha256": more["sha256"]}, headers={"Origin": doors.base}
    ) as own:
        assert await own.read() == b"more proof"
    status, found = await send(doors, visitor, "withdraw", {"code": shown["code"], "text": "已解决"})
    status, refused = await send(doors, visitor, "add", {**by_code, "files": [more["sha256"]]})
    assert (status, refused["error"]["code"]) == (409, "case_step_order")
    status, found = await send(doors, visitor, "lookup", by_code)
    assert (status, found["case"]["stage"]) == (200, "withdrawn")
    async with doors.client("supervisor") as hall:
        await hall.login()
        await until(Matters(hall, "T1"), number, lambda case: not case["held"])
    rows = await doors.core.journal.rows("T1")
    told = [row for row in rows if row.stream.startswith("supervision/")]
    assert told
    assert not any("周某" in str(row.body) or shown["code"] in str(row.body) for row in told)


async def test_nobody_reads_a_file_by_naming_its_digest_in_a_case_of_its_own(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    async with doors.client("supervisor") as hall:
        await hall.login()
        secret = await Matters(hall, "T1").hand_in(b"the regulator's own")
    status, refused = await send(doors, visitor, "cases", said(files=[secret]))
    assert (status, refused["error"]["code"]) == (409, "file_not_handed_in")
    async with doors.client("b1") as hall:
        await hall.login()
        mine = {
            key: value
            for key, value in said(files=[secret]).items()
            if key not in ("kind", "lot", "prior_code")
        }
        statement = {**mine, "prior": 0, "salt": "ab" * 16}
        with pytest.raises(HallError, match="file_not_handed_in"):
            await Matters(hall, "T1").act("supervision", "file_complaint", statement)
        own = await Matters(hall, "T1").hand_in(b"the bidder's own")
        await Matters(hall, "T1").act("supervision", "file_complaint", {**statement, "files": [own]})
        assert await Matters(hall, "T1").file(own) == b"the bidder's own"


async def until(matters: Matters, number: int, wanted: Any) -> Any:
    """Ask until what is owed has been carried out."""
    for _ in range(200):
        cases = (await matters.view("supervision"))["cases"]
        case = next(one for one in cases if one["case"] == number)
        if wanted(case):
            return case
    raise AssertionError(case)


async def test_personal_data_that_is_erased_leaves_the_case_and_its_proof(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    _, shown = await send(doors, visitor, "cases", said())
    rows = [row for row in await doors.core.journal.rows("T1") if row.kind == "CaseFiled"]
    await doors.core.journal.erase_personal(str(rows[-1].body["statement"]))
    status, found = await send(doors, visitor, "lookup", {"code": shown["code"]})
    assert (status, found["statement"]["state"], found["case"]["case"]) == (200, "erased", shown["number"])


async def test_clause_6_2_a_question_of_anybody_is_published_with_its_answer_in_redacted_words(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    asked = {"words": "张三（13800000000）的业绩属实吗？", "name": "", "contact": ""}
    status, shown = await send(doors, visitor, "questions", asked)
    assert status == 200
    async with doors.client("clerk") as hall:
        await hall.login()
        original = await hall.get(f"{BASE}/statements/questions/{shown['number']}")
        assert original["facts"] == asked["words"]
        answer = {
            "question": shown["number"],
            "words": "某投标人的业绩属实吗？",
            "redacted": True,
            "text": "属实，理由……",
        }
        await Matters(hall, "T1").act("supervision", "answer_question", answer)
    async with visitor.get(BASE) as answered:
        text = await answered.text()
    assert "某投标人的业绩属实吗" in text
    assert "13800000000" not in text


async def test_a_wrong_code_and_an_unknown_tender_open_nothing(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    status, wrong = await send(doors, visitor, "lookup", {"code": "00" * 16})
    assert (status, wrong["error"]["code"]) == (404, "no_such_code")
    async with visitor.post(
        "/api/tenders/T9/supervision/questions",
        json={"words": "x", "name": "", "contact": ""},
        headers={"Origin": doors.base},
    ) as unknown:
        assert (await unknown.json())["error"]["code"] == "no_such_tender"


async def test_one_network_brings_so_many_things_an_hour_and_no_more(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    answers = [
        await send(doors, visitor, "questions", {"words": "x", "name": "", "contact": ""}) for _ in range(12)
    ]
    assert answers[-1][1]["error"]["code"] == "too_often"
