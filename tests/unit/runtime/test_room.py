"""One room on the journal in memory: the order of things, and that nobody is told what is not written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.clock import ManualClock
from hall.errors import HallError, NotPermitted, Refused, Unavailable
from hall.journal.codec import EventCodec
from hall.journal.memory import MemoryJournal
from hall.procurement.parties import Actor
from hall.procurement.tender import HOUR, MINUTE
from hall.runtime import machine
from hall.runtime.ports import Append, Row
from hall.runtime.room import Room
from hall.session import commands as c
from hall.session import events as e
from hall.session.state import OpeningState
from tests.playbook import DEADLINE, HOST, MIDNIGHT, Playbook, bidder, plan

TENDER, STREAM = "T-1", "opening/O-1"
PERSON = {"representative": "王小明", "identity": "14**********34", "phones": ["13800000000"]}


class Journal(MemoryJournal):
    """The journal in memory, which can be told to wait before it stores, or to fail."""

    def __init__(self) -> None:
        codecs = {"opening": EventCodec(e.Event)}
        super().__init__(Ed25519PrivateKey.generate(), codecs=codecs, origin="hall.example", rehearsal=False)
        self.may_store = asyncio.Event()
        self.may_store.set()
        self.asked = asyncio.Event()
        self.breaks = False

    async def append_many(self, appends: Sequence[Append]) -> list[list[Row]]:
        self.asked.set()
        await self.may_store.wait()
        if self.breaks:
            raise Unavailable("journal_failed")
        return await super().append_many(appends)


class Stage:
    """A room, its journal and its clock; acts are made by the playbook's people."""

    def __init__(self) -> None:
        self.clock = ManualClock(MIDNIGHT - HOUR)
        self.journal = Journal()
        self.room = self.another_room()
        self.script = Playbook()

    def another_room(self) -> Room[OpeningState]:
        return Room(TENDER, STREAM, machine.OPENING, self.journal, self.clock)

    def send(self, who: Actor, act_type: str, *, at: int | None = None, **body: Any) -> asyncio.Future[Any]:
        """`who` sends an act that is stamped `at` (or now)."""
        self.script.now = self.clock.now() if at is None else at
        return self.again(who, self.script.command(who, act_type, **body), at=at)

    def again(self, who: Actor, command: c.Act, *, at: int | None = None) -> asyncio.Future[Any]:
        """Send this very command."""
        stamp = self.clock.now() if at is None else at
        return self.room.submit(command, received_at=stamp, actor=who, nonce=command.act.client_nonce)

    def sign_in(self, name: str, *, at: int | None = None) -> asyncio.Future[Any]:
        return self.send(bidder(name), "sign_in", at=at, **PERSON, acts_for_bidder=True, salt="ab" * 16)

    async def says(self, command: c.Note) -> list[str]:
        """The hall notes something."""
        return (await self.room.submit(command, received_at=self.clock.now())).kinds

    def kinds(self) -> list[str]:
        return [type(event).__name__ for _, _, event in self.room.entries]

    async def rows(self) -> list[Row]:
        return await self.journal.rows(TENDER)


@asynccontextmanager
async def opened() -> AsyncIterator[Stage]:
    """A room whose sign-in is open."""
    stage = Stage()
    await stage.room.open()
    await stage.says(c.ScheduleOpening(plan()))
    stage.clock.at = MIDNIGHT + HOUR
    await stage.says(c.Tick())
    try:
        yield stage
    finally:
        await stage.room.close()


async def test_the_same_command_again_gets_the_first_answer() -> None:
    async with opened() as stage:
        command = stage.script.command(
            bidder("jia"), "sign_in", **PERSON, acts_for_bidder=True, salt="ab" * 16
        )
        first = await stage.again(bidder("jia"), command)
        stage.clock.pass_ms(MINUTE)
        second = await stage.again(bidder("jia"), command)
        assert first == second
        assert first.kinds == ["BidderSignedIn"]
        assert stage.kinds().count("BidderSignedIn") == 1


async def test_the_same_command_twice_in_one_batch_is_done_once() -> None:
    async with opened() as stage:
        command = stage.script.command(
            bidder("jia"), "sign_in", **PERSON, acts_for_bidder=True, salt="ab" * 16
        )
        answers = [stage.again(bidder("jia"), command) for _ in range(3)]
        first, *others = await asyncio.gather(*answers)
        assert others == [first, first]
        assert stage.kinds().count("BidderSignedIn") == 1


async def test_a_refused_command_appends_its_weighty_refusal_and_nothing_else() -> None:
    async with opened() as stage:
        before, state = await stage.rows(), stage.room.state
        with pytest.raises(Refused) as refused:
            await stage.send(
                bidder("jia"), "release", sha256="00" * 32, custody="hall", content_key="A" * 43 + "="
            )
        assert refused.value.code == "too_early"
        (row,) = (await stage.rows())[len(before) :]
        assert (row.kind, row.actor, row.nonce) == ("ActRefused", "bidder:jia", "")
        assert stage.room.state.attempts[0].code == "too_early"
        assert (stage.room.state.stage, stage.room.state.lots) == (state.stage, state.lots)


async def test_a_refusal_without_weight_leaves_no_trace() -> None:
    async with opened() as stage:
        before, state = await stage.rows(), stage.room.state
        with pytest.raises(Refused):
            await stage.send(HOST, "declare_sealing")
        with pytest.raises(NotPermitted):
            await stage.send(bidder("jia"), "declare_sealing")
        assert (await stage.rows(), stage.room.state) == (before, state)


async def test_a_refused_command_may_be_sent_again_with_its_nonce() -> None:
    async with opened() as stage:
        stage.clock.at = DEADLINE
        command = stage.script.command(
            bidder("jia"), "sign_in", **PERSON, acts_for_bidder=True, salt="ab" * 16
        )
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                await stage.again(bidder("jia"), command)
            assert refused.value.code == "sign_in_closed"


async def test_a_refused_command_that_came_twice_at_once_is_refused_twice() -> None:
    """A client that lost its connection sends again; no acknowledgement may come of that."""
    async with opened() as stage:
        stage.clock.at = DEADLINE
        command = stage.script.command(
            bidder("jia"), "sign_in", **PERSON, acts_for_bidder=True, salt="ab" * 16
        )
        answers = [stage.again(bidder("jia"), command) for _ in range(2)]
        for answer in answers:
            with pytest.raises(Refused) as refused:
                await answer
            assert refused.value.code == "sign_in_closed"
        assert stage.kinds().count("ActRefused") == 1


async def test_a_fault_of_the_rules_concerns_one_command_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with opened() as stage:
        before, state = await stage.rows(), stage.room.state
        broken = stage.room.submit(c.NoteRecheck("no such lot", ()), received_at=stage.clock.now())
        sound = stage.sign_in("jia")
        with pytest.raises(HallError) as failed:
            await broken
        assert failed.value.code == "internal"
        assert (await sound).kinds == ["BidderSignedIn"]
        assert len(await stage.rows()) == len(before) + 1
        assert stage.room.state.lots == state.lots
        assert "could not decide NoteRecheck" in caplog.text


async def test_nobody_is_told_before_it_is_stored() -> None:
    async with opened() as stage:
        told: list[str] = []
        stage.room.listen(lambda events: told.extend(type(event).__name__ for event in events))
        stage.journal.may_store.clear()
        stage.journal.asked.clear()
        answer = stage.sign_in("jia")
        await stage.journal.asked.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        assert not answer.done()
        assert told == []
        assert "BidderSignedIn" not in stage.kinds()
        assert not stage.room.state.signed_in
        stage.journal.may_store.set()
        assert (await answer).kinds == ["BidderSignedIn"]
        assert told == ["BidderSignedIn"]


async def test_a_refusal_is_told_only_after_what_it_stands_on_is_stored() -> None:
    """Two sign-ins of one bidder in one batch: the second is refused because of the first, so not before it."""
    async with opened() as stage:
        stage.journal.may_store.clear()
        stage.journal.asked.clear()
        first, second = stage.sign_in("jia"), stage.send(HOST, "announce_bidders")
        await stage.journal.asked.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        assert not first.done()
        assert not second.done()
        stage.journal.may_store.set()
        await first
        with pytest.raises(Refused):
            await second


async def test_commands_are_taken_in_the_order_of_their_stamps() -> None:
    async with opened() as stage:
        now = stage.clock.now()
        late, early = stage.sign_in("yi", at=now + 2), stage.sign_in("jia", at=now + 1)
        await asyncio.gather(late, early)
        signed = [
            (at, event.bidder) for at, _, event in stage.room.entries if isinstance(event, e.BidderSignedIn)
        ]
        assert signed == [(now + 1, "jia"), (now + 2, "yi")]


async def test_time_is_let_in_before_a_command_that_came_after_it() -> None:
    """In one batch: a sign-in of the last millisecond, and one of the deadline itself."""
    async with opened() as stage:
        stage.clock.at = DEADLINE + 5
        in_time, late = stage.sign_in("jia", at=DEADLINE - 1), stage.sign_in("yi", at=DEADLINE)
        assert (await in_time).kinds == ["BidderSignedIn"]
        with pytest.raises(Refused) as refused:
            await late
        assert refused.value.code == "sign_in_closed"
        assert stage.kinds()[-3:] == ["BidderSignedIn", "DeadlinePassed", "ActRefused"]


async def test_a_tick_waits_for_an_earlier_stamp() -> None:
    """What was stamped before the deadline and is still being hashed is not overtaken by it (clause 5.2.2)."""
    async with opened() as stage:
        with stage.room.reserved(DEADLINE - 1):
            stage.clock.at = DEADLINE + 5
            await stage.says(c.NoteIncident("clock_step", "a", "", "something else happens"))
            assert "DeadlinePassed" not in stage.kinds()
            answer = stage.sign_in("jia", at=DEADLINE - 1)
            assert (await answer).kinds == ["BidderSignedIn"]
        await stage.says(c.Tick())
        assert stage.kinds()[-1] == "DeadlinePassed"


async def test_the_deadline_comes_by_itself_once_nothing_is_reserved() -> None:
    async with opened() as stage:
        passed = asyncio.Event()
        stage.room.listen(
            lambda events: passed.set() if any(isinstance(x, e.DeadlinePassed) for x in events) else None
        )
        with stage.room.reserved(DEADLINE - 1):
            stage.clock.at = DEADLINE
            stage.room.wake()
            for _ in range(20):
                await asyncio.sleep(0)
            assert not passed.is_set()
        await asyncio.wait_for(passed.wait(), 10)
        assert stage.kinds()[-1] == "DeadlinePassed"


async def test_a_failing_journal_fails_all_and_accepts_no_more() -> None:
    async with opened() as stage:
        stage.journal.may_store.clear()
        stage.journal.asked.clear()
        state, rows = stage.room.state, await stage.rows()
        first = stage.sign_in("jia")
        await stage.journal.asked.wait()
        behind = stage.sign_in("yi")
        stage.journal.breaks = True
        stage.journal.may_store.set()
        for answer in (first, behind):
            with pytest.raises(Unavailable) as failed:
                await answer
            assert failed.value.code == "journal_failed"
        assert stage.room.failed
        with pytest.raises(Unavailable):
            await stage.sign_in("bing")
        assert (stage.room.state, await stage.rows()) == (state, rows)


async def test_a_room_that_is_folded_anew_equals_the_live_one() -> None:
    async with opened() as stage:
        command = stage.script.command(
            bidder("jia"), "sign_in", **PERSON, acts_for_bidder=True, salt="ab" * 16
        )
        first = await stage.again(bidder("jia"), command)
        await stage.sign_in("yi")
        with pytest.raises(Refused):
            await stage.send(HOST, "announce_bidders")
        stage.clock.at = DEADLINE
        deposits = stage.script.deposits("jia", "yi")
        await stage.says(c.HandOverDeposits("ef" * 32, deposits))
        stage.script.state = stage.room.state
        assert (await stage.send(HOST, "announce_bidders")).kinds == ["LotLocked"]

        again = stage.another_room()
        await again.open()
        try:
            assert again.state == stage.room.state
            assert again.entries == stage.room.entries
            same = again.submit(
                command, received_at=stage.clock.now(), actor=bidder("jia"), nonce=command.act.client_nonce
            )
            assert await same == first
        finally:
            await again.close()


async def test_a_listener_that_fails_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async with opened() as stage:
        heard: list[int] = []

        def breaks(events: Sequence[Any]) -> None:
            raise RuntimeError("a view broke")

        stage.room.listen(breaks)
        end = stage.room.listen(lambda events: heard.append(len(events)))
        await stage.sign_in("jia")
        end()
        await stage.sign_in("yi")
        assert heard == [1]
        assert "a listener of opening/O-1 failed" in caplog.text
