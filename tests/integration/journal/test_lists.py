"""The public lists: written with the rows, rebuilt to the same, searched in Chinese, paged without gaps."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall import tasks
from hall.adapters.codecs import CODECS
from hall.errors import Malformed
from hall.journal import lists as lists_module
from hall.journal.lists import SqlLists
from hall.journal.projections import phrase, words
from hall.journal.store import SqlJournal
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import Lot, Mode, RuleSet
from hall.runtime.listing import ListQuery, query_of
from hall.runtime.ports import Append, NewEvent
from hall.session import events as oe
from hall.tendering.events import DepositDeadlineMoved, TenderPublished

NOW = 1_767_225_600_000
HOUR = 3_600_000
NAMES = (
    "南京长江大桥维修工程",
    "苏州道路照明采购",
    "无锡医院设备ＡＢＣ采购",
    "常州学校食堂服务",
    "镇江道路绿化工程",
)


class _Vault:
    def seal(self, plain: bytes, place: str, /) -> bytes:
        return plain

    def open(self, sealed: bytes, place: str, /) -> bytes:
        return sealed


async def _open(file: Path) -> SqlJournal:
    keys: Any = SimpleNamespace(log=Ed25519PrivateKey.from_private_bytes(bytes(32)), vault=_Vault())
    return await SqlJournal.open(
        f"sqlite+aiosqlite:///{file}", keys, codecs=CODECS, origin="hall.example", rehearsal=True
    )


def appends(number: int, name: str, *, at: int, deadline: int) -> list[Append]:
    tender, opening = f"T-{number}", f"O-{number}"
    lots = (Lot("1", "一标段"), Lot("1b", "备选", alternative_to="1"))
    published = TenderPublished(
        tender, name, f"2026-{number:03}", "hall.example", opening, lots, deadline, "P256", "00" * 32
    )
    entity = Appointment(Role.PROCURING_ENTITY, "owner", "某人", f"第{number}建设局", "11" * 32)
    scheduled = oe.OpeningScheduled(
        opening=opening,
        origin="hall.example",
        tender=tender,
        tender_name=name,
        tender_number=published.number,
        place="第一开标室",
        mode=Mode.REHEARSAL,
        lots=lots,
        bid_deadline=deadline,
        sign_in_from=deadline - HOUR,
        rules=RuleSet(),
        staff=(entity,),
        trust_roots="00" * 32,
    )
    return [
        Append(tender, f"tendering/{tender}", 0, [NewEvent(at, "system", "", published)]),
        Append(tender, f"opening/{opening}", 0, [NewEvent(at, "system", "", scheduled)]),
    ]


@pytest_asyncio.fixture
async def journal(tmp_path: Path) -> Any:
    found = await _open(tmp_path / "journal.sqlite")
    for number, name in enumerate(NAMES, start=1):
        await found.append_many(appends(number, name, at=NOW + number, deadline=NOW + (9 - number) * HOUR))
    yield found
    await found.close()


async def found(journal: SqlJournal, **query: Any) -> list[str]:
    return [one.tender for one in (await journal.lists.page(ListQuery(**query))).tenders]


async def test_a_published_tender_stands_in_the_list_with_its_public_facts(journal: SqlJournal) -> None:
    one = await journal.lists.tender("T-2")
    assert one is not None
    assert asdict(one) == {
        "tender": "T-2",
        "name": "苏州道路照明采购",
        "number": "2026-002",
        "entity": "第2建设局",
        "method": "open_tendering",
        "law": "bidding_law",
        "opening": "O-2",
        "place": "第一开标室",
        "stage": "scheduled",
        "phase": "bidding",
        "lots": 1,
        "published_at": NOW + 2,
        "bid_deadline": NOW + 7 * HOUR,
        "sign_in_from": NOW + 6 * HOUR,
        "closed_at": 0,
        "public_until": 0,
    }
    assert await journal.lists.tender("T-9") is None


async def test_search_finds_two_characters_whole_runs_and_numbers(journal: SqlJournal) -> None:
    assert await found(journal, search="道路") == ["T-5", "T-2"]
    assert await found(journal, search="道路 采购") == ["T-2"]
    assert await found(journal, search="桥") == ["T-1"]
    assert await found(journal, search="abc采购") == ["T-3"]
    assert await found(journal, search="2026-004") == ["T-4"]
    assert await found(journal, search="第4建设局") == ["T-4"]
    for nothing in ("路道", "程2026", '"', "。。", "食堂服务道路"):
        assert await found(journal, search=nothing) == []


async def test_pages_follow_each_other_without_gap_or_repetition(journal: SqlJournal) -> None:
    for sort in ("-published", "deadline", "-name", "number", "closed"):
        told, cursor = list[str](), ""
        while True:
            page = await journal.lists.page(query_of(sort=sort, cursor=cursor, limit="2"))
            told += [one.tender for one in page.tenders]
            if not (cursor := page.next):
                break
        assert sorted(told) == ["T-1", "T-2", "T-3", "T-4", "T-5"], sort
        whole = await journal.lists.page(query_of(sort=sort, limit="100"))
        assert told == [one.tender for one in whole.tenders]


@pytest.mark.parametrize(
    "wrong",
    [
        {"phase": "secret"},
        {"sort": "deposits"},
        {"cursor": "x"},
        {"cursor": "WzEsIDJd", "sort": "name"},
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "٣"},
        {"search": "x" * 101},
    ],
)
def test_a_question_that_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        query_of(**wrong)


async def test_the_list_follows_the_opening_and_is_rebuilt_to_the_same(
    journal: SqlJournal, tmp_path: Path
) -> None:
    course = (oe.SignInOpened(NOW + HOUR), oe.DeadlinePassed(NOW + 2 * HOUR))
    for seq, event in enumerate(course, start=1):
        await journal.append("T-1", "opening/O-1", seq, [NewEvent(event.at, "system", "", event)])
    moved = DepositDeadlineMoved(NOW + 8 * HOUR, NOW + 12 * HOUR)
    await journal.append("T-1", "tendering/T-1", 1, [NewEvent(NOW + 3 * HOUR, "system", "", moved)])
    one = await journal.lists.tender("T-1")
    assert one is not None
    assert (one.stage, one.phase, one.bid_deadline) == ("deadline", "opening", NOW + 12 * HOUR)
    assert await found(journal, phase="opening") == ["T-1"]
    assert await found(journal, phase="bidding", sort="deadline", descending=False) == [
        "T-5",
        "T-4",
        "T-3",
        "T-2",
    ]
    before = await journal.lists.page(ListQuery(limit=100))
    assert await journal.rebuild_lists() >= 10
    assert await journal.lists.page(ListQuery(limit=100)) == before
    assert await found(journal, search="大桥") == ["T-1"]


async def test_a_journal_whose_lists_are_of_another_version_rebuilds_them_at_its_start(
    tmp_path: Path,
) -> None:
    file = tmp_path / "other.sqlite"
    journal = await _open(file)
    await journal.append_many(appends(1, NAMES[0], at=NOW, deadline=NOW + HOUR))
    await journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE projections SET version = 0")
        connection.execute("DELETE FROM tenders")
        connection.execute("DELETE FROM tender_words")
    journal = await _open(file)
    assert await found(journal, search="长江") == ["T-1"]
    await journal.close()


def test_words_never_run_from_one_text_into_the_next() -> None:
    run = phrase("乙丙").strip('"')
    assert run in words("甲乙丙")
    assert run not in words("甲乙", "丙丁")


async def test_a_page_is_read_once_until_the_lists_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await _open(tmp_path / "j.sqlite")
    try:
        await journal.append_many(appends(1, '南京"大桥"\\\t<工程>', at=NOW, deadline=NOW + HOUR))
        read, reads = SqlLists._lines, list[ListQuery]()

        def counted(lists: SqlLists, query: ListQuery, columns: str) -> Any:
            reads.append(query)
            return read(lists, query, columns)

        monkeypatch.setattr(SqlLists, "_lines", counted)
        first = await journal.lists.told(query_of())
        assert await journal.lists.told(query_of()) == first
        assert len(reads) == 1
        page = await journal.lists.page(query_of())
        assert json.loads(first) == {"tenders": [asdict(one) for one in page.tenders], "next": page.next}
        await journal.append_many(appends(2, NAMES[1], at=NOW + 1, deadline=NOW + HOUR))
        told = json.loads(await journal.lists.told(query_of()))
        assert [one["tender"] for one in told["tenders"]] == ["T-2", "T-1"]
        moved = NewEvent(NOW + 2, "system", "", DepositDeadlineMoved(NOW + HOUR, NOW + 2 * HOUR))
        await journal.append_many([Append("T-1", "tendering/T-1", 1, [moved])])
        told = json.loads(await journal.lists.told(query_of()))
        assert told["tenders"][1]["bid_deadline"] == NOW + 2 * HOUR
    finally:
        await journal.close()


async def test_what_was_read_before_a_change_is_not_kept_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await _open(tmp_path / "j.sqlite")
    try:
        await journal.append_many(appends(1, NAMES[0], at=NOW, deadline=NOW + HOUR))
        read, reading, go_on = SqlLists._lines, threading.Event(), threading.Event()

        def slowly(lists: SqlLists, query: ListQuery, columns: str) -> Any:
            found = read(lists, query, columns)
            reading.set()
            assert go_on.wait(10)
            return found

        monkeypatch.setattr(SqlLists, "_lines", slowly)
        asked = tasks.start(journal.lists.told(query_of()), "asked")
        await asyncio.to_thread(reading.wait, 10)
        await journal.append_many(appends(2, NAMES[1], at=NOW + 1, deadline=NOW + HOUR))
        go_on.set()
        assert len(json.loads(await asked)["tenders"]) == 1
        assert len(json.loads(await journal.lists.told(query_of()))["tenders"]) == 2
    finally:
        go_on.set()
        await journal.close()


async def test_so_many_pages_are_kept_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists_module, "_MOST_KEPT", 2)
    journal = await _open(tmp_path / "j.sqlite")
    try:
        for limit in range(1, 6):
            await journal.lists.told(query_of(limit=str(limit)))
        assert len(journal.lists._kept) == 2
    finally:
        await journal.close()
