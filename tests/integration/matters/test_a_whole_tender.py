"""A tender from its draft to its award inside the test's process, by the rehearsal's own steps; then its bundles."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hall import app
from hall.adapters.plan_file import load_plan
from hall.client.keys import Context
from hall.config import load
from hall.errors import NotPermitted, Refused
from hall.evidence.bundle import Anchors, read_anchors
from hall.evidence.verdicts import Status
from hall.evidence.verify import Result, verify
from hall.procurement.tender import HOUR
from hall.rehearsal import around
from hall.rehearsal.stage import party_of, toml
from hall.runtime.admin import import_plan
from hall.runtime.supervision_desk import SupervisionDesk
from tests.demo_world import holder, world
from tests.laid_out import BIDDERS, OPENING, TENDER
from tests.own_hall import OwnHall, own_hall, play

pytestmark = pytest.mark.timeout(120)

OFFICES = {"agency": "procuring_entity", "regulator": "regulator", "trading_centre": "trading_centre"}
DRAFTED = "T2"
SECRET = ("ItemScored", "ExpertsListed", "SheetSigned", "ReportPrepared", "HotlineCallLogged")


@dataclass
class InsideSeat:
    """Somebody's place at the matters of a tender, without a door between."""

    hall: OwnHall
    who: str
    tender: str

    async def view(self, matter: str) -> Any:
        return asdict(await self.hall.core.procedures.view(matter, self.tender, self._person))

    async def act(self, matter: str, kind: str, body: dict[str, object], *, lot: str = "") -> Any:
        context = Context(self.hall.core.procedures.origin, tender=self.tender, lot=lot)
        act, now = self.hall._sign(self.who, kind, context, body), self.hall.clock.now()
        return await self.hall.core.procedures.act(matter, self.tender, act, self._person, now)

    async def hand_in(self, data: bytes) -> str:
        return await self.hall.core.files.hand_in(self.tender, self._person, data)

    async def download(self, sha256: str) -> None:
        await self.hall.core.downloads.document(self.tender, sha256, self._person)
        await self.hall.core.downloads.delivered(self.tender, sha256, self._person)

    @property
    def _person(self) -> Any:
        return self.hall._person(self.who)


def cast(hall: OwnHall, tender: str) -> around.Cast:
    def seat(who: str) -> InsideSeat:
        return InsideSeat(hall, who, tender)

    async def until(who: str, matter: str, wished: Callable[[Any], bool]) -> Any:
        async with asyncio.timeout(90):
            while not wished(view := await seat(who).view(matter)):  # noqa: ASYNC110  # views tell no news
                await asyncio.sleep(0.02)
        return view

    async def advance(by_ms: int) -> None:
        await hall.act("procuring_entity", "advance_clock", by_ms=by_ms)

    async def now() -> int:
        return hall.clock.now()

    experts = [one.id for one in world().experts]
    return around.Cast(list(BIDDERS), experts, seat, now, advance, lambda step: None, until)


async def with_offices(hall: OwnHall) -> None:
    """Experts, and who holds an office in the whole hall."""
    people = [
        one for one in (*world().on_call, *world().experts) if OFFICES.get(one.id) or one.role == "evaluator"
    ]
    parties = [
        {
            "id": party_of(one),
            "name": one.organisation,
            "kind": "staff",
            "certificate": str(one.certificate),
            "office": [OFFICES.get(one.id, "evaluator")],
        }
        for one in people
    ]
    path = hall.directory / "offices.toml"
    path.write_text(toml({"party": parties, "tender": []}), encoding="utf-8")
    config = load(hall.directory / "hall.toml", {})
    await import_plan(hall.core.registry, load_plan(path, config, hall.core.trust.digest))


async def drafted(hall: OwnHall) -> None:
    """A tender of its own: published, registered for, asked about."""
    people = cast(hall, DRAFTED)
    posts: list[dict[str, object]] = [
        {
            "role": one.role,
            "party": party_of(one),
            "name": one.name,
            "unit": one.organisation,
            "certificate": holder(one.id).certificate.sha256,
        }
        for one in world().staff
    ]
    deadline = hall.clock.now() + 5 * HOUR
    wanted = around.Wanted("二号工程", "TEST-2", "9000000.00", deadline, posts, "procuring-entity")
    await around.published(people, wanted)
    await around.registered(people, lambda who, sha256: InsideSeat(hall, who, DRAFTED).download(sha256))
    await around.asked(people)


async def evaluated(hall: OwnHall) -> dict[str, Any]:
    """What comes after the opening of the hall's first tender."""
    people = replace(cast(hall, TENDER), bidders=["b1", "b2"])
    seats = await around.committee(people)
    await around.interpreted(people, seats)
    await stood_still(people, seats)
    await around.scored(people, seats)
    await around.candidates(people)
    regulator = next(one for one in world().on_call if one.id == "regulator")
    officer = {"party": "regulator", "name": regulator.name, "certificate": regulator.sha256}
    await around.complained(people, officer)
    await around.called(people)
    return await around.awarded(people)


async def stood_still(people: around.Cast, seats: dict[int, str]) -> None:
    """Clause 6.3: a complaint has the evaluation stand still, its limits with it, and lets it go on."""
    chair, asked = people.seat(seats[min(seats)]), people.seat("b1")
    question: dict[str, object] = {"bidder": "b1", "text": "请说明工期。", "minutes": 30}
    await chair.act("evaluation", "ask_bidder", question, lot=around.LOT)
    filed: dict[str, object] = {
        "salt": "ab" * 16,
        "about": "other",
        "against": "evaluators",
        "against_party": "",
        "prior": 0,
        "knew_at": await people.now() - 1_000,
        "files": [],
        "name": "某人",
        "contact": "000",
        "facts": "评标委员会成员应当回避。",
        "demands": "请求暂停。",
    }
    await asked.act("supervision", "file_complaint", filed)
    regulator = people.seat("regulator")
    await regulator.act("supervision", "accept_case", {"case": 1, "text": "予以受理。"})
    await regulator.act("supervision", "order_suspension", {"case": 1, "text": "暂停评标。"})
    before = await people.until(
        chair_of(seats), "evaluation", lambda view: view["suspended"] == "complaint-1"
    )
    motion: dict[str, object] = {"about": "x", "text": "x"}
    with pytest.raises(Refused, match="procedure_suspended"):
        await chair.act("evaluation", "propose_interpretation", motion)
    answer: dict[str, object] = {"question": 1, "text": "x", "price": "1.00", "unchanged": True, "files": []}
    with pytest.raises(Refused, match="procedure_suspended"):
        await asked.act("evaluation", "answer_bid_question", answer)
    await people.advance(2 * HOUR)
    await regulator.act("supervision", "lift_suspension", {"case": 1, "text": "恢复评标。"})
    after = await people.until(chair_of(seats), "evaluation", lambda view: view["suspended"] == "")
    moved = after["questions"][0]["answer_by"] - before["questions"][0]["answer_by"]
    assert moved >= 2 * HOUR
    assert after["questions"][0]["outcome"] == "open"
    price = next(bid["price"] for bid in after["bids"] if bid["bidder"] == "b1")
    await asked.act("evaluation", "answer_bid_question", {**answer, "price": price})


def chair_of(seats: dict[int, str]) -> str:
    return seats[min(seats)]


@dataclass(frozen=True, slots=True)
class Told:
    """What is left: the verifier's word on the whole bundle, the rows of each bundle, and their members."""

    result: Result
    award: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    members: dict[str, list[str]]
    drafted: dict[str, Any]
    sizes: tuple[int, int]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "ProcessPoolExecutor", lambda max_workers, **_: ThreadPoolExecutor(max_workers))
        said, anchors = asyncio.run(_told(tmp_path_factory.mktemp("whole")))
    return Told(verify(said.pop("bundle"), anchors), **said)


async def _told(place: Path) -> tuple[dict[str, Any], Anchors]:
    async with own_hall(place) as hall:
        await with_offices(hall)
        await drafted(hall)
        before = len(lines(await play(hall)))
        award = await evaluated(hall)
        archive = hall.core.archive
        case = await bundled(hall)
        whole = await archive.bundle(OPENING, hall.actor("supervisor"))
        paths = {
            "whole": whole,
            "host": await archive.bundle(OPENING, hall.actor("host")),
            "b2": await archive.bundle(OPENING, hall.actor("b2")),
        }
        rows = {who: lines(path) for who, path in paths.items()}
        members = {who: zipfile.ZipFile(path).namelist() for who, path in paths.items()}
        anchors = read_anchors(archive.trust(hall.actor("host")))
        notice = await InsideSeat(hall, "b1", DRAFTED).view("notice")
        sizes = (before, len(rows["whole"]))
        assert hashlib.sha256(case[1].read_bytes()).hexdigest() == case[0]
        assert (await asyncio.to_thread(verify, case[1], anchors)).ok
        said = {"award": award, "rows": rows, "members": members, "drafted": notice, "sizes": sizes}
        return said | {"bundle": whole}, anchors


async def bundled(hall: OwnHall) -> tuple[str, Path]:
    """Digest of the bundle that lies with the complaint, as the regulator reads it, and the file that it fetches."""
    people = cast(hall, TENDER)
    view = await people.until(
        "regulator", "supervision", lambda view: any(_bundle_of(one) for one in view["cases"])
    )
    number, sha256 = next((one["case"], _bundle_of(one)) for one in view["cases"] if _bundle_of(one))
    core = hall.core
    desk = SupervisionDesk(core.procedures, core.journal, core.files, core.clock, core.archive)
    with pytest.raises(NotPermitted, match="no_such_file"):
        await desk.bundle(TENDER, number, hall._person("b1"))
    return sha256, await desk.bundle(TENDER, number, hall._person("regulator"))


def _bundle_of(case: dict[str, Any]) -> str:
    return str((case["evidence"] or {}).get("bundle", ""))


def lines(bundle: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(bundle) as opened:
        return [json.loads(line) for line in opened.read("journal.jsonl").splitlines()]


def kinds(rows: list[dict[str, Any]]) -> set[str]:
    return {line["row"]["kind"] for line in rows if "row" in line}


def test_a_tender_goes_from_its_draft_to_its_award_and_the_verifier_accepts_it(told: Told) -> None:
    assert told.drafted["stage"] == "published"
    assert told.award["lots"][0]["decision"]["bidder"]
    assert told.result.ok, [(v.clause, v.faults) for v in told.result.verdicts if v.faults]
    status = {one.clause: one.status for one in told.result.verdicts}
    for clause in ("5.4.1", "5.4.2", "5.4.3", "5.4.4", "5.5.1", "6.2", "6.3"):
        assert status[clause] in (Status.PROVED, Status.ASSERTED), clause


def test_a_bundle_is_made_anew_when_the_tender_went_on(told: Told) -> None:
    before, after = told.sizes
    assert after > before
    assert {"BidsReceived", "CaseFiled", "AwardDecided"} <= kinds(told.rows["whole"])


def test_neither_staff_nor_bidders_learn_who_evaluated(told: Told) -> None:
    experts = {one.sha256 for one in world().experts}
    for who in ("host", "b2"):
        assert not kinds(told.rows[who]) & set(SECRET)
        if who == "host":
            held = {name for name in told.members[who] if name.startswith(("files/", "record/"))}
            assert held == {"record/public.json", "record/public.pdf"}
        held = {name.removeprefix("certificates/").removesuffix(".der") for name in told.members[who]}
        assert not held & experts
    assert {"CandidatesPublished", "AwardDecided"} <= kinds(told.rows["host"])
    assert "CaseFiled" in kinds(told.rows["b2"])


def test_the_watchers_have_the_files_that_acts_name(told: Told) -> None:
    papers = {one["sha256"] for one in told.award["lots"][0]["papers"]}
    assert papers
    assert {f"files/{sha256}" for sha256 in papers} <= set(told.members["whole"])
