"""Any name may be asked for at the doors; rooms are opened for tenders that are there, others cost no memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hall import wire
from hall.client.keys import Context, Identity
from hall.errors import HallError, NotPermitted
from hall.procurement.parties import Role
from hall.runtime import matter_files
from hall.runtime.matters import MATTERS
from hall.runtime.seats import Person
from hall.tendering.directory import OfficeGiven
from tests.demo_world import holder
from tests.laid_out import OPENING, TENDER
from tests.own_hall import OwnHall, own_hall
from tests.scenarios.matters import test_notice as told

INVENTED, DRAFT, OWNER = "2099-invented", "2026-ZB-10", "procuring_entity"


def _person(hall: OwnHall, who: str) -> Person:
    return hall._person(who)


def _opened(hall: OwnHall) -> set[str]:
    return set(hall.core.procedures._open)


async def _act(hall: OwnHall, who: str, tender: str, act_type: str, **body: Any) -> wire.Ack:
    one = holder(who)
    context = Context("hall.localhost", tender=tender)
    nonce = hall.core.desk.nonce(one.certificate.sha256)
    act = Identity(one.certificate, one.key).sign_act(act_type, context, nonce, body)
    return await hall.core.procedures.act("notice", tender, act, _person(hall, who), hall.clock.now())


async def _refused(asked: Any) -> str:
    with pytest.raises(HallError) as caught:
        await asked
    return caught.value.code


async def test_names_that_no_tender_has_open_no_rooms(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        core = hall.core
        await core.registry.register(OfficeGiven(_person(hall, "supervisor").party, Role.REGULATOR))
        before, tasks = _opened(hall), len(asyncio.all_tasks())
        for who in (None, "b1", "host", "supervisor"):
            person = None if who is None else _person(hall, who)
            for matter in MATTERS:
                asked = core.procedures.view(matter.name, INVENTED, person)
                assert await _refused(asked) == "no_such_tender"
            assert await _refused(core.files.file(INVENTED, "ab" * 32, person)) == "no_such_tender"
            if person is not None:
                assert await _refused(core.files.hand_in(INVENTED, person, b"x")) == "no_such_tender"
        b1 = _person(hall, "b1")
        assert await _refused(core.downloads.document(INVENTED, "ab" * 32, b1)) == "no_such_tender"
        assert await _refused(core.downloads.delivered(INVENTED, "ab" * 32, b1)) == "no_such_tender"
        confirmed = _act(hall, "b1", INVENTED, "confirm_deposit", addendum=1)
        assert await _refused(confirmed) == "no_such_tender"
        assert (_opened(hall), len(asyncio.all_tasks())) == (before, tasks)
        assert (
            await core.procedures.view("notice", TENDER, None)
        ).stage == "none"  # it came from a plan file


async def test_who_may_begin_a_tender_opens_its_rooms_by_its_first_act_alone(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        core, owner = hall.core, _person(hall, OWNER)
        await core.registry.register(OfficeGiven(owner.party, Role.PROCURING_ENTITY))
        view: wire.NoticeView = await core.procedures.view("notice", DRAFT, owner)
        assert (view.stage, view.may) == ("none", ["draft_tender"])
        with pytest.raises(NotPermitted, match="no_such_file"):
            await core.files.file(DRAFT, "ab" * 32, owner)
        assert await core.files.hand_in(DRAFT, owner, b"an annex comes before the act that names it")
        with pytest.raises(NotPermitted, match="not_permitted"):
            await _act(hall, OWNER, DRAFT, "confirm_deposit", addendum=1)
        assert DRAFT not in _opened(hall)
        await _act(hall, OWNER, DRAFT, "draft_tender", **told.FACE)
        assert (await core.procedures.view("notice", DRAFT, owner)).stage == "draft"


async def test_a_draft_is_for_nobody_else_there(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.core.registry.register(OfficeGiven(_person(hall, OWNER).party, Role.PROCURING_ENTITY))
        await _act(hall, OWNER, DRAFT, "draft_tender", **told.FACE)
        for who in (None, "b1", "host"):
            person = None if who is None else _person(hall, who)
            asked = [hall.core.procedures.view("notice", name, person) for name in (DRAFT, INVENTED)]
            assert [await _refused(one) for one in asked] == ["no_such_tender"] * 2


async def test_whoever_enters_an_opening_leaves_no_listener_behind(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.core.desk.recall(OPENING)
        before = len(hall.room._listeners)
        for _ in range(3):
            await hall.core.desk.recall(OPENING)
        assert len(hall.room._listeners) == before


async def test_names_that_no_tender_has_share_one_allowance_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matter_files, "MOST_OF_A_PARTY", 10)
    async with own_hall(tmp_path) as hall:
        core, owner = hall.core, _person(hall, OWNER)
        await core.registry.register(OfficeGiven(owner.party, Role.PROCURING_ENTITY))
        assert await core.files.hand_in(INVENTED, owner, b"123456")
        assert await _refused(core.files.hand_in(DRAFT, owner, b"123456")) == "too_many_files"
        assert await core.files.hand_in(TENDER, owner, b"123456")
