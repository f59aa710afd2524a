"""From the start of the server to ready with many openings that wait for their day, and what they cost while it runs.

Each is published, has its staff, and nothing has happened in it yet: the days of a busy centre. The rows are appended
directly, in groups; then `hall serve` is started on them, asked until it is ready, and watched for a while.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path

from bench.lists import appends
from bench.table import Row, publish
from hall import app
from hall.clock import machine_time
from hall.journal.store import SqlJournal
from hall.rehearsal.processes import finished
from hall.rehearsal.stage import HALL, ORIGIN, Scene, Stage
from hall.runtime.ports import Append, NewEvent
from hall.session.events import OpeningScheduled
from hall.storage.keys import HallKeys
from hall.tendering.directory import TenderListed
from hall.tendering.events import TenderPublished

OPENINGS = 10_000
TOGETHER = 250
HOUR = 3_600_000
FIRST = 72 * HOUR
"""From now to the first deadline; a minute later comes the next."""

SETTLES, WATCHED = 10.0, 10.0
"""Seconds after ready that are not watched, and that are."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a start was seen to take. ready: s; memory: MiB of the server's own process; busy: share of one core while
    nobody asks for anything; answered: the slowest of its answers meanwhile, s."""

    ready: float
    memory: float
    busy: float
    answered: float


def waiting(number: int, now: int) -> list[Append]:
    """A tender and its opening, as the registry publishes them; now: ms UTC."""
    deadline, made = now + FIRST + number * 60_000, list[Append]()
    for append in appends(number):
        (new,) = append.events
        match new.event:
            case TenderPublished() as published:
                event: object = replace(published, origin=ORIGIN, bid_deadline=deadline)
            case OpeningScheduled() as opening:
                event = replace(opening, origin=ORIGIN, bid_deadline=deadline, sign_in_from=deadline - HOUR)
            case other:
                raise TypeError(type(other))
        made.append(replace(append, events=[replace(new, received_at=now, event=event)]))
    return made


async def fill(data: Path, openings: int) -> None:
    """Append the rows to the hall's journal."""
    journal = await SqlJournal.open(
        f"sqlite+aiosqlite:///{data / 'journal.db'}",
        HallKeys.load_or_create(data / "keys"),
        codecs=app.CODECS,
        origin=ORIGIN,
        rehearsal=True,
    )
    now, known = machine_time(), len(await journal.load("directory/hall"))
    for start in range(0, openings, TOGETHER):
        numbers = range(start, min(start + TOGETHER, openings))
        listed = [NewEvent(now, "hall", "", TenderListed(f"T-{n}", f"O-{n}")) for n in numbers]
        told = [one for n in numbers for one in waiting(n, now)]
        await journal.append_many([*told, Append("hall", "directory/hall", known + start, listed)])
    await journal.close()


def started(stage: Stage, patience: float) -> Told:
    """Start the server, watch it, kill it."""
    began = time.monotonic()
    with (
        stage.log.open("ab") as log,
        subprocess.Popen([*HALL, "serve", "--config", str(stage.config)], stdout=log, stderr=log) as server,
    ):
        try:
            while not _ready(stage, 2.0):
                if server.poll() is not None or time.monotonic() - began > patience:
                    raise SystemExit(f"the server did not start:\n{stage.last_words()}")
                time.sleep(0.05)
            ready = time.monotonic() - began
            time.sleep(SETTLES)
            used, since, slowest = _used(server.pid), time.monotonic(), 0.0
            while (passed := time.monotonic() - since) < WATCHED:
                asked = time.monotonic()
                if not _ready(stage, 10.0):
                    raise SystemExit(f"the server does not answer:\n{stage.last_words()}")
                slowest = max(slowest, time.monotonic() - asked)
                time.sleep(0.2)
            return Told(ready, _memory(server.pid), (_used(server.pid) - used) / passed, slowest)
        finally:
            server.kill()


def _ready(stage: Stage, timeout: float) -> bool:
    try:
        with urllib.request.urlopen(f"{stage.base}/readyz", timeout=timeout) as answer:  # noqa: S310  # our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _used(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _memory(pid: int) -> float:
    """MiB of a process that lie in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Measure, print and publish."""
    parser = argparse.ArgumentParser(prog="bench.waiting")
    parser.add_argument("--openings", type=int, default=OPENINGS)
    parser.add_argument("--patience", type=float, default=300.0, help="seconds to wait until it is ready")
    asked, rows = parser.parse_args(), list[Row]()
    for openings in (1, asked.openings):
        with tempfile.TemporaryDirectory(prefix="hall-waiting-") as folder:
            stage = Stage(Path(folder), Scene("T2026-001", "DEMO-2026-001", "演示", 3, HOUR))
            stage.prepare()
            imported = str(stage.directory / "parties.toml")
            code, said = asyncio.run(
                finished(*HALL, "admin", "import", "--config", str(stage.config), imported)
            )
            if code != 0:
                raise SystemExit(said)
            asyncio.run(fill(stage.directory / "data", openings))
            told = started(stage, asked.patience)
        how = f"{openings} openings before their day, beside one that begins; `hall serve`"
        rows += [
            Row(case=f"{openings}: start to ready", ours=round(told.ready, 2), unit="s", how=how),
            Row(case=f"{openings}: memory of the server", ours=round(told.memory), unit="MiB", how=how),
            Row(case=f"{openings}: one core, unasked", ours=round(told.busy, 3), unit="share", how=how),
            Row(case=f"{openings}: slowest /readyz", ours=round(told.answered, 3), unit="s", how=how),
        ]
    publish("waiting", rows)


if __name__ == "__main__":
    main()
