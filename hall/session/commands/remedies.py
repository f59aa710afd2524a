"""Commands of the remedies for a key that opens nothing any more."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.tender import Remedy


@dataclass(frozen=True, slots=True)
class ClaimRemedy:
    lot: str
    kind: Remedy
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AnswerRemedy:
    lot: str
    bidder: str
    accepted: bool
    reason: str
    act: SignedAct


RemedyAct = ClaimRemedy | AnswerRemedy
