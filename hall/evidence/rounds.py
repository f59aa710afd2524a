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
    if body["bidders"] != _may_quote(case, opened):
        yield f"{opened}: who may quote are not those whose prices stand"
    if closed.body["leaves"] is not (bool(closed.body["silent"]) and rules["silent_quote"] == "leaves"):
        yield f"{closed}: whether the silent leave is not as the documents say"
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


def _may_quote(case: Case, opened: Fact) -> list[str]:
    """The bidders of a lot whose prices were disclosed, without those that left in an earlier round."""
    lot = opened.body["lot"]
    told = case.history.first("PricesDisclosed", lot=lot)
    over = [f for f in case.history.of("QuoteRoundClosed", lot=lot, leaves=True) if f.index < opened.index]
    gone = {bidder for fact in over for bidder in fact.body["silent"]}
    return [str(b["bidder"]) for b in (told.body["bids"] if told else ()) if b["bidder"] not in gone]


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
    if body["repeats"]:
        yield from _repeated(case, opened)
    else:
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
    missing = [party for party in parties if party not in revealed]
    yield from _waited_out(case, opened, closed, done, missing)
    if not done.body["chosen"]:
        if closed is not None and not missing:
            yield f"{done}: nothing was drawn though all had revealed"
        return
    if missing:
        yield f"{done}: drawn though somebody had not revealed"
        return
    secrets = {party: str(fact.body["secret"]) for party, fact in revealed.items()}
    seed, chosen = _drawn(str(case.plan["opening"]), key, parties, secrets, body["values"])
    if (done.body["seed"], done.body["chosen"]) != (seed, chosen):
        yield f"{done}: what was revealed draws {chosen} and not {done.body['chosen']}"


def _repeated(case: Case, opened: Fact) -> Iterator[str]:
    """The hall repeats a draw by itself, without whoever had committed and did not reveal; nothing else changes."""
    body = opened.body
    key = {"lot": body["lot"], "draw": body["repeats"]}
    before, over = (case.history.first(kind, **key) for kind in ("DrawOpened", "DrawDone"))
    if before is None or over is None or over.index > opened.index or not over.body["missing"]:
        yield f"{opened}: repeats no draw that had failed"
        return
    revealed = {f.body["party"] for f in case.history.of("DrawRevealed", **key)}
    left = [party for party in before.body["parties"] if party in revealed]
    if [body[name] for name in ("purpose", "values", "parties")] != [
        *(before.body[name] for name in ("purpose", "values")),
        left,
    ]:
        yield f"{opened}: is not the same draw among those who had revealed"


def _waited_out(
    case: Case, opened: Fact, closed: Fact | None, done: Fact, missing: Sequence[str]
) -> Iterator[str]:
    """Nobody is left out of a draw while it still has time to commit or to reveal."""
    key = {name: opened.body[name] for name in ("lot", "draw")}
    limit = case.plan["rules"]["draw_limit"]
    committed = {f.body["party"] for f in case.history.of("DrawCommitted", **key)}
    silent = [party for party in opened.body["parties"] if party not in committed]
    end = closed or done
    if silent and ran(case, opened.at, end.at, continued=True) <= limit:
        yield f"{end}: closed while {silent[0]} still had time to commit"
    if closed is not None and closed.body["silent"] != silent:
        yield f"{closed}: the silent are not those that gave no commitment"
    if done.body["missing"] != (list(missing) if closed is not None else []):
        yield f"{done}: the missing are not those that did not reveal"
    if closed is not None and missing and ran(case, closed.at, done.at, continued=True) <= limit:
        yield f"{done}: closed while {missing[0]} still had time to reveal"


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
