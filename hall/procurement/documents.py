"""What a notice hands on of its documents: which files there are, and who may have them.

Data alone: the notice publishes them, registration delivers them, the verifier holds one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class TenderDocument:
    """One file of the tender documents (招标文件) or an addendum to them (补遗).

    sha256: of its bytes, hex; name: file name as shown; size: bytes; kind: "tender_documents" or "addendum"; at: when
    it was published, ms UTC.
    """

    sha256: str
    name: str
    size: int
    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class EnquiryRules:
    """Limits of questions about the documents, in calendar days.

    ask_days: questions end so long before the deadline, answer_days: an answer is due so long after its question (both
    Implementing Regulations art. 22); change_days: an answer that changes what bids are made of comes at least so long
    before the deadline, else the deadline moves first (art. 21).
    """

    ask_days: int = 10
    answer_days: int = 3
    change_days: int = 15


STATUTORY: Final = EnquiryRules()
"""The law's own limits."""

REHEARSED: Final = EnquiryRules(ask_days=0, answer_days=3, change_days=0)
"""Where a hall is known to rehearse, deadlines are hours away: the law's least times do not bind there."""
