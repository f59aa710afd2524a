"""Second quotes in sealed, numbered rounds (二次报价), where the method and the documents have them; draws beside them.

A round takes one signed quote of each bidder until its limit, and keeps all of them sealed until it closes; a quote is
final. It closes early when each has quoted. Who is silent keeps its last price, or leaves, as the documents say. One
thing runs at a time, and a lot is not settled while it runs. Pure, as `decide` is. Nothing of this is due while the
opening is suspended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final, assert_never

from hall.errors import Malformed, Refused
from hall.procurement import canonical, money
from hall.procurement.parties import Actor, Role
from hall.session import commands as c
from hall.session import draws
from hall.session import events as e
from hall.session.lot import LotState, Round
from hall.session.state import OpeningState

METHODS: Final = frozenset(
    {"negotiation", "consultation", "competitive_negotiation", "competitive_consultation"}
)
"""Procurement methods that know a second quote (竞争性谈判, 竞争性磋商); a tendered price is final."""

TELLING: Final = frozenset({"price_over_ceiling"})
"""Refusals that say something of a price that nobody may know yet. They are told to their sender at once, who quotes
again, and are put down nowhere: like a price that is no amount, such a one was never a quote (clause 5.5.1 g)."""

MAX_MINUTES: Final = 24 * 60
LEAVES: Final = "leaves"
"""The other value of the setting `silent_quote`: who gives no quote in time takes no further part."""


def act(state: OpeningState, command: c.RoundAct, actor: Actor, now: int) -> list[e.Event]:
    """The events that a party's act causes at `now` (ms UTC). Raises Refused."""
    lot = state.lots[command.lot]
    match command:
        case c.OpenQuotes():
            return _open(state, lot, command, actor, now)
        case c.OfferQuote():
            return _offer(state, lot, command, actor, now)
        case c.OpenDraw():
            check_finished(lot)
            return draws.open_draw(state, lot, command, now)
        case c.CommitDraw():
            return draws.commit(lot, command, actor, now)
        case c.RevealDraw():
            return draws.reveal(lot, command, actor, now)
        case _:
            assert_never(command)


def _open(state: OpeningState, lot: LotState, command: c.OpenQuotes, actor: Actor, now: int) -> list[e.Event]:
    rules = state.scheduled.rules
    if not (rules.quotes_allowed and rules.procurement_method in METHODS):
        raise Refused("quotes_not_allowed", method=rules.procurement_method)
    if not _opens_quotes(state, actor):
        raise Refused("evaluator_opens_quotes")
    if not 0 < command.minutes <= MAX_MINUTES:
        raise Refused("bad_round_time", most=MAX_MINUTES)
    check_finished(lot)
    remaining = tuple(b for b in lot.disclosed if b not in left(lot))
    if not remaining:
        raise Refused("nobody_to_quote")
    quoted_by = now + command.minutes * 60_000
    return [e.QuoteRoundOpened(lot.lot, len(lot.rounds) + 1, remaining, quoted_by, command.act)]


def _opens_quotes(state: OpeningState, actor: Actor) -> bool:
    """The committee's voice opens a round; the project owner only where the committee has none in the room."""
    return actor.role is Role.EVALUATOR or Role.EVALUATOR not in state.posts


def _offer(
    state: OpeningState, lot: LotState, command: c.OfferQuote, actor: Actor, now: int
) -> list[e.Event]:
    quotes = _running(lot)
    if quotes is None or quotes.round != command.round or now > quotes.quoted_by:
        raise Refused("round_closed", round=command.round)
    if actor.party not in quotes.bidders:
        raise Refused("not_in_this_round", round=command.round)
    if (before := quotes.offers.get(actor.party)) is not None:
        if before == command.act.body_digest:
            return []
        raise Refused("quoted_already", round=command.round)
    _check_price(state, lot, command.price)
    return [e.QuoteOffered(lot.lot, command.round, actor.party, command.act)]


def _check_price(state: OpeningState, lot: LotState, price: str) -> None:
    """Raise Malformed("amount_malformed"), or Refused("price_over_ceiling") (clause 5.5.1 e)."""
    ceiling = next(x.price_ceiling for x in state.scheduled.lots if x.lot == lot.lot)
    if money.parse(price) > (money.MAX_FEN if ceiling is None else money.parse(ceiling)):
        raise Refused("price_over_ceiling", ceiling=ceiling)


def left(lot: LotState) -> frozenset[str]:
    """Bidders who gave no quote in a round whose documents end their part then."""
    closed = (quotes.closed for quotes in lot.rounds)
    return frozenset(b for over in closed if over is not None and over.leaves for b in over.silent)


def price_of(lot: LotState, bidder: str) -> str | None:
    """The price that counts: the last round's, or the disclosed one; None for who has none or has left."""
    if bidder in left(lot):
        return None
    for quotes in reversed(lot.rounds):
        for quote in quotes.quotes:
            if quote.bidder == bidder:
                return quote.price
    return lot.disclosed[bidder].price if bidder in lot.disclosed else None


def note(state: OpeningState, command: c.RoundNote, now: int) -> list[e.Event]:
    """The quotes of a closed round, read from the side store: each must be the very body whose digest was journalled.

    Raises Refused("quotes_mismatch") otherwise; whose earlier price stands is added here. A round of which the hall
    itself lost a quote counts for nothing (clause 4.7 b).
    """
    lot = state.lots[command.lot]
    quotes = next((r for r in lot.rounds if r.round == command.round), None)
    if quotes is None or quotes.closed is None or quotes.disclosed:
        return []
    if command.lost:
        return _lost(state, lot, quotes, command.lost)
    offered = {quote.bidder: quote for quote in command.quotes}
    if offered.keys() != quotes.offers.keys() or len(offered) != len(command.quotes):
        raise Refused("quotes_mismatch", round=command.round)
    for quote in command.quotes:
        if not _is_the_offer(quotes, quote):
            raise Refused("quotes_mismatch", round=command.round, bidder=quote.bidder)
    return [e.QuotesDisclosed(lot.lot, quotes.round, tuple(_all_quotes(lot, quotes, offered)))]


def _lost(state: OpeningState, lot: LotState, quotes: Round, lost: tuple[str, ...]) -> list[e.Event]:
    """Nobody's quote of the round is shown, so that it can be repeated in fairness: every earlier price stands, and who
    opens rounds decides whether to open another one."""
    if not set(lost) <= quotes.offers.keys():
        raise Refused("quotes_mismatch", round=quotes.round)
    incident = e.IncidentRecorded(
        incident=len(state.incidents) + 1,
        kind="quote_lost",
        clause="b",
        subject="",
        detail=f"round {quotes.round}",
        scope=lost,
    )
    return [incident, e.QuotesDisclosed(lot.lot, quotes.round, tuple(_all_quotes(lot, quotes, {})))]


def _is_the_offer(quotes: Round, quote: e.Quote) -> bool:
    if hashlib.sha256(quote.body.encode()).hexdigest() != quotes.offers[quote.bidder]:
        return False
    try:
        body = canonical.loads(quote.body)
    except Malformed:
        return False
    return isinstance(body, dict) and (body.get("round"), body.get("price")) == (quotes.round, quote.price)


def _all_quotes(lot: LotState, quotes: Round, offered: dict[str, e.Quote]) -> Iterator[e.Quote]:
    for bidder in quotes.bidders:
        if bidder in offered:
            yield offered[bidder]
        elif (stands := price_of(lot, bidder)) is not None:
            yield e.Quote(bidder, stands, "")


def unfinished(lot: LotState) -> str:
    """ "round_running", "draw_running", or "" where nothing runs."""
    if lot.rounds and not lot.rounds[-1].disclosed:
        return "round_running"
    return "draw_running" if draws.running(lot) is not None else ""


def check_finished(lot: LotState) -> None:
    """Raise Refused("round_running") or Refused("draw_running") while one of them is under way."""
    match unfinished(lot):
        case "round_running":
            raise Refused("round_running", round=len(lot.rounds))
        case "draw_running":
            raise Refused("draw_running", draw=len(lot.draws))


def _running(lot: LotState) -> Round | None:
    last = lot.rounds[-1] if lot.rounds and not lot.settled else None
    return last if last is not None and last.closed is None else None


def due(state: OpeningState, lot: LotState, now: int) -> list[e.Event]:
    """What has become due in one lot by `now`; a quote in the limit's last millisecond counts."""
    quotes = _running(lot)
    if quotes is None:
        return draws.due(state, lot, now)
    silent = tuple(b for b in quotes.bidders if b not in quotes.offers)
    late = now > quotes.quoted_by
    if silent and not late:
        return []
    leaves = bool(silent) and state.scheduled.rules.silent_quote == LEAVES
    at = quotes.quoted_by if late else now
    return [e.QuoteRoundClosed(lot.lot, quotes.round, at, not late, silent, leaves)]


def moments(lot: LotState) -> list[int]:
    """When `due` will next have something to say, ms UTC; 0 means at once."""
    quotes = _running(lot)
    if quotes is None:
        return draws.moments(lot)
    return [quotes.quoted_by + 1 if len(quotes.offers) < len(quotes.bidders) else 0]


def open_to(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of this chapter's acts now, roles and stages being right already."""
    if lot is None:
        return False
    rules = state.scheduled.rules
    match act:
        case "open_quotes":
            allowed = rules.quotes_allowed and rules.procurement_method in METHODS
            remaining = lot.disclosed.keys() - left(lot)
            return allowed and _opens_quotes(state, viewer) and bool(remaining) and not unfinished(lot)
        case "offer_quote":
            quotes = _running(lot)
            return quotes is not None and viewer.party in quotes.bidders and viewer.party not in quotes.offers
        case "open_draw":
            return not unfinished(lot) and draws.open_to(state, lot, viewer, act)
        case _:
            return draws.open_to(state, lot, viewer, act)
