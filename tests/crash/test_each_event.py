"""Each kind of event, of every domain: the process dies around its append, and what the next one finds is right.

The machine here only remembers, so that every kind can happen at once; what the real machine makes of a crash is told
by `test_each_step.py`, and what the whole hall owes after one by `test_a_whole_opening.py`.

In every run each kind dies at one place, the places in turn, and each domain's first kind at all of them;
`make test-long` lets every kind die at every place.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hall import app
from hall.clock import ManualClock
from hall.errors import Unavailable
from hall.journal.store import SqlJournal
from hall.runtime.machine import Machine
from hall.runtime.ports import NewEvent
from hall.runtime.room import Answer, Room
from hall.storage.keys import HallKeys
from tests.crash.dying import AFTER, PLACES, around_each_commit, copy_of, proofs_hold
from tests.crash.examples import example
from tests.playbook import HOST

TENDER = "T-1"
NOW = 1_000_000
KINDS = [(domain, kind) for domain, codec in app.CODECS.items() for kind in codec.kinds]
FIRST = {(domain, next(iter(codec.kinds))) for domain, codec in app.CODECS.items()}
DEATHS = [
    pytest.param(
        *one,
        place,
        marks=() if one in FIRST or number % len(PLACES) == turn else pytest.mark.long,
    )
    for number, one in enumerate(KINDS)
    for turn, place in enumerate(PLACES)
]

REMEMBERS: Machine[tuple[Any, ...]] = Machine(
    initial=(),
    decide=lambda state, command, actor, now: [command],
    evolve=lambda state, event, at: (*state, (event, at)),
    tick=lambda state, now: [],
    next_deadline=lambda state: None,
    refusal=lambda command, actor, code: None,
)


@dataclass(frozen=True)
class History:
    """One room's whole life, and a copy of its files for each (domain, kind, place)."""

    folder: Path
    events: dict[tuple[str, str], Any]

    def before(self, domain: str, kind: str) -> list[Any]:
        """What was acknowledged when this kind's turn came."""
        kinds = [other for other in self.events if other[0] == domain]
        return [self.events[other] for other in kinds[: kinds.index((domain, kind))]]


async def opened(directory: Path, domain: str) -> tuple[SqlJournal, Room[Any]]:
    journal = await SqlJournal.open(
        f"sqlite+aiosqlite:///{directory / 'hall.db'}",
        HallKeys.load_or_create(directory / "keys"),
        codecs=app.CODECS,
        origin="hall.example",
        rehearsal=False,
    )
    room = Room(TENDER, f"{domain}/1", REMEMBERS, journal, ManualClock(NOW))
    await room.open()
    return journal, room


async def send(room: Room[Any], kind: str, event: Any) -> Answer:
    return await room.submit(event, received_at=NOW, actor=HOST, nonce=kind)


async def live(folder: Path) -> History:
    """Let every kind happen once, and copy the files at each place."""
    events: dict[tuple[str, str], Any] = {}
    for domain, codec in app.CODECS.items():
        directory = folder / domain
        directory.mkdir()
        journal, room = await opened(directory, domain)
        now = ""

        def at(place: str, directory: Path = directory) -> None:
            copy_of(directory, folder / f"{directory.name} {now} {place}")  # noqa: B023

        with around_each_commit(at):
            for kind in codec.kinds:
                now, event = kind, example(codec.class_of(kind))
                events[domain, kind] = event
                await send(room, kind, event)
        await room.close()
        await journal.close()
    return History(folder, events)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return asyncio.run(live(tmp_path_factory.mktemp("each event")))


@pytest.mark.parametrize(("domain", "kind", "place"), DEATHS)
async def test_what_was_acknowledged_is_there_and_a_command_counts_once(
    history: History, domain: str, kind: str, place: str
) -> None:
    earlier, event = history.before(domain, kind), history.events[domain, kind]
    journal, room = await opened(history.folder / f"{domain} {kind} {place}", domain)
    try:
        # Acknowledged ⇒ present; what was not acknowledged is there whole or not at all.
        expected = (*((e, NOW) for e in earlier), *([(event, NOW)] if place == AFTER else []))
        assert room.state == expected
        # The client was not answered: it sends the same command again, twice. It counts once.
        answers = [await send(room, kind, event) for _ in range(2)]
        assert [row.seq for answer in answers for row in answer.rows] == [len(earlier) + 1] * 2
        assert room.state == (*((e, NOW) for e in earlier), (event, NOW))
        assert [e for _, _, e in room.entries] == [*earlier, event]
        await proofs_hold(journal, TENDER)
    finally:
        await room.close()
        await journal.close()


async def test_a_room_whose_journal_dies_tells_nobody_yes(tmp_path: Path) -> None:
    """The process lives on for a moment after its disk has failed: no acknowledgement leaves it."""
    journal, room = await opened(tmp_path, "opening")

    async def fails(*_: object) -> None:
        raise OSError("the disk is gone")

    event = example(app.CODECS["opening"].class_of("ClockAdvanced"))
    told: list[object] = []
    room.listen(told.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hall.journal.writer._execute", fails)
        with pytest.raises(Unavailable, match="journal_failed"):
            await send(room, "n1", event)
    assert (room.state, told, journal.failed) == ((), [], True)
    with pytest.raises(Unavailable, match="journal_failed"):
        await journal.append(TENDER, "opening/2", 0, [NewEvent(NOW, "hall", "", event)])
    await room.close()
    await journal.close()
    journal, room = await opened(tmp_path, "opening")
    assert room.state == ()
    await room.close()
    await journal.close()
