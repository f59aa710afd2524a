"""What the opening record says, held against the journal. Predicates as in `conduct`.

What the record must say is told a second time in `retold`, from the rows alone; the hall's own filler is not asked. Not
compared with the journal: the representatives' names (personal, not in it), the sums of presence, what the hall
proposed beside a cause. The pages are held against the record itself (`pages`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from hall.errors import Malformed
from hall.evidence import retold
from hall.evidence.bundle import Bundle
from hall.evidence.case import Case, only, said
from hall.evidence.history import Fact
from hall.evidence.pages import Fonts, drawn
from hall.evidence.pauses import ran
from hall.procurement import canonical
from hall.signing.pdf_check import attachment

RECORD: Final = "record/record.pdf"
CONTENT: Final = "record/record.json"
PUBLIC: Final = "record/public.json"
PUBLIC_PDF: Final = "record/public.pdf"
_STATEMENT: Final = "statement.json"

_UNCOMPARED: Final = frozenset({"presence", "sheets", "made_at"})


def content(case: Case) -> list[str]:
    """5.5.2: the record says what the journal says: bidders, confirmed prices, objections with answers, causes."""
    faults = [*_answers(case), *_objections(case)]
    prepared = only(case, faults, "RecordPrepared")
    if prepared is None:
        return [*faults, "no record was prepared"]
    size, root = prepared.body["tree_size"], prepared.body["tree_root"]
    if not 0 < size <= prepared.index or case.history.root(size) != root:
        faults.append(f"{prepared}: made from another history")
    settled = case.history.of("ObjectionsClosed", "TenderFailed", "NoAlternatives")
    if {f.body["lot"] for f in settled if f.index < prepared.index} != set(case.lots()):
        faults.append(f"{prepared}: made before every lot was settled")
    signed = case.history.first("RegisterSigned")
    if signed is None or signed.index > prepared.index:
        faults.append(f"{prepared}: made before the register of incidents was signed")
    data = case.bundle.read(CONTENT)
    if hashlib.sha256(data).hexdigest() != prepared.body["content"]:
        return [*faults, f"{CONTENT}: not the content that was journalled"]
    if attachment(case.bundle.read(RECORD), "record.json") != data:
        faults.append(f"{RECORD}: does not carry {CONTENT}")
    try:
        record = canonical.loads(data)
    except Malformed:
        record = None
    if not isinstance(record, dict):
        return [*faults, f"{CONTENT}: not readable"]
    return [*faults, *_differences(case, record, prepared)]


def pages(bundle: Bundle, fonts: Fonts | None = None) -> list[str]:
    """5.5.2: the pages that were signed are drawn as record.json says; with the hall's font files, letter by letter.
    Of the public edition's paper is asked whether it carries the edition; of a bundle without either, nothing."""
    if {PUBLIC, PUBLIC_PDF} & bundle.names:
        carried = attachment(bundle.read(PUBLIC_PDF), _STATEMENT)
        return [] if carried == bundle.read(PUBLIC) else [f"{PUBLIC_PDF}: does not carry {PUBLIC}"]
    if not {RECORD, CONTENT} <= bundle.names:
        return []
    return [f"{RECORD}: {fault}" for fault in drawn(bundle.read(RECORD), bundle.read(CONTENT), fonts)]


def _differences(case: Case, record: dict[str, Any], prepared: Fact) -> Iterator[str]:
    """What the record says otherwise than the rows that it may have known: all up to its tree, and no others than those
    that came while it was being drawn."""
    given = _comparable(record)
    size = prepared.body["tree_size"]
    places = [size, *(f.index + 1 for f in case.history.facts if size <= f.index < prepared.index)]
    differing: list[str] = []
    for place in reversed(places):
        expected = retold.record(case.upto(place), prepared)
        found = [key for key in sorted(given.keys() | expected.keys()) if given.get(key) != expected.get(key)]
        if not found:
            break
        differing = found if not differing or len(found) < len(differing) else differing
    else:
        for key in differing:
            yield f"{CONTENT}: {key} differs from the journal"
    for key in _UNCOMPARED - record.keys():
        yield f"{CONTENT}: {key} is missing"
    made = record.get("made_at")
    if not isinstance(made, int) or not _last_decision(case) <= made <= prepared.at:
        yield f"{CONTENT}: made_at is not when the record was made"


def _comparable(record: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in record.items() if key not in _UNCOMPARED}
    if isinstance(given.get("bidders"), list):
        given["bidders"] = [
            {k: v for k, v in line.items() if k != "representative"} for line in given["bidders"]
        ]
    if isinstance(given.get("settings"), list):
        given["settings"] = {setting["name"]: setting["value"] for setting in given["settings"]}
    return given


def _last_decision(case: Case) -> int:
    return max(
        (
            f.at
            for f in case.history.of("ObjectionsClosed", "TenderFailed", "NoAlternatives", "RegisterSigned")
        ),
        default=0,
    )


def _answers(case: Case) -> Iterator[str]:
    """Prices were read out by the announcer, and confirmed by the bidders themselves as they were disclosed."""
    for fact in case.history.of("BidReadOut"):
        lot, bidder = fact.body["lot"], fact.body["bidder"]
        yield from said(case, fact, "read_out", case.post("announcer", fact), lot=lot, bidder=bidder)
    for fact in case.history.of("PriceAnswered"):
        lot, bidder, answer = fact.body["lot"], fact.body["bidder"], fact.body["answer"]
        told = case.history.first("PricesDisclosed", lot=lot)
        price = {b["bidder"]: b["price"] for b in told.body["bids"]}.get(bidder) if told else None
        if told is None or told.index > fact.index:
            yield f"{fact}: answered before anything was disclosed"
        elif answer == "no_answer":
            if fact.act is not None or fact.actor != "system" or not _over(case, told, fact):
                yield f"{fact}: {bidder} still had time to answer"
        else:
            party = case.bidder(bidder)
            yield from said(case, fact, "confirm_price", party, lot=lot, answer=answer, price=price)


def _objections(case: Case) -> Iterator[str]:
    """Objections stand as they were raised, each with the procuring entity's answer, and nobody was cut short."""
    raised = case.history.of("ObjectionRaised")
    for number, fact in enumerate(raised, start=1):
        lot, text = fact.body["lot"], fact.body["text"]
        yield from said(case, fact, "raise_objection", case.bidder(fact.body["bidder"]), lot=lot, text=text)
        if fact.body["objection"] != number:
            yield f"{fact}: objections are not counted as they came"
    for fact in case.history.of("ObjectionAnswered"):
        words = {name: fact.body[name] for name in ("objection", "outcome", "text")}
        post = case.post("procuring_entity", fact)
        yield from said(case, fact, "answer_objection", post, lot=fact.body["lot"], **words)
    for lot in case.lots():
        yield from _period(case, lot)


def _period(case: Case, lot: str) -> Iterator[str]:
    faults: list[str] = []
    opened = only(case, faults, "ObjectionsOpened", lot=lot)
    closed = only(case, faults, "ObjectionsClosed", lot=lot)
    yield from faults
    if closed is None:
        return
    yield from said(case, closed, "close_objections", case.post("host", closed), lot=lot)
    if opened is None or opened.index > closed.index:
        yield f"{closed}: objections were never asked for"
        return
    yield from said(case, opened, "open_objections", case.post("host", opened), lot=lot)
    period = 0 if case.plan["mode"] == "rehearsal" else case.plan["rules"]["objection_period"]
    if (
        opened.body["not_before"] < opened.at + period
        or ran(case, opened.at, closed.at, continued=True) < period
    ):
        yield f"{closed}: the time for objections was cut short"
    for fact in case.history.of("ObjectionRaised", lot=lot):
        answers = case.history.of("ObjectionAnswered", lot=lot, objection=fact.body["objection"])
        if len(answers) != 1 or not fact.index < answers[0].index < closed.index:
            yield f"{fact}: not answered once before the time for objections ended"


def _over(case: Case, told: Fact, silent: Fact) -> bool:
    """Whether the time to confirm a price was over, standstills left out."""
    limit: int = case.plan["rules"]["price_answer_limit"]
    answer_by: int = told.body["answer_by"]
    return silent.at > answer_by and ran(case, told.at, silent.at, continued=True) > limit
