"""Reading the opened bids in the committee's own area (clause 5.4.2): marked pages, each reading a row of the journal.

Nobody but a seated member reads here, and only while the evaluation goes on; the evaluation's machine decides that
when the reading is put into its stream, and nothing is given before that row is durable. What may not live here: PDFs,
HTTP, any rule.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol

from hall.errors import NotPermitted
from hall.evaluation.commands import NoteAccess
from hall.runtime.procedure import Procedures
from hall.runtime.seats import Person
from hall.wire.evaluation import EvaluationView

EVALUATION: Final = "evaluation"
_COPY_BYTES: Final = 4
_SHANGHAI: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class BidPages:
    """Pages `first` … `last` (from 1) of `count` as a PDF of their own; `broken`: pages that can't be shown."""

    first: int
    last: int
    count: int
    broken: tuple[int, ...]
    pdf: bytes


class Binder(Protocol):
    """Gives pages of opened bids, marked."""

    async def pages(self, opening: str, lot: str, bidder: str, first: int, mark: tuple[str, ...]) -> BidPages:
        """Some pages from `first` on. Raises NotPermitted("no_such_page"), Refused: "pages_unreadable",
        "pages_too_much"; Unavailable of the store.
        """
        ...


class BidReading:
    """What a member of the committee may ask."""

    def __init__(self, procedures: Procedures, binder: Binder) -> None:
        self._procedures, self._binder = procedures, binder

    async def read(self, tender: str, lot: str, bidder: str, first: int, person: Person) -> BidPages:
        """Pages of a bid for this member, journalled. Raises NotPermitted("not_permitted"), "no_such_bid"; what the
        evaluation's machine refuses; what the binder raises.
        """
        view: EvaluationView = await self._procedures.view(EVALUATION, tender, person)
        if not view.you.member or not view.you.committee:
            raise NotPermitted("not_permitted")
        if not any((bid.lot, bid.bidder) == (lot, bidder) for bid in view.bids):
            raise NotPermitted("no_such_bid")
        tendering = (await self._procedures.procedure(tender)).states().tendering
        assert tendering is not None  # bids were handed over from its opening
        opening = tendering.published.opening
        copy = secrets.token_hex(_COPY_BYTES)
        mark = reader_mark(tender, view.you.member, self._procedures.clock.now(), copy)
        given = await self._binder.pages(opening, lot, bidder, first, mark)
        digest, shown = hashlib.sha256(given.pdf).hexdigest(), f"{copy}/{given.first}-{given.last}"
        await self._procedures.note(EVALUATION, tender, NoteAccess(person.party, lot, bidder, digest, shown))
        return given


def reader_mark(tender: str, member: int, at: int, copy: str) -> tuple[str, ...]:
    """The lines over every page: whose copy it is, when it was made, and its number in the journal; at: ms UTC."""
    moment = datetime.fromtimestamp(at // 1000, tz=UTC).astimezone(_SHANGHAI)
    return f"仅供评标委员会 · 第 {member} 席 · {tender}", f"{moment:%Y-%m-%d %H:%M:%S} 北京时间 · {copy}"
