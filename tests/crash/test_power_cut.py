"""The power fails: only synced bytes survive, and every acknowledgement still holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hall import app
from hall.journal import database
from hall.journal.store import SqlJournal
from hall.runtime.ports import NewEvent, ReleasedKey
from hall.storage import files
from hall.storage.keys import HallKeys
from tests.crash.dying import proofs_hold
from tests.crash.examples import example
from tests.crash.power import Power

TENDER, STREAM, ROWS = "T-1", "opening/O-1", 30
EVENT = example(app.CODECS["opening"].class_of("IncidentRecorded"))


async def on_disk(directory: Path) -> SqlJournal:
    return await SqlJournal.open(
        f"sqlite+aiosqlite:///{directory / 'hall.db'}",
        HallKeys.load_or_create(directory / "keys"),
        codecs=app.CODECS,
        origin="hall.example",
        rehearsal=False,
    )


async def cut_after_each_acknowledgement(data: Path, cuts: Path) -> list[Path]:
    """Append row by row; what a power cut would leave after each one that was acknowledged."""
    left = []
    with Power(data).on() as power:
        journal = await on_disk(data)
        for seq in range(ROWS):
            secret = ReleasedKey("1", f"b{seq}", bytes([seq]) * 32)
            await journal.append(
                TENDER, STREAM, seq, [NewEvent(seq, "a", f"n{seq}", EVENT)], released_key=secret
            )
            left.append(power.cut(cuts / str(seq)))
        await journal.close()
    return left


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def cuts(tmp_path: Path) -> Path:
    (tmp_path / "cuts").mkdir()
    return tmp_path / "cuts"


async def test_no_acknowledged_row_is_lost_and_its_key_is_there(data: Path, cuts: Path) -> None:
    for seq, left in enumerate(await cut_after_each_acknowledgement(data, cuts)):
        journal = await on_disk(left)
        assert len(await journal.load(STREAM)) == seq + 1
        assert await journal.released_key(STREAM, "1", f"b{seq}") == bytes([seq]) * 32
        await proofs_hold(journal, TENDER)
        await journal.close()


async def test_this_would_notice_a_journal_that_does_not_sync(
    data: Path, cuts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = [s.replace("synchronous=FULL", "synchronous=NORMAL") for s in database._SETTINGS]
    assert tuple(settings) != database._SETTINGS
    monkeypatch.setattr(database, "_SETTINGS", tuple(settings))
    last = (await cut_after_each_acknowledgement(data, cuts))[-1]
    journal = await on_disk(last)
    assert len(await journal.load(STREAM)) < ROWS
    await journal.close()


def test_a_whole_file_is_there_under_its_name_and_one_that_was_only_written_is_not(
    data: Path, tmp_path: Path
) -> None:
    with Power(data).on() as power:
        files.write_whole(data / "kept", b"first")
        files.write_whole(data / "kept", b"second")
        (data / "written").write_bytes(b"lost")
        with (data / "nameless").open("wb") as file:
            file.write(b"synced, but not its name")
            file.flush()
            os.fsync(file.fileno())
        (data / "kept").rename(data / "moved")
        left = power.cut(tmp_path / "left")
        assert {path.name: path.read_bytes() for path in left.iterdir()} == {"kept": b"second"}
        files.sync_directory(data)
        left = power.cut(tmp_path / "later")
    found = {path.name: path.read_bytes() for path in left.iterdir()}
    assert found == {"moved": b"second", "written": b"", "nameless": b"synced, but not its name"}
