"""What a bidder has in writing beside its receipts, on paper: that its bid was withdrawn in time, and that the hall did
not take what came too late; each a PDF under the hall's seal with its signed word attached (clause 5.2.2).

What lives here: what the papers say. Their seal carries no time stamp, as a receipt's does not: before the announcement
nobody outside may learn that somebody tried. What dates them is their row in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final, TypeVar

from hall.clock import Clock
from hall.errors import NotPermitted
from hall.procurement import canonical
from hall.procurement.statement import Statement
from hall.runtime.deposits import Deposits, Refusal, Withdrawal
from hall.runtime.registry import Registry
from hall.runtime.seats import Person
from hall.runtime.statement_port import StatementOffice
from hall.signing import record_words as w
from hall.tendering.events import TenderPublished

T = TypeVar("T")

_WHAT: Final = {"deposit": "递交投标文件", "upload": "上传投标文件", "withdrawal": "撤回投标文件"}
_WHY: Final = {
    "deadline_passed": "收到时已过投标截止时间",
    "deadline_held": "投标截止时间因平台故障暂缓，等候招标人决定；决定之前不接收",
}
_TEXT: Final = (
    "大厅未接收下列事项，所上传的内容已经清除，此前已递交并取得回执的文件不受影响。认为未能按时递交系平台原因所致的，"
    "请凭本文件在开标现场向招标人提出异议，或者在大厅提交未获答复的证明。"
)


_WITHDRAWN: Final = (
    "大厅在投标截止时间之前收到贵单位的签名撤回，下列投标文件已经撤回，不参加开标，大厅不会开启。"
    "贵单位在本标段现在没有递交任何投标文件；投标截止时间之前可以重新递交，以新的回执为准。"
)


class DepositPapers:
    """Draws refusals and withdrawals on request."""

    def __init__(
        self, registry: Registry, deposits: Deposits, office: StatementOffice, clock: Clock, mode: str
    ) -> None:
        self._registry, self._deposits, self._office = registry, deposits, office
        self._clock, self._mode = clock, mode

    async def refusal(self, tender: str, number: int, person: Person) -> bytes:
        """The person's own refusal by its place in the list, from 0. Raises NotPermitted("no_such_paper")."""
        paper = _nth(self._deposits.refusals(tender, person.party), number)
        published = self._registry.tendering(tender).state.published
        return await self._office.pdf(refused(paper, published, person.name, self._mode, self._clock.now()))

    async def withdrawal(self, tender: str, number: int, person: Person) -> bytes:
        """The person's own withdrawal, as `refusal`."""
        paper = _nth(self._deposits.withdrawals(tender, person.party), number)
        published = self._registry.tendering(tender).state.published
        return await self._office.pdf(withdrawn(paper, published, person.name, self._mode, self._clock.now()))


def _nth(papers: Sequence[T], number: int) -> T:
    if not 0 <= number < len(papers):
        raise NotPermitted("no_such_paper", paper=number)
    return papers[number]


def withdrawn(paper: Withdrawal, tender: TenderPublished, name: str, mode: str, made_at: int) -> Statement:
    """Give what the paper says; made_at: ms UTC. The attachment is the withdrawal as the hall signed it."""
    return Statement(
        title="投标文件撤回回执",
        subtitle=tender.name,
        mode=mode,
        tender=tender.number,
        opening=tender.opening,
        rows=(
            ("投标人", name),
            ("标段", _lot(tender, paper.lot)),
            ("收到撤回的时刻", w.moment(paper.received_at)),
            ("投标截止时间", w.moment(tender.bid_deadline)),
            ("撤回的加密文件 SHA-256", w.digest_groups(paper.sha256)),
            ("日志叶值", w.digest_groups(paper.leaf)),
            ("大厅签名（Ed25519）", paper.signature),
        ),
        content=canonical.dumps(asdict(paper)),
        made_at=made_at,
        text=_WITHDRAWN,
    )


def refused(refusal: Refusal, tender: TenderPublished, name: str, mode: str, made_at: int) -> Statement:
    """Give what the paper says; made_at: ms UTC. The attachment is the refusal as the hall signed it."""
    announced = (
        ("文件 SHA-256", w.digest_groups(refusal.sha256)),
        ("文件大小", f"{refusal.size:,} 字节"),
    )
    return Statement(
        title="不予接收通知书",
        subtitle=tender.name,
        mode=mode,
        tender=tender.number,
        opening=tender.opening,
        rows=(
            ("投标人", name),
            ("标段", _lot(tender, refusal.lot)),
            ("事项", _WHAT.get(refusal.what, refusal.what)),
            ("收到时刻", w.moment(refusal.received_at)),
            ("投标截止时间", w.moment(refusal.deadline)),
            ("不予接收的原因", _WHY.get(refusal.code, refusal.code)),
            *(announced if refusal.sha256 else ()),
            ("日志叶值", w.digest_groups(refusal.leaf)),
            ("大厅签名（Ed25519）", refusal.signature),
        ),
        content=canonical.dumps(asdict(refusal)),
        made_at=made_at,
        text=_TEXT,
    )


def _lot(tender: TenderPublished, lot: str) -> str:
    return f"{next((found.name for found in tender.lots if found.lot == lot), lot)}（{lot}）"
