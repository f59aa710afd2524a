"""What robots do around an opening: prepare and publish a tender, register for it, evaluate its bids, object, complain,
award. Each step is what one person would do in its own screens, in the order of the law.

What may not live here: connections, processes, the opening itself. A seat is anybody's place at the matters of one
tender; whoever plays gives it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from hall.procurement.evaluation import EvaluationRules
from hall.rehearsal.demo_ca import credit_code

DAY: Final = 24 * 3_600_000
LOT: Final = "1"

ITEMS: Final = (
    *("decryption_limit", "remedy_plan", "sign_in_window", "second_quote", "recording", "no_sign_in"),
    "count_of_three",
)
"""The tick-list of clause 4.10."""

DRAWERS: Final = ("procuring_entity", "supervisor")
DOCUMENTS: Final = (
    ("notice", "招标公告", "招标公告（演示）。本项目采用不见面开标。\n"),
    ("tender_documents", "招标文件", "招标文件（演示）。第一章 投标人须知。\n"),
)
ADDENDUM: Final = "补遗一：图纸第3页尺寸更正（演示）。\n"


class Seat(Protocol):
    """Somebody's place at the matters of the tender."""

    async def view(self, matter: str) -> Any:
        """A matter's view as JSON."""
        ...

    async def act(self, matter: str, kind: str, body: dict[str, object], *, lot: str = "") -> Any:
        """Sign an act and have it journalled. Raises what the hall answers."""
        ...

    async def hand_in(self, data: bytes) -> str:
        """Hand a file in; gives its SHA-256."""
        ...


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays. seat: somebody's by its id; now: hall time, ms UTC; advance: moves it (ms); say: tells a step;
    until: waits until a seat's view of a matter is as wished, and gives it."""

    bidders: Sequence[str]
    experts: Sequence[str]
    seat: Callable[[str], Seat]
    now: Callable[[], Awaitable[int]]
    advance: Callable[[int], Awaitable[None]]
    say: Callable[[str], None]
    until: Callable[[str, str, Callable[[Any], bool]], Awaitable[Any]]


# before the opening


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tender to be published. posts: objects of `appoint_staff`; bid_deadline: ms UTC."""

    name: str
    number: str
    ceiling: str
    bid_deadline: int
    posts: Sequence[dict[str, object]]
    maker: str
    """Id of the procuring entity's own party, which makes the tender beside its agency."""


async def published(cast: Cast, wanted: Wanted) -> None:
    """Clauses 4.10, 5.1: drafted, filled, filed, published by the agency."""
    agency = cast.seat("agency")
    act = agency.act
    face: dict[str, object] = {
        "name": wanted.name,
        "number": wanted.number,
        "category": "works",
        "region": "演示市",
        "procuring_entity": "演示市城乡建设中心",
        "agency": "演示市招标代理有限公司",
        "suite": "INTL",
        "makers": [wanted.maker],
        "entity_code": credit_code("演示市城乡建设中心"),
    }
    lot = {
        "lot": LOT,
        "name": "第一标段",
        "price_ceiling": wanted.ceiling,
        "columns": [],
        "alternatives": 0,
    }
    await act("notice", "draft_tender", face)
    await act("notice", "set_lots", {"lots": [lot]})
    law: dict[str, object] = {
        "procedure_law": "bidding_law",
        "procurement_method": "open_tendering",
        "custody": "hall",
    }
    await act("notice", "set_rules", law)
    words: dict[str, object] = {"open_documents": False, "consortium": False, "invited": []}
    await act("notice", "write_notice", {"title": wanted.name, "text": DOCUMENTS[0][2].strip(), **words})
    for kind, title, text in DOCUMENTS:
        sha256 = await agency.hand_in(text.encode())
        document: dict[str, object] = {
            "sha256": sha256,
            "title": title,
            "kind": kind,
            "size": len(text.encode()),
        }
        await act("notice", "attach_document", document)
    items = [
        {"item": one, "text": f"{one} 的约定", "in_notice": "第三条", "in_documents": "第一章 5.1"}
        for one in ITEMS
    ]
    await act("notice", "fill_checklist", {"items": items})
    await act("notice", "set_criteria", _criteria())
    await act("notice", "appoint_staff", {"staff": list(wanted.posts), "deputies": []})
    now = await cast.now()
    times = {
        "documents_from": now,
        "documents_until": wanted.bid_deadline,
        "bid_deadline": wanted.bid_deadline,
        "place": "",
    }
    await act("notice", "schedule_opening", times)
    looked = lambda view: {one["what"] for one in view["missing"]} <= {"not_filed"}
    draft = await cast.until("agency", "notice", looked)
    cast.say("the agency has drafted the tender, ticked the list of clause 4.10 and attached the documents")
    filing = {
        "number": "备2026-演示-1",
        "authority": "演示市公共资源交易监督局",
        "compiled_by": "演示市招标代理有限公司 陈静",
        "filed_by": "演示市公共资源交易中心 钱江",
        "filed_at": await cast.now() - 1,
        "paper": "",
    }
    await cast.seat("trading_centre").act("notice", "file_tender", {"revision": draft["revision"], **filing})
    await act("notice", "publish_notice", {"revision": draft["revision"]})
    await cast.until("agency", "notice", lambda view: view["opening"] != "")
    cast.say("the tender is filed (5.1) and published; its opening is scheduled")


def _criteria() -> dict[str, object]:
    rules = EvaluationRules()
    criteria = [
        {"key": one.key, "title": one.title, "kind": one.kind.value, "points": one.points, "text": one.text}
        for one in rules.criteria
    ]
    return {
        "method": rules.method.value,
        "criteria": criteria,
        "committee": rules.committee,
        "representatives": rules.representatives,
        "candidates": rules.candidates,
        "publicity_days": rules.publicity_days,
        "low_price_flag": rules.low_price_flag,
        "price_formula": "mean_deviation",
        "price_above": 100,
        "price_below": 50,
        "price_down": 3,
        "price_trim": 5,
    }


async def registered(cast: Cast, download: Callable[[str, str], Awaitable[None]]) -> None:
    """Clause 5.2.1: every bidder downloads the whole and acknowledges it. download: by (bidder, digest)."""
    for bidder in cast.bidders:
        ready = lambda view: bool(view["documents"]) and view["deadline"] > 0
        view = await cast.until(bidder, "registration", ready)
        digests = sorted(str(one["sha256"]) for one in view["documents"])
        for digest in digests:
            await download(bidder, digest)
        body: dict[str, object] = {"documents": digests, "members": []}
        await cast.seat(bidder).act("registration", "acknowledge_download", body)
    cast.say(f"{len(cast.bidders)} bidders have all documents and are registered (5.2.1)")


async def asked(cast: Cast) -> None:
    """Clause 5.2.1: a question, and its answer to all without a name; clause 5.2.2: the addendum that follows."""
    asker, agency = cast.seat(cast.bidders[0]), cast.seat("agency")
    question: dict[str, object] = {"text": "图纸第3页尺寸与清单不一致，以何为准？", "document": ""}
    await asker.act("registration", "ask_about_documents", question)
    answer: dict[str, object] = {"number": 1, "text": "以补遗一为准。", "substantial": False}
    await agency.act("registration", "answer_about_documents", answer)
    text = ADDENDUM.encode()
    document = {"sha256": await agency.hand_in(text), "title": "补遗一", "size": len(text)}
    addendum = {"title": "补遗一", "text": ADDENDUM.strip(), "touches_bids": False, "documents": [document]}
    await agency.act("notice", "issue_addendum", addendum)
    cast.say("a question was answered to all without a name, and an addendum issued")


# after the opening


async def committee(cast: Cast) -> dict[int, str]:
    """Clause 5.4.2: the committee is drawn, sits down, elects its chair and reads the criteria. Gives who sits."""
    entity = cast.seat("procuring_entity")
    await cast.until("procuring_entity", "evaluation", lambda view: view["stage"] == "committee")
    await entity.act("evaluation", "list_experts", {})
    drawable = lambda view: "open_committee_draw" in view["may"]
    await cast.until("procuring_entity", "evaluation", drawable)
    await entity.act("evaluation", "open_committee_draw", {"parties": list(DRAWERS)})
    chances = {one: secrets.token_bytes(32) for one in DRAWERS}
    for one, chance in chances.items():
        commitment = hashlib.sha256(chance).hexdigest()
        body: dict[str, object] = {"draw": 1, "commitment": commitment}
        await cast.seat(one).act("evaluation", "commit_committee_draw", body)
    for one, chance in chances.items():
        body = {"draw": 1, "secret": chance.hex()}
        await cast.seat(one).act("evaluation", "reveal_committee_draw", body)
    found: dict[int, str] = {}
    for expert in cast.experts:
        view = await cast.seat(expert).view("evaluation")
        if number := int(view["you"]["member"]):
            found[number] = expert
            await cast.seat(expert).act("evaluation", "accept_seat", {})
    for expert in found.values():
        await cast.seat(expert).act("evaluation", "elect_chair", {"member": min(found)})
    for expert in found.values():
        view = await cast.seat(expert).view("evaluation")
        read: dict[str, object] = {"criteria": view["criteria_digest"], "bids": view["bids_digest"]}
        await cast.seat(expert).act("evaluation", "read_criteria", read)
    cast.say(
        f"a committee of {len(found)} was drawn, sat down, elected its chair and read the criteria (5.4.2)"
    )
    return found


async def interpreted(cast: Cast, seats: dict[int, str]) -> None:
    """Clause 5.4.1: an unclear place is proposed, discussed and decided."""
    first, *others = [cast.seat(seats[number]) for number in sorted(seats)]
    about: dict[str, object] = {"about": "投标人须知 3.2 工期", "text": "按日历天计"}
    await first.act("evaluation", "propose_interpretation", about)
    await others[0].act("evaluation", "discuss_motion", {"motion": 1, "text": "与合同条款一致。"})
    for seat in (first, *others):
        view = await seat.view("evaluation")
        if view["motions"][0]["outcome"] == "open":
            await seat.act("evaluation", "vote_motion", {"motion": 1, "agrees": True, "reason": ""})
    cast.say("the committee decided how an unclear place is read (5.4.1)")


async def scored(cast: Cast, seats: dict[int, str]) -> None:
    """Clauses 5.4.3, 5.4.4: each scores alone, item by item in order, and signs; then the report."""
    for number, expert in sorted(seats.items()):
        await _sheet(cast.seat(expert), number)
    cast.say("every member scored alone and signed its sheet (5.4.3)")
    chair = cast.seat(seats[min(seats)])
    await chair.act("evaluation", "prepare_report", {})
    for expert in seats.values():
        view = await cast.seat(expert).view("evaluation")
        await cast.seat(expert).act("evaluation", "sign_report", {"report": view["result"]["report"]})
    cast.say("the report is signed by all (5.4.4)")


async def _sheet(seat: Seat, number: int) -> None:
    view = await seat.view("evaluation")
    criteria = {one["key"]: one for one in view["criteria"]}
    while (item := view["next"]) is not None:
        criterion = criteria[item["criterion"]]
        about: dict[str, object] = {"bidder": item["bidder"], "criterion": item["criterion"], "reason": ""}
        if criterion["kind"] == "review":
            await seat.act("evaluation", "review_item", {**about, "passed": True}, lot=item["lot"])
        else:
            points = criterion["points"] * 3 // 4 + 10 * number
            await seat.act("evaluation", "score_item", {**about, "points": points}, lot=item["lot"])
        view = await seat.view("evaluation")
    await seat.act("evaluation", "sign_sheet", {"sheet": view["sheet"]["digest"]})


async def candidates(cast: Cast) -> None:
    """Clause 5.5.1: the award candidates are published."""
    begun = lambda view: any("publish_candidates" in one["may"] for one in view["lots"])
    await cast.until("procuring_entity", "award", begun)
    await cast.seat("procuring_entity").act("award", "publish_candidates", {"days": 3}, lot=LOT)
    cast.say("the award candidates are published for three days")


async def complained(cast: Cast, officer: dict[str, object]) -> None:
    """Clause 6.3: an objection and its answer, a complaint that stops the procedure, its decision, and its files."""
    loser, regulator = cast.seat(cast.bidders[-1]), cast.seat("regulator")
    first = 1 + len((await regulator.view("supervision"))["cases"])
    second = first + 1
    filed: dict[str, object] = {
        "salt": secrets.token_hex(16),
        "about": "candidates",
        "against": "evaluators",
        "against_party": "",
        "knew_at": await cast.now() - 1_000,
        "prior": 0,
        "files": [],
        "name": "演示投标人",
        "contact": "0000-0000000",
        "facts": "评分与招标文件载明的标准不一致。",
        "demands": "请求复核。",
    }
    told = lambda view: any((way["about"], way["lot"]) == ("candidates", LOT) for way in view["ways"])
    await cast.until(cast.bidders[-1], "supervision", told)
    await loser.act("supervision", "file_objection", filed, lot=LOT)
    entity, rejected = (
        cast.seat("procuring_entity"),
        {"result": "rejected", "basis": "招标文件第三章", "files": []},
    )
    await entity.act("supervision", "accept_case", {"case": first, "text": "予以受理。"})
    await entity.act("supervision", "answer_case", {"case": first, "text": "评分与文件一致。", **rejected})
    cast.say("an objection to the result was answered")
    about = {
        **filed,
        "salt": secrets.token_hex(16),
        "prior": first,
        "knew_at": await cast.now() - 1_000,
        "demands": "请求暂停并复核。",
    }
    await loser.act("supervision", "file_complaint", about, lot=LOT)
    await regulator.act("supervision", "accept_case", {"case": second, "text": "予以受理。"})
    await regulator.act(
        "supervision", "assign_case", {"case": second, "officers": [officer], "text": "依法办理。"}
    )
    await regulator.act("supervision", "order_suspension", {"case": second, "text": "暂停招标投标活动。"})
    await cast.until("procuring_entity", "award", lambda view: view["suspended"] != "")
    cast.say("a complaint is accepted and assigned; the procedure is suspended (6.3)")
    await cast.advance(DAY // 2)
    investigated: dict[str, object] = {
        "case": second,
        "text": "已调阅评标资料并询问评标委员会。",
        "files": [],
    }
    await regulator.act("supervision", "record_investigation", investigated)
    basis = {"basis": "《招标投标法实施条例》第六十一条", "files": [], "result": "rejected"}
    await regulator.act("supervision", "decide_case", {"case": second, "text": "驳回投诉。", **basis})
    await regulator.act("supervision", "feed_back_case", {"case": second, "text": "已送达。"})
    await regulator.act("supervision", "archive_case", {"case": second, "number": "YS-2026-1"})
    await cast.until("procuring_entity", "award", lambda view: view["suspended"] == "")
    cast.say("the complaint is decided, fed back and filed; the procedure goes on")


async def called(cast: Cast) -> None:
    """Clause 6.2: a call to the hotline is logged."""
    call: dict[str, object] = {
        "salt": secrets.token_hex(16),
        "at": await cast.now() - 60_000,
        "topic": "advice",
        "outcome": "answered",
        "recording": "",
        "case": 0,
        "caller": "某先生",
        "phone": "000-00000000",
        "said": "询问公示期多长。",
        "answer": "三日。",
    }
    await cast.seat("trading_centre").act("supervision", "log_hotline_call", call)
    cast.say("a call to the hotline is in the log (6.2)")


async def awarded(cast: Cast) -> dict[str, Any]:
    """Clause 5.5.1: publicity ends, the award is decided, its notices are made. Gives the award's view."""
    entity = cast.seat("procuring_entity")
    for _ in range(8):  # an act moves the clock by a day at most
        view = await entity.view("award")
        if any("decide_award" in one["may"] for one in view["lots"]):
            break
        await cast.advance(DAY)
    view = await cast.until(
        "procuring_entity", "award", lambda view: any("decide_award" in one["may"] for one in view["lots"])
    )
    first = view["lots"][0]["candidates"][0]["bidder"]
    decided: dict[str, object] = {"bidder": first, "ground": "", "reason": ""}
    await entity.act("award", "decide_award", decided, lot=LOT)
    cast.say(f"the contract is awarded to {first}")
    noticed = lambda view: view["lots"][0]["status"] == "awarded" and bool(view["lots"][0]["papers"])
    shown: dict[str, Any] = await cast.until("procuring_entity", "award", noticed)
    return shown
