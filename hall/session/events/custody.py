"""Custody of content keys by the supervisor, and the notary where one is appointed (clauses 4.11, 5.3.4). No content
key ever stands in a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class EntrustedBid:
    """What a custodian found in one envelope. `envelope`: the inner one as base64, for the next custodian; "" where the
    content key itself was in it (which lies encrypted beside the journal), or where it did not open: then `code` says
    why."""

    bidder: str
    envelope: str
    code: str


@dataclass(frozen=True, slots=True)
class EntrustedOpened:
    """A custodian opened all that was entrusted to it in a lot; `act` without its body, which may hold content keys."""

    lot: str
    role: str
    bids: tuple[EntrustedBid, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CustodiansNamed:
    """The project owner named other custodians: certificates (SHA-256, hex), the supervisor's first. What was entrusted
    to the earlier ones is released again, each bid in a window of its own (clause 4.7)."""

    custodians: tuple[str, ...]
    reason: str
    act: SignedAct


CustodyEvent = EntrustedOpened | CustodiansNamed
