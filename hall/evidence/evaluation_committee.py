"""Who evaluated, told from the rows alone: the hand-over of the bids, the draw, seats, and what each row's signer said.

Predicates of their own: the draw is reckoned here a second time, by the description in docs/protocol.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.repeats import repeated
from hall.procurement import canonical

_TAG: Final = b"bidhall/committee/1\0"
_DECLARED: Final = ("SeatAccepted", "SeatLeft")
_OPENED: Final = ("CommitteeDrawOpened", "CommitteeDrawRepeated")
_GONE: Final = ("SeatLeft", "MemberReplaced")
RENAMED: Final = {
    ("ChairVoted", "member"): "choice",
    ("SheetCorrected", "points"): "after",
}
"""(kind of row, key of its act) → the row's name for it, where it is another."""
_MINUTE: Final = 60_000
APART: Final = frozenset({("CommitteeDrawOpened", "parties")})
"""The draw's own judge looks at them."""
_OWN: Final = {"ErrorFound": "by"}
"""Kind of row → the field that names the member who signed it, where it is not `member`."""
_OF_THE_HOUSE: Final = frozenset({"MemberReplaced"})


def digest(value: object) -> str:
    """SHA-256 of canonical JSON, hex."""
    return hashlib.sha256(canonical.dumps(value)).hexdigest()


def given(case: Case) -> dict[str, Any] | None:
    """What the evaluation was handed, or None."""
    fact = case.history.first("BidsReceived")
    return None if fact is None else fact.body


def handed_over(case: Case) -> Iterator[str]:
    """5.4.2: what is evaluated is what was opened: the same bids, the same prices, the same files."""
    for fact in case.history.of("BidsReceived"):
        body = fact.body
        if digest(body["bids"]) != body["digest"]:
            yield f"{fact}: the bids do not have the digest that the members confirmed"
        method = {key: body["rules"][key] for key in ("method", "criteria", "price")}
        if digest(method) != body["criteria"]:
            yield f"{fact}: the criteria do not have the digest that the members confirmed"
        told = {(bid["lot"], bid["bidder"]): (bid["price"], bid["sha256"]) for bid in body["bids"]}
        opened = {
            (shown.body["lot"], bid["bidder"]): (_price(case, shown.body["lot"], bid), bid["bid_sha256"])
            for shown in case.history.of("PricesDisclosed")
            if shown.body["lot"] in body["lots"]
            for bid in shown.body["bids"]
        }
        if told != opened:
            yield f"{fact}: other bids than the opening disclosed"
        for one in case.history.of("Registered"):
            # Bidding Law arts. 31, 37: whoever bids in a consortium is a bidder.
            codes = {member["code"] for member in one.body["members"]}
            if one.body["bidder"] in body["concerned"] and codes - set(body["concerned"]):
                yield f"{fact}: a member of {one.body['bidder']}'s consortium is not among those concerned"


def _price(case: Case, lot: str, bid: Mapping[str, Any]) -> str:
    price = str(bid["price"])
    for told in case.history.of("QuotesDisclosed", lot=lot):
        price = next((q["price"] for q in told.body["quotes"] if q["bidder"] == bid["bidder"]), price)
    return price


def members(case: Case, index: int) -> dict[int, str]:
    """Number → party of those who were members right before the row at `index`."""
    found: dict[int, str] = {}
    for fact in case.history.of("CommitteeDrawn", *_GONE):
        if fact.index >= index:
            break
        if fact.kind == "CommitteeDrawn":
            found |= {one["number"]: one["party"] for one in fact.body["called"]}
            continue
        found.pop(fact.body["member"], None)
        if (following := fact.body["next"]) is not None:
            found[following["number"]] = following["party"]
    return found


def seated(case: Case, index: int) -> dict[int, str]:
    """The same, of those who had declared that they have no conflict."""
    declared = {f.body["member"] for f in case.history.of("SeatAccepted") if f.index < index}
    return {number: party for number, party in members(case, index).items() if number in declared}


def chair(case: Case, index: int) -> int:
    """Who presided right before the row at `index`, 0 for nobody."""
    found = 0
    for fact in case.history.of("ChairElected", *_GONE):
        if fact.index < index:
            if fact.kind == "ChairElected":
                found = fact.body["member"]
            elif fact.body["member"] == found:
                found = 0
    return found


def by_members(case: Case) -> Iterator[str]:
    """5.4.2: whatever is the committee's was signed by somebody who sat in it then, and says what its signer said."""
    for fact in case.history.facts:
        if fact.stream.partition("/")[0] != "evaluation" or fact.act is None:
            continue
        yield from repeated(fact, RENAMED, APART)
        role, _, party = fact.actor.partition(":")
        if role == "evaluator":
            who = members if fact.kind in _DECLARED else seated
            sat = who(case, fact.index)
            number = fact.body.get(_OWN.get(fact.kind, "member"))
            if party not in sat.values() or (number is not None and sat.get(number) != party):
                yield f"{fact}: signed by somebody who had no seat, or for another's"
        elif role == "procuring_entity" and (body := given(case)) and party not in body["entity"]:
            yield f"{fact}: arranged by the procuring entity of another tender"
        elif "member" in fact.body and fact.kind not in _OF_THE_HOUSE:
            yield f"{fact}: told of a member, and signed by {role}"


def before_their_eyes(case: Case) -> Iterator[str]:
    """5.4.2, 5.4.3: members read the criteria and bids that were handed over; a bidder had the minutes that the chair
    gave it."""
    body = given(case)
    for fact in case.history.of("CriteriaRead"):
        said = {} if fact.act is None else fact.act.body_json()
        if body is None or (said.get("criteria"), said.get("bids")) != (body["criteria"], body["digest"]):
            yield f"{fact}: read other criteria or bids than were handed over"
    for fact in case.history.of("BidderAsked"):
        minutes = 0 if fact.act is None else int(str(fact.act.body_json().get("minutes", 0)))
        if fact.body["answer_by"] != fact.at + minutes * _MINUTE:
            yield f"{fact}: not the minutes that the chair gave"


def lawful(case: Case) -> Iterator[str]:
    """Bidding Law art. 37: an odd number, five or what the tender's law wants, experts two thirds; a chair by vote."""
    for fact in case.history.of("EvaluationBegun"):
        body = given(case)
        assert body is not None  # its row comes first in the stream
        sat, size = seated(case, fact.index), body["rules"]["committee"]
        law = case.plan["rules"]["procedure_law"]
        if (
            size % 2 == 0
            or size < (5 if law == "bidding_law" else 3)
            or sorted(sat) != sorted(fact.body["members"])
        ):
            yield f"{fact}: not a lawful committee"
        if len(sat) != size:
            yield f"{fact}: {len(sat)} members sat on {size} seats"
        drawn = case.history.of("CommitteeDrawn")
        sent = [c["number"] for f in drawn for c in f.body["called"] if c["kind"] == "representative"]
        if 3 * len(sat.keys() & set(sent)) > size:
            yield f"{fact}: more than a third speak for the procuring entity"
        read = {f.body["member"] for f in case.history.of("CriteriaRead") if f.index < fact.index}
        if not sat.keys() <= read:
            yield f"{fact}: somebody had not read the criteria"
    for fact in case.history.of("RepresentativesNamed"):
        body = given(case)
        barred = set() if body is None else {*body["concerned"], *body["staff"]}
        if barred & set(fact.body["parties"]):
            yield f"{fact}: somebody speaks for the procuring entity who is bound to the opening or to a bidder"
    for fact in case.history.of("ChairElected"):
        votes: dict[int, int] = {}
        for vote in case.history.of("ChairVoted"):
            if vote.index < fact.index:
                votes[vote.body["member"]] = vote.body["choice"]
        sat = members(case, fact.index)
        agreed = [
            number for number, choice in votes.items() if choice == fact.body["member"] and number in sat
        ]
        body = given(case)
        if body is None or 2 * len(agreed) <= body["rules"]["committee"]:
            yield f"{fact}: not elected by more than half of the seats"


def drawn(case: Case) -> Iterator[str]:
    """5.4.2: nobody chose who evaluates: each draw reckoned again from what was committed and revealed."""
    for listed in case.history.of("ExpertsListed"):
        free = [one["expert"] for one in listed.body["experts"] if not one["barred"]]
        if digest(free) != listed.body["digest"]:
            yield f"{listed}: not the list that was drawn from"
        yield from _bars(case, listed)
    for done in case.history.of("CommitteeDrawn"):
        if done.body["seed"]:
            yield from _one_draw(case, done)
    yield from _successors(case)


def _bars(case: Case, listed: Fact) -> Iterator[str]:
    """Whom the law bars is barred, and nobody else by those codes."""
    body = given(case)
    assert body is not None
    for one in listed.body["experts"]:
        bound = {one["expert"]["party"], *one["expert"]["recuses"]}
        party = one["expert"]["party"]
        must = bool(bound & {*body["concerned"], *body["entity"]}) or party in body["staff"]
        if must and not one["barred"]:
            yield f"{listed}: {party} is bound to a party and could be drawn"
        if one["barred"] in ("bidder", "staff") and not must:
            yield f"{listed}: {party} was kept out without a reason"


def _one_draw(case: Case, done: Fact) -> Iterator[str]:
    number = done.body["draw"]
    opened, body = case.history.first(*_OPENED, draw=number), given(case)
    lists = [f for f in case.history.of("ExpertsListed") if f.index < done.index]
    if opened is None or body is None or not lists or opened.body["pool"] != lists[-1].body["digest"]:
        yield f"{done}: drawn from a list that nobody was shown"
        return
    hashes = {f.body["party"]: f for f in case.history.of("CommitteeCommitted", draw=number)}
    secrets = {f.body["party"]: f for f in case.history.of("CommitteeRevealed", draw=number)}
    part = [party for party in opened.body["parties"] if party in hashes]
    for party, fact in (*hashes.items(), *secrets.items()):
        if fact.actor.partition(":")[0] != party:
            yield f"{fact}: not signed by {party}"
    if set(part) != set(secrets) or len(part) < 2:
        yield f"{done}: not all who committed have revealed"
        return
    if max(f.index for f in hashes.values()) > min(f.index for f in secrets.values()):
        yield f"{done}: somebody committed after another had revealed"
    text = _TAG + _field(str(body["tender"])) + _field(str(number)) + bytes.fromhex(opened.body["pool"])
    for party in part:
        secret = bytes.fromhex(secrets[party].body["secret"])
        told = bytes.fromhex(hashes[party].body["commitment"])
        if hashlib.sha256(secret).digest() != told:
            yield f"{secrets[party]}: not what was committed to"
        text += _field(party) + told + secret
    free = [one["expert"]["party"] for one in lists[-1].body["experts"] if not one["barred"]]
    order = _order(hashlib.sha256(text).digest(), free)
    experts = [one["party"] for one in done.body["called"] if one["kind"] == "expert"]
    seats = opened.body["vacant"] - sum(one["kind"] == "representative" for one in done.body["called"])
    if (done.body["seed"], done.body["order"]) != (hashlib.sha256(text).hexdigest(), order):
        yield f"{done}: another order than was drawn"
    if experts != _called(case, order, _experts(case, done.index), seats):
        yield f"{done}: others were called than were drawn"


def _successors(case: Case) -> Iterator[str]:
    """Who takes a place that became free stood next in the drawn order."""
    standby: list[str] = []
    body = given(case)
    for fact in case.history.of("CommitteeDrawn", *_GONE):
        if fact.kind == "CommitteeDrawn":
            called = {one["party"] for one in fact.body["called"]}
            standby = [party for party in fact.body["order"] if party not in called]
            continue
        following = fact.body["next"]
        sat = {n: p for n, p in members(case, fact.index).items() if n != fact.body["member"]}
        seats = 0 if body is None else body["rules"]["committee"] - len(sat)
        fit = _called(case, standby, _experts(case, fact.index, fact.body["member"]), seats)
        wanted = fit[0] if fit else None
        standby = [party for party in standby if party != wanted]
        if (None if following is None else following["party"]) != wanted:
            yield f"{fact}: another took the place than stood next"


def _experts(case: Case, index: int, but: int = 0) -> list[str]:
    """Parties of the drawn experts who were members right before the row at `index`, by number."""
    sent = {
        one["party"]
        for fact in case.history.of("CommitteeDrawn")
        for one in fact.body["called"]
        if one["kind"] == "representative"
    }
    found = sorted(members(case, index).items())
    return [party for number, party in found if number != but and party not in sent]


def _called(case: Case, order: list[str], sat: list[str], seats: int) -> list[str]:
    """Whom an order calls to so many seats, by the specialities that the documents want: docs/protocol.md."""
    body = given(case)
    lists = case.history.of("ExpertsListed")
    able = {one["expert"]["party"]: one["expert"]["specialities"] for f in lists for one in f.body["experts"]}
    quotas = [] if body is None else body["rules"]["quotas"]
    open_seats = [one["speciality"] for one in quotas for _ in range(one["seats"])]
    for party in sat:
        fit = next((one for one in open_seats if one in able.get(party, [])), None)
        if fit is not None:
            open_seats.remove(fit)
    found: list[str] = []
    rest = max(seats - len(open_seats), 0)
    for party in order:
        fit = next((one for one in open_seats if one in able.get(party, [])), None)
        if len(found) == seats or (fit is None and rest == 0):
            continue
        found.append(party)
        if fit is None:
            rest -= 1
        else:
            open_seats.remove(fit)
    return found


def _order(seed: bytes, names: list[str]) -> list[str]:
    left, found = list(names), list[str]()
    while left:
        number, top = seed, 2**256 - 2**256 % len(left)
        while int.from_bytes(number) >= top:
            number = hashlib.sha256(number).digest()
        found.append(left.pop(int.from_bytes(number) % len(left)))
        seed = hashlib.sha256(seed).digest()
    return found


def _field(text: str) -> bytes:
    return len(text.encode()).to_bytes(4) + text.encode()


def accesses(case: Case) -> Iterator[str]:
    """5.4.2: only members read the bids, and only bids that were handed over."""
    for fact in case.history.of("BidAccessed"):
        body = given(case)
        bids = set() if body is None else {(bid["lot"], bid["bidder"]) for bid in body["bids"]}
        if fact.body["member"] not in seated(case, fact.index):
            yield f"{fact}: read by somebody without a seat"
        if (fact.body["lot"], fact.body["bidder"]) not in bids:
            yield f"{fact}: no such bid was handed over"


def named(case: Case) -> Iterator[str]:
    """The names that were published open the digests of those who were drawn."""
    known = {
        one["expert"]["party"]: one["expert"]["person"]
        for fact in case.history.of("ExpertsListed")
        for one in fact.body["experts"]
    }
    for fact in case.history.of("MembersRevealed"):
        sat = members(case, fact.index)
        if [one["member"] for one in fact.body["persons"]] != sorted(sat):
            yield f"{fact}: not the members"
        for one in fact.body["persons"]:
            wanted = known.get(sat.get(one["member"], ""))
            if wanted and hashlib.sha256(one["item"].encode()).hexdigest() != wanted:
                yield f"{fact}: member {one['member']} is not who stood on the list"
