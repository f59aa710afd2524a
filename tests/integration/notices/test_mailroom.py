"""A mailroom between real rooms and a real mail server: what happens is told, once, to those concerned alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.clock import ManualClock
from hall.config import NoticesSection
from hall.journal.codec import EventCodec
from hall.journal.memory import MemoryJournal
from hall.notices.letters import Letters
from hall.notices.smtp import SmtpChannel
from hall.notifying import events as e
from hall.notifying.commands import Owe
from hall.notifying.decide import PAUSES
from hall.procurement.parties import Actor
from hall.procurement.tender import HOUR, MINUTE
from hall.runtime import machine
from hall.runtime.contacts import Contacts
from hall.runtime.mailroom import Mailroom
from hall.runtime.ports import NewEvent
from hall.runtime.room import Room
from hall.runtime.sending import NOTIFYING, Post
from hall.session import commands as oc
from hall.session import events as session_events
from hall.session.state import OpeningState
from hall.tendering import directory
from hall.tendering import events as tendering_events
from hall.tendering.state import TenderState
from tests.integration.notices.mail_server import MailServer, mail_server
from tests.playbook import DEADLINE, MIDNIGHT, OWNER, Playbook, bidder, plan

BIDDERS = ("jia", "yi", "bing")
PERSON = {"representative": "王小明", "identity": "14**", "phones": ["13800000000"], "acts_for_bidder": True}
CODECS = {
    "directory": EventCodec(directory.Event),
    "tendering": EventCodec(tendering_events.Event),
    "opening": EventCodec(session_events.Event),
    "notices": EventCodec(e.Event),
}


@dataclass(frozen=True, slots=True)
class _Happens:
    """Whatever leads to it: this event."""

    event: session_events.Event


def _decide(state: OpeningState, command: Any, actor: Actor | None, now: int) -> list[Any]:
    """The rules, and events at a test's word."""
    if isinstance(command, _Happens):
        return [command.event]
    return machine.OPENING.decide(state, command, actor, now)


TOLD_OPENING = replace(machine.OPENING, decide=_decide)


@dataclass
class Place:
    """Rooms of one tender on one journal, its mailroom, and the mail server it reaches."""

    server: MailServer
    journal: MemoryJournal
    clock: ManualClock
    contacts: Contacts
    tendering: Room[TenderState]
    opening: Room[OpeningState]
    channel: SmtpChannel
    script: Playbook = field(default_factory=Playbook)
    undelivered: list[tuple[str, str]] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def mailroom(self) -> Mailroom:
        async def given_up(owed: e.NoticeOwed, failed: e.NoticeFailed) -> None:
            self.undelivered.append((owed.party, failed.code))
            self.told.set()

        post = Post(
            writer=Letters("某中心", "https://hall.example.cn"),
            channels={"smtp": self.channel},
            contacts=self.contacts,
            known=lambda: BIDDERS,
            name=lambda party: f"{party} Ltd",
            undelivered=given_up,
        )
        return Mailroom(self.tendering, self.opening, post, self.journal, self.clock)

    def at(self, moment: int, *rooms: Mailroom) -> None:
        """It is `moment`."""
        self.clock.pass_ms(moment - self.clock.now())
        for one in (self.tendering, self.opening, *rooms):
            one.wake()
        for one in rooms:
            one.room.wake()

    async def signs_in(self, name: str) -> None:
        self.script.at(self.clock.now())
        command = self.script.command(bidder(name), "sign_in", **PERSON, salt="ab" * 16)
        nonce = command.act.client_nonce
        await self.opening.submit(command, received_at=self.clock.now(), actor=bidder(name), nonce=nonce)

    async def moves_deadline(self) -> None:
        act = self.script.act(OWNER, "move_deadline", deadline=DEADLINE + HOUR, reason="补遗")
        await self.says(session_events.DeadlineMoved(DEADLINE, DEADLINE + HOUR, "补遗", act))

    async def says(self, event: session_events.Event) -> None:
        """This happens in the opening."""
        await self.opening.submit(_Happens(event), received_at=self.clock.now())

    async def deposit(self, *names: str) -> None:
        """Put down that these have deposited, as tendering would."""
        rows = [
            tendering_events.DepositReceived(deposit, self.script.act(bidder(deposit.bidder), "sign_in"))
            for deposit in self.script.deposits(*names)
        ]
        new = [NewEvent(self.clock.now(), "system", "", row) for row in rows]
        seq = len(self.tendering.entries)
        await self.tendering.close()
        await self.journal.append(self.tendering.tender, self.tendering.stream, seq, new)
        self.tendering = Room("T-1", "tendering/T-1", machine.TENDERING, self.journal, self.clock)
        await self.tendering.open()


@asynccontextmanager
async def place(*, mail: bool = True) -> AsyncIterator[Place]:
    """The tender T-1 with its sign-in open; everybody but bing has a mail address."""
    clock = ManualClock(MIDNIGHT + HOUR)
    journal = MemoryJournal(
        Ed25519PrivateKey.generate(), codecs=CODECS, origin="hall.example", rehearsal=False
    )
    known = Room("hall", "directory/hall", machine.DIRECTORY, journal, clock)
    tendering = Room("T-1", "tendering/T-1", machine.TENDERING, journal, clock)
    opening = Room("T-1", "opening/O-1", TOLD_OPENING, journal, clock)
    async with mail_server() as server:
        settings = NoticesSection(
            smtp_host="localhost", smtp_port=server.port, smtp_security="none", smtp_sender="hall@example.cn"
        )
        channel = SmtpChannel(settings, "hall.localhost", clock)
        here = Place(server, journal, clock, Contacts(known, journal), tendering, opening, channel)
        for room in (known, tendering, opening):
            await room.open()
        if mail:
            for name in ("jia", "yi", "host"):
                await here.contacts.give(name, f"{name}@example.cn", "ab" * 16, clock.now())
        await opening.submit(oc.ScheduleOpening(plan()), received_at=clock.now())
        await opening.submit(oc.Tick(), received_at=clock.now())
        try:
            yield here
        finally:
            channel.close()
            for room in (here.tendering, opening, known):
                await room.close()


@asynccontextmanager
async def working(here: Place) -> AsyncIterator[Mailroom]:
    mailroom = here.mailroom()
    await mailroom.open()
    try:
        yield mailroom
    finally:
        await mailroom.close()


async def until(mailroom: Mailroom, what: Callable[[], bool]) -> None:
    """Wait for the mailroom's rows until `what` holds."""
    changed = asyncio.Event()
    stop = mailroom.room.listen(lambda _: changed.set())
    try:
        async with asyncio.timeout(20):
            while not what():
                await changed.wait()
                changed.clear()
    finally:
        stop()


def events(mailroom: Mailroom, kind: type) -> list[e.Event]:
    return [event for _, _, event in mailroom.room.entries if isinstance(event, kind)]


def served(mailroom: Mailroom) -> bool:
    return bool(mailroom.room.state.notices) and not mailroom.room.state.waiting


async def test_clause_4_1_a_moved_deadline_reaches_everybody_by_inbox_and_by_mail_with_proof() -> None:
    async with place() as here, working(here) as mailroom:
        await here.moves_deadline()
        await until(mailroom, lambda: served(mailroom))
        notices = mailroom.room.state.notices.values()
        assert {n.owed.party for n in notices} >= {"jia", "yi", "bing", "host", "procuring_entity"}
        assert all("inbox" in {sent.channel for sent in n.sent} for n in notices)
        by_mail = {n.owed.party: n for n in notices if len(n.sent) == 2}
        assert by_mail.keys() == {"jia", "yi", "host"}
        assert sorted(to for mail in here.server.mails for to in mail.to) == [
            "host@example.cn",
            "jia@example.cn",
            "yi@example.cn",
        ]
        mail = next(mail for mail in here.server.mails if mail.to == ["jia@example.cn"])
        jia = by_mail["jia"]
        proof = next(sent for sent in jia.sent if sent.channel == "smtp")
        assert (mail.message["Subject"], mail.text) == (jia.owed.subject, jia.owed.text)
        assert (proof.sha256, proof.message_id) == (jia.sha256, mail.message["Message-ID"])
        assert proof.answer.startswith("250 2.0.0 Ok: queued as Q")
        assert "yi Ltd" not in mail.text and "bing Ltd" not in mail.text


async def test_no_address_stands_in_the_journal() -> None:
    async with place() as here, working(here) as mailroom:
        await here.moves_deadline()
        await until(mailroom, lambda: served(mailroom))
        for tender in ("T-1", "hall"):
            rows = [str(row.body) for row in await here.journal.rows(tender)]
            assert rows and not any("@example.cn" in row for row in rows)


async def test_who_has_no_address_is_reached_in_the_inbox_alone_and_that_is_no_failure() -> None:
    async with place(mail=False) as here, working(here) as mailroom:
        await here.moves_deadline()
        await until(mailroom, lambda: served(mailroom))
        assert {n.owed.channels for n in mailroom.room.state.notices.values()} == {("inbox",)}
        assert here.server.mails == [] and here.undelivered == []


async def test_a_mail_server_that_is_away_is_tried_again_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "hall"):
        async with place() as here, working(here) as mailroom:
            here.server.hangs_up = True
            await here.moves_deadline()
            await until(mailroom, lambda: len(events(mailroom, e.NoticeFailed)) == 3)
            here.server.hangs_up = False
            here.at(here.clock.now() + PAUSES[0], mailroom)
            await until(mailroom, lambda: served(mailroom))
            assert len(here.server.mails) == 3
            assert {sent.attempt for n in mailroom.room.state.notices.values() for sent in n.sent} == {1, 2}
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in told] == ["ERROR", "WARNING"], told


async def test_a_mailbox_that_does_not_exist_is_given_up_and_reported() -> None:
    async with place() as here:
        here.server.says["RCPT"] = "550 5.1.1 unknown"
        async with working(here) as mailroom:
            await here.moves_deadline()
            await until(mailroom, lambda: served(mailroom))
            async with asyncio.timeout(20):
                while len(here.undelivered) < 3:
                    here.told.clear()
                    await here.told.wait()
        assert sorted(here.undelivered) == [(name, "mailbox_refused") for name in ("host", "jia", "yi")]


async def test_what_was_sent_before_a_crash_is_not_sent_again_after_it() -> None:
    async with place() as here:
        async with working(here) as first:
            await here.moves_deadline()
            await until(first, lambda: served(first))
            before = first.room.state.notices
        here.server.mails.clear()
        async with working(here) as second:
            assert second.room.state.notices == before
            await here.says(session_events.DeadlineHeld(DEADLINE, (1,)))
            await until(second, lambda: len(second.room.state.notices) == 2 * len(before) and served(second))
            after = second.room.state.notices
        assert {key: after[key] for key in before} == before
        assert len(here.server.mails) == 3
        assert all("投标截止时间暂缓" in mail.message["Subject"] for mail in here.server.mails)


async def test_what_was_owed_before_a_crash_and_not_sent_goes_out_after_it() -> None:
    async with place() as here:
        here.server.hangs_up = True
        async with working(here) as first:
            await here.moves_deadline()
            await until(first, lambda: len(events(first, e.NoticeFailed)) == 3)
        here.server.hangs_up = False
        here.clock.pass_ms(PAUSES[0])
        async with working(here) as second:
            await until(second, lambda: served(second))
        assert len(here.server.mails) == 3


async def test_a_row_that_nobody_looked_at_before_the_crash_is_looked_at_after_it() -> None:
    async with place() as here:
        await here.moves_deadline()
        async with working(here) as mailroom:
            await until(mailroom, lambda: served(mailroom))
        assert len(here.server.mails) == 3


async def test_notices_that_a_crash_cut_short_are_completed_after_it() -> None:
    async with place() as here:
        await here.moves_deadline()
        async with working(here) as whole:
            await until(whole, lambda: served(whole))
            all_of_them = [n.owed for n in whole.room.state.notices.values()]
    async with place() as here:
        await here.moves_deadline()
        part = Room("T-1", "notices/T-1", NOTIFYING, here.journal, here.clock)
        await part.open()
        await part.submit(Owe(tuple(all_of_them[:2])), received_at=here.clock.now())
        await part.close()
        async with working(here) as mailroom:
            await until(
                mailroom, lambda: len(mailroom.room.state.notices) == len(all_of_them) and served(mailroom)
            )
            assert [n.owed.notice for n in mailroom.room.state.notices.values()] == [
                n.notice for n in all_of_them
            ]


async def test_clause_5_3_2_reminders_go_by_machine_to_who_has_not_signed_in_and_no_log_says_to_whom(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with place() as here:
            await here.deposit("jia", "yi", "bing")
            await here.signs_in("yi")
            async with working(here) as mailroom:
                for minutes, count in ((120, 2), (30, 4), (10, 6)):
                    here.at(DEADLINE - minutes * MINUTE, mailroom)
                    await until(mailroom, lambda count=count: len(events(mailroom, e.NoticeOwed)) == count)  # type: ignore[misc]  # bound now
                await until(mailroom, lambda: served(mailroom))
                assert {n.owed.party for n in mailroom.room.state.notices.values()} == {"jia", "bing"}
        assert [mail.to for mail in here.server.mails] == [["jia@example.cn"]] * 3
        for mail in here.server.mails:
            assert "yi Ltd" not in mail.text and "bing Ltd" not in mail.text
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("hall"))
    assert "jia" not in said and "bing" not in said


async def test_a_reminder_that_could_not_be_sent_before_the_deadline_is_not_sent_after_it() -> None:
    async with place() as here:
        await here.deposit("jia")
        here.server.hangs_up = True
        async with working(here) as mailroom:
            here.at(DEADLINE - 10 * MINUTE, mailroom)
            await until(mailroom, lambda: len(events(mailroom, e.NoticeFailed)) == 1)
            here.server.hangs_up = False
            here.at(DEADLINE, mailroom)
            await until(mailroom, lambda: served(mailroom))
            last = events(mailroom, e.NoticeFailed)[-1]
            assert isinstance(last, e.NoticeFailed)
            assert (last.code, last.retry_at) == ("too_late", None)
        assert here.server.mails == []
