"""Remedies for a key that opens nothing any more: a bidder claims the one that the documents allow, and the project
owner and the scrutineer confirm it or do not (clause 5.3.4)."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.tender import Remedy


@dataclass(frozen=True, slots=True)
class RemedyClaimed:
    """A bidder says that its certificate's key can't open its bid, why, and that it releases by its recovery file."""

    lot: str
    bidder: str
    kind: Remedy
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RemedyAnswered:
    """`role`: project owner or scrutineer. Accepted by both, the release counts as received; refused by one, it was
    none, and the bid's cause is decided."""

    lot: str
    bidder: str
    role: str
    accepted: bool
    reason: str
    act: SignedAct


RemedyEvent = RemedyClaimed | RemedyAnswered
