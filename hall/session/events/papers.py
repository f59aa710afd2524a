"""Papers of an opening: what the hall found in the bids' PDFs, and what the notary adds of its own."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.bid_report import PdfSignature


@dataclass(frozen=True, slots=True)
class BidPdfChecked:
    """What the signatures inside a disclosed bid's PDF are worth (`hall.procurement.bid_report`).

    `pdf`: SHA-256 of bid.pdf, "" where it could not be taken; `report`: SHA-256 of the report's canonical JSON.
    """

    lot: str
    bidder: str
    outcome: str
    pdf: str
    signatures: tuple[PdfSignature, ...]
    report: str


@dataclass(frozen=True, slots=True)
class PaperAdded:
    """A picture or a document of the notary's own; `sha256` and `size` of its bytes, which lie with the opening
    (clause 4.5)."""

    paper: int
    role: str
    title: str
    mime: str
    sha256: str
    size: int
    act: SignedAct


PaperEvent = BidPdfChecked | PaperAdded
