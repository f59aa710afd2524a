"""What stands beside the checkpoints: co-signatures, time stamps of roots, evidence that parties brought.

No part of the journal's rows; kept in the same database, written by the same writer, only ever added to.
`StoredProofs` keeps it on disk, `MemoryProofs` is its twin. What may not live here: checking any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from hall.journal import schema
from hall.journal.tree import Tree
from hall.journal.writer import Writer
from hall.runtime.proof_ports import HandedIn, RootStamp, StoredCosignature


class StoredProofs:
    """The tables `cosignatures`, `root_stamps` and `handed_in`. tree: gives a tender's tree, to be read only."""

    def __init__(self, engine: AsyncEngine, writer: Writer, tree: Callable[[str], Tree]) -> None:
        self._engine = engine
        self._writer = writer
        self.tree = tree

    async def add_cosignature(self, tender: str, cosignature: StoredCosignature) -> None:
        """Keep one; a second one of the same certificate under the same checkpoint changes nothing."""
        values = {
            "tender": tender,
            "checkpoint": cosignature.checkpoint,
            "certificate": cosignature.certificate,
            "role": cosignature.role,
            "at": cosignature.at,
            "line": cosignature.line,
        }
        statement = upsert(schema.cosignatures).on_conflict_do_nothing()
        await self._writer.write(lambda commit: commit.add(statement, values))

    async def cosignatures(self, tender: str) -> list[StoredCosignature]:
        """Give a tender's co-signatures in the order of their receipt."""
        table = schema.cosignatures
        return [
            StoredCosignature(x["checkpoint"], x["certificate"], x["role"], x["at"], x["line"])
            for x in await self._all(table, tender, table.c.at)
        ]

    async def add_stamp(self, tender: str, stamp: RootStamp) -> None:
        """Keep the time stamp of a root."""
        values = {
            "tender": tender,
            "at": stamp.at,
            "size": stamp.size,
            "root": stamp.root,
            "source": stamp.source,
            "sha256": stamp.sha256,
            "token": stamp.token,
        }
        await self._writer.write(lambda commit: commit.add(insert(schema.root_stamps), values))

    async def stamps(self, tender: str) -> list[RootStamp]:
        """Give a tender's time stamps, oldest first."""
        table = schema.root_stamps
        return [
            RootStamp(x["at"], x["size"], x["root"], x["source"], x["sha256"], x["token"])
            for x in await self._all(table, tender, table.c.id)
        ]

    async def hand_in(self, tender: str, file: HandedIn) -> None:
        """Keep a file; the same bytes again change nothing."""
        values = {"tender": tender, "sha256": file.sha256, "at": file.at, "body": file.body}
        statement = upsert(schema.handed_in).on_conflict_do_nothing()
        await self._writer.write(lambda commit: commit.add(statement, values))

    async def handed_in(self, tender: str) -> list[HandedIn]:
        """Give the files handed in for a tender, oldest first."""
        table = schema.handed_in
        return [HandedIn(x["sha256"], x["at"], x["body"]) for x in await self._all(table, tender, table.c.at)]

    async def _all(self, table: Table, tender: str, order: Any) -> Sequence[Any]:
        statement = select(table).where(table.c.tender == tender).order_by(order)
        async with self._engine.connect() as connection:
            return (await connection.execute(statement)).mappings().all()


class MemoryProofs:
    """The same in memory."""

    def __init__(self, tree: Callable[[str], Tree]) -> None:
        self.tree = tree
        self._cosignatures: dict[tuple[str, str, str], StoredCosignature] = {}
        self._stamps: list[tuple[str, RootStamp]] = []
        self._files: dict[tuple[str, str], HandedIn] = {}

    async def add_cosignature(self, tender: str, cosignature: StoredCosignature) -> None:
        """Keep one; a second one of the same certificate under the same checkpoint changes nothing."""
        self._cosignatures.setdefault((tender, cosignature.checkpoint, cosignature.certificate), cosignature)

    async def cosignatures(self, tender: str) -> list[StoredCosignature]:
        """Give a tender's co-signatures in the order of their receipt."""
        return [found for (owner, _, _), found in self._cosignatures.items() if owner == tender]

    async def add_stamp(self, tender: str, stamp: RootStamp) -> None:
        """Keep the time stamp of a root."""
        self._stamps.append((tender, stamp))

    async def stamps(self, tender: str) -> list[RootStamp]:
        """Give a tender's time stamps, oldest first."""
        return [stamp for owner, stamp in self._stamps if owner == tender]

    async def hand_in(self, tender: str, file: HandedIn) -> None:
        """Keep a file; the same bytes again change nothing."""
        self._files.setdefault((tender, file.sha256), file)

    async def handed_in(self, tender: str) -> list[HandedIn]:
        """Give the files handed in for a tender, oldest first."""
        return [file for (owner, _), file in self._files.items() if owner == tender]
