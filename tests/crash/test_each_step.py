"""The real machines, step by step: after a crash around any commit the journal alone gives the state, and the same
command again leads to where the opening would be without the crash.

In every run each kind of event is crashed where a story first comes to it; `make test-long` crashes every step of all
stories.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall import app
from hall.clock import ManualClock
from hall.errors import HallError
from hall.journal.memory import MemoryJournal
from hall.journal.store import SqlJournal
from hall.runtime.ports import Journal, ReleasedKey
from hall.runtime.room import Room
from hall.session import commands as c
from hall.session import events as e
from hall.storage.keys import HallKeys
from tests.crash.dying import AFTER, around_each_commit, copy_of, proofs_hold
from tests.crash.stories import Step, Story, stories

TENDER = "T-1"


@dataclass
class Death:
    """One crash: the files it left, in which step and place, and which states are right."""

    story: Story
    step: Step
    place: str
    files: Path
    kinds: list[str] = field(default_factory=list)
    before: Any = None
    after: Any = None
    at_last: Any = None
    refused: bool = False

    def __str__(self) -> str:
        return f"{self.story.name}: {type(self.step.command).__name__}, {self.place}, {self.kinds}"


class Teller:
    """Tells a story to a room."""

    def __init__(self, story: Story, journal: Journal, at: int) -> None:
        self.clock = ManualClock(at)
        self.room: Room[Any] = Room(TENDER, story.stream, story.machine, journal, self.clock)
        self._machine = story.machine

    async def say(self, step: Step) -> bool:
        """Send one command; gives whether it was refused. Returns when nothing more is due at this moment."""
        self.clock.at = step.at
        key = None
        if isinstance(step.command, c.Release) and step.actor is not None:
            key = ReleasedKey(step.command.lot, step.actor.party, step.command.content_key)
        try:
            await self.room.submit(
                step.command,
                received_at=step.at,
                actor=step.actor,
                nonce=step.nonce,
                released_keys=[key] if key else [],
            )
        except HallError:
            refused = True
        else:
            refused = False
        await self.settled()
        return refused

    async def settled(self) -> None:
        """What is due at this moment has happened."""
        for _ in range(50):
            due = self._machine.next_deadline(self.room.state)
            if due is None or due > self.clock.at or not self._machine.tick(self.room.state, self.clock.at):
                return
            await asyncio.sleep(0.01)


async def on_disk(directory: Path) -> SqlJournal:
    return await SqlJournal.open(
        f"sqlite+aiosqlite:///{directory / 'hall.db'}",
        HallKeys.load_or_create(directory / "keys"),
        codecs=app.CODECS,
        origin="hall.example",
        rehearsal=False,
    )


async def kinds_of(story: Story) -> list[list[str]]:
    """Which kinds of events each step leads to."""
    journal = MemoryJournal(
        Ed25519PrivateKey.generate(), codecs=app.CODECS, origin="hall.example", rehearsal=False
    )
    teller = Teller(story, journal, story.steps[0].at)
    await teller.room.open()
    kinds, seen = [], 0
    for step in story.steps:
        await teller.say(step)
        kinds.append([type(event).__name__ for _, _, event in teller.room.entries[seen:]])
        seen = len(teller.room.entries)
    await teller.room.close()
    return kinds


async def died(story: Story, steps: Iterable[int], folder: Path) -> list[Death]:
    """Tell a story on disk; copy its files around each commit of these steps."""
    directory, deaths, wanted = folder / "alive", list[Death](), set(steps)
    directory.mkdir(parents=True)
    journal = await on_disk(directory)
    teller = Teller(story, journal, story.steps[0].at)
    await teller.room.open()
    for number, step in enumerate(story.steps[: max(wanted) + 1]):
        if number not in wanted:
            await teller.say(step)
            continue
        here: list[Death] = []

        def at(place: str, here: list[Death] = here, step: Step = step, before: int = len(deaths)) -> None:
            files = folder / str(before + len(here))
            here.append(Death(story, step, place, copy_of(directory, files), before=teller.room.state))

        seen = len(teller.room.entries)
        with around_each_commit(at):
            refused = await teller.say(step)
        kinds = [type(event).__name__ for _, _, event in teller.room.entries[seen:]]
        # The state after a commit is the one before the next.
        later = [*(death.before for death in here[3::3]), teller.room.state]
        for one, death in enumerate(here):
            death.kinds, death.refused = kinds, refused
            death.after, death.at_last = later[one // 3], teller.room.state
        deaths += here
    await teller.room.close()
    await journal.close()
    shutil.rmtree(directory)
    return deaths


async def check(death: Death) -> None:
    """Start again from what is left."""
    journal = await on_disk(death.files)
    teller = Teller(death.story, journal, death.step.at)
    await teller.room.open()
    room, stored = teller.room, death.place == AFTER
    # Acknowledged ⇒ present, and nothing by halves; the state is the replay of the rows; no deadline has moved.
    expected = death.after if stored else death.before
    assert room.state == expected, death
    wanted = death.story.machine.next_deadline
    assert wanted(room.state) == wanted(expected), death
    if death.step.comes_again and not (stored and death.refused):
        await teller.say(death.step)
        await teller.say(death.step)
        if not death.refused:
            assert room.state == death.at_last, death
    await counted_once(room, journal, death)
    await proofs_hold(journal, TENDER)
    await room.close()
    await journal.close()
    shutil.rmtree(death.files)


async def counted_once(room: Room[Any], journal: SqlJournal, death: Death) -> None:
    """No act stands twice in the journal, and each counted release has its key."""
    events = [event for _, _, event in room.entries]
    answered = Counter((actor, nonce) for _, actor, nonce in await commands_of(journal, room))
    assert all(times == 1 for times in answered.values()), death
    for event in events:
        if isinstance(event, e.ReleaseReceived):
            assert await journal.released_key(room.stream, event.lot, event.bidder) is not None, death


async def commands_of(journal: SqlJournal, room: Room[Any]) -> set[tuple[int, str, str]]:
    """(seq of the first row, actor, nonce) of every command that was answered."""
    found, last = set(), ("", "")
    for row, _ in await journal.load(room.stream):
        if row.nonce and (row.actor, row.nonce) != last:
            found.add((row.seq, row.actor, row.nonce))
        last = (row.actor, row.nonce)
    return found


@pytest.fixture(scope="module")
def told() -> list[tuple[Story, list[list[str]]]]:
    """All stories and the kinds of each step."""

    async def all_told() -> list[tuple[Story, list[list[str]]]]:
        return [(story, await kinds_of(story)) for story in stories() if story.steps]

    return asyncio.run(all_told())


def first_of_each_kind(told: list[tuple[Story, list[list[str]]]]) -> Iterator[tuple[Story, list[int]]]:
    """For each story the steps that first come to some kind."""
    known: set[str] = set()
    for story, steps in told:
        chosen = []
        for number, kinds in enumerate(steps):
            if not known.issuperset(kinds):
                known.update(kinds)
                chosen.append(number)
        if chosen:
            yield story, chosen


UNTOLD: dict[tuple[str, str], str] = {}
"""Kinds of events that no story comes to, each with its reason; `test_each_event.py` crashes these too."""


@pytest.mark.timeout(300)  # the first of this file tells all the stories
def test_every_kind_of_event_is_told_by_a_story(told: list[tuple[Story, list[list[str]]]]) -> None:
    """Who adds a kind tells it in a scenario, or says here why none can."""
    known = {(domain, kind) for domain, codec in app.CODECS.items() for kind in codec.kinds}
    reached = {
        (story.stream.partition("/")[0], kind) for story, steps in told for kinds in steps for kind in kinds
    }
    assert known - reached == UNTOLD.keys()


@pytest.mark.timeout(300)
async def test_after_a_crash_around_any_kind_of_event_the_opening_goes_on_as_if_there_had_been_none(
    told: list[tuple[Story, list[list[str]]]], tmp_path: Path
) -> None:
    deaths = [
        death
        for number, (story, steps) in enumerate(first_of_each_kind(told))
        for death in await died(story, steps, tmp_path / str(number))
    ]
    for death in deaths:
        await check(death)
    kinds = {kind for death in deaths for kind in death.kinds}
    assert kinds == {kind for _, steps in told for kinds in steps for kind in kinds}
    assert len(deaths) >= 3 * 30


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_after_a_crash_around_any_step_of_any_story_the_opening_goes_on_as_if_there_had_been_none(
    told: list[tuple[Story, list[list[str]]]], tmp_path: Path
) -> None:
    for number, (story, steps) in enumerate(told):
        wanted = [step for step, kinds in enumerate(steps) if kinds]
        for death in await died(story, wanted, tmp_path / str(number)) if wanted else []:
            await check(death)
