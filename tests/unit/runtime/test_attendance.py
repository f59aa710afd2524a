"""Who is connected: whose place it is, what the journal learns of it, and what is never blamed on a bidder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall import tasks
from hall.clock import ManualClock
from hall.errors import NotPermitted, Refused
from hall.journal.codec import EventCodec
from hall.journal.memory import MemoryJournal
from hall.procurement.parties import Actor, Appointment
from hall.runtime import machine
from hall.runtime.attendance import Attendance, Losses, Page
from hall.runtime.health import Health
from hall.runtime.heartbeat import Beat
from hall.runtime.presence_log import presence_log
from hall.runtime.room import Room
from hall.session import commands as c
from hall.session import events as e
from hall.session.rules import Stage
from hall.session.state import OpeningState
from tests.playbook import HOST, MIDNIGHT, OWNER, Playbook, bidder, plan

TENDER, STREAM = "T-1", "opening/O-1"
B1 = bidder("b1")
DEPUTY = replace(HOST, party="deputy", certificate="fd" * 32)
SECOND_DEPUTY = replace(HOST, party="second", certificate="fe" * 32)
DEPUTIES = replace(
    plan(),
    deputies=tuple(
        Appointment(one.role, one.party, one.name, "unit", one.certificate) for one in (DEPUTY, SECOND_DEPUTY)
    ),
)


class Place:
    """One opening, whose clock a test moves. `closed`: (connection, reason) of each that the hall ended."""

    def __init__(
        self,
        journal: MemoryJournal | None = None,
        *,
        now: int = MIDNIGHT,
        scheduled: e.OpeningScheduled | None = None,
    ) -> None:
        self.plan = scheduled or plan()
        codecs = {"opening": EventCodec(e.Event)}
        key = Ed25519PrivateKey.generate()
        self.journal = journal or MemoryJournal(key, codecs=codecs, origin="hall.example", rehearsal=False)
        self.clock = ManualClock(now)
        self.health = Health(self.clock, Path("nowhere"), wall=self.clock.now, networks=lambda: None)
        self.room: Room[OpeningState] = Room(TENDER, STREAM, machine.OPENING, self.journal, self.clock)
        self.platform: list[tuple[str, str, int, int | None]] = []
        self.closed: list[tuple[str, str]] = []
        self.losses = Losses()
        self.attendance = Attendance(
            self.room, self.clock, self.health, self.losses, lambda *told: self.platform.append(told)
        )
        self.script = Playbook(self.plan)

    def enters(
        self,
        who: Actor,
        connection: str,
        *,
        client: str = "",
        network: str = "n1",
        robot: bool = False,
        act: c.TakeOver | None = None,
    ) -> int:
        page = Page(client or connection, network, robot, act.act if act else None)
        return self.attendance.connected(
            who, connection, lambda why: self.closed.append((connection, why)), page
        )

    async def settled(self) -> None:
        """Everything that was noted is journalled, and whoever waited for it has been told."""
        await self.room.submit(c.Tick(), received_at=self.clock.now())
        await asyncio.sleep(0)

    def passes(self, seconds: float, *alive: tuple[Actor, str]) -> None:
        """Time passes with a sweep each half second; the named connections answer every two seconds."""
        for step in range(int(seconds * 2)):
            for _ in range(2):
                self.clock.pass_ms(250)
                self.health.look()
            if step % 4 == 3:
                for who, connection in alive:
                    self.attendance.beat(who, connection)
            self.attendance.sweep()

    async def takeover(self, who: Actor, fence: int) -> c.TakeOver:
        self.script.now = self.clock.now()
        command = self.script.command(who, "take_over", fence=fence)
        assert isinstance(command, c.TakeOver)
        await self.room.submit(
            command, received_at=self.clock.now(), actor=who, nonce=command.act.client_nonce
        )
        return command

    async def appoints(self, who: Actor) -> None:
        """The project owner gives a post to `who`."""
        self.script.now = self.clock.now()
        post = {"role": who.role.value, "party": who.party, "name": who.name, "unit": "unit"}
        command = self.script.command(
            OWNER, "appoint_substitute", **post, certificate=who.certificate, reason="突发疾病"
        )
        await self.room.submit(
            command, received_at=self.clock.now(), actor=OWNER, nonce=command.act.client_nonce
        )

    def intervals(self, participant: str) -> list[tuple[int, str, int, int | None, str]]:
        return [
            (i.connection, i.state, i.start - MIDNIGHT, None if i.end is None else i.end - MIDNIGHT, i.cause)
            for i in sorted(self.room.state.presence, key=lambda i: (i.start, i.connection))
            if i.participant == participant
        ]


@asynccontextmanager
async def at_work(place: Place) -> AsyncIterator[Place]:
    await place.room.open()
    place.health.look()
    if place.room.state.plan is None:
        await place.room.submit(c.ScheduleOpening(place.plan), received_at=place.clock.now())
    await place.attendance.open()
    try:
        yield place
    finally:
        await place.attendance.close()
        await place.room.close()


async def test_only_changes_of_state_are_journalled() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "s1")
        place.passes(60, (B1, "s1"))
        await place.settled()
        assert place.intervals("bidder-b1") == [(1, "online", 0, None, "")]
        assert [type(event).__name__ for _, _, event in place.room.entries].count("PresenceChanged") == 1


async def test_clause_4_6_a_silence_is_an_interval_from_the_last_proof_of_life() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "s1")
        place.passes(4, (B1, "s1"))
        place.passes(11)
        await place.settled()
        assert place.intervals("bidder-b1") == [
            (1, "online", 0, 4000, "heartbeat_timeout"),
            (1, "offline", 4000, None, "heartbeat_timeout"),
        ]
        interval = place.room.state.presence[-1]
        assert (interval.certificate, interval.uncertainty, interval.confidence) == (
            B1.certificate,
            2000,
            "medium",
        )


async def test_clause_5_3_7_another_device_needs_an_act_with_the_number_of_the_live_one() -> None:
    async with at_work(Place()) as place:
        fence = place.enters(B1, "s1")
        with pytest.raises(Refused, match="takeover_needed") as refused:
            place.enters(B1, "s2")
        assert refused.value.facts == {"fence": fence}
        assert place.attendance.is_live(B1, "s1")
        act = await place.takeover(B1, fence)
        place.clock.pass_ms(1000)
        place.enters(B1, "s2", act=act)
        assert place.closed == []  # not before the new one is durable
        await place.settled()
        assert place.closed == [("s1", "takeover")]
        assert place.attendance.is_live(B1, "s2")
        assert place.intervals("bidder-b1") == [
            (1, "online", 0, 1000, "takeover"),
            (2, "online", 1000, None, ""),
        ]
        with pytest.raises(Refused, match="takeover_needed"):  # the same act does not serve again
            place.enters(B1, "s3", act=act)


async def test_a_takeover_that_was_never_journalled_is_none() -> None:
    async with at_work(Place()) as place:
        fence = place.enters(B1, "s1")
        place.script.now = place.clock.now()
        command = place.script.command(B1, "take_over", fence=fence)
        assert isinstance(command, c.TakeOver)
        with pytest.raises(Refused, match="takeover_needed"):
            place.enters(B1, "s2", act=command)
        page = Page("s2", "n1", robot=False, takeover=command.act)
        assert place.attendance.takes_over(B1, page)
        assert not place.attendance.takes_over(B1, replace(page, client="s1"))
        assert not place.attendance.takes_over(bidder("b2"), page)


async def test_the_same_page_takes_its_own_place_again() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "s1", client="page")
        place.passes(3, (B1, "s1"))
        assert place.enters(B1, "s2", client="page") == 2
        await place.settled()
        assert place.closed == [("s1", "takeover")]
        assert place.intervals("bidder-b1")[0] == (1, "online", 0, 3000, "transport_closed")


async def test_a_device_that_is_offline_holds_no_place() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "s1")
        place.passes(11)
        place.enters(B1, "s2")
        await place.settled()
        assert place.closed == [("s1", "takeover")]
        assert place.intervals("bidder-b1")[-1][1] == "online"


async def test_another_certificate_of_a_bidder_is_refused_while_one_is_live() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "s1", client="page")
        other = replace(B1, certificate="ff" * 32)
        with pytest.raises(NotPermitted, match="other_certificate_live"):
            place.enters(other, "s2", client="page")
        place.attendance.left(B1, "s1", "client_left")
        place.enters(other, "s2")
        assert place.attendance.is_live(other, "s2")


async def test_who_was_given_a_post_enters_where_the_former_holder_still_sits() -> None:
    async with at_work(Place()) as place:
        place.enters(HOST, "s1")
        await place.appoints(DEPUTY)
        assert place.closed == []
        place.enters(DEPUTY, "s2")
        await place.settled()
        assert place.closed == [("s1", "handover")]


async def test_a_deputy_looks_on_from_a_place_of_its_own_and_drives_nobody_away() -> None:
    async with at_work(Place(scheduled=DEPUTIES)) as place:
        place.enters(HOST, "s1")
        place.enters(DEPUTY, "s2")
        place.enters(SECOND_DEPUTY, "s3")
        await place.settled()
        assert place.closed == []
        assert all(place.attendance.is_live(HOST, one) for one in ("s1", "s2", "s3"))
        assert place.intervals("host") == [(1, "online", 0, None, "")]
        assert place.intervals("host-deputy") == [(1, "online", 0, None, "")]
        assert place.intervals("host-deputy-2") == [(1, "online", 0, None, "")]
        place.enters(DEPUTY, "another page of the deputy")
        await place.settled()
        assert place.closed == [("s2", "handover")]


async def test_clause_5_3_1_the_silence_of_a_host_is_not_broken_by_its_deputy_s_presence() -> None:
    async with at_work(Place(scheduled=DEPUTIES)) as place:
        place.enters(HOST, "s1")
        place.passes(10, (HOST, "s1"))
        place.enters(DEPUTY, "s2")
        place.passes(20, (DEPUTY, "s2"))
        await place.settled()
        assert place.intervals("host")[-1] == (1, "offline", 10_000, None, "heartbeat_timeout")


async def test_clause_5_3_1_a_deputy_that_takes_the_post_sits_in_the_holder_s_place() -> None:
    async with at_work(Place(scheduled=DEPUTIES)) as place:
        place.enters(HOST, "s1")
        place.enters(DEPUTY, "s2")
        place.clock.pass_ms(1_000)
        await place.appoints(DEPUTY)
        await place.settled()
        assert place.closed == [("s1", "handover")]
        assert place.intervals("host-deputy") == [
            (1, "online", 0, 1_000, "removed"),
            (1, "offline", 1_000, None, "removed"),
        ]
        assert place.intervals("host")[-1] == (2, "online", 1_000, None, "")
        place.attendance.left(HOST, "s1", "removed")  # the old page's end changes nothing any more
        place.passes(12, (DEPUTY, "s2"))
        await place.settled()
        assert place.intervals("host")[-1] == (2, "online", 1_000, None, "")


async def test_who_neither_holds_a_post_nor_is_a_deputy_enters_no_place_of_another() -> None:
    async with at_work(Place(scheduled=DEPUTIES)) as place:
        await place.appoints(DEPUTY)
        place.enters(DEPUTY, "s1")
        place.enters(HOST, "s2")
        await place.settled()
        assert place.closed == []


async def test_a_robot_gives_way_to_a_person_and_takes_nobody_s_place() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "robot", robot=True)
        place.enters(B1, "person")
        await place.settled()
        assert place.closed == [("robot", "handover")]
        with pytest.raises(NotPermitted, match="handed_over"):
            place.enters(B1, "robot again", robot=True)


async def test_who_comes_again_and_again_has_to_wait() -> None:
    async with at_work(Place()) as place:
        for n in range(30):
            place.enters(B1, f"s{n}", client="page")
        with pytest.raises(Refused, match="too_many_questions"):
            place.enters(B1, "one more", client="page")
        place.enters(bidder("b2"), "another party")
        place.clock.pass_ms(60_001)
        place.enters(B1, "later", client="page")


async def test_numbers_of_connections_tell_nothing_of_others() -> None:
    async with at_work(Place()) as place:
        for name in ("b2", "b3", "b4"):
            place.enters(bidder(name), name)
        assert place.enters(B1, "s1") == 1


async def test_clause_4_7_a_mass_drop_is_told_once_and_blamed_on_nobody() -> None:
    async with at_work(Place()) as place:
        parties = [bidder(f"b{n}") for n in range(6)]
        for n, one in enumerate(parties):
            place.enters(one, one.party, network=f"n{n % 3}")
            place.attendance.media_alive(f"bidder-{one.party}")
        place.passes(4, *((one, one.party) for one in parties))
        place.passes(12)
        await place.settled()
        for one in parties:
            last = place.intervals(f"bidder-{one.party}")[-1]
            assert (last[1], last[2], last[4]) == ("offline", 4000, "mass_drop")
        assert {i.confidence for i in place.room.state.presence} == {"low"}
        assert place.platform == [("mass_drop", "f", MIDNIGHT + 4000, None)]
        for one in parties:
            place.clock.pass_ms(100)
            place.enters(one, f"{one.party} again", client=one.party)
        assert place.platform[1:] == [("mass_drop", "f", MIDNIGHT + 4000, place.clock.now())]


async def test_a_mass_drop_knows_no_rooms() -> None:
    """Two openings of one hall lose three parties each: together they are six."""
    async with at_work(Place()) as one, at_work(Place()) as other:
        other.attendance._losses = one.losses
        for place, names in ((one, "abc"), (other, "def")):
            for n, name in enumerate(names):
                place.enters(bidder(name), name, network=f"n{n}")
            place.passes(12)
        one.attendance.sweep()
        for place, names in ((one, "abc"), (other, "def")):
            await place.settled()
            assert {place.intervals(f"bidder-{n}")[-1][4] for n in names} == {"mass_drop"}


async def test_three_at_once_are_for_people_to_judge() -> None:
    async with at_work(Place()) as place:
        for name in "abc":
            place.enters(bidder(name), name)
        place.passes(12)
        await place.settled()
        assert [place.intervals(f"bidder-{n}")[-1][4] for n in "abc"] == ["unknown"] * 3
        assert place.platform == []


async def test_lines_that_close_together_are_judged_together() -> None:
    async with at_work(Place()) as place:
        parties = [bidder(f"b{n}") for n in range(5)]
        for n, one in enumerate(parties):
            place.enters(one, one.party, network=f"n{n}")
        for one in parties:
            place.attendance.left(one, one.party, "transport_closed")
        await place.settled()
        assert {place.intervals(f"bidder-{one.party}")[-1][4] for one in parties} == {"mass_drop"}


async def test_clause_4_7_a_stall_of_the_hall_is_never_blamed_on_who_was_driven_away_by_it() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "s1")
        place.passes(4, (B1, "s1"))
        place.clock.pass_ms(9000)  # nothing ran, and the client's watchdog closed the line
        place.attendance.left(B1, "s1", "transport_closed")
        await place.settled()
        interval = place.room.state.presence[-1]
        assert (interval.cause, interval.confidence) == ("server_stall", "low")


async def test_clause_4_7_answers_that_waited_out_a_stall_are_no_sign_of_life_after_it() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "s1")
        place.passes(4, (B1, "s1"))
        place.clock.pass_ms(9000)
        place.attendance.beat(B1, "s1")  # it was sent before the client gave up, and is read only now
        place.health.look()
        place.clock.pass_ms(10)
        place.attendance.left(B1, "s1", "transport_closed")
        await place.settled()
        interval = place.room.state.presence[-1]
        assert (interval.cause, interval.confidence) == ("server_stall", "low")


async def test_a_superseded_connection_changes_nothing_any_more() -> None:
    async with at_work(Place()) as place:
        place.enters(B1, "s1", client="page")
        place.enters(B1, "s2", client="page")
        await place.settled()
        before = place.room.state.presence
        place.attendance.beat(B1, "s1")
        place.attendance.left(B1, "s1", "transport_closed")
        await place.settled()
        assert place.room.state.presence == before


async def test_closing_twice_is_closing_once() -> None:
    async with at_work(Place()) as place:
        place.enters(HOST, "s1")
        await place.attendance.close()
        await place.attendance.close()
        assert not place.attendance.is_live(HOST, "s1")


async def test_the_hall_notes_its_own_going_and_what_came_just_before() -> None:
    place = Place()
    b2 = bidder("b2")
    async with at_work(place):
        place.enters(B1, "s1")
        place.enters(b2, "s2")
        place.clock.pass_ms(1500)
        place.attendance.left(b2, "s2", "client_left")
    assert place.intervals("bidder-b1") == [
        (1, "online", 0, 1500, "server_restart"),
        (1, "offline", 1500, None, "server_restart"),
    ]
    assert place.intervals("bidder-b2")[-1] == (1, "offline", 1500, None, "client_left")


async def test_clause_4_7_after_a_kill_the_absence_is_the_hall_s_from_its_last_heartbeat() -> None:
    killed = Place()
    await killed.room.open()
    await killed.room.submit(c.ScheduleOpening(plan()), received_at=killed.clock.now())
    await killed.attendance.open()
    killed.enters(B1, "s1")
    await killed.settled()
    await killed.room.close()  # as by a kill: attendance says nothing any more
    await tasks.stop(killed.attendance._task)

    place = Place(killed.journal, now=MIDNIGHT + 60_000)
    place.health.began(Beat(MIDNIGHT + 20_000, MIDNIGHT + 20_000))
    async with at_work(place):
        await place.settled()
        assert place.intervals("bidder-b1") == [
            (1, "online", 0, 20_000, "server_restart"),
            (1, "offline", 20_000, None, "server_restart"),
        ]
        place.passes(3)
        assert place.enters(B1, "s1") == 2
        await place.settled()
        assert place.intervals("bidder-b1")[1:] == [
            (1, "offline", 20_000, 63_000, "server_restart"),
            (2, "online", 63_000, None, ""),
        ]
        assert {i.confidence for i in place.room.state.presence if i.cause} == {"low"}


async def test_a_party_s_own_log_tells_before_the_announcement_nothing_of_others() -> None:
    async with at_work(Place()) as place:
        for name in "abcde":
            place.enters(bidder(name), name, network=name)
        place.passes(12)
        await place.settled()
        shown = presence_log(place.room.state, place.room.entries, bidder("a"), place.clock.now())
        assert isinstance(shown["intervals"], list)
        assert [(i["state"], i["start"]) for i in shown["intervals"]] == [("offline", MIDNIGHT)]
        assert {shown["intervals"][0][key] for key in ("cause", "confidence", "proofs")} == {None}
        assert (shown["participant"], shown["assessed"]) == ("bidder-a", False)


async def test_nobody_is_looked_after_before_somebody_is_there_or_is_to_be_led_out() -> None:
    async with at_work(Place()) as place:
        assert place.attendance._task is None
        place.enters(bidder("jia"), "one")
        assert place.attendance._task is not None
    async with at_work(Place()) as ended:
        ended.room.state = replace(ended.room.state, stage=Stage.LEAVING)
        ended.attendance._happened([])
        assert ended.attendance._task is not None, "that the room is empty is noted by the look at everybody"
