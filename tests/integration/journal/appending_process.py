"""Run by test_kill.py: appends without end and prints each acknowledged (stream, seq), until it is killed."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from hall.journal.codec import EventCodec
from hall.journal.store import SqlJournal
from hall.runtime.ports import NewEvent, ReleasedKey
from hall.storage.keys import HallKeys


@dataclass(frozen=True, slots=True)
class Noted:
    text: str


async def room(journal: SqlJournal, stream: str) -> None:
    seq = len(await journal.load(stream))
    while True:
        new = [NewEvent(seq, "a", f"n{seq}", Noted("x" * 100)), NewEvent(seq, "a", f"n{seq}", Noted("y"))]
        key = ReleasedKey("1", f"b{seq}", seq.to_bytes(32, "big"))
        rows = await journal.append("T", stream, seq, new, released_key=key)
        seq = rows[-1].seq
        sys.stdout.write(f"{stream} {seq}\n")
        sys.stdout.flush()


async def main(directory: Path) -> None:
    journal = await SqlJournal.open(
        f"sqlite+aiosqlite:///{directory / 'hall.db'}",
        HallKeys.load_or_create(directory / "keys"),
        codecs={"opening": EventCodec((Noted,))},
        origin="hall.example",
        rehearsal=True,
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.gather(*(room(journal, f"opening/{n}") for n in range(8)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
