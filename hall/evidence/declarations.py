"""The two declarations of clause 4.2, by a notary or by the bidders' own check: predicates as in `conduct`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hall.evidence import custody
from hall.evidence.case import Case, only, said
from hall.evidence.history import Fact
from hall.evidence.pauses import ran


def sealing(case: Case) -> list[str]:
    """4.2 (i): freshly hashed, asked, declared, and only then the decrypt command."""
    faults: list[str] = []
    for lot in case.lots():
        command = case.history.first("DecryptionCommanded", lot=lot)
        declared = only(case, faults, "SealingDeclared", lot=lot)
        if command is not None and (declared is None or declared.index > command.index):
            faults.append(f"{command}: no check of sealing was declared before it")
        if declared is not None:
            post = case.post(declared.body["role"], declared)
            faults += said(case, declared, "declare_sealing", post, lot=lot)
            looks = [f for f in case.history.of("SealingRechecked", lot=lot) if f.index < declared.index]
            faults += _check(case, looks[-1] if looks else None, declared)
        for look in case.history.of("SealingRechecked", "RehashShown", lot=lot):
            faults += _fresh(case, look)
    return faults


def results(case: Case) -> list[str]:
    """4.2 (ii): after decryption closed its results were shown, checked, declared, and only then disclosed."""
    faults: list[str] = []
    for lot in case.lots():
        told = case.history.first("PricesDisclosed", lot=lot)
        declared = only(case, faults, "ResultsDeclared", lot=lot)
        if told is not None and (declared is None or declared.index > told.index):
            faults.append(f"{told}: disclosed before the results of the decryption were declared")
        if declared is not None:
            post = case.post(declared.body["role"], declared)
            faults += said(case, declared, "declare_results", post, lot=lot)
            faults += _results(case, declared)
    return faults


def _declarer(case: Case, declared: Fact, shown: Fact) -> Iterator[str]:
    """The notary, or the host where bidders checked for themselves; who does is settled when the check begins."""
    by_bidders = shown.body["answer_by"] is not None
    if by_bidders and case.notary_at(shown.index):
        yield f"{shown}: the bidders were asked although a notary was there"
    if not by_bidders and not case.notary_at(shown.index):
        yield f"{shown}: neither a notary nor the bidders were asked"
    if declared.body["role"] != ("host" if by_bidders else "notary"):
        yield f"{declared}: declared by somebody who may not"


def _check(case: Case, recheck: Fact | None, declared: Fact) -> Iterator[str]:
    """The declared result is what hashing and the bidders' own answers gave."""
    lot = declared.body["lot"]
    if recheck is None:
        yield f"{declared}: the sealed bids were not hashed again before it"
        return
    yield from _declarer(case, declared, recheck)
    hashed = {str(item["bidder"]): item for item in recheck.body["items"]}
    shown = [f.body for f in case.history.of("RehashShown", lot=lot) if f.index < declared.index]
    held = []
    for bidder in case.absent(lot):
        # Whoever did not sign in may be readmitted, and its bid lies here all the same.
        if bidder not in hashed or not _honest(case, lot, hashed[bidder]):
            yield f"{recheck}: the stored bid of {bidder} was not honestly hashed"
    for bidder in case.listed(lot):
        item = hashed.get(bidder)
        looks = [look for look in (item, *shown) if look is not None and look["bidder"] == bidder]
        if item is None or not all(_honest(case, lot, look) for look in looks):
            yield f"{recheck}: the stored bid of {bidder} was not honestly hashed"
            continue
        word = ""
        if recheck.body["answer_by"] is not None:
            answers = _answers(case, "SealingAnswered", lot, bidder, recheck, declared)
            if not answers:
                yield f"{declared}: declared before {bidder} was asked once"
                continue
            word = answers[-1].body["answer"]
            for answer in answers:
                # Who calls its bid intact has seen the digest of what it deposited, and no other one.
                yield from _said(
                    case, answer, "answer_sealing", recheck, {"sha256": _digest(case, lot, bidder)}
                )
        if word == "objects" or not all(look["intact"] for look in looks):
            held.append(bidder)
    if declared.body["held"] != held:
        yield f"{declared}: the bids it holds back are not those that were damaged or objected to"


def _honest(case: Case, lot: str, look: dict[str, Any]) -> bool:
    return (look["sha256"] == _digest(case, lot, look["bidder"])) is look["intact"]


def _fresh(case: Case, look: Fact) -> Iterator[str]:
    """Beside each look stands a digest over a challenge that nobody knew before the deadline, and the ciphertext: who
    hashed it had every byte at hand then, and did not tell a digest from memory."""
    lot = look.body["lot"]
    proof = next((f for f in case.history.of("FreshnessProved", lot=lot) if f.index > look.index), None)
    if proof is None or (proof.stream, proof.seq) != (look.stream, look.seq + 1):
        yield f"{look}: no proof stands beside it that the ciphertexts were read then"
        return
    challenge = str(proof.body["challenge"])
    asked = [f for f, act in case.history.acts() if act.client_nonce == challenge and f.index < look.index]
    passed = case.history.first("DeadlinePassed")
    if not asked or passed is None or asked[-1].index < passed.index:
        yield f"{proof}: its challenge is of no act signed after the deadline"
    looks = look.body.get("items") or [look.body]
    told = {str(item["bidder"]): str(item["digest"]) for item in proof.body["items"]}
    for bidder in told:
        case.bundle.hashing(f"sealed/{lot}/{bidder}.bid", bytes.fromhex(challenge))
    for one in looks:
        bidder, name = str(one["bidder"]), f"sealed/{lot}/{one['bidder']}.bid"
        if one["intact"] and name in case.bundle.names and told.get(bidder) != _over(case, challenge, name):
            yield f"{proof}: the bytes of {bidder}'s bid do not answer the challenge"


def _over(case: Case, challenge: str, name: str) -> str:
    """SHA-256 of the challenge and a member of the bundle."""
    return case.bundle.digest(name, bytes.fromhex(challenge))


def _digest(case: Case, lot: str, bidder: str) -> object:
    """Of what the bidder deposited."""
    return case.deposits(lot).get(bidder, {}).get("sha256")


def _results(case: Case, declared: Fact) -> Iterator[str]:
    lot = declared.body["lot"]
    closed = case.history.first("WindowClosed", lot=lot)
    shown = case.history.first("ResultsShown", lot=lot)
    if shown is None or closed is None or not closed.index < shown.index < declared.index:
        yield f"{declared}: its results were not shown before it, after the window was closed"
        return
    yield from _declarer(case, declared, shown)
    opened = {
        str(f.body["bidder"]): str(f.body["summary"])
        for f in case.history.of("BidOpened", lot=lot)
        if f.index < declared.index
    }
    if shown.body["answer_by"] is not None:
        for bidder in case.listed(lot):
            answers = _answers(case, "ResultsAnswered", lot, bidder, shown, declared)
            if not answers:
                yield f"{declared}: declared before {bidder} was asked"
            for answer in answers:
                yield from _said(case, answer, "answer_results", shown, {"summary": opened.get(bidder, "")})
    listed = case.listed(lot)
    done = opened.keys() | custody.proven(case, lot, declared.index)
    if declared.body["decrypted"] != [b for b in listed if b in done]:
        yield f"{declared}: the decrypted bids are not those that were opened"
    if declared.body["undecrypted"] != [b for b in listed if b not in done]:
        yield f"{declared}: the undecrypted bids are not those that were not opened"


def _answers(case: Case, kind: str, lot: str, bidder: str, after: Fact, before: Fact) -> list[Fact]:
    found = case.history.of(kind, lot=lot, bidder=bidder)
    return [fact for fact in found if after.index < fact.index < before.index]


def _said(case: Case, answer: Fact, act: str, shown: Fact, seen: dict[str, object]) -> Iterator[str]:
    """An answer that its bidder signed, with the digest that it had seen; or a silence after the limit."""
    lot, bidder, word = (answer.body[name] for name in ("lot", "bidder", "answer"))
    if word == "no_answer":
        limits = {"answer_sealing": "sealing_answer_limit", "answer_results": "results_answer_limit"}
        limit = case.plan["rules"][limits[act]]
        over = answer.at > shown.body["answer_by"] and ran(case, shown.at, answer.at, continued=True) > limit
        if answer.act is not None or answer.actor != "system" or not over:
            yield f"{answer}: {bidder} still had time to answer"
        return
    words = seen if word == "intact" else {}
    yield from said(case, answer, act, case.bidder(bidder), lot=lot, answer=word, **words)
