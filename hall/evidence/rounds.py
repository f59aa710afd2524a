"""Second quotes and draws: sealed until the round closed, signed by their bidders; what was drawn is reckoned again.

Predicates as in `conduct`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hall.errors import Malformed
from hall.evidence.case import Case, only, said, said_in_private
from hall.evidence.history import Fact
from hall.evidence.pauses import ran
from hall.procurement import canonical

METHODS: Final = ("negotiation", "consultation", "competitive_negotiation", "competitive_consultation")
_TAG: Final = b"bidhall/draw/1\0"


def quotes(case: Case) -> list[str]:
    """5.5.1 g: each quote was signed by its bidder in time, stood sealed until its round closed, and is what was
    disclosed."""
    faults: list[str] = []
    for opened in case.history.of("QuoteRoundOpened"):
        faults += _round(case, opened)
    for offered in case.history.of("QuoteOffered"):
        key = {name: offered.body[name] for name in ("lot", "round")}
        opened_ = case.history.first("QuoteRoundOpened", **key)
        if opened_ is None or offered.body["bidder"] not in opened_.body["bidders"]:
            faults.append(f"{offered}: quoted in no round of its own")
    return faults + _draws(case)


def _round(case: Case, opened: Fact) -> Iterator[str]:
    rules, body = case.plan["rules"], opened.body
    key = {name: body[name] for name in ("lot", "round")}
    if not rules["quotes_allowed"] or rules["procurement_method"] not in METHODS:
        yield f"{opened}: neither method nor documents have second quotes"
    limit = body["quoted_by"] - opened.at
    minutes = limit // 60_000
    yield from said(case, opened, "open_quotes", case.party(opened), lot=body["lot"], minutes=minutes)
    faults: list[str] = []
    closed = only(case, faults, "QuoteRoundClosed", **key)
    told = only(case, faults, "QuotesDisclosed", **key)
    yield from faults
    if closed is None or told is None:
        yield f"{opened}: its round was never closed and disclosed"
        return
    offers: dict[str, Fact] = {}
    for fact in case.history.of("QuoteOffered", **key):
        bidder = fact.body["bidder"]
        yield from said_in_private(case, fact, "offer_quote", case.bidder(bidder), lot=body["lot"])
        late = ran(case, opened.at, fact.at, continued=True) > limit
        if not opened.index < fact.index < closed.index or late:
            yield f"{fact}: quoted outside its round"
        if bidder in offers:
            yield f"{fact}: quoted a second time"
        offers.setdefault(bidder, fact)
    if closed.body["silent"] != [b for b in body["bidders"] if b not in offers]:
        yield f"{closed}: the silent are not those that gave no quote"
    if closed.body["silent"] and ran(case, opened.at, closed.body["at"], continued=True) < limit:
        yield f"{closed}: closed while somebody still had time to quote"
    if told.index < closed.index:
        yield f"{told}: disclosed before its round was closed"
    yield from _told(case, told, offers)


def _told(case: Case, told: Fact, offers: Mapping[str, Fact]) -> Iterator[str]:
    given = {str(quote["bidder"]): quote for quote in told.body["quotes"]}
    for bidder, offer in offers.items():
        quote = given.get(bidder)
        if quote is None:
            yield f"{told}: the quote of {bidder} is missing"
        elif offer.act is None or not _is_signed(quote, offer.act.body_digest, told.body["round"]):
            yield f"{told}: the price of {bidder} is not the one that it signed"
    for bidder, quote in given.items():
        if bidder not in offers and (quote["body"] or quote["price"] != _before(case, told, bidder)):
            yield f"{told}: {bidder} quoted nothing, and another price than its last one stands"


def _is_signed(quote: Mapping[str, Any], digest: str, number: int) -> bool:
    if hashlib.sha256(quote["body"].encode()).hexdigest() != digest:
        return False
    try:
        body = canonical.loads(quote["body"])
    except Malformed:
        return False
    return isinstance(body, dict) and (body.get("round"), body.get("price")) == (number, quote["price"])


def _before(case: Case, told: Fact, bidder: str) -> str | None:
    """The price that stood before a round."""
    lot = told.body["lot"]
    for fact in reversed(case.history.of("QuotesDisclosed", "PricesDisclosed", lot=lot)):
        if fact.index < told.index:
            for line in fact.body["quotes" if fact.kind == "QuotesDisclosed" else "bids"]:
                if line["bidder"] == bidder:
                    return str(line["price"])
    return None


def _draws(case: Case) -> list[str]:
    faults: list[str] = []
    for opened in case.history.of("DrawOpened"):
        faults += _draw(case, opened)
    return faults


def _draw(case: Case, opened: Fact) -> Iterator[str]:
    body = opened.body
    key = {name: body[name] for name in ("lot", "draw")}
    if opened.act is not None:
        words = {name: body[name] for name in ("purpose", "values")}
        yield from said(case, opened, "open_draw", case.post("host", opened), lot=body["lot"], **words)
    committed = {f.body["party"]: f for f in case.history.of("DrawCommitted", **key)}
    revealed = {f.body["party"]: f for f in case.history.of("DrawRevealed", **key)}
    closed = case.history.first("DrawCommitsClosed", **key)
    for party, fact in (*committed.items(), *revealed.items()):
        if fact.actor.partition(":")[0 if party == "host" else 2] != party:
            yield f"{fact}: signed by another than {party}"
    for party, fact in revealed.items():
        digest = hashlib.sha256(bytes.fromhex(fact.body["secret"])).hexdigest()
        if party not in committed or committed[party].body["commitment"] != digest:
            yield f"{fact}: not what {party} had committed to"
        if closed is None or fact.index < closed.index:
            yield f"{fact}: revealed before every commitment was in"
    for fact in committed.values():
        if closed is not None and fact.index > closed.index:
            yield f"{fact}: committed after the first could be revealed"
    done = case.history.first("DrawDone", **key)
    if done is None:
        yield f"{opened}: the draw was never done"
        return
    parties = [party for party in body["parties"] if party in committed]
    if not done.body["chosen"]:
        return
    if [p for p in parties if p not in revealed]:
        yield f"{done}: drawn though somebody had not revealed"
        return
    secrets = {party: str(fact.body["secret"]) for party, fact in revealed.items()}
    seed, chosen = _drawn(str(case.plan["opening"]), key, parties, secrets, body["values"])
    if (done.body["seed"], done.body["chosen"]) != (seed, chosen):
        yield f"{done}: what was revealed draws {chosen} and not {done.body['chosen']}"


def _drawn(
    opening: str,
    key: Mapping[str, Any],
    parties: Sequence[str],
    secrets: Mapping[str, str],
    values: Sequence[str],
) -> tuple[str, str]:
    """docs/protocol.md: a hash over all commitments and secrets, and an index that is equally likely for each value."""
    digest = hashlib.sha256(_TAG)
    for text in (opening, str(key["lot"]), str(key["draw"])):
        digest.update(_field(text))
    for party in parties:
        secret = bytes.fromhex(secrets[party])
        digest.update(_field(party) + hashlib.sha256(secret).digest() + secret)
    seed = digest.digest()
    number, limit = seed, (1 << 256) - (1 << 256) % len(values)
    while int.from_bytes(number) >= limit:
        number = hashlib.sha256(number).digest()
    return seed.hex(), str(values[int.from_bytes(number) % len(values)])


def _field(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4) + data
