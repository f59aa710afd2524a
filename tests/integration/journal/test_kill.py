"""A hall that is killed with SIGKILL in the middle of its work has every row it acknowledged when it starts again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hall.journal.codec import EventCodec
from hall.journal.store import SqlJournal
from hall.storage.keys import HallKeys
from tests.integration.journal.appending_process import Noted

PROGRAM = Path(__file__).with_name("appending_process.py")
ROUNDS = 5


def acknowledged_until_killed(directory: Path, least: int) -> dict[str, int]:
    """Let the process append, kill it after `least` acknowledgements, and give the last seq it told per stream."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    told: dict[str, int] = {}
    for number, line in enumerate(process.stdout):
        if number == least:
            process.kill()
        if line.endswith("\n"):
            stream, seq = line.split()
            told[stream] = int(seq)
    process.stdout.close()
    assert process.wait() == -9
    return told


async def test_every_acknowledged_row_is_there_after_kill_9(tmp_path: Path) -> None:
    before = 0
    for round_ in range(ROUNDS):
        told = acknowledged_until_killed(tmp_path, 40 + 37 * round_)
        # Opening it also checks every hash, link and the tree.
        journal = await SqlJournal.open(
            f"sqlite+aiosqlite:///{tmp_path / 'hall.db'}",
            HallKeys.load_or_create(tmp_path / "keys"),
            codecs={"opening": EventCodec((Noted,))},
            origin="hall.example",
            rehearsal=True,
        )
        for stream, seq in told.items():
            rows = await journal.load(stream)
            assert len(rows) >= seq
            assert len(rows) % 2 == 0  # no append is there by halves
            first = rows[seq - 2][0]
            assert await journal.answered(stream, "a", first.nonce) == (seq - 1, seq)
            key = await journal.released_key(stream, "1", f"b{first.received_at}")
            assert key == first.received_at.to_bytes(32, "big")
        assert journal.tree("T").size > before
        before = journal.tree("T").size
        await journal.close()
