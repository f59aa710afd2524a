"""A tender prepared in the hall becomes one that takes deposits and has an opening, just as from a plan file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hall import wire
from hall.centre import commands as cc
from hall.centre.changes import Setting
from hall.client.keys import Context, Identity
from hall.errors import NotPermitted, Refused
from hall.procurement.acts import SignedAct
from hall.procurement.matter import HALL
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Custody
from hall.rehearsal.stage import party_of
from hall.runtime.agency import AgencyDesk
from hall.runtime.seats import Person
from hall.tendering.directory import OfficeGiven
from hall.tendering.registration.commands import NoteDelivered
from tests.demo_world import holder, world
from tests.laid_out import MINUTE, TENDER
from tests.own_hall import OPENING, OwnHall, own_hall, reopened
from tests.scenarios.matters import test_notice as told

NEW = "2026-ZB-9"
DAY = 24 * 3_600_000
OWNER = "procuring_entity"


def _person(hall: OwnHall, who: str) -> Person:
    one = holder(who)
    known = hall.core.registry.directory.state.certificates[one.certificate.sha256]
    return Person(known.party, known.name, known.kind, one.certificate.sha256)


async def _act(
    hall: OwnHall, act_type: str, *, who: str = OWNER, matter: str = "notice", **body: Any
) -> wire.Ack:
    one = holder(who)
    nonce = hall.core.desk.nonce(one.certificate.sha256)
    context = Context("hall.localhost", tender=NEW)
    act = Identity(one.certificate, one.key).sign_act(act_type, context, nonce, body)
    now = hall.clock.now()
    return await hall.core.procedures.act(matter, NEW, act, _person(hall, who), now)


async def _view(hall: OwnHall, who: str = OWNER) -> wire.NoticeView:
    view: wire.NoticeView = await hall.core.procedures.view("notice", NEW, _person(hall, who))
    return view


async def _settled(hall: OwnHall) -> None:
    """All that the streams of this tender owe each other has arrived."""
    await (await hall.core.procedures.procedure(NEW)).settle()


def _staff() -> list[dict[str, str]]:
    return [
        {
            "role": one.role,
            "party": party_of(one),
            "name": one.name,
            "unit": one.organisation,
            "certificate": holder(one.id).certificate.sha256,
        }
        for one in world().staff
    ]


async def _prepared(hall: OwnHall) -> None:
    """A draft to which nothing is missing but its publication."""
    party = _person(hall, OWNER).party
    await hall.core.registry.register(OfficeGiven(party, Role.PROCURING_ENTITY))
    now = hall.clock.now()
    await _act(hall, "draft_tender", **told.FACE)
    await _settled(hall)
    assert not (await _view(hall)).binds  # this hall rehearses
    await _act(hall, "set_lots", lots=[told.LOT])
    await _act(hall, "set_rules", **told.RULES)
    words = {"title": "招标公告", "text": "……", "open_documents": False, "consortium": False, "invited": []}
    await _act(hall, "write_notice", **words)
    for kind, sha256 in (("notice", "aa" * 32), ("tender_documents", "bb" * 32)):
        await _act(hall, "attach_document", sha256=sha256, title=kind, kind=kind, size=9)
    await _act(hall, "fill_checklist", items=told.ticks())
    await _act(hall, "set_criteria", **told.CRITERIA)
    await _act(hall, "appoint_staff", staff=_staff(), deputies=[])
    times = {"documents_from": now, "documents_until": now + DAY, "bid_deadline": now + 2 * DAY, "place": ""}
    await _act(hall, "schedule_opening", **times)
    await _settled(hall)
    await _act(hall, "file_tender", revision=(await _view(hall)).revision, **{**told.FILING, "filed_at": now})


async def test_clause_5_1_a_published_notice_takes_deposits_and_has_an_opening(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await _prepared(hall)
        assert (await _view(hall)).missing == []
        with pytest.raises(NotPermitted, match="no_such_tender"):
            await _view(hall, "b1")
        assert (await _view(hall)).clashes == []
        at = hall.room.state.scheduled.bid_deadline
        soon = {"documents_from": hall.clock.now(), "documents_until": at, "bid_deadline": at}
        await _act(hall, "schedule_opening", **soon, place="")
        await _settled(hall)
        assert {one.other for one in (await _view(hall)).clashes} == {OPENING}, (
            "the same staff at the same time"
        )
        later = {**soon, "documents_until": at + DAY, "bid_deadline": at + DAY}
        await _act(hall, "schedule_opening", **later, place="")
        await _settled(hall)
        assert (await _view(hall)).clashes == []
        filing = {**told.FILING, "filed_at": hall.clock.now()}
        await _act(hall, "file_tender", revision=(await _view(hall)).revision, **filing)
        assert NEW not in hall.core.registry.tenderings
        await _act(hall, "publish_notice", revision=(await _view(hall)).revision)
        await _settled(hall)
        opening = hall.core.registry.opening(f"{NEW}-opening").room.state.scheduled
        tender = hall.core.registry.tendering(NEW).state.published
        assert (tender.name, tender.number) == (told.FACE["name"], told.FACE["number"])
        assert (
            [lot.lot for lot in opening.lots] == ["lot-1", "lot-1-alt-1"] == [lot.lot for lot in tender.lots]
        )
        assert opening.rules.custody is Custody.CUSTODIANS  # a supervisor is appointed
        assert len(opening.texts) == 4
        assert {one.certificate for one in opening.staff} == {one["certificate"] for one in _staff()}
        taken = (await hall.core.procedures.procedure(NEW)).rooms["registration"].state.taken
        assert [one.sha256 for one in taken.documents] == ["bb" * 32]
        rows = [row.kind for row in await hall.core.journal.rows(NEW) if row.stream == f"registration/{NEW}"]
        assert rows == ["DeadlineTaken", "DocumentsTaken"], (
            "nobody is offered a document that it can't have yet"
        )
        desk = await AgencyDesk(hall.core.procedures).desk(_person(hall, OWNER))
        assert [(one.tender, one.stage) for one in desk.tenders] == [(NEW, "published")]


async def test_who_prepares_tenders_is_shown_the_staff_and_no_expert(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        expert, owner = _person(hall, "notary").party, _person(hall, OWNER).party
        await hall.core.registry.register(OfficeGiven(owner, Role.PROCURING_ENTITY))
        await hall.core.registry.register(OfficeGiven(expert, Role.EVALUATOR))
        desk = await AgencyDesk(hall.core.procedures).desk(_person(hall, OWNER))
        shown = {one.party for one in desk.staff}
        assert owner in shown
        assert expert not in shown


async def test_bidders_are_invited_and_representatives_named_by_their_names(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        desk = AgencyDesk(hall.core.procedures)
        owner, expert = _person(hall, OWNER), _person(hall, "trading_centre").party
        with pytest.raises(NotPermitted, match="not_permitted"):
            desk.bidders(owner, "演示", ())
        await hall.core.registry.register(OfficeGiven(owner.party, Role.PROCURING_ENTITY))
        await hall.core.registry.register(OfficeGiven(expert, Role.EVALUATOR))
        first, second = _person(hall, "b1"), _person(hall, "b2")
        assert desk.bidders(owner, " ", ()).parties == [], "nobody reads the whole list"
        found = desk.bidders(owner, first.name[:4], (second.party, "gone"))
        assert found.parties[0].party == second.party
        assert first.party in {one.party for one in found.parties}
        assert len({one.party for one in found.parties}) == len(found.parties)
        assert not desk.bidders(owner, owner.name, ()).parties, "staff bids nowhere"
        people = (await desk.representatives(TENDER, owner)).parties
        assert owner.party in {one.party for one in people}
        assert expert not in {one.party for one in people}, "clause 5.4.2: nobody learns of an expert"
        with pytest.raises(NotPermitted, match="not_permitted"):
            await desk.representatives(TENDER, first)


async def test_what_was_handed_in_before_a_restart_is_named_after_it(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        bidder, data = _person(hall, "b1"), "盖章的证据".encode()
        sha256 = await hall.core.files.hand_in(TENDER, bidder, data)
        await hall.core.procedures.check_named(TENDER, sha256, bidder)
    async with reopened(hall, MINUTE) as hall:
        await hall.core.procedures.check_named(TENDER, sha256, bidder)
        for who, what in ((_person(hall, "b2"), sha256), (bidder, "ab" * 32), (bidder, "../x")):
            with pytest.raises(Refused, match="file_not_handed_in"):
                await hall.core.procedures.check_named(TENDER, what, who)
        kept = [path.read_bytes() for path in (tmp_path / "data").rglob(f"{sha256}*")]
        assert len(kept) == 2
        assert not any(data in one or bidder.party.encode() in one for one in kept)


async def test_calendar_and_defaults_of_the_centre_reach_a_draft_that_is_open_already(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        owner, centre = _person(hall, OWNER).party, _person(hall, "trading_centre")
        await hall.core.registry.register(OfficeGiven(owner, Role.PROCURING_ENTITY))
        await _act(hall, "draft_tender", **told.FACE)
        await _settled(hall)
        room = (await hall.core.procedures.procedure(NEW)).rooms["notice"]
        actor = Actor(Role.TRADING_CENTRE, centre.party, centre.name, centre.certificate)
        settings = (
            Setting("decryption_window", "5400000"),
            Setting("draw_allowed", "true"),
            Setting("split_venue", "physical"),
        )
        heard: set[str] = set()
        both = asyncio.Event()

        def hear(events: Sequence[Any]) -> None:
            heard.update(type(one).__name__ for one in events)
            if {"DefaultsTaken", "CalendarTaken"} <= heard:
                both.set()

        room.listen(hear)
        act = unsigned("set_defaults", centre.certificate)
        note = hall.core.procedures.note
        await note("centre", HALL, cc.SetDefaults(settings, act), actor=actor)
        year = cc.SetYear(2026, ("2026-10-01",), (), "国务院办公厅", act)
        await note("centre", HALL, year, actor=actor)
        await asyncio.wait_for(both.wait(), 30)
        state = room.state
        assert not state.calendar.works("2026-10-01")
        assert (state.settings.decryption_window, state.settings.draw_allowed) == (5_400_000, True)
        assert state.set_by_centre == ("decryption_window", "draw_allowed", "split_venue")


def unsigned(kind: str, certificate: str) -> SignedAct:
    return SignedAct(
        type=kind,
        origin="hall.localhost",
        tender=HALL,
        certificate=certificate,
        server_nonce="00" * 16,
        client_nonce="00" * 16,
        body="{}",
    )


async def test_a_cancelled_tender_takes_no_deposit(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await _prepared(hall)
        await _act(hall, "publish_notice", revision=(await _view(hall)).revision)
        await _settled(hall)
        await _act(hall, "cancel_tender", reason="项目取消")
        room = hall.core.registry.tendering(NEW)
        await _settled(hall)
        assert room.state.stopped
        bidder = _person(hall, "b1")
        try:
            await hall.core.desk.begin_upload(NEW, "lot-1", bidder, 4096, "cc" * 32)
        except Refused as refused:
            assert refused.code == "tender_cancelled"
        else:
            raise AssertionError("a cancelled tender took a deposit")


async def test_clause_5_2_1_who_has_not_registered_is_told_so_before_a_byte_of_its_bid_is_sent(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        await _prepared(hall)
        await _act(hall, "publish_notice", revision=(await _view(hall)).revision)
        await _settled(hall)
        bidder, procedures = _person(hall, "b1"), hall.core.procedures
        with pytest.raises(Refused, match="not_registered"):
            await hall.core.desk.begin_upload(NEW, "lot-1", bidder, 4096, "cc" * 32)
        await procedures.note("registration", NEW, NoteDelivered(bidder.party, "bb" * 32))
        told: dict[str, Any] = {"documents": ["bb" * 32], "members": []}
        await _act(hall, "acknowledge_download", who="b1", matter="registration", **told)
        _, received = await hall.core.desk.begin_upload(NEW, "lot-1", bidder, 4096, "cc" * 32)
        assert received == 0
