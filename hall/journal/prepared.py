"""States of interrupted PDF signing: prepared on the server, waiting for a signature made in somebody's browser.

They live ten minutes in the journal's database, encrypted; they are no part of the journal. `PreparedStates` keeps them
on disk, `MemoryPreparedStates` is its twin. What may not live here: anything about PDFs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from hall.journal import schema
from hall.journal.writer import Commit, Writer

LIFETIME: Final = 10 * 60 * 1000
"""Milliseconds until a prepared state is worthless."""


@dataclass(frozen=True, slots=True)
class PreparedState:
    """One state. revision: SHA-256 of the PDF it was prepared on; role: whose signature; created_at: ms UTC."""

    id: str
    opening: str
    revision: str
    role: str
    created_at: int
    state: bytes


class _Vault(Protocol):
    def seal(self, plain: bytes, place: str, /) -> bytes: ...

    def open(self, sealed: bytes, place: str, /) -> bytes: ...


class PreparedStates:
    """The table `prepared`."""

    def __init__(self, engine: AsyncEngine, writer: Writer, vault: _Vault) -> None:
        self._engine = engine
        self._writer = writer
        self._vault = vault

    async def put(self, prepared: PreparedState) -> None:
        """Keep a state, replacing one of the same id; those that expired before it was created go away."""
        table = schema.prepared
        values = {
            "id": prepared.id,
            "opening": prepared.opening,
            "revision": prepared.revision,
            "role": prepared.role,
            "created_at": prepared.created_at,
            "sealed": self._vault.seal(prepared.state, _place(prepared.id)),
        }
        statement = upsert(table)
        statement = statement.on_conflict_do_update(
            index_elements=["id"], set_={name: statement.excluded[name] for name in values if name != "id"}
        )

        def plan(commit: Commit) -> None:
            commit.add(delete(table).where(table.c.created_at < prepared.created_at - LIFETIME))
            commit.add(statement, values)

        await self._writer.write(plan)

    async def get(self, id_: str, now: int) -> PreparedState | None:
        """Give a state that is at most ten minutes old at `now` (ms UTC), or None."""
        table = schema.prepared
        async with self._engine.connect() as connection:
            found = (await connection.execute(select(table).where(table.c.id == id_))).mappings().first()
        if found is None or now - found["created_at"] > LIFETIME:
            return None
        state = self._vault.open(found["sealed"], _place(id_))
        return PreparedState(
            id_, found["opening"], found["revision"], found["role"], found["created_at"], state
        )

    async def drop(self, id_: str) -> None:
        """Forget a state: it was used."""
        table = schema.prepared
        await self._writer.write(lambda commit: commit.add(delete(table).where(table.c.id == id_)))


class MemoryPreparedStates:
    """The same in memory."""

    def __init__(self) -> None:
        self._states: dict[str, PreparedState] = {}

    async def put(self, prepared: PreparedState) -> None:
        """Keep a state, replacing one of the same id; those that expired before it was created go away."""
        fresh = {i: p for i, p in self._states.items() if p.created_at >= prepared.created_at - LIFETIME}
        self._states = {**fresh, prepared.id: prepared}

    async def get(self, id_: str, now: int) -> PreparedState | None:
        """Give a state that is at most ten minutes old at `now` (ms UTC), or None."""
        found = self._states.get(id_)
        return found if found is not None and now - found.created_at <= LIFETIME else None

    async def drop(self, id_: str) -> None:
        """Forget a state: it was used."""
        self._states.pop(id_, None)


def _place(id_: str) -> str:
    return f"prepared\n{id_}"
