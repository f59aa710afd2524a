"""Papers of an opening, asked for: a paper of the notary's own, and a report about a bid's PDF."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.bid_report import BidReport


@dataclass(frozen=True, slots=True)
class AddPaper:
    """`sha256`, `size`: of the bytes, which the hall holds already."""

    title: str
    mime: str
    sha256: str
    size: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteBidPdf:
    lot: str
    bidder: str
    report: BidReport


PaperAct = AddPaper
PaperNote = NoteBidPdf
