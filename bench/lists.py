"""The public lists at 10,000 tenders: a page and a search, called and over HTTP, against a bare indexed SQL query.

The peer is the least that anybody could do: one prepared statement on one open connection of sqlite3 in the same
process, first page of the newest tenders by its index. Searches are held against the same full-text search, bare.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.table import Row, publish
from hall.adapters.codecs import CODECS
from hall.gateway.routes_public import PublicRoutes
from hall.journal.lists import COLUMNS
from hall.journal.projections import phrase
from hall.journal.store import SqlJournal
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import Lot, Mode, RuleSet
from hall.runtime.listing import ListPage, query_of
from hall.runtime.ports import Append, NewEvent
from hall.session.events import OpeningScheduled
from hall.tendering.events import TenderPublished

TENDERS = 10_000
ROUNDS = 300
START = 1_767_225_600_000
HOUR = 3_600_000
TOWNS = "南京 苏州 无锡 常州 镇江 扬州 泰州 盐城 淮安 徐州".split()
WORKS = "道路维修工程 照明设备采购 医院改造工程 学校食堂服务 河道清淤工程 桥梁加固工程 软件开发服务".split()
BARE = f"SELECT {COLUMNS} FROM tenders WHERE published_at > 0 ORDER BY published_at DESC, id DESC LIMIT 21"  # noqa: S608  # our columns
FOUND = f"""
    SELECT {COLUMNS} FROM tender_words CROSS JOIN tenders ON tenders.id = tender_words.rowid
    WHERE tender_words MATCH ? ORDER BY published_at DESC, tenders.id DESC LIMIT 21
"""  # noqa: S608  # our columns


class _Vault:
    def seal(self, plain: bytes, place: str, /) -> bytes:
        return plain

    def open(self, sealed: bytes, place: str, /) -> bytes:
        return sealed


def appends(number: int) -> list[Append]:
    """A tender and its opening, as the registry publishes them."""
    tender, opening, at = f"T-{number}", f"O-{number}", START + number * 60_000
    name = f"{TOWNS[number % 10]}市第{number}号{WORKS[number % 7]}"
    lots, deadline = (Lot("1", "一标段"),), at + 20 * 24 * HOUR
    published = TenderPublished(
        tender, name, f"JS-{number:06}", "hall", opening, lots, deadline, "P256", "00" * 32
    )
    entity = Appointment(Role.PROCURING_ENTITY, "owner", "某人", f"{TOWNS[number % 10]}市建设局", "11" * 32)
    scheduled = OpeningScheduled(
        opening=opening,
        origin="hall",
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


async def asked_in_turn(*asks: Callable[[], Awaitable[object]]) -> list[list[float]]:
    """Milliseconds that each answer took, sorted, of each; asked in turn, so that whatever else the machine does
    falls on all of them alike. The first hundred turns are not counted."""
    took: list[list[float]] = [[] for _ in asks]
    for number in range(ROUNDS + 100):
        for ask, times in zip(asks, took, strict=True):
            began = time.perf_counter()
            await ask()
            if number >= 100:
                times.append(time.perf_counter() - began)
    return [sorted(one * 1000 for one in times) for times in took]


def bare(connection: sqlite3.Connection, statement: str, *values: object) -> Callable[[], Awaitable[object]]:
    """The peer: no thread, no page, no cursor."""

    async def ask() -> object:
        return connection.execute(statement, values).fetchall()

    return ask


async def main() -> None:
    """Measure and publish."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "journal.sqlite"
        keys = SimpleNamespace(
            log=Ed25519PrivateKey.from_private_bytes(secrets.token_bytes(32)), vault=_Vault()
        )
        journal = await SqlJournal.open(
            f"sqlite+aiosqlite:///{file}", cast(Any, keys), codecs=CODECS, origin="hall", rehearsal=True
        )
        for start in range(0, TENDERS, 250):
            await journal.append_many([one for n in range(start, start + 250) for one in appends(n)])
        rows = await measured(journal, file)
        began = time.perf_counter()
        await journal.rebuild_lists()
        took = time.perf_counter() - began
        rows.append(Row(case="hall rebuild", ours=took, unit="s", how=f"{TENDERS} tenders, 20,000 rows"))
        await journal.close()
    publish("lists", rows)


async def measured(journal: SqlJournal, file: Path) -> list[Row]:
    """Everything against the bare query in the same run."""
    connection, lists = sqlite3.connect(f"file:{file}?mode=ro", uri=True), journal.lists
    first = bare(connection, BARE)
    deep = (await lists.page(query_of(limit="20"))).next
    cases = {
        "first page": ({}, first),
        "second page by cursor": ({"cursor": deep}, first),
        "one phase, by deadline": ({"stage": "bidding", "sort": "deadline"}, first),
        "search, 1 hit": ({"q": "第4321号"}, bare(connection, FOUND, phrase("第4321号"))),
        "search, 143 hits": ({"q": "南京 照明"}, bare(connection, FOUND, phrase("南京 照明"))),
        "search, 4286 hits": ({"q": "工程"}, bare(connection, FOUND, phrase("工程"))),
    }
    rows: list[Row] = []
    routes = PublicRoutes(cast(Any, None), cast(Any, None), lists, cast(Any, None))
    app = web.Application()
    app.add_routes([web.get("/api/tenders", routes.tenders)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        for case, (asked, peer) in cases.items():
            named = {"phase" if k == "stage" else "search" if k == "q" else k: v for k, v in asked.items()}

            async def call(given: dict[str, str] = named) -> ListPage:
                return await lists.page(query_of(**given))

            async def fetch(given: dict[str, str] = asked) -> bytes:
                async with session.get("/api/tenders", params=given) as found:
                    return await found.read()

            base, called, fetched = await asked_in_turn(peer, call, fetch)
            for name, place in (("p99", int(ROUNDS * 0.99)), ("median", ROUNDS // 2)):
                how = f"{name} of {ROUNDS}, 20 of {TENDERS} tenders"
                for way, ours in (("call", called[place]), ("HTTP", fetched[place])):
                    told = f"{case}, {way}, {name}"
                    rows.append(
                        Row(case=told, ours=ours, unit="ms", how=how, peer=base[place], peer_name="bare SQL")
                    )
    await runner.cleanup()
    connection.close()
    assert len(asdict(await lists.page(query_of()))["tenders"]) == 20
    return rows


if __name__ == "__main__":
    asyncio.run(main())
