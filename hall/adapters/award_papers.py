"""The notice of award (中标通知书) and the notices of the result, on paper: what they say, and that they are made.

A decision owes them; they are drawn and sealed as every statement of the hall, with the signed decision attached, and
lie with the tender's files. What may not live here: drawing and sealing (`hall.signing`), and who may read them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from hall.award.commands import NoteNotices
from hall.award.events import Paper
from hall.award.rules import CONTRACT_WITHIN, Law, Remedy
from hall.award.state import AwardState, Decided, LotAward
from hall.clock import Clock
from hall.procurement import canonical, money
from hall.procurement.statement import Statement
from hall.runtime.award_matter import AWARD
from hall.runtime.matter import Owed, Procedure, States
from hall.runtime.matter_files import FileStore
from hall.runtime.statement_port import StatementOffice
from hall.signing import record_words as w

AWARD_NOTICE: Final = "award_notice"
RESULT_NOTICE: Final = "result_notice"

_REASONS: Final[Mapping[str, str]] = {
    "a": "投标文件未经投标单位签章和单位负责人签字",
    "b": "联合体没有提交共同投标协议",
    "c": "不符合国家或者招标文件规定的资格条件",
    "d": "提交两个以上不同的投标文件或者投标报价",
    "e": "投标报价低于成本或者高于最高投标限价",
    "f": "没有对招标文件的实质性要求和条件作出响应",
    "g": "二次报价未进行电子签章",
    "h": "有串通投标、弄虚作假、行贿等违法行为",
}
_WON: Final[Mapping[Law, str]] = {
    Law.BIDDING: (
        "贵单位参加上述项目投标，经评标委员会评审、中标候选人公示，招标人依法确定贵单位为中标人。请贵单位自本通知书发出之日起"
        "三十日内，按照招标文件和贵单位的投标文件与招标人订立书面合同（招标投标法第四十六条）。本通知书对招标人和中标人具有法律效力；"
        "发出后招标人改变中标结果的，或者中标人放弃中标项目的，应当依法承担法律责任（第四十五条）。"
    ),
    Law.PROCUREMENT: (
        "贵单位参加上述采购项目，经评审、中标候选人公示，采购人依法确定贵单位为中标（成交）供应商。请贵单位自本通知书发出之日起三十日内，"
        "按照采购文件确定的事项与采购人签订政府采购合同。本通知书对采购人和中标（成交）供应商均具有法律效力；发出后采购人改变中标（成交）"
        "结果的，或者中标（成交）供应商放弃中标（成交）项目的，应当依法承担法律责任（政府采购法第四十六条）。"
    ),
}
_LOST: Final[Mapping[Law, str]] = {
    Law.BIDDING: (
        "感谢贵单位参加上述项目投标。招标人已依法确定中标人，现将结果通知贵单位（招标投标法第四十五条）。贵单位认为本次招标投标活动"
        "不符合法律、行政法规规定的，可以自知道或者应当知道之日起十日内向行政监督部门投诉（招标投标法实施条例第六十条）。"
    ),
    Law.PROCUREMENT: (
        "感谢贵单位参加上述采购项目。采购人已依法确定中标（成交）供应商，现将结果通知贵单位。贵单位认为采购过程或者中标（成交）结果使自己的"
        "权益受到损害的，可以在知道或者应知其权益受到损害之日起七个工作日内，以书面形式向采购人提出质疑（政府采购法第五十二条）；下列期限"
        "自定标之日起算，结果另行公告的，自公告期限届满之日起算（政府采购法实施条例第五十三条）。采购人应当在收到质疑后七个工作日内答复"
        "（政府采购法第五十三条）。对答复不满意，或者采购人未在规定时间内答复的，可以在答复期满后十五个工作日内向同级政府采购监督管理部门"
        "投诉（政府采购法第五十五条）。"
    ),
}
_REMEDIES: Final[Mapping[Remedy, str]] = {Remedy.COMPLAINT: "投诉期限", Remedy.CHALLENGE: "质疑期限"}


class AwardPapers:
    """Draws what a decision owes. mode: as it stands on every page."""

    def __init__(self, office: StatementOffice, store: FileStore, clock: Clock, mode: str) -> None:
        self._office, self._store = office, store
        self._clock, self._mode = clock, mode

    def owed(self) -> Owed:
        """Each decision that counts owes its notices, once."""
        return Owed("the notices of an award", _due, self._draw)

    async def _draw(self, procedure: Procedure, lot: str) -> None:
        states = procedure.states()
        award = states.of(AWARD)
        decided = award.awarded[lot]
        papers = []
        for bidder in dict.fromkeys(one.bidder for one in award.entrants if one.lot == lot):
            said = statement(states, lot, bidder, self._mode, self._clock.now())
            pdf = await self._office.pdf(said)
            sha256 = hashlib.sha256(pdf).hexdigest()
            await self._store.keep(procedure.tender, sha256, pdf)
            kind = AWARD_NOTICE if bidder == decided.event.bidder else RESULT_NOTICE
            papers.append(Paper(bidder, kind, sha256, len(pdf)))
        await procedure.submit(AWARD.name, NoteNotices(lot, decided.event.decision, tuple(papers)))


def _due(states: States) -> str | None:
    return states.of(AWARD).owes_papers()


def statement(states: States, lot: str, bidder: str, mode: str, made_at: int) -> Statement:
    """What one bidder's notice says; made_at: ms UTC."""
    award = states.of(AWARD)
    course, decided = award.lots[lot], award.awarded[lot]
    name, number, opening, lot_name = _heading(states, lot)
    won = bidder == decided.event.bidder
    winner = next(one for one in course.candidates if one.bidder == decided.event.bidder)
    addressee = next((one.name for one in award.entrants if one.bidder == bidder), bidder)
    price = money.parse(winner.price)
    rows = [
        ("致", addressee),
        ("招标项目", name),
        ("标段", f"{lot_name}（{lot}）"),
        ("中标人", winner.name),
        ("中标价", f"{money.grouped(price)} 元（{money.capitals(price)}）"),
        ("定标时刻", w.moment(decided.at)),
        *_further(award, course, decided, bidder, won),
    ]
    return Statement(
        title="中标通知书" if won else "招标结果通知书",
        subtitle=name,
        mode=mode,
        tender=number,
        opening=opening,
        rows=tuple(rows),
        content=canonical.dumps(_content(states, decided, lot, bidder, won)),
        made_at=made_at,
        text=(_WON if won else _LOST)[award.law],
    )


def _further(
    award: AwardState, course: LotAward, decided: Decided, bidder: str, won: bool
) -> list[tuple[str, str]]:
    """What else this very bidder is told: its own place, or why its own bid was rejected; nobody else's."""
    ends = award.calendar.after_calendar_days
    if won:
        read = next(one for one in award.entrants if (one.lot, one.bidder) == (course.lot, bidder))
        told = [("工期", read.period), ("质量标准", read.quality), ("项目负责人", read.manager)]
        until = w.ending(ends(decided.at, CONTRACT_WITHIN))
        return [(label, text) for label, text in told if text] + [("合同订立期限", until)]
    rejection = next((one for one in award.rejections if (one.lot, one.bidder) == (course.lot, bidder)), None)
    ranked = next((one for one in award.ranking if (one.lot, one.bidder) == (course.lot, bidder)), None)
    found: list[tuple[str, str]] = []
    if rejection is not None:
        reason = rejection.reason.value
        found.append(("贵单位结果", f"否决投标（5.5.1 {reason}）：{_REASONS[reason]}。{rejection.text}"))
    elif ranked is not None:
        # Order 87 of the Ministry of Finance, art. 69: a supplier's own points, where bids were scored.
        scored = award.law is Law.PROCUREMENT and ranked.points > 0
        points = f"得分 {ranked.points // 100}.{ranked.points % 100:02d}，" if scored else ""
        found.append(("贵单位结果", f"未中标，评审{points}排序第 {ranked.rank} 名"))
    remedy = _REMEDIES[award.figures.remedy]
    return [*found, (remedy, w.ending(award.complain_by(decided.at)))]


def _content(states: States, decided: Decided, lot: str, bidder: str, won: bool) -> dict[str, Any]:
    return {
        "v": 1,
        "kind": AWARD_NOTICE if won else RESULT_NOTICE,
        "tender": states.tender,
        "lot": lot,
        "bidder": bidder,
        "winner": decided.event.bidder,
        "decided_at": decided.at,
        "decision": decided.event.act.to_json(),
    }


def _heading(states: States, lot: str) -> tuple[str, str, str, str]:
    """Name and number of the tender, its opening, the lot's name."""
    if states.opening is None or states.opening.plan is None:
        return states.tender, states.tender, "", lot
    plan = states.opening.plan
    found = next((one.name for one in plan.lots if one.lot == lot), lot)
    return plan.tender_name, plan.tender_number, plan.opening, found
