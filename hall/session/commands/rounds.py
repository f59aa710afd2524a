"""Commands of `hall.session.events.rounds`."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.session.events.rounds import Quote


@dataclass(frozen=True, slots=True)
class OpenQuotes:
    """`minutes`: how long the round takes quotes."""

    lot: str
    minutes: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class OfferQuote:
    """`act` has its body withheld already; the body goes into the side store under its digest."""

    lot: str
    round: int
    price: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class OpenDraw:
    lot: str
    purpose: str
    values: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CommitDraw:
    lot: str
    draw: int
    commitment: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RevealDraw:
    lot: str
    draw: int
    secret: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteQuotes:
    """The quotes of a closed round, read from the side store. `lost`: bidders whose signed body is there no more; then
    no quote is told."""

    lot: str
    round: int
    quotes: tuple[Quote, ...]
    lost: tuple[str, ...] = ()


RoundAct = OpenQuotes | OfferQuote | OpenDraw | CommitDraw | RevealDraw
RoundNote = NoteQuotes
