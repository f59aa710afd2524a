"""The work of the committee, told from the rows alone: sheets in order and alone, votes, corrections, places.

Predicates of their own: points and places are reckoned here a second time, with fractions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from hall.errors import Malformed
from hall.evidence.case import Case
from hall.evidence.evaluation_committee import chair, digest, given, members, seated
from hall.evidence.history import Fact
from hall.procurement import canonical

Key = tuple[str, str, str]

_ITEMS: Final = ("ItemReviewed", "ItemScored")


def _order(case: Case) -> list[Key]:
    """Every item in the documents' order: lot, criterion, bid."""
    body = given(case)
    if body is None:
        return []
    scored = body["rules"]["method"] == "weighted_scoring"
    kinds = ("review", "scored") if scored else ("review",)
    return [
        (lot, bid["bidder"], criterion["key"])
        for lot in body["lots"]
        for criterion in body["rules"]["criteria"]
        if criterion["kind"] in kinds
        for bid in body["bids"]
        if bid["lot"] == lot
    ]


def _out(case: Case, index: int) -> set[tuple[str, str]]:
    """(lot, bidder) of the bids that were rejected before the row at `index`."""
    body = given(case)
    found: set[tuple[str, str]] = set()
    for fact in case.history.of("MotionDecided", adopted=True):
        made = case.history.first("MotionMade", motion=fact.body["motion"])
        if made is None or body is None or fact.index >= index:
            continue
        if made.body["kind"] == "rejection":
            found.add((made.body["lot"], made.body["bidder"]))
        elif made.body["kind"] == "reject_all":
            found |= {(bid["lot"], bid["bidder"]) for bid in body["bids"] if bid["lot"] == made.body["lot"]}
    return found


def in_order(case: Case) -> Iterator[str]:
    """5.4.3: each member went through the items in the documents' order, none skipped, within its limits."""
    body = given(case)
    if body is None:
        return
    criteria = {one["key"]: one for one in body["rules"]["criteria"]}
    order = _order(case)
    begun = case.history.first("EvaluationBegun")
    sheets: dict[int, set[Key]] = {}
    for fact in case.history.of(*_ITEMS):
        member, said = fact.body["member"], fact.body
        key = (said["lot"], said["bidder"], said["criterion"])
        sheet = sheets.setdefault(member, set())
        out = _out(case, fact.index)
        following = next((one for one in order if one not in sheet and one[:2] not in out), None)
        if begun is None or fact.index < begun.index:
            yield f"{fact}: before the committee had begun"
        if key != following and key not in sheet:
            yield f"{fact}: out of the order of the tender documents"
        sheet.add(key)
        kind = "review" if fact.kind == "ItemReviewed" else "scored"
        if criteria.get(said["criterion"], {}).get("kind") != kind:
            yield f"{fact}: not an item of this kind"
        elif kind == "scored" and not 0 <= said["points"] <= criteria[said["criterion"]]["points"]:
            yield f"{fact}: points beyond the limit"
        elif kind == "review" and not said["passed"] and not said["reason"]:
            yield f"{fact}: a bid failed without a reason"


def alone(case: Case) -> Iterator[str]:
    """5.4.3: the sheets were opened among the members after the last one was signed, and used no earlier."""
    shown = case.history.first("SheetsRevealed")
    signed = {fact.body["member"]: fact for fact in case.history.of("SheetSigned")}
    if shown is not None:
        sat = members(case, shown.index)
        for number in sorted(sat):
            if number not in signed or signed[number].index > shown.index:
                yield f"{shown}: opened before member {number} had signed its sheet"
        wanted = [signed[n].body["sheet"] for n in shown.body["members"] if n in signed]
        if sorted(shown.body["members"]) != sorted(sat) or shown.body["sheets"] != wanted:
            yield f"{shown}: other sheets than were signed"
    for fact in case.history.of("ErrorFound", "SheetCorrected", "ReportPrepared"):
        if shown is None or fact.index < shown.index:
            yield f"{fact}: before every sheet was signed"


def _items(case: Case, member: int, index: int) -> dict[Key, dict[str, Any]]:
    """A member's sheet as it stood right before the row at `index`, corrections included."""
    found: dict[Key, dict[str, Any]] = {}
    for fact in case.history.of(*_ITEMS, "SheetCorrected"):
        if fact.index >= index:
            break
        said = fact.body
        if fact.kind == "SheetCorrected":
            error = case.history.first("ErrorFound", correction=said["correction"])
            if error is not None and error.body["member"] == member:
                key = (error.body["lot"], error.body["bidder"], error.body["criterion"])
                found[key] = found.get(key, {}) | {"points": said["after"]}
        elif said["member"] == member:
            key = (said["lot"], said["bidder"], said["criterion"])
            found[key] = {
                "passed": said.get("passed"),
                "points": said.get("points"),
                "reason": said["reason"],
            }
    return found


def _sheet(case: Case, member: int, index: int) -> str:
    """The digest of a member's sheet right before the row at `index`."""
    items = _items(case, member, index)
    body = given(case)
    lines = [
        {"lot": key[0], "bidder": key[1], "criterion": key[2]} | items[key]
        for key in _order(case)
        if key in items
    ]
    return digest({"tender": "" if body is None else body["tender"], "member": member, "items": lines})


def fixed(case: Case) -> Iterator[str]:
    """5.4.4: a signed sheet holds every item, in the words that were signed, and no item changed after it."""
    for fact in case.history.of("SheetSigned"):
        member, out = fact.body["member"], _out(case, fact.index)
        if fact.body["sheet"] != _sheet(case, member, fact.index):
            yield f"{fact}: another sheet than the items that were given"
        wanted = {key for key in _order(case) if key[:2] not in out}
        if not wanted <= _items(case, member, fact.index).keys():
            yield f"{fact}: signed before it was complete"
        later = [f for f in case.history.of(*_ITEMS, member=member) if f.index > fact.index]
        yield from (f"{one}: changed after the sheet was signed" for one in later)
        if len(case.history.of("SheetSigned", member=member)) > 1:
            yield f"{fact}: signed more than once"


def corrected(case: Case) -> Iterator[str]:
    """5.4.4: the only later change: an arithmetic correction by its own evaluator, countersigned by another."""
    prepared = case.history.first("ReportPrepared")
    for fact in case.history.of("SheetCorrected"):
        error = case.history.first("ErrorFound", correction=fact.body["correction"])
        if error is None or error.index > fact.index:
            yield f"{fact}: corrects what nobody found"
            continue
        member = error.body["member"]
        if fact.actor != f"evaluator:{members(case, fact.index).get(member, '')}":
            yield f"{fact}: not corrected by its own evaluator"
        key = (error.body["lot"], error.body["bidder"], error.body["criterion"])
        before = _items(case, member, fact.index).get(key, {}).get("points")
        if before is None or before != fact.body["before"]:
            yield f"{fact}: corrects points that were not there"
        if fact.body["sheet"] != _sheet(case, member, fact.index + 1):
            yield f"{fact}: more was changed than the one item"
        seals = case.history.of("CorrectionCountersigned", correction=fact.body["correction"])
        yield from _countersigned(case, fact, member, seals)
        if prepared is not None and not any(seal.index < prepared.index for seal in seals):
            yield f"{fact}: not countersigned before the report"


def _countersigned(case: Case, fact: Fact, member: int, seals: list[Fact]) -> Iterator[str]:
    for seal in seals:
        by, presiding = seal.body["member"], chair(case, seal.index)
        if by == member or presiding not in (by, member) or seal.index < fact.index:
            yield f"{seal}: not countersigned by the chair, or by another for the chair"
        if seal.act is not None and seal.act.body_json().get("sheet") != fact.body["sheet"]:
            yield f"{seal}: countersigned another sheet"


def decided(case: Case) -> Iterator[str]:
    """5.4.1, 5.5.1: what the committee decided, more than half of its seats voted for, each once and before it."""
    body = given(case)
    for made in case.history.of("MotionMade"):
        number = made.body["motion"]
        votes = case.history.of("MotionVoted", motion=number)
        done = case.history.of("MotionDecided", motion=number)
        if len({vote.body["member"] for vote in votes}) != len(votes):
            yield f"{made}: somebody voted twice"
        for fact in (*votes, *case.history.of("MotionDiscussed", motion=number)):
            if fact.index < made.index or (done and fact.index > done[0].index):
                yield f"{fact}: outside of its debate"
        for fact in done[:1]:
            sat = seated(case, fact.index)
            agreed = [
                v for v in votes if v.body["member"] in sat and v.body["agrees"] is fact.body["adopted"]
            ]
            if body is None or 2 * len(agreed) <= body["rules"]["committee"]:
                yield f"{fact}: decided without a majority of the seats"
        yield from (f"{fact}: decided a second time" for fact in done[1:])
    known = {made.body["motion"] for made in case.history.of("MotionMade")}
    for fact in case.history.of("MotionDecided"):
        if fact.body["motion"] not in known:
            yield f"{fact}: decided, and never proposed"
    if (prepared := case.history.first("ReportPrepared")) is not None:
        done_ones = {f.body["motion"] for f in case.history.of("MotionDecided") if f.index < prepared.index}
        yield from (f"{prepared}: motion {n} was never decided" for n in sorted(known - done_ones))


def unchanged(case: Case) -> Iterator[str]:
    """A bidder's answer came from whom the chair asked, in its time, and restates the price that was read out."""
    body = given(case)
    prices = {} if body is None else {(b["lot"], b["bidder"]): b["price"] for b in body["bids"]}
    for asked in case.history.of("BidderAsked"):
        if asked.body["member"] != chair(case, asked.index):
            yield f"{asked}: not asked by the chair"
    for fact in case.history.of("BidderAnswered"):
        question = case.history.first("BidderAsked", question=fact.body["question"])
        if question is None or fact.act is None:
            yield f"{fact}: answers what nobody asked"
            continue
        said = fact.act.body_json()
        key = (question.body["lot"], question.body["bidder"])
        if fact.actor != f"bidder:{key[1]}":
            yield f"{fact}: not answered by the one who was asked"
        if said.get("price") != prices.get(key) or said.get("unchanged") is not True:
            yield f"{fact}: another price than was read out, or a changed bid"


def ranked(case: Case) -> Iterator[str]:
    """5.4.4: the report's places, reckoned again from the signed sheets; what is handed over is what was signed."""
    for fact in case.history.of("ReportPrepared"):
        report, text = fact.body["report"], fact.body["text"]
        if hashlib.sha256(text.encode()).hexdigest() != report["report"]:
            yield f"{fact}: the report does not have its digest"
        try:
            told = canonical.loads(text)
        except Malformed:
            told = {}
        sheets = [
            {
                "member": number,
                "sheet": _sheet(case, number, fact.index),
                "version": _version(case, number, fact),
            }
            for number in sorted(members(case, fact.index))
        ]
        if not isinstance(told, dict) or told.get("sheets") != sheets:
            yield f"{fact}: made from other sheets than were signed"
        places = [(one["lot"], one["bidder"], one["points"], one["rank"]) for one in report["ranking"]]
        wanted = _places(case, fact.index)
        if places != wanted:
            yield f"{fact}: other points or places than the sheets give"
        signed = told.get("ranking", []) if isinstance(told, dict) else []
        if [(one["lot"], one["bidder"], one["points"], one["rank"]) for one in signed] != wanted:
            yield f"{fact}: the members signed another ranking"
        if {(one["lot"], one["bidder"]) for one in report["rejections"]} != {
            (m.body["lot"], m.body["bidder"]) for m in _rejections(case, fact.index)
        }:
            yield f"{fact}: other rejections than the committee decided"
        if fact.actor != f"evaluator:{members(case, fact.index).get(chair(case, fact.index), '')}":
            yield f"{fact}: not drawn up by the chair"
    yield from _handed_on(case)


def _rejections(case: Case, index: int) -> list[Fact]:
    adopted = {f.body["motion"] for f in case.history.of("MotionDecided", adopted=True) if f.index < index}
    return [m for m in case.history.of("MotionMade", kind="rejection") if m.body["motion"] in adopted]


def _version(case: Case, member: int, before: Fact) -> int:
    errors = {f.body["correction"] for f in case.history.of("ErrorFound", member=member)}
    made = case.history.of("SheetCorrected")
    return 1 + sum(f.body["correction"] in errors and f.index < before.index for f in made)


def _places(case: Case, index: int) -> list[tuple[str, str, int, int]]:
    """(lot, bidder, points in hundredths, rank), as docs/protocol.md says it is reckoned."""
    body = given(case)
    if body is None:
        return []
    rules, out = body["rules"], _out(case, index)
    weighted = rules["method"] == "weighted_scoring"
    most = sum(one["points"] for one in rules["criteria"] if one["kind"] == "price")
    seed = next((f.body["seed"] for f in case.history.of("CommitteeDrawn") if f.body["seed"]), "")
    sat = sorted(members(case, index))
    found: list[tuple[str, str, int, int]] = []
    for lot in body["lots"]:
        bids = [b for b in body["bids"] if b["lot"] == lot and (lot, b["bidder"]) not in out]
        base = _benchmark([Fraction(b["price"]) for b in bids], rules["price"])
        lines: list[tuple[Fraction, Fraction, bytes, str, int]] = []
        for bid in bids:
            price, bidder = Fraction(bid["price"]), bid["bidder"]
            by_price = _half_up(_price_points(price, base, rules["price"], most))
            mean = Fraction(sum(_sum(case, n, lot, bidder, index) for n in sat), max(len(sat), 1))
            exact = mean + by_price if weighted else Fraction(0)
            shown = _half_up(mean) + by_price if weighted else 0
            key = bytes.fromhex(seed) + _field(lot) + _field(bidder)
            lines.append((-exact, price, hashlib.sha256(key).digest(), bidder, shown))
        found += [(lot, bidder, shown, n) for n, (*_, bidder, shown) in enumerate(sorted(lines), 1)]
    return found


def _benchmark(prices: list[Fraction], rule: dict[str, Any]) -> Fraction:
    """The price that has the most points, as docs/protocol.md says it is reckoned."""
    if not prices:
        return Fraction(0)
    if rule["formula"] != "mean_deviation":
        return min(prices)
    left = list(prices)
    if 0 < rule["trim"] <= len(left):
        left.remove(max(left))
        left.remove(min(left))
    return sum(left, Fraction(0)) / len(left) * (1 - Fraction(rule["down"], 100))


def _price_points(price: Fraction, base: Fraction, rule: dict[str, Any], most: int) -> Fraction:
    if base == 0:
        return Fraction(most if price == 0 else 0)
    if rule["formula"] == "lowest_ratio":
        return base / price * most
    percents = (price / base - 1) * 100
    rate = Fraction(rule["above"] if percents > 0 else rule["below"])
    return max(most - rate * abs(percents), Fraction(0))


def _sum(case: Case, member: int, lot: str, bidder: str, index: int) -> int:
    items = _items(case, member, index)
    return sum(item["points"] or 0 for key, item in items.items() if key[:2] == (lot, bidder))


def _half_up(number: Fraction) -> int:
    return int(number + Fraction(1, 2))  # never of less than nothing


def _field(text: str) -> bytes:
    return len(text.encode()).to_bytes(4) + text.encode()


def _handed_on(case: Case) -> Iterator[str]:
    prepared = case.history.first("ReportPrepared")
    for fact in case.history.of("ReportSigned", "ReportDissented"):
        said = None if fact.act is None else fact.act.body_json().get("report")
        if prepared is None or said != prepared.body["report"]["report"]:
            yield f"{fact}: about another report"
    for fact in case.history.of("EvaluationDone"):
        if prepared is None or fact.body["report"] != prepared.body["report"]:
            yield f"{fact}: another report than the members signed"
            continue
        voices = case.history.of("ReportSigned", "ReportDissented")
        spoke = {f.body["member"] for f in voices if f.index < fact.index}
        silent = [n for n in sorted(members(case, fact.index)) if n not in spoke]
        if fact.body["silent"] != silent or (silent and fact.at <= prepared.body["sign_by"]):
            yield f"{fact}: handed over while somebody could still speak"
