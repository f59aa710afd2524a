"""From the start of the server to ready, with a long journal behind it.

The rows are those of whole openings: most are closed, some are in the middle of decryption. They are appended directly,
in groups; then `hall serve` is started on them as it is after a crash, and asked until it is ready.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import resource
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.table import Row, publish
from hall import app
from hall.journal.store import SqlJournal
from hall.procurement.acts import SignedAct
from hall.procurement.tender import Lot
from hall.rehearsal.processes import finished
from hall.rehearsal.stage import HALL, ORIGIN, Scene, Stage
from hall.runtime.ports import Append, NewEvent
from hall.session import commands as c
from hall.session import events as e
from hall.storage.keys import HallKeys
from hall.tendering import events as te
from hall.tendering.directory import TenderListed
from tests.playbook import (
    ANNOUNCER,
    CLERK,
    DEADLINE,
    HOST,
    MIDNIGHT,
    OWNER,
    SCRUTINEER,
    Playbook,
    bidder,
    plan,
)

ROWS = 1_000_000
ROWS_PER_OPENING = 2_000
"""An opening of three hours leaves about so many: a row of recording heads each 10 s, and who came and went."""

IN_PROGRESS = 20
BIDDERS = tuple(f"b{n}" for n in range(1, 11))
TOGETHER = 200
TARGET = 10.0


@dataclass(frozen=True)
class History:
    """What happened in one opening: (time in ms UTC, event)."""

    events: tuple[tuple[int, e.Event], ...]


def whole(closed: bool) -> History:
    """An opening up to its end, or up to the decrypt command and half of the releases."""
    play = Playbook(plan())
    if closed:
        play.until_disclosed(*BIDDERS)
        for name in BIDDERS:
            play.says(ANNOUNCER, "read_out", bidder=name)
            play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
        play.says(HOST, "open_objections")
        play.after(5 * 60_000)
        play.says(HOST, "close_objections")
        play.sign_register()
        play.hall(c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
        revision = "01" * 32
        for number, signer in enumerate((OWNER, SCRUTINEER, CLERK), start=4):
            after = f"{number:02x}" * 32
            play.hall(c.NoteRecordSigned(revision, signer.role.value, signer.name, signer.certificate, after))
            revision = after
        play.hall(c.NoteRecordCompleted("09" * 32))
        play.says(HOST, "close_opening", record_later=False)
        play.hall(c.NoteRoomEmpty())
        play.hall(c.NoteRecordingHeads((), final=True))
    else:
        play.until_commanded(*BIDDERS)
        for name in BIDDERS[: len(BIDDERS) // 2]:
            play.release(name)
            play.hall(c.NoteBidOpened("1", name, "11" * 32))
    told = list(zip(play.times, play.events, strict=True))
    commanded = next(n for n, (_, event) in enumerate(told) if isinstance(event, e.DecryptionCommanded))
    at = told[commanded][0]
    return History(
        (*told[: commanded + 1], *_meanwhile(at, ROWS_PER_OPENING - len(told)), *told[commanded + 1 :])
    )


def _meanwhile(at: int, rows: int) -> list[tuple[int, e.Event]]:
    """What goes on beside the acts: heads of the recordings, and every tenth time somebody who was gone for a while."""
    made: list[tuple[int, e.Event]] = []
    for n in range(rows):
        if n % 10 == 0:
            gone = e.PresenceChanged(
                f"bidder-{BIDDERS[n % len(BIDDERS)]}",
                n,
                "offline",
                at + n,
                at + n + 900,
                0,
                "transport_closed",
                "sure",
            )
            made.append((at, gone))
            continue
        heads = tuple(
            e.RecordingHead(
                f"bidder-{name}", "001.mp4", 1, n * 20, hashlib.sha256(f"{name}{n}".encode()).hexdigest()
            )
            for name in BIDDERS
        )
        made.append((at, e.RecordingHeads(heads, final=False)))
    return made


def named(event: e.Event, number: int) -> e.Event:
    """The same event in the opening of that number."""
    if isinstance(event, e.OpeningScheduled):
        return replace(event, opening=f"O-{number}", tender=f"T-{number}")
    return event


def tendering(number: int, act: SignedAct) -> list[te.Event]:
    """The stream of a tender up to its hand-over."""
    published = te.TenderPublished(
        tender=f"T-{number}",
        name="河堤整治",
        number=f"YQ-{number}",
        origin=ORIGIN,
        opening=f"O-{number}",
        lots=(Lot("1", "标段 1", "1000000.00"),),
        bid_deadline=DEADLINE,
        suite="bidseal/1",
        trust_roots="ab" * 32,
    )
    deposits = Playbook().deposits(*BIDDERS)
    received = [te.DepositReceived(deposit, act) for deposit in deposits]
    return [
        published,
        *received,
        te.DepositsClosed(DEADLINE, "ef" * 32, deposits),
        te.HandedOver(f"O-{number}"),
    ]


async def fill(data: Path, rows: int) -> tuple[int, float]:
    """Append the rows; gives how many there are and the rows per second."""
    closed, running = whole(closed=True), whole(closed=False)
    act = Playbook().act(HOST, "announce_bidders")
    openings = rows // ROWS_PER_OPENING
    journal = await SqlJournal.open(
        f"sqlite+aiosqlite:///{data / 'journal.db'}",
        HallKeys.load_or_create(data / "keys"),
        codecs=app.CODECS,
        origin=ORIGIN,
        rehearsal=True,
    )
    began, made = time.monotonic(), 0

    async def stream(tender: str, name: str, events: Sequence[tuple[int, object]], known: int = 0) -> None:
        nonlocal made
        for start in range(0, len(events), TOGETHER):
            part = [NewEvent(at, "hall", "", event) for at, event in events[start : start + TOGETHER]]
            await journal.append_many([Append(tender, name, known + start, part)])
            made += len(part)
            if tender != "hall":
                await journal.checkpoint(tender, part[-1].received_at)

    for first in range(0, openings, 8):
        tasks = []
        for number in range(first, min(first + 8, openings)):
            history = running if number < IN_PROGRESS else closed
            events = [(at, named(event, number)) for at, event in history.events]
            tasks.append(stream(f"T-{number}", f"opening/O-{number}", events))
            tasks.append(
                stream(
                    f"T-{number}", f"tendering/T-{number}", [(MIDNIGHT, x) for x in tendering(number, act)]
                )
            )
        await asyncio.gather(*tasks)
    known = len(await journal.load("directory/hall"))
    listed = [(MIDNIGHT, TenderListed(f"T-{n}", f"O-{n}")) for n in range(openings)]
    await stream("hall", "directory/hall", listed, known)
    rate = made / (time.monotonic() - began)
    await journal.close()
    return made, rate


def seconds_to_ready(stage: Stage, *, until_kept: bool = False) -> float:
    """Start the server, wait until it says that it is ready, kill it as a crash would.

    until_kept: not before the states of all closed openings are kept.
    """
    began = time.monotonic()
    with (
        stage.log.open("ab") as log,
        subprocess.Popen([*HALL, "serve", "--config", str(stage.config)], stdout=log, stderr=log) as server,
    ):
        try:
            while True:
                if server.poll() is not None:
                    raise SystemExit(f"the server did not start:\n{stage.last_words()}")
                try:
                    with urllib.request.urlopen(f"{stage.base}/readyz", timeout=5) as answer:  # noqa: S310  # our own
                        if answer.status == 200:
                            took = time.monotonic() - began
                            while until_kept and kept(stage) < closed(stage):
                                time.sleep(1)
                            return took
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    time.sleep(0.05)
        finally:
            server.kill()


def cpu_of_children() -> float:
    """CPU seconds of all processes that this one has started and seen end."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def kept(stage: Stage) -> int:
    """How many rooms' states are kept."""
    return _count(stage, "SELECT count(*) FROM room_states")


def closed(stage: Stage) -> int:
    """How many openings are over."""
    return _count(stage, "SELECT count(*) FROM rows WHERE kind = 'RoomEmptied'")


def _count(stage: Stage, query: str) -> int:
    with contextlib.closing(sqlite3.connect(stage.directory / "data" / "journal.db")) as connection:
        return int(connection.execute(query).fetchone()[0])


async def prepared(stage: Stage, rows: int) -> tuple[int, float]:
    """Lay the stage out, and fill its journal."""
    stage.prepare()
    parties = str(stage.directory / "parties.toml")
    code, said = await finished(*HALL, "admin", "import", "--config", str(stage.config), parties)
    if code != 0:
        raise SystemExit(said)
    return await fill(stage.directory / "data", rows)


def main() -> None:
    """Measure, print and publish."""
    parser = argparse.ArgumentParser(prog="bench.restart")
    parser.add_argument("--rows", type=int, default=ROWS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hall-restart-") as folder:
        stage = Stage(Path(folder), Scene("T2026-001", "DEMO-2026-001", "演示", 3, 3_600_000))
        rows, rate = asyncio.run(prepared(stage, asked.rows))
        first = seconds_to_ready(stage, until_kept=True)
        used = cpu_of_children()
        again = [seconds_to_ready(stage) for _ in range(3)]
        used = (cpu_of_children() - used) / 3
    openings = asked.rows // ROWS_PER_OPENING
    how = f"{rows} rows: {openings} openings, {min(openings, IN_PROGRESS)} of them in decryption; `hall serve`, SIGKILL"
    publish(
        "restart",
        [
            Row(case="start to ready, median of 3", ours=round(sorted(again)[1], 2), unit="s", how=how),
            Row(
                case="CPU until then, mean of 3",
                ours=round(used, 2),
                unit="s",
                how="all processes of the hall",
            ),
            Row(case="the first start on these rows", ours=round(first, 2), unit="s", how=how),
            Row(case="target", ours=TARGET, unit="s", how="1,000,000 rows"),
            Row(
                case="appended in groups",
                ours=round(rate),
                unit="rows/s",
                how=f"{TOGETHER} rows an append, 8 streams",
            ),
        ],
    )


if __name__ == "__main__":
    main()
