"""The public lists at 10,000 tenders: a page and a search, called and over HTTP, against a bare indexed SQL query.

The peer is the least that anybody could do: one prepared statement on one open connection of sqlite3 in the process
that asks, by the index that fits. Over HTTP another process asks, on one connection that stays: for the page as it is
read when nothing is kept of it, as most people get it (asked before, and nothing has changed), and for an empty answer,
which is what HTTP alone costs here.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import re
import secrets
import socket
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.table import Row, publish
from hall.adapters.codecs import CODECS
from hall.gateway.routes_public import PublicRoutes
from hall.journal.lists import COLUMNS, SqlLists
from hall.journal.projections import phrase
from hall.journal.store import SqlJournal
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import Lot, Mode, RuleSet
from hall.runtime.listing import query_of
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
PHASED = f"""
    SELECT {COLUMNS} FROM tenders INDEXED BY tenders_by_phase_bid_deadline
    WHERE phase = ? AND published_at > 0 ORDER BY bid_deadline, id LIMIT 21
"""  # noqa: S608  # our columns
WAYS = {"HTTP": "/read", "HTTP, kept": "/kept", "HTTP, empty answer": "/empty"}
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
    """Everything against the bare query of its case, in the same run."""
    lists = journal.lists
    whole = await lists.page(query_of(limit="20"))
    last = whole.tenders[-1]
    place = query_of(cursor=whole.next).after
    assert place is not None
    deep = BARE.replace("WHERE", "WHERE (published_at, id) < (?, ?) AND")
    assert last.published_at == place[0]
    cases: dict[str, tuple[dict[str, str], str, tuple[object, ...]]] = {
        "first page": ({}, BARE, ()),
        "second page by cursor": ({"cursor": whole.next}, deep, place),
        "one phase, by deadline": ({"stage": "bidding", "sort": "deadline"}, PHASED, ("bidding",)),
        "search, 1 hit": ({"q": "第4321号"}, FOUND, (phrase("第4321号"),)),
        "search, 143 hits": ({"q": "南京 照明"}, FOUND, (phrase("南京 照明"),)),
        "search, 4286 hits": ({"q": "工程"}, FOUND, (phrase("工程"),)),
    }
    rows: list[Row] = []
    async with served(lists) as port:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as client:
            for case, (asked, statement, values) in cases.items():
                rows += await of_case(lists, client, (port, file), case, (asked, statement, values))
    return rows


async def of_case(
    lists: SqlLists,
    client: ProcessPoolExecutor,
    where: tuple[int, Path],
    case: str,
    asks: tuple[dict[str, str], str, tuple[object, ...]],
) -> list[Row]:
    """The rows of one case: called in this process, then over HTTP from another one."""
    asked, statement, values = asks
    named = {"phase" if k == "stage" else "search" if k == "q" else k: v for k, v in asked.items()}

    async def call() -> object:
        return await lists.page(query_of(**named))

    with contextlib.closing(sqlite3.connect(f"file:{where[1]}?mode=ro", uri=True)) as connection:
        base, called = await asked_in_turn(bare(connection, statement, *values), call)
    loop = asyncio.get_running_loop()
    times = await loop.run_in_executor(client, from_outside, *where, urlencode(asked), statement, values)
    rows: list[Row] = []
    for name, place in (("p99", int(ROUNDS * 0.99)), ("median", ROUNDS // 2)):
        how = f"{name} of {ROUNDS}, 20 of {TENDERS} tenders"
        seen = {"call": (called, base)} | {way: (times[way], times["bare"]) for way in WAYS}
        for way, (ours, peer) in seen.items():
            told = f"{case}, {way}, {name}"
            rows.append(
                Row(case=told, ours=ours[place], unit="ms", how=how, peer=peer[place], peer_name="bare SQL")
            )
    return rows


@contextlib.asynccontextmanager
async def served(lists: SqlLists) -> AsyncIterator[int]:
    """Serve the list, the list with nothing kept of it, and an empty answer; gives the port."""
    public = cast(PublicRoutes, SimpleNamespace(lists=lists))

    async def kept(request: web.Request) -> web.Response:
        return await PublicRoutes.tenders(public, request)

    async def read(request: web.Request) -> web.Response:
        lists.changed()
        return await kept(request)

    async def empty(request: web.Request) -> web.Response:
        return web.Response(body=b"{}", content_type="application/json")

    app = web.Application()
    app.add_routes([web.get("/read", read), web.get("/kept", kept), web.get("/empty", empty)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def from_outside(
    port: int, file: Path, query: str, statement: str, values: tuple[object, ...]
) -> dict[str, list[float]]:
    """What a client in a process of its own waits, ms, sorted: for the bare query on the file, and for each way over
    HTTP on one connection that stays. All in turn; the client does nothing but read."""
    took: dict[str, list[float]] = {"bare": [], **{way: [] for way in WAYS}}
    with (
        contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection,
        socket.create_connection(("127.0.0.1", port)) as line,
    ):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(ROUNDS + 100):
            for way, times in took.items():
                began = time.perf_counter()
                if way == "bare":
                    connection.execute(statement, values).fetchall()
                else:
                    _fetch(line, f"{WAYS[way]}?{query}")
                if number >= 100:
                    times.append((time.perf_counter() - began) * 1000)
    return {way: sorted(times) for way, times in took.items()}


def _fetch(line: socket.socket, path: str) -> None:
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head, _, body = line.recv(1 << 16).partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(head.decode())
    found = re.search(rb"(?i)content-length: (\d+)", head)
    assert found is not None
    missing = int(found[1]) - len(body)
    while missing > 0:
        missing -= len(line.recv(1 << 16))


if __name__ == "__main__":
    asyncio.run(main())
