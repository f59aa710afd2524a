"""Missing pictures on a real room with a clock that is told the time: one entry for each interval."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from hall.procurement.tender import MINUTE
from hall.runtime.media_ports import RecordingFile
from hall.runtime.missing import GAP, LAG, SETTLED, Pictures
from hall.session import commands as c
from hall.session.register import unexplained
from tests.playbook import DEADLINE, HOST, MIDNIGHT, Playbook, bidder
from tests.unit.runtime.test_room import Stage as Theatre

THREE = ("jia", "yi", "bing")
JIA = "bidder-jia"


class Play:
    """An announced opening whose recordings end when the test says so."""

    def __init__(self, theatre: Theatre) -> None:
        self.room, self.clock = theatre.room, theatre.clock
        self.written: dict[str, int] = {}
        self.publishing: set[str] = set()
        self.pictures = Pictures(self.room, self.clock, self, self.publishing, self._say)  # type: ignore[arg-type]  # of recordings only `files` is asked for

    def files(self, opening: str) -> list[RecordingFile]:
        return [RecordingFile(p, "001.mp4", 1, "video/mp4", 0, end, 1) for p, end in self.written.items()]

    def _say(self, note: c.Note) -> None:
        self.room.submit(note, received_at=self.clock.now())

    async def looks(self, *, after: int = 0, written: str = "") -> list[tuple[str, int | None, int | None]]:
        """Time passes, `written` is recorded up to now, the hall looks twice; gives (kind, start, end) of entries."""
        self.clock.pass_ms(after)
        if written:
            self.written[written] = self.clock.now()
        self.pictures.look()
        self.pictures.look()
        await self.room.submit(c.Tick(), received_at=self.clock.now())
        return [(i.kind, i.start, i.end) for i in self.room.state.incidents]


@pytest_asyncio.fixture
async def play() -> AsyncIterator[Play]:
    """The room has come to the announcement by the very commands of a playbook."""
    theatre = Theatre()
    await theatre.room.open()
    book = Playbook()
    await theatre.says(c.ScheduleOpening(book.state.scheduled))
    for name in THREE:
        theatre.clock.pass_ms(max(0, MIDNIGHT + 1 - theatre.clock.now()))
        book.at(theatre.clock.now())
        body = {"representative": "王小明", "identity": "1403**********1234", "phones": ["13800000000"]}
        signed = book.command(bidder(name), "sign_in", **body, acts_for_bidder=True, salt="ab" * 16)
        await theatre.room.submit(
            signed, received_at=theatre.clock.now(), actor=bidder(name), nonce=signed.act.client_nonce
        )
    theatre.clock.pass_ms(DEADLINE - theatre.clock.now())
    book.at(DEADLINE)
    await theatre.says(c.HandOverDeposits("ef" * 32, book.deposits(*THREE)))
    announced = book.command(HOST, "announce_bidders")
    await theatre.room.submit(announced, received_at=DEADLINE, actor=HOST, nonce=announced.act.client_nonce)
    await theatre.says(c.NotePresence(JIA, 1, "online", DEADLINE, None, 0, "", "high"))
    yield Play(theatre)
    await theatre.room.close()


async def test_clause_6_1_an_online_bidder_without_a_picture_is_one_entry_until_it_is_back_for_good(
    play: Play,
) -> None:
    assert await play.looks(after=GAP + LAG) == []
    assert await play.looks(after=1) == [("media_gap", DEADLINE, None)]
    assert len(await play.looks(after=MINUTE)) == 1
    # A line that flaps stays one entry: it ends when the picture stayed, and with the moment at which it came.
    await play.looks(after=1000, written=JIA)
    await play.looks(after=SETTLED - 1, written="")
    back = play.clock.now() + 5000
    await play.looks(after=5000, written=JIA)
    for _ in range(SETTLED // 3000):
        found = await play.looks(after=3000, written=JIA)
    assert found == [("media_gap", DEADLINE, back)]
    (entry,) = play.room.state.incidents
    assert entry.subject == JIA and unexplained(play.room.state) == ()


async def test_clause_6_1_what_arrives_and_is_not_written_is_the_halls_to_explain(play: Play) -> None:
    play.publishing.add(JIA)
    at = play.clock.now()
    await play.looks(written=JIA)
    assert await play.looks(after=GAP + LAG + 1) == [("recording_gap", at, None)]
    assert unexplained(play.room.state) == (1,)


async def test_who_is_not_there_is_told_by_its_presence_and_by_nothing_else(play: Play) -> None:
    await play.room.submit(
        c.NotePresence(JIA, 1, "offline", DEADLINE, None, 0, "network", "high"),
        received_at=play.clock.now(),
    )
    assert await play.looks(after=MINUTE) == []


async def test_a_source_of_the_hall_is_written_while_it_sends(play: Play) -> None:
    await play.looks(written=JIA)
    play.written["host"] = at = play.clock.now()
    assert await play.looks(after=GAP + LAG + 1, written=JIA) == []
    play.publishing.add("host")
    assert await play.looks() == [("recording_gap", at, None)]
    assert play.room.state.incidents[0].subject == "host"


async def test_a_single_look_after_hall_time_was_moved_on_says_nothing(play: Play) -> None:
    await play.looks(written=JIA)
    play.clock.pass_ms(MINUTE)
    play.pictures.look()
    assert await play.looks(written=JIA) == []


async def test_a_worker_tells_of_a_gap_at_once_and_the_look_does_not_repeat_it(play: Play) -> None:
    at = play.clock.now()
    play.written[JIA] = at
    play.clock.pass_ms(2_500)
    play.pictures.stopped(JIA, at)
    assert await play.looks() == [("media_gap", at, None)]
    assert await play.looks(after=MINUTE) == [("media_gap", at, None)]
