"""A bidder's receipt on paper: a PDF under the hall's seal with the signed receipt itself attached (clause 5.2.2).

What lives here: what the paper says. What may not: drawing and sealing (`hall.signing`), and any outside service:
before the announcement a time stamp would tell its authority that somebody bids, so the seal carries none. What dates
the receipt is the hall's own signature, and the roots of its tree that are stamped at fixed minutes.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from hall import wire
from hall.clock import Clock
from hall.errors import NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.statement import Statement
from hall.runtime.deposits import Deposits
from hall.runtime.registry import Registry
from hall.runtime.seats import Person
from hall.runtime.statement_port import StatementOffice
from hall.signing import record_words as w
from hall.tendering.events import TenderPublished

_TEXT: Final = (
    "大厅已在下列时刻完整收到贵单位的加密投标文件，校验一致，并已保存两份。任何与下列 SHA-256 一致的文件，"
    "无论由谁提供，即为贵单位递交的文件；请将本回执与加密文件一并保存。开标前大厅无法打开该文件。"
    "截止时间前可以替换或撤回，替换后以新的回执为准。"
)


class WithoutTimeStamp:
    """The time source of papers that no authority may hear of."""

    label = "none"
    stamper: Any = None


class Receipts:
    """Draws receipts on request. office: its seal asks nobody outside (`WithoutTimeStamp`)."""

    def __init__(
        self, registry: Registry, deposits: Deposits, office: StatementOffice, clock: Clock, mode: str
    ) -> None:
        self._registry = registry
        self._deposits = deposits
        self._office = office
        self._clock = clock
        self._mode = mode

    async def pdf(self, tender: str, lot: str, person: Person) -> bytes:
        """The receipt of the person's bid that counts now. Raises NotPermitted, Refused("no_deposit")."""
        if person.kind != "bidder":
            raise NotPermitted("not_permitted", act="deposit")
        state = self._registry.tendering(tender).state
        deposit = state.active(lot, person.party)
        if deposit is None:
            raise Refused("no_deposit", lot=lot)
        receipt = self._deposits.receipt(tender, deposit)
        return await self._office.pdf(
            statement(receipt, state.published, person.name, self._mode, self._clock.now())
        )


def statement(
    receipt: wire.Receipt, tender: TenderPublished, name: str, mode: str, made_at: int
) -> Statement:
    """Give what the paper says; made_at: ms UTC. The attachment is the receipt as the hall signed it."""
    lot = next((found.name for found in tender.lots if found.lot == receipt.lot), receipt.lot)
    return Statement(
        title="投标文件递交回执",
        subtitle=tender.name,
        mode=mode,
        tender=tender.number,
        opening=tender.opening,
        rows=(
            ("收到时刻", w.moment(receipt.received_at)),
            ("投标截止时间", w.moment(tender.bid_deadline)),
            ("投标人", name),
            ("标段", f"{lot}（{receipt.lot}）"),
            ("加密文件 SHA-256", w.digest_groups(receipt.sha256)),
            ("加密文件大小", f"{receipt.size:,} 字节"),
            ("密钥承诺", w.digest_groups(receipt.commit)),
            ("加密证书指纹", w.digest_groups(receipt.recipient)),
            ("日志叶值", w.digest_groups(receipt.leaf)),
            ("信任根摘要", w.digest_groups(receipt.trust_roots)),
            ("大厅日志公钥摘要", w.digest_groups(receipt.log_key)),
            ("大厅签名（Ed25519）", receipt.signature),
        ),
        content=canonical.dumps(asdict(receipt)),
        made_at=made_at,
        text=_TEXT,
    )
