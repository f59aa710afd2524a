"""Second quotes in sealed rounds (二次报价) and the verifiable draw: only where method and documents provide for them.

No quote stands here before its round has closed, and no drawn value before every commitment is in.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class QuoteRoundOpened:
    """`bidders`: who may quote. `quoted_by`: last millisecond that counts."""

    lot: str
    round: int
    bidders: tuple[str, ...]
    quoted_by: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class QuoteOffered:
    """`act` without its body: the price is secret until the round closes; its digest binds it (clause 5.5.1 g)."""

    lot: str
    round: int
    bidder: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class QuoteRoundClosed:
    """`early`: all had quoted. `silent`: gave none; `leaves`: whether that ends their part, as the documents say."""

    lot: str
    round: int
    at: int
    early: bool
    silent: tuple[str, ...]
    leaves: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """`price`: decimal string; `body`: the signed body's text, now public, so that anybody can check signature and
    digest; "" where the previous price stands."""

    bidder: str
    price: str
    body: str


@dataclass(frozen=True, slots=True)
class QuotesDisclosed:
    lot: str
    round: int
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class DrawOpened:
    """`purpose`: what is drawn, in the documents' words. `values`: the candidates, in the documents' order.
    `parties`: who commits and reveals (bidder ids, and `host`). A draw that somebody did not reveal in is repeated by
    the hall itself, without an act: `repeats` is its number, 0 otherwise."""

    lot: str
    draw: int
    purpose: str
    values: tuple[str, ...]
    parties: tuple[str, ...]
    commit_by: int
    act: SignedAct | None
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class DrawCommitted:
    """`commitment`: SHA-256 of the 32 bytes that the party will reveal."""

    lot: str
    draw: int
    party: str
    commitment: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DrawCommitsClosed:
    """`silent`: gave no commitment and take no part in the draw."""

    lot: str
    draw: int
    silent: tuple[str, ...]
    reveal_by: int


@dataclass(frozen=True, slots=True)
class DrawRevealed:
    """`secret`: the 32 revealed bytes, hex."""

    lot: str
    draw: int
    party: str
    secret: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DrawDone:
    """`seed`, `chosen`: as `hall.session.drawing` computes them from commitments and reveals. `missing`: committed and
    did not reveal; then both are "" and the draw is repeated without them. Both are "" and nobody is missing: fewer
    than two took part, so that nobody could be sure of the other."""

    lot: str
    draw: int
    seed: str
    chosen: str
    missing: tuple[str, ...]


RoundEvent = (
    QuoteRoundOpened
    | QuoteOffered
    | QuoteRoundClosed
    | QuotesDisclosed
    | DrawOpened
    | DrawCommitted
    | DrawCommitsClosed
    | DrawRevealed
    | DrawDone
)
