"""The one writer: gathers what many rooms want stored and commits it together, one fsync for all.

What lives here: the queue, the transaction, and the rule for disasters: after an error of the database nothing is
written any more, because nobody can know what an fsync that failed has kept. The process stops and recovers.
Nobody is told anything before the commit. What may not: encoding, decoding, keys.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Executable, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hall import tasks
from hall.errors import Unavailable
from hall.journal import schema
from hall.journal.ledger import SALT_SIZE, Batch, Ledger, NonceKey, Placed
from hall.procurement import canonical

T = TypeVar("T")
Values = Mapping[str, object]
log = logging.getLogger("hall.journal")

MOST_JOBS: Final = 256
"""Jobs in one commit: enough to hide the fsync, few enough that the first one does not wait for long."""


@dataclass
class Commit:
    """One transaction in the making: the rows it places and the statements that go with them."""

    batch: Batch
    statements: list[tuple[Executable, Sequence[Values]]] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    """Called once it is durable, whoever waits for it."""

    def add(self, statement: Executable, *values: Values) -> None:
        """Execute `statement` after the rows, once for each of `values` (once as it is without any)."""
        self.statements.append((statement, values))


@dataclass(frozen=True, slots=True)
class _Job:
    """plan: adds to the commit and gives the answer, or raises having added nothing. nonces: its commands."""

    plan: Callable[[Commit], Any]
    nonces: frozenset[NonceKey]
    answer: asyncio.Future[Any]


class Writer:
    """Owns the writing connection and the ledger's growth."""

    def __init__(self, engine: AsyncEngine, ledger: Ledger) -> None:
        self._engine = engine
        self._ledger = ledger
        self._answered: dict[str, set[NonceKey]] = {}
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.failed = False

    def start(self) -> None:
        """Begin to write, as a task of the running loop."""
        self._task = tasks.start(self._run(), "journal writer")

    async def close(self) -> None:
        """Write what was submitted, then end."""
        if self._task is not None:
            self._queue.put_nowait(None)
            await asyncio.wait([self._task])
            self._task = None

    async def write(self, plan: Callable[[Commit], T], nonces: Iterable[NonceKey] = ()) -> T:
        """Have `plan` committed and give its answer when that is durable.

        Raises what `plan` raises (then nothing of it is stored) and Unavailable("journal_failed") once the
        database has failed; whether this very job was stored, only the next start can tell.
        """
        if self.failed or self._task is None:
            raise Unavailable("journal_failed")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Job(plan, frozenset(nonces), answer))
        return cast(T, await answer)

    async def _run(self) -> None:
        jobs: list[_Job] = []
        try:
            async with self._engine.connect() as connection:
                closing = False
                while not closing:
                    jobs, closing = await self._gather()
                    outcomes = await self._commit(connection, jobs)
                    for job, (answer, error) in zip(jobs, outcomes, strict=True):
                        if job.answer.done():
                            continue  # whoever asked has gone away
                        if error is None:
                            job.answer.set_result(answer)
                        else:
                            job.answer.set_exception(error)
        except Exception:
            log.critical("the journal can't be written any more; restart the hall", exc_info=True)
        finally:
            self._refuse_all(jobs)

    async def _gather(self) -> tuple[list[_Job], bool]:
        """Wait for a job and take along those that came meanwhile; True: there will be no more."""
        found = [await self._queue.get()]
        while not self._queue.empty() and len(found) < MOST_JOBS:
            found.append(self._queue.get_nowait())
        jobs = [job for job in found if job is not None]
        return jobs, len(jobs) < len(found)

    async def _commit(
        self, connection: AsyncConnection, jobs: Sequence[_Job]
    ) -> list[tuple[object, BaseException | None]]:
        """Store everything that plans well in one transaction; give each job's answer or its own error."""
        outcomes: list[tuple[object, BaseException | None]] = []
        async with connection.begin():
            await self._recall(connection, {stream for job in jobs for stream, _, _ in job.nonces})
            batch = Batch(self._ledger, lambda key: key in self._answered[key[0]], _new_salt)
            commit = Commit(batch)
            for job in jobs:
                try:
                    outcomes.append((job.plan(commit), None))
                except Exception as error:  # a conflict, or a fault of this caller: the others go on
                    outcomes.append((None, error))
            await _execute(connection, commit)
        for placed in batch.rows:
            self._ledger.adopt(placed)
        for answer in batch.answers:
            self._answered[answer.key[0]].add(answer.key)
        for call in commit.afterwards:
            call()
        return outcomes

    async def _recall(self, connection: AsyncConnection, streams: Iterable[str]) -> None:
        """Know which commands of these streams were answered: read once, at a stream's first append here."""
        news = [stream for stream in streams if stream not in self._answered]
        old = [stream for stream in news if stream in self._ledger.heads]
        self._answered.update({stream: set() for stream in news})
        if old:
            table = schema.answers.c
            found = await connection.execute(
                select(table.stream, table.actor, table.nonce).where(table.stream.in_(old))
            )
            for stream, actor, nonce in found:
                self._answered[stream].add((stream, actor, nonce))

    def _refuse_all(self, jobs: Iterable[_Job]) -> None:
        self.failed = True
        waiting = list(jobs)
        while not self._queue.empty():
            if (job := self._queue.get_nowait()) is not None:
                waiting.append(job)
        for job in waiting:
            if not job.answer.done():
                job.answer.set_exception(Unavailable("journal_failed"))


async def _execute(connection: AsyncConnection, commit: Commit) -> None:
    batch = commit.batch
    if batch.rows:
        await connection.execute(insert(schema.rows), [row_values(placed) for placed in batch.rows])
    if batch.answers:
        names = ("stream", "actor", "nonce", "first_seq", "last_seq")
        answers = [dict(zip(names, (*a.key, a.first_seq, a.last_seq), strict=True)) for a in batch.answers]
        await connection.execute(insert(schema.answers), answers)
    for statement, values in commit.statements:
        await connection.execute(statement, list(values) if values else None)


def row_values(placed: Placed) -> dict[str, object]:
    """Give a row as the table `rows` holds it."""
    row = placed.row
    return {
        "tender": placed.tender,
        "stream": row.stream,
        "seq": row.seq,
        "tree_index": row.tree_index,
        "received_at": row.received_at,
        "actor": row.actor,
        "nonce": row.nonce,
        "kind": row.kind,
        "version": row.version,
        "prev": row.prev,
        "body": canonical.dumps(row.body).decode("utf-8"),
        "salt": row.salt,
        "leaf": row.leaf,
    }


def _new_salt() -> bytes:
    return secrets.token_bytes(SALT_SIZE)
