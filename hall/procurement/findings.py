"""What the hall itself found in the bids of a tender, for the committee and the supervisor (clause 5.5.1).

Data alone. A finding names a reason under which a bid *may* be rejected and what speaks for it; it decides nothing, and
nothing follows from it by itself. Its words, and how common it is innocently, stand in the client's locales by `code`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.evaluation import Reason


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a finding's words need: `price`, `ceiling`, `count`. Never personal data."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about one bid. `others`: bidders that it concerns together with this one; `code`: what was found,
    snake_case; `facts`: what its words need."""

    lot: str
    bidder: str
    reason: Reason
    code: str
    others: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
