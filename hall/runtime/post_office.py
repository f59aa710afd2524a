"""All mailrooms of a hall, and what the doors may ask of them: inboxes, receipts of reading, records of delivery.

A party sees its own notices, the staff of an opening all of the opening's, but only after the announcement: whom a
reminder went to would tell who has deposited (clause 5.3.2). Letters from matters are their addressees' alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from hall import tasks
from hall.clock import Clock
from hall.errors import NotPermitted, Refused
from hall.notifying import events as e
from hall.notifying.owed import BIDDER, Draft, each
from hall.notifying.state import Notice
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role
from hall.runtime.desk import Person
from hall.runtime.mailroom import Mailroom
from hall.runtime.matter import Owed
from hall.runtime.matter_letters import Letterbox, letters_owed
from hall.runtime.ports import Certificates, Journal, Row, Seals
from hall.runtime.registry import Opening, Registry
from hall.runtime.room import Room
from hall.runtime.sending import Channel, Contacts, Post, Sender, Writer
from hall.session import commands as oc
from hall.session.events import ClockAdvanced
from hall.session.roster import all_announced
from hall.session.rules import Stage
from hall.tendering.state import TenderState

ADDED_AFTER = 30.0
"""Seconds after the start at which the mailrooms of openings that rest are opened."""

_BREATH = 0.05  # seconds between two of them
_FEW_ROWS = 200  # of a stream, up to which it is read together with all others like it
_ADDED_AT_ONCE = 20

UNDELIVERED = "notice_undelivered"
"""Kind of the incident that a notice did not reach its addressee on one of its channels."""


class PostOffice:
    """Opens a mailroom for each tender that the registry opens."""

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        clock: Clock,
        *,
        writer: Writer,
        channels: Mapping[str, Channel],
        contacts: Contacts,
        certificates: Certificates,
        seals: Seals,
        origin: str,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._clock = clock
        self._writer = writer
        self._channels = channels
        self._contacts = contacts
        self._certificates = certificates
        self._seals = seals
        self._origin = origin
        self._turn = asyncio.Lock()
        self._behind: asyncio.Task[None] | None = None
        self.mailrooms: dict[str, Mailroom] = {}
        self.letterboxes: dict[str, Letterbox] = {}
        self._addressed: dict[str, dict[str, Sender]] = {}
        """Party → stream → who has notices for it: an inbox asks no other."""

    def letters(self) -> Owed:
        """What the matters of a tender owe: their letters."""
        return letters_owed(self.letterboxes.get, self.letterbox)

    async def letterbox(self, tender: str, rows: Sequence[tuple[Row, Any]] | None = None) -> Letterbox:
        """The letterbox of a tender, opened if it was not. rows: all that the journal holds of it, if at hand."""
        async with self._turn:
            if (found := self.letterboxes.get(tender)) is None:
                post = self._post(_nobody)
                found = Letterbox(tender, f"letters/{tender}", post, self._journal, self._clock)
                await found.open(rows)
                self.letterboxes[tender] = found
                self._address(found)
        return found

    async def open(self) -> None:
        """Open a mailroom for every tender that is there, and for each that comes; of openings that rest, later."""
        self._registry.followers.append(self._add)
        resting, known = [], dict(await self._journal.load_all("notices", _FEW_ROWS))
        for live in tuple(self._registry.openings.values()):
            if live.room.asleep:
                resting.append(live)
            else:
                rows = known.pop(f"notices/{live.room.tender}", None)
                await self._add(self._registry.tenderings[live.room.tender], live, rows)
        self._behind = tasks.start(self._add_behind(resting), "mailrooms that rest")

    async def close(self) -> None:
        """Stop all; what is owed stays owed."""
        self._registry.followers.remove(self._add)
        await tasks.stop(self._behind)
        for one in self._senders():
            await one.close()

    @property
    def failed(self) -> bool:
        """Whether a mailroom's journal takes no more: the process is to end."""
        return any(one.room.failed for one in self._senders())

    async def tell(self, tender: str, draft: Draft) -> None:
        """Owe notices for which no row of a stream stands, such as of a certificate that will not do. The same draft
        again owes nothing new."""
        mailroom = self.mailrooms[tender]  # LookupError: it is not open yet
        opening = self._registry.tendering(tender).state.published.opening
        await mailroom.owe(each(draft, opening, "", self._clock.now()))

    # for the addressee

    def inbox(self, person: Person) -> list[dict[str, object]]:
        """All notices to the person's party, the newest first."""
        mine = [
            (one.room.tender, n) for one in self._to(person.party) for n in _addressed_to(one, person.party)
        ]
        return [_shown(*one) for one in sorted(mine, key=lambda one: one[1].owed.due_at, reverse=True)]

    async def read(
        self, person: Person, notice: str, act: SignedAct | None, certificate: bytes, received_at: int
    ) -> dict[str, object]:
        """The addressee opens a notice, and may sign that it did; gives the record of its delivery.

        certificate: DER of the login's. Raises NotPermitted("no_such_notice"), Refused with the act's code.
        """
        mailroom, found = self._find(person, notice)
        if act is not None:
            self._certificates.verify_act(act, certificate)
            if act.origin != self._origin or act.tender != mailroom.room.tender:
                raise Refused("wrong_tender")
            if not self._seals.nonce_holds(act.server_nonce, act.certificate, self._clock.now()):
                raise Refused("nonce_expired")
        actor = Actor(Role(found.owed.role), person.party, person.name, person.certificate)
        return self._record(mailroom, await mailroom.read(notice, act, actor, received_at))

    def delivery(self, person: Person, notice: str) -> dict[str, object]:
        """The signed record of an own notice's delivery. Raises NotPermitted("no_such_notice")."""
        return self._record(*self._find(person, notice))

    # for the staff

    def deliveries(self, opening: str, actor: Actor) -> list[dict[str, object]]:
        """The signed records of all notices of an opening. Raises NotPermitted, Refused("not_now")."""
        live = self._registry.opening(opening)
        if actor.role is Role.BIDDER:
            raise NotPermitted("not_permitted", role=actor.role.value)
        if not all_announced(live.room.state):
            raise Refused("not_now")
        return self.of_opening(opening)

    def of_opening(self, opening: str) -> list[dict[str, object]]:
        """The signed records of all notices of an opening, for its archive."""
        tender = self._registry.opening(opening).room.tender
        mailroom = self.mailrooms[tender]
        notices = mailroom.room.state.notices.values()
        return [self._record(mailroom, notice) for notice in notices if notice.owed.opening == opening]

    # inside

    def _senders(self) -> list[Sender]:
        return [*self.mailrooms.values(), *self.letterboxes.values()]

    async def _add_behind(self, openings: Sequence[Opening]) -> None:
        known = await self._journal.load_all("letters", _FEW_ROWS)
        for number, stream in enumerate(await self._journal.last_of_all("letters")):
            await self.letterbox(stream.partition("/")[2], known.get(stream))
            if stream not in known or number % _ADDED_AT_ONCE == 0:
                await asyncio.sleep(_BREATH)
        await asyncio.sleep(ADDED_AFTER)
        for live in openings:
            await self._add(self._registry.tenderings[live.room.tender], live)
            await asyncio.sleep(_BREATH)

    async def _add(
        self,
        tendering: Room[TenderState],
        live: Opening,
        rows: Sequence[tuple[Row, Any]] | None = None,
    ) -> None:
        """Open the mailroom of a tender, if it is not open; return when it is. rows: of its notices, if at hand."""
        async with self._turn:
            if tendering.tender not in self.mailrooms:
                await self._open_mailroom(tendering, live, rows)

    async def _open_mailroom(
        self, tendering: Room[TenderState], live: Opening, rows: Sequence[tuple[Row, Any]] | None
    ) -> None:
        post = self._post(partial(self._undelivered, live))
        mailroom = Mailroom(tendering, live.room, post, self._journal, self._clock)
        self.mailrooms[tendering.tender] = mailroom
        live.room.listen(self._time_moved)
        await mailroom.open(rows)
        self._address(mailroom)

    def _address(self, sender: Sender) -> None:
        """From now on the inboxes of those to whom it writes ask it."""

        def known(events: Iterable[object]) -> None:
            for event in events:
                if isinstance(event, e.NoticeOwed):
                    self._addressed.setdefault(event.party, {})[sender.room.stream] = sender

        known(notice.owed for notice in sender.room.state.notices.values())
        sender.room.listen(known)

    def _to(self, party: str) -> Sequence[Sender]:
        return tuple(self._addressed.get(party, {}).values())

    def _post(self, undelivered: Callable[[e.NoticeOwed, e.NoticeFailed], Awaitable[None]]) -> Post:
        return Post(
            writer=self._writer,
            channels=self._channels,
            contacts=self._contacts,
            known=self._bidders,
            name=self._name,
            undelivered=undelivered,
        )

    def _time_moved(self, events: Sequence[object]) -> None:
        if any(isinstance(event, ClockAdvanced) for event in events):
            for one in self._senders():
                one.wake()

    def _bidders(self) -> list[str]:
        known = self._registry.directory.state.certificates.values()
        return sorted({party.party for party in known if party.kind == "bidder"})

    def _name(self, party: str) -> str:
        known = self._registry.directory.state.certificates.values()
        return next((one.name for one in known if one.party == party), party)

    async def _undelivered(self, live: Opening, owed: e.NoticeOwed, failed: e.NoticeFailed) -> None:
        """A notice that did not arrive is an incident (clause 4.3); after a restart it is the same one."""
        state = live.room.state
        detail = f"{owed.kind} {failed.channel} {failed.code} {owed.notice}"
        if state.stage in (Stage.NEW, Stage.SCHEDULED, Stage.LEAVING, Stage.CLOSED):
            return  # the register is not open, or signed for good: the notice's own rows say it
        if any(i.kind == UNDELIVERED and i.detail == detail for i in state.incidents):
            return
        subject = f"bidder-{owed.party}" if owed.role == BIDDER else owed.role.replace("_", "-")
        command = oc.NoteIncident(UNDELIVERED, "", subject, detail)
        await live.room.submit(command, received_at=self._clock.now())

    def _find(self, person: Person, notice: str) -> tuple[Sender, Notice]:
        for one in self._to(person.party):
            found = one.room.state.notices.get(notice)
            if found is not None and found.owed.party == person.party:
                return one, found
        raise NotPermitted("no_such_notice")

    def _record(self, mailroom: Sender, notice: Notice) -> dict[str, object]:
        """What the hall signs about one notice. leaf: of the row that holds its exact words, in the tender's tree."""
        owed, read = notice.owed, notice.read
        leaf = mailroom.room.leaf_of(lambda event: isinstance(event, e.NoticeOwed) and event == owed)
        body: dict[str, object] = {
            "v": 1,
            "origin": self._origin,
            "tender": mailroom.room.tender,
            "opening": owed.opening,
            "lot": owed.lot,
            "notice": owed.notice,
            "kind": owed.kind,
            "role": owed.role,
            "party": owed.party,
            "sha256": notice.sha256,
            "leaf": leaf,
            "due_at": owed.due_at,
            "channels": list(owed.channels),
            "contact": owed.contact,
            "sent": [_event(sent) for sent in notice.sent],
            "failed": [_event(failed) for failed in notice.failed],
            "read": None if read is None else _read(notice, read),
        }
        return {**body, "signature": self._seals.sign("delivery", body)}


async def _nobody(owed: e.NoticeOwed, failed: e.NoticeFailed) -> None:
    """A letter that did not arrive says so in its own rows, and in the record of its delivery."""


def _addressed_to(mailroom: Sender, party: str) -> list[Notice]:
    return [notice for notice in mailroom.room.state.notices.values() if notice.owed.party == party]


def _shown(tender: str, notice: Notice) -> dict[str, object]:
    owed = notice.owed
    return {
        "notice": owed.notice,
        "kind": owed.kind,
        "tender": tender,
        "opening": owed.opening,
        "path": next((fact.value for fact in owed.facts if fact.name == "path"), ""),
        "lot": owed.lot,
        "at": owed.due_at,
        "until": owed.until,
        "subject": owed.subject,
        "text": owed.text,
        "sha256": notice.sha256,
        "read_at": notice.first_read_at,
        "signed": notice.read is not None and notice.read.act is not None,
    }


def _event(event: e.NoticeSent | e.NoticeFailed) -> dict[str, object]:
    return {key: value for key, value in asdict(event).items() if key != "notice"}


def _read(notice: Notice, read: e.NoticeRead) -> dict[str, object]:
    act = read.act.to_json() if read.act else None
    return {"at": notice.first_read_at, "certificate": read.certificate, "act": act}
