"""What only the journal on disk can do: survive, notice every change behind its back, and stop when the disk fails."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, create_engine, event

from hall.errors import JournalCorrupt, Unavailable
from hall.journal import database, schema, store
from hall.journal.store import SqlJournal
from hall.runtime.ports import NewEvent, PersonalItem, ReleasedKey
from hall.storage.keys import HallKeys
from hall.storage.vault import Vault

Note = Callable[..., NewEvent]
Reopen = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "hall.db"


@pytest.fixture
async def closed(reopen: Reopen, note: Note) -> None:
    """A journal of two streams with a checkpoint over five of six rows, closed again."""
    journal = await reopen()
    await journal.append("T", "tendering/T", 0, [note("deposit", "n1"), note("deposit", "n2")])
    await journal.append("T", "opening/o", 0, [note("a"), note("b"), note("c")])
    await journal.checkpoint("T", 50)
    await journal.append("T", "opening/o", 3, [note("d")])
    await journal.close()


def meddle(file: Path, *statements: str) -> None:
    """Change the database as somebody with root would: without triggers and foreign keys."""
    with sqlite3.connect(file) as connection:
        for table in ("rows", "checkpoints"):
            for action in ("update", "delete"):
                connection.execute(f"DROP TRIGGER {table}_refuse_{action}")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
    connection.close()


@pytest.mark.usefixtures("closed")
async def test_a_reopened_journal_goes_on_where_it_was(reopen: Reopen, note: Note) -> None:
    journal: SqlJournal = await reopen()
    try:
        rows = await journal.rows("T")
        assert len(rows) == journal.tree("T").size == 6
        assert await journal.answered("tendering/T", "host:a", "n2") == (2, 2)
        with pytest.raises(Unavailable, match="journal_conflict"):
            await journal.append("T", "tendering/T", 2, [note("again", "n2")])
        (row,) = await journal.append("T", "opening/o", 4, [note("e")])
        assert (row.seq, row.tree_index, row.prev) == (5, 6, rows[5].leaf)
        assert len(await journal.checkpoints("T")) == 1
    finally:
        await journal.close()


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE rows SET body = '{\"text\":\"B\"}' WHERE stream = 'opening/o' AND seq = 2", "leaf_mismatch"),
        ("UPDATE rows SET received_at = 999 WHERE tree_index = 0", "leaf_mismatch"),
        ("UPDATE rows SET actor = 'host:b' WHERE tree_index = 5", "leaf_mismatch"),
        ("UPDATE rows SET salt = zeroblob(16) WHERE tree_index = 3", "leaf_mismatch"),
        ("UPDATE rows SET body = '{' WHERE tree_index = 3", "leaf_mismatch"),
        ("UPDATE rows SET body = '[]' WHERE tree_index = 3", "leaf_mismatch"),
        ("UPDATE rows SET prev = leaf WHERE tree_index = 3", "predecessor_mismatch"),
        ("UPDATE rows SET seq = 9 WHERE tree_index = 5", "sequence_broken"),
        ("DELETE FROM rows WHERE tree_index = 3", "row_missing"),
        ("DELETE FROM rows WHERE tree_index >= 4", "row_missing"),
        ("UPDATE rows SET tree_index = tree_index + 10 WHERE tree_index = 2", "row_missing"),
        ("UPDATE rows SET tender = 'U' WHERE tree_index = 5", "row_missing"),
        ("UPDATE checkpoints SET note = replace(note, 'hall', 'Hall')", "checkpoint_unverified"),
    ],
)
async def test_a_journal_that_was_changed_does_not_open(
    statement: str, code: str, file: Path, reopen: Reopen
) -> None:
    meddle(file, statement)
    with pytest.raises(JournalCorrupt) as caught:
        await reopen()
    assert caught.value.code == code


@pytest.mark.usefixtures("closed")
async def test_of_a_long_journal_no_changed_row_is_used_and_the_check_behind_stops_the_hall(
    file: Path,
    reopen: Reopen,
    note: Note,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "CHECKED_AFTER", 0.0)
    meddle(file, "UPDATE rows SET received_at = 999 WHERE stream = 'opening/o' AND seq = 2")
    journal: SqlJournal = await reopen(at_once=0)
    assert len(await journal.load("tendering/T")) == 2
    for used in (journal.load("opening/o"), journal.rows("T")):
        with pytest.raises(JournalCorrupt, match="leaf_mismatch"):
            await used
    assert journal._audit is not None
    await journal._audit
    assert journal.failed
    assert "the hall stops" in caplog.text
    with pytest.raises(Unavailable, match="journal_failed"):
        await journal.append("T", "opening/o", 4, [note("e")])
    await journal.close()


@pytest.mark.usefixtures("closed")
async def test_of_a_long_journal_all_is_checked_behind(
    reopen: Reopen, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHECKED_AFTER", 0.0)
    journal: SqlJournal = await reopen(at_once=0)
    assert journal._audit is not None
    await journal.append("T", "opening/o", 4, [note("e")])
    await journal._audit
    assert not journal.failed
    assert len(await journal.load("opening/o")) == 5
    await journal.close()
    await (await reopen(at_once=0)).close()  # also while the check still runs


@pytest.mark.usefixtures("closed")
async def test_a_history_that_was_written_anew_contradicts_its_checkpoint(
    file: Path, reopen: Reopen, note: Note, url: str
) -> None:
    kept = sqlite3.connect(file).execute("SELECT tender, at, size, root, note FROM checkpoints").fetchone()
    for path in file.parent.iterdir():
        path.unlink()
    journal = await reopen()
    await journal.append("T", "opening/o", 0, [note(str(n)) for n in range(9)])
    await journal.close()
    with sqlite3.connect(file) as connection:
        connection.execute(
            "INSERT INTO checkpoints (tender, at, size, root, note) VALUES (?, ?, ?, ?, ?)", kept
        )
    with pytest.raises(JournalCorrupt, match="checkpoint_mismatch"):
        await reopen()


@pytest.mark.usefixtures("closed")
async def test_a_journal_opens_only_with_its_own_key_and_mode(reopen: Reopen, keys: HallKeys) -> None:
    other = HallKeys(Ed25519PrivateKey.generate(), keys.vault, keys.nonce)
    for change in ({"keys": other}, {"rehearsal": False}, {"origin": "other.example"}):
        with pytest.raises(JournalCorrupt, match="checkpoint_unverified"):
            await reopen(**change)
    await (await reopen()).close()


@pytest.mark.usefixtures("closed")
def test_the_tables_refuse_to_change_what_was_written(file: Path) -> None:
    connection = sqlite3.connect(file)
    for table in ("rows", "checkpoints"):
        for statement in (f"UPDATE {table} SET tender = 'U'", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
                connection.execute(statement)
    connection.close()


async def test_one_process_has_the_journal(reopen: Reopen) -> None:
    journal = await reopen()
    with pytest.raises(Unavailable, match="journal_locked"):
        await reopen()
    await journal.close()
    await (await reopen()).close()


@pytest.mark.usefixtures("closed")
async def test_a_journal_that_refused_to_open_can_be_opened_once_it_is_mended(
    file: Path, reopen: Reopen
) -> None:
    meddle(file, "UPDATE rows SET received_at = received_at + 1 WHERE tree_index = 0")
    with pytest.raises(JournalCorrupt):
        await reopen()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE rows SET received_at = received_at - 1 WHERE tree_index = 0")
    await (await reopen()).close()


async def test_secrets_never_lie_in_clear_on_disk(
    reopen: Reopen, note: Note, file: Path, keys: HallKeys
) -> None:
    journal = await reopen()
    key = ReleasedKey("1", "b1", b"THE CONTENT KEY OF THIS BID, 32B")
    item = PersonalItem("aa" * 32, "身份证 110101199003070000".encode())
    await journal.append("T", "opening/o", 0, [note("released")], released_key=key, personal=[item])
    in_files = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert b"released" in in_files
    assert key.secret not in in_files
    assert key.secret.hex().encode() not in in_files
    assert b"110101199003070000" not in in_files
    await journal.close()
    stranger = await reopen(keys=HallKeys(keys.log, Vault(bytes(32)), keys.nonce))
    with pytest.raises(Unavailable, match="vault_mismatch"):
        await stranger.released_key("opening/o", "1", "b1")
    await stranger.close()


async def test_what_was_destroyed_is_on_no_disk_any_more_not_even_encrypted(
    reopen: Reopen, note: Note, file: Path
) -> None:
    journal = await reopen()
    key, item = ReleasedKey("1", "b1", b"k" * 32), PersonalItem("aa" * 32, b"p" * 5000)
    await journal.append("T", "opening/o", 0, [note("released")], released_key=key, personal=[item])

    def on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in file.parent.iterdir())

    with sqlite3.connect(file) as connection:
        sealed = [
            connection.execute(f"SELECT sealed FROM {t}").fetchone()[0]
            for t in ("released_keys", "personal_items")
        ]
    connection.close()
    pieces = [sealed[0], sealed[1][:500]]
    assert all(piece in on_disk() for piece in pieces)
    await journal.destroy_released_keys("opening/o")
    await journal.erase_personal("aa" * 32)
    assert not any(piece in on_disk() for piece in pieces)
    await journal.close()


async def test_a_sealed_value_opens_only_in_its_own_place(reopen: Reopen, note: Note, file: Path) -> None:
    journal = await reopen()
    for seq, bidder in enumerate(("b1", "b2")):
        released = ReleasedKey("1", bidder, bidder.encode() * 16)
        await journal.append("T", "opening/o", seq, [note("x")], released_key=released)
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE released_keys SET sealed = (SELECT sealed FROM released_keys WHERE bidder = 'b1')"
        )
    with pytest.raises(Unavailable, match="vault_mismatch"):
        await journal.released_key("opening/o", "1", "b2")
    await journal.close()


async def test_the_database_is_set_as_durability_needs(reopen: Reopen) -> None:
    journal = await reopen()
    async with journal._engine.connect() as connection:
        for pragma, wanted in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar() == wanted
    await journal.close()


@pytest.mark.usefixtures("closed")
def test_the_migrations_make_exactly_the_tables_of_the_schema(file: Path) -> None:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        # The search index is a table of FTS5 with tables of its own, which SQLAlchemy can't describe.
        ours = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("tender_words")}
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), schema.metadata) == []
    engine.dispose()


async def test_many_rooms_share_commits_and_get_their_own_answers(reopen: Reopen, note: Note) -> None:
    journal: SqlJournal = await reopen()
    commits = []

    def committed(_: Connection) -> None:
        commits.append(1)

    event.listen(journal._engine.sync_engine, "commit", committed)

    async def room(name: int) -> None:
        for seq in range(10):
            (row,) = await journal.append("T", f"opening/{name}", seq, [note(f"{name}:{seq}", f"n{seq}")])
            assert (row.seq, row.body) == (seq + 1, {"text": f"{name}:{seq}"})

    await asyncio.gather(*(room(name) for name in range(30)))
    assert len(commits) < 100  # 300 appends
    assert [row.tree_index for row in await journal.rows("T")] == list(range(300))
    await journal.close()
    await (await reopen()).close()


async def test_a_caller_that_goes_away_disturbs_nobody(reopen: Reopen, note: Note) -> None:
    journal: SqlJournal = await reopen()
    async with asyncio.TaskGroup() as group:
        gone = group.create_task(journal.append("T", "opening/a", 0, [note("x")]))
        stays = group.create_task(journal.append("T", "opening/b", 0, [note("y")]))
        await asyncio.sleep(0)
        gone.cancel()
    assert len(stays.result()) == 1
    assert len(await journal.append("T", "opening/b", 1, [note("z")])) == 1
    await journal.close()


async def test_closing_writes_what_was_submitted(reopen: Reopen, note: Note) -> None:
    journal: SqlJournal = await reopen()
    async with asyncio.TaskGroup() as group:
        for n in range(5):
            group.create_task(journal.append("T", f"opening/{n}", 0, [note("x")]))
        await asyncio.sleep(0)
        await journal.close()
    again = await reopen()
    assert again.tree("T").size == 5
    await again.close()


async def test_after_a_full_disk_nothing_is_written_any_more_and_nothing_told_is_lost(
    reopen: Reopen, note: Note, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # SQLite itself refuses to grow beyond this: the same SQLITE_FULL that a full disk gives.
    monkeypatch.setattr(database, "_SETTINGS", (*database._SETTINGS, "max_page_count=60"))
    journal: SqlJournal = await reopen()
    stored = 0

    async def fill() -> None:
        nonlocal stored
        while True:
            await journal.append("T", "opening/o", stored, [note("x" * 2000)])
            stored += 1

    with pytest.raises(Unavailable, match="journal_failed"):
        await fill()
    assert stored > 10
    assert journal.failed
    assert "restart the hall" in caplog.text
    with pytest.raises(Unavailable, match="journal_failed"):
        await journal.append("T", "opening/small", 0, [note("y")])
    with pytest.raises(Unavailable, match="journal_failed"):
        await journal.checkpoint("T", 1)
    assert len(await journal.load("opening/o")) == stored
    await journal.close()
    monkeypatch.undo()
    again = await reopen()
    assert again.tree("T").size == stored
    await again.append("T", "opening/o", stored, [note("goes on")])
    await again.close()


async def test_everybody_who_waits_hears_of_the_failure(
    reopen: Reopen, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_SETTINGS", (*database._SETTINGS, "max_page_count=60"))
    journal: SqlJournal = await reopen()
    results = await asyncio.gather(
        *(journal.append("T", f"opening/{n}", 0, [note("x" * 2000)]) for n in range(600)),
        return_exceptions=True,
    )
    failed = [result for result in results if isinstance(result, Unavailable)]
    stored = [result for result in results if isinstance(result, list)]
    assert failed
    assert {error.code for error in failed} == {"journal_failed"}
    assert len(failed) + len(stored) == 600
    await journal.close()
    monkeypatch.undo()
    again = await reopen()
    assert again.tree("T").size >= len(stored)
    await again.close()


@pytest.mark.parametrize("bad", ["sqlite+aiosqlite:///:memory:", "sqlite:///x.db", "sqlite+aiosqlite://"])
async def test_only_a_file_can_hold_a_journal(bad: str, keys: HallKeys) -> None:
    with pytest.raises(ValueError, match="wants sqlite"):
        await SqlJournal.open(bad, keys, codecs={}, origin="hall.example", rehearsal=True)
