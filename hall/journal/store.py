"""The journal on disk: SQLAlchemy Core over aiosqlite, one writer, trees in memory.

Opening it brings the schema up to date, takes the database for this process alone, and follows every row: sequences,
trees and checkpoints must agree, else JournalCorrupt and nothing starts. No row is used before its content was held
against its leaf; of a long journal, what nobody uses is checked while the hall runs. What may not live here: rules of
any domain, and a second way to change a row (the tables refuse it themselves).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Executable, RowMapping, delete, func, insert, select, text
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from hall import tasks
from hall.errors import JournalCorrupt, Malformed, Unavailable
from hall.journal import database, projections, reading, schema
from hall.journal.checkpoint import SignedRoot, origin_line, sign, verify
from hall.journal.codec import EventCodec
from hall.journal.encoding import Codecs
from hall.journal.ledger import Checker, Ledger, Request, Stored
from hall.journal.lists import SqlLists
from hall.journal.prepared import PreparedStates
from hall.journal.proofs import StoredProofs
from hall.journal.states import StateCodec
from hall.journal.tree import Tree
from hall.journal.writer import Commit, Writer
from hall.runtime.ports import Append, Checkpoint, KeptState, NewEvent, PersonalItem, ReleasedKey, Row

log = logging.getLogger("hall.journal")

CHECKED_AT_ONCE: Final = 100_000
"""A journal of so many rows is checked whole before it opens (a second or two); a longer one while the hall runs."""

CHECKED_AFTER: Final = 60.0
"""Seconds after the start at which the check behind the running hall begins: rooms and doors come first."""

LOADED_AT_ONCE: Final = 100
"""Rows that are read, checked and decoded in one go."""

_BREATH: Final = 0.02  # seconds between two steps of the check behind a running hall, each of about 2 ms


class Vault(Protocol):
    """Seals what must not lie in clear; each value is bound to its place."""

    def seal(self, plain: bytes, place: str, /) -> bytes:
        """Encrypt."""
        ...

    def open(self, sealed: bytes, place: str, /) -> bytes:
        """Decrypt, or raise Unavailable("vault_mismatch")."""
        ...


class Keys(Protocol):
    """The hall's keys, as the journal needs them."""

    @property
    def log(self) -> Ed25519PrivateKey:
        """Signs checkpoints."""
        ...

    @property
    def vault(self) -> Vault:
        """Encrypts released keys and personal items."""
        ...


class SqlJournal:
    """The journal of one hall. `hall.runtime.ports.Journal` says what its methods promise to a room."""

    def __init__(
        self,
        engine: AsyncEngine,
        lock: database.Lock,
        keys: Keys,
        codecs: Codecs,
        origin: str,
        rehearsal: bool,
    ) -> None:
        """Use `open`."""
        self._engine = engine
        self._lock = lock
        self._keys = keys
        self._codecs = codecs
        self._origin = origin
        self._rehearsal = rehearsal
        self._ledger = Ledger()
        self._writer = Writer(engine, self._ledger)
        self._audit: asyncio.Task[None] | None = None
        self._states: Mapping[str, StateCodec] = {}
        self._last_marks: dict[str, Checkpoint] = {}
        self._vouched: set[str] = set()
        self.prepared = PreparedStates(engine, self._writer, keys.vault)
        self.proofs = StoredProofs(engine, self._writer, self.tree)
        self.lists = SqlLists(database.path_of(str(engine.url)))

    @classmethod
    async def open(
        cls,
        url: str,
        keys: Keys,
        *,
        codecs: Mapping[str, EventCodec],
        origin: str,
        rehearsal: bool,
        states: Mapping[str, StateCodec] | None = None,
        at_once: int = CHECKED_AT_ONCE,
    ) -> SqlJournal:
        """Open the database at `url` (sqlite+aiosqlite:///path), making it if need be, and check it.

        codecs: domain (the part of a stream's name before the slash) -> codec. origin: the hall's, for checkpoints.
        states: domain -> codec of the states that are kept; without one a domain's are passed over.
        at_once: up to how many rows are checked before this returns; of more, `failed` will tell.
        Raises JournalCorrupt, Unavailable("journal_locked").
        """
        lock = database.lock(url)
        try:
            engine = await database.connect(url)
            journal = cls(engine, lock, keys, Codecs(codecs), origin, rehearsal)
            journal._states = states or {}
            try:
                await journal._follow()
                if journal._ledger.size <= at_once:
                    await journal._check_all(breath=0)
            except BaseException:
                await engine.dispose()
                raise
        except BaseException:
            lock.release()
            raise
        journal._writer.start()
        if not await journal._lists_current():
            await journal.rebuild_lists()
        if journal._ledger.size > at_once:
            journal._audit = tasks.start(journal._check_behind(), "journal audit")
        return journal

    async def close(self) -> None:
        """Write what was submitted, then let go of the database."""
        await tasks.stop(self._audit)
        await self._writer.close()
        self.lists.close()
        await self._engine.dispose()
        self._lock.release()

    @property
    def failed(self) -> bool:
        """The journal takes no more appends (an I/O error, or closed): the process is to stop and recover."""
        return self._writer.failed

    async def append(
        self,
        tender: str,
        stream: str,
        expected_seq: int,
        events: Sequence[NewEvent],
        *,
        released_key: ReleasedKey | None = None,
        personal: Sequence[PersonalItem] = (),
    ) -> list[Row]:
        """Append to one stream in one commit; see `append_many`."""
        (rows,) = await self.append_many(
            [Append(tender, stream, expected_seq, events, [released_key] if released_key else [], personal)]
        )
        return rows

    async def append_many(self, appends: Sequence[Append]) -> list[list[Row]]:
        """Store all of these appends, or none, in one commit with whatever other rooms append at the moment.

        Several appends to one stream follow one another: the second expects the last seq of the first.
        Raises Unavailable: "journal_conflict" (the stream has another last seq, or a command was answered already),
        "journal_failed".
        """
        requests = [self._codecs.request(append) for append in appends]

        def plan(commit: Commit) -> list[list[Row]]:
            placed = commit.batch.place(requests)
            for request in requests:
                self._beside(request, commit)
                if projections.project(request, commit):
                    commit.afterwards.append(self.lists.changed)
            return placed

        return await self._writer.write(
            plan, set[tuple[str, str, str]]().union(*(r.nonces() for r in requests))
        )

    def knows(self, tender: str) -> bool:
        """Whether any stream of a tender has a row."""
        return self._ledger.tree(tender).size > 0

    async def load(self, stream: str) -> list[tuple[Row, object]]:
        """Give a stream's rows with their events, oldest first. Raises JournalCorrupt."""
        table, head = schema.rows, self._ledger.heads.get(stream)
        if head is None:
            return []
        await self._vouch(head.tender)
        checker, found = Checker(self._ledger), list[tuple[Row, object]]()
        # Part by part, so that a long stream keeps no countdown of a running hall waiting.
        for start in range(0, head.seq, LOADED_AT_ONCE):
            part = table.c.seq > start, table.c.seq <= min(start + LOADED_AT_ONCE, head.seq)
            statement = select(table).where(table.c.stream == stream, *part).order_by(table.c.seq)
            found += map(self._codecs.decoded, await self._checked(statement, checker))
        return found

    async def load_all(self, domain: str, most: int | None = None) -> dict[str, list[tuple[Row, object]]]:
        """Give the streams of a domain, each as `load` gives it; most: those alone that have no more rows than this.
        Raises JournalCorrupt."""
        heads = {name: head for name, head in self._ledger.heads.items() if _domain(name) == domain}
        wanted = [name for name, head in heads.items() if most is None or head.seq <= most]
        for name in wanted:
            await self._vouch(heads[name].tender)
        found: dict[str, list[tuple[Row, object]]] = {}
        for row in await self._checked(text(reading.WHOLE).bindparams(streams=json.dumps(wanted))):
            if row.seq <= heads[row.stream].seq:
                found.setdefault(row.stream, []).append(self._codecs.decoded(row))
        return found

    async def last_of_all(self, domain: str) -> dict[str, tuple[Row, object]]:
        """Give the last row of each stream of a domain with its event. Raises JournalCorrupt."""
        ends = [(name, head.seq) for name, head in self._ledger.heads.items() if _domain(name) == domain]
        statement = text(reading.ENDS).bindparams(ends=json.dumps(ends))
        return {row.stream: self._codecs.decoded(row) for row in await self._checked(statement)}

    async def streams(self) -> list[tuple[str, str]]:
        """Give all (tender, stream), in order of their first row."""
        table = schema.rows.c
        found = await self._all(
            select(table.tender, table.stream)
            .where(table.seq == 1)
            .order_by(table.received_at, table.tender, table.tree_index)
        )
        return [(values["tender"], values["stream"]) for values in found]

    async def answered(self, stream: str, actor: str, nonce: str) -> tuple[int, int] | None:
        """Give (first seq, last seq) of the rows that answered this command, or None if none did."""
        table = schema.answers.c
        found = await self._all(
            select(table.first_seq, table.last_seq).where(
                table.stream == stream, table.actor == actor, table.nonce == nonce
            )
        )
        return (found[0]["first_seq"], found[0]["last_seq"]) if found else None

    async def rows(self, tender: str, after_index: int = -1) -> list[Row]:
        """Give a tender's rows behind the tree index `after_index`, in tree order (the first row's index is 0).

        Raises JournalCorrupt.
        """
        # Rows that are being committed at this very moment are not there yet: their room is told first.
        await self._vouch(tender)
        table, size = schema.rows, self._ledger.tree(tender).size
        wanted = table.c.tender == tender, table.c.tree_index > after_index, table.c.tree_index < size
        return await self._checked(select(table).where(*wanted).order_by(table.c.tree_index))

    def tree(self, tender: str) -> Tree:
        """Give the tender's tree, for proofs; it grows with the journal and is only to be read."""
        return self._ledger.tree(tender)

    async def checkpoint(self, tender: str, at: int, extensions: Sequence[str] = ()) -> Checkpoint:
        """Sign the tree's size and root as they are now, store the note and give it. `at`: hall time, ms UTC, signed
        along as the first extension line."""
        origin = origin_line(self._origin, tender, rehearsal=self._rehearsal)

        def plan(commit: Commit) -> Checkpoint:
            tree = self._ledger.tree(tender)
            root = SignedRoot(origin, tree.size, tree.root().hex(), (f"at {at}", *extensions))
            made = Checkpoint(size=root.size, root=root.root, note=sign(root, self._keys.log), at=at)
            values = {"tender": tender, "at": at, "size": made.size, "root": made.root, "note": made.note}
            commit.add(insert(schema.checkpoints), values)
            return made

        made = await self._writer.write(plan)
        self._last_marks[tender] = made
        return made

    async def checkpoints(self, tender: str) -> list[Checkpoint]:
        """Give a tender's checkpoints, oldest first."""
        table = schema.checkpoints
        found = await self._all(select(table).where(table.c.tender == tender).order_by(table.c.id))
        return [_mark(values) for values in found]

    async def last_checkpoint(self, tender: str) -> Checkpoint | None:
        """Give a tender's newest checkpoint, from memory."""
        return self._last_marks.get(tender)

    async def released_key(self, stream: str, lot: str, bidder: str) -> bytes | None:
        """Give the secret of a counted release, or None. Raises Unavailable("vault_mismatch")."""
        table = schema.released_keys.c
        found = await self._all(
            select(table.sealed).where(table.stream == stream, table.lot == lot, table.bidder == bidder)
        )
        return self._keys.vault.open(found[0]["sealed"], _key_place(stream, lot, bidder)) if found else None

    async def destroy_released_keys(self, stream: str) -> None:
        """Destroy every secret that was released in this stream."""
        table = schema.released_keys
        await self._writer.write(lambda commit: commit.add(delete(table).where(table.c.stream == stream)))
        await database.forget(self._engine)

    async def keep_state(self, stream: str, kept: KeptState) -> None:
        """Keep the state of a room that rests, if it is made of all the rows of its stream."""
        codec, head = self._states.get(_domain(stream)), self._ledger.heads.get(stream)
        if codec is None or head is None or head.seq != kept.seq:
            return
        place = _state_place(stream, head.leaf, codec.code)
        values = {
            "stream": stream,
            "seq": kept.seq,
            "at": kept.at,
            "leaf": head.leaf,
            "code": codec.code,
            "sealed": self._keys.vault.seal(codec.encode(kept.state), place),
        }
        statement = upsert(schema.room_states)
        statement = statement.on_conflict_do_update(
            index_elements=["stream"],
            set_={name: statement.excluded[name] for name in values if name != "stream"},
        )
        await self._writer.write(lambda commit: commit.add(statement, values))

    async def kept_states(self) -> dict[str, KeptState]:
        """Give the states that are made of exactly the rows that are there, by the code that runs now."""
        found = {}
        for values in await self._all(select(schema.room_states)):
            stream, head = values["stream"], self._ledger.heads.get(values["stream"])
            codec = self._states.get(_domain(stream))
            made_of = values["seq"], values["leaf"], values["code"]
            if codec is None or head is None or made_of != (head.seq, head.leaf, codec.code):
                continue
            try:
                data = self._keys.vault.open(values["sealed"], _state_place(stream, head.leaf, codec.code))
                found[stream] = KeptState(head.seq, values["at"], codec.decode(data))
            except (Unavailable, ValueError, KeyError):
                log.warning("the kept state of %s is damaged; its rows are folded", stream)
        return found

    async def rebuild_lists(self) -> int:
        """Make the query tables anew from the rows; gives how many rows they are made of. Raises JournalCorrupt."""
        table = schema.rows
        wanted = select(table).where(table.c.kind.in_(projections.KINDS))
        rows = await self._checked(wanted.order_by(table.c.tender, table.c.tree_index))
        told = [(self._ledger.heads[row.stream].tender, row) for row in rows]
        await self._writer.write(lambda commit: projections.rebuild(told, commit))
        self.lists.changed()
        return len(told)

    async def _lists_current(self) -> bool:
        table = schema.projections.c
        found = await self._all(select(table.version).where(table.name == projections.NAME))
        return bool(found) and found[0]["version"] == projections.VERSION

    async def personal(self, digest: str) -> bytes | None:
        """Give a personal item by its digest; None when it never was or is erased."""
        table = schema.personal_items.c
        found = await self._all(select(table.sealed).where(table.digest == digest))
        return self._keys.vault.open(found[0]["sealed"], _item_place(digest)) if found else None

    async def erase_personal(self, digest: str) -> None:
        """Erase a personal item. The rows that name its digest stay as they are, and so do all proofs."""
        table = schema.personal_items
        await self._writer.write(lambda commit: commit.add(delete(table).where(table.c.digest == digest)))
        await database.forget(self._engine)

    def _beside(self, request: Request, commit: Commit) -> None:
        """Add what an append stores beside its rows, encrypted."""
        for key in request.released_keys:
            place = _key_place(request.stream, key.lot, key.bidder)
            values: dict[str, object] = {"stream": request.stream, "lot": key.lot, "bidder": key.bidder}
            statement = upsert(schema.released_keys)
            commit.add(
                statement.on_conflict_do_update(
                    index_elements=["stream", "lot", "bidder"], set_={"sealed": statement.excluded.sealed}
                ),
                {**values, "sealed": self._keys.vault.seal(key.secret, place)},
            )
        for item in request.personal:
            sealed = self._keys.vault.seal(item.body, _item_place(item.digest))
            commit.add(
                upsert(schema.personal_items).on_conflict_do_nothing(),
                {"digest": item.digest, "tender": request.tender, "sealed": sealed},
            )

    async def _checked(self, statement: Executable, checker: Checker | None = None) -> list[Row]:
        """Give rows as they are used: none whose content is not the one that was appended.

        checker: of the reading that this is a part of.
        """
        checker, found = checker or Checker(self._ledger), []
        async with self._engine.connect() as connection:
            for stored in map(Stored._make, await connection.execute(statement)):
                checker.check(stored)
                found.append(_row(stored))
        return found

    async def _all(self, statement: Executable) -> Sequence[RowMapping]:
        async with self._engine.connect() as connection:
            return (await connection.execute(statement)).mappings().all()

    async def _follow(self) -> None:
        """Follow all rows by their places and leaves; every tender that has checkpoints must have rows."""
        table = schema.checkpoints
        newest = select(func.max(table.c.id)).group_by(table.c.tender)
        async with self._engine.connect() as connection:
            await reading.follow_spine(connection, self._ledger)
            for values in (await connection.execute(select(table).where(table.c.id.in_(newest)))).mappings():
                tender, size = values["tender"], self._ledger.tree(values["tender"]).size
                if values["size"] > size:
                    raise JournalCorrupt("row_missing", tender=tender, size=size, signed=values["size"])
                self._last_marks[tender] = _mark(values)

    async def _vouch(self, tender: str) -> None:
        """Hold all checkpoints of a tender against its tree, once, before any of its rows is used."""
        if tender in self._vouched or tender not in self._last_marks:
            return
        table = schema.checkpoints
        for values in await self._all(select(table).where(table.c.tender == tender).order_by(table.c.id)):
            self._recheck(values)
        self._vouched.add(tender)

    async def _check_all(self, breath: float) -> None:
        for tender in tuple(self._last_marks):
            await self._vouch(tender)
            await asyncio.sleep(breath)
        async with self._engine.connect() as connection:
            async for _ in reading.audit(connection, self._ledger):
                await asyncio.sleep(breath)

    async def _check_behind(self) -> None:
        """Check everything while the hall runs. A damaged row stops it: what else is wrong, a person finds out."""
        try:
            await asyncio.sleep(CHECKED_AFTER)
            await self._check_all(_BREATH)
        except JournalCorrupt:
            self._writer.failed = True
            log.critical("a row of the journal is damaged; the hall stops", exc_info=True)

    def _recheck(self, values: RowMapping) -> None:
        """A checkpoint must be ours and still describe the beginning of its tree: else rows are gone or changed."""
        tender, tree = values["tender"], self._ledger.tree(values["tender"])
        origin = origin_line(self._origin, tender, rehearsal=self._rehearsal)
        try:
            signed = verify(values["note"], origin, self._keys.log.public_key().public_bytes_raw())
        except Malformed as error:
            raise JournalCorrupt("checkpoint_unverified", tender=tender, **error.facts) from None
        if signed.size > tree.size:
            raise JournalCorrupt("row_missing", tender=tender, size=tree.size, signed=signed.size)
        if tree.root(signed.size).hex() != signed.root:
            raise JournalCorrupt("checkpoint_mismatch", tender=tender, size=signed.size)


def _mark(values: RowMapping) -> Checkpoint:
    return Checkpoint(size=values["size"], root=values["root"], note=values["note"], at=values["at"])


def _row(stored: Stored) -> Row:
    """Give a row that was checked: its body is, byte for byte, the canonical JSON that was written."""
    return Row(
        stream=stored.stream,
        seq=stored.seq,
        received_at=stored.received_at,
        actor=stored.actor,
        nonce=stored.nonce,
        kind=stored.kind,
        version=stored.version,
        prev=stored.prev,
        body=json.loads(stored.body),
        salt=stored.salt,
        leaf=stored.leaf,
        tree_index=stored.tree_index,
    )


def _key_place(stream: str, lot: str, bidder: str) -> str:
    # Ids hold no newline, so no two places are spelled alike.
    return "\n".join(("released key", stream, lot, bidder))


def _domain(stream: str) -> str:
    return stream.partition("/")[0]


def _state_place(stream: str, leaf: str, code: str) -> str:
    return "\n".join(("room state", stream, leaf, code))


def _item_place(digest: str) -> str:
    return f"personal item\n{digest}"
