"""record.json told a second time, from a bundle's rows alone: what the opening record must say, lot by lot.

Knows nothing of the hall's own filler. The other matters are told in `retold_matters`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hall.evidence import papers
from hall.evidence import retold_matters as matters
from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.pauses import account
from hall.evidence.retold_matters import signer
from hall.procurement import money

_ANSWERS: Final = {"confirmed": "confirmed", "objects": "objected", "no_answer": "no_answer"}
_PLAN: Final = ("origin", "mode", "opening", "tender_name", "place")


def record(case: Case, prepared: Fact) -> dict[str, object]:
    """record.json as the rows of `case` want it, but for what is not compared."""
    plan, digits = case.plan, f"{int(case.manifest, 16) % 10**32:032d}"
    lots = case.lots()
    stated = {fact.body["lot"]: fact.body["price"] for fact in case.history.of("BasePriceStated")}
    return {
        "v": 2,
        **{key: plan[key] for key in _PLAN},
        "tender": plan["tender_number"],
        "bid_deadline": case.deadline,
        "opening_time": case.deadline,
        "procuring_entity": _unit(case, "procuring_entity"),
        "tendering_agency": _unit(case, "host"),
        "manifest": case.manifest,
        "manifest_code": " ".join(digits[i : i + 4] for i in range(0, 32, 4)),
        "tree_size": prepared.body["tree_size"],
        "tree_root": prepared.body["tree_root"],
        "lots": [{**lot, "base_price": stated.get(lot["lot"])} for lot in plan["lots"]],
        "staff": [
            {key: one[key] for key in ("role", "name", "unit", "certificate")} for one in plan["staff"]
        ],
        "settings": {name: str(value) for name, value in plan["rules"].items()},
        "bidders": [line for lot in lots for line in _bidders(case, lot)],
        "sealing": [_sealing(case, fact) for fact in case.history.of("SealingDeclared")],
        "rehashes": [_rehash(case, fact) for fact in case.history.of("RehashShown")],
        "windows": [_window(case, fact) for fact in case.history.of("DecryptionCommanded")],
        "own_windows": [_own_window(case, fact) for fact in case.history.of("OwnWindowOpened")],
        "ledger": [line for lot in lots for line in _ledger(case, lot)],
        "results": [_results(case, fact) for fact in case.history.of("ResultsDeclared")],
        "custody": [
            *(_custody(case, fact) for fact in case.history.of("CustodiansNamed")),
            *(_custody(case, fact) for fact in case.history.of("EntrustedOpened")),
        ],
        "remedies": list(matters.remedies(case)),
        "read_out": [line for lot in lots for line in _read_out(case, lot)],
        "confirmations": [line for lot in lots for line in _confirmations(case, lot)],
        "quotes": [
            _quotes(case, fact) for lot in lots for fact in case.history.of("QuoteRoundOpened", lot=lot)
        ],
        "draws": [_draw(case, fact) for lot in lots for fact in case.history.of("DrawOpened", lot=lot)],
        "endings": [
            *(_ending(case, fact, "fewer") for fact in case.history.of("FewerApproved")),
            *(_ending(case, fact, "failed") for fact in case.history.of("TenderFailed")),
            *(_ending(case, fact, "none_offered") for fact in case.history.of("NoAlternatives")),
        ],
        "objections": [_objection(case, fact) for fact in case.history.of("ObjectionRaised")],
        "recordings": _heads(case),
        **matters.matters(case),
        **papers.retold(case),
    }


def _bidders(case: Case, lot: str) -> Iterator[dict[str, object]]:
    told = case.history.first("BiddersAnnounced", "LotLocked", lot=lot)
    if told is None:
        return
    for bidder in (*told.body["bidders"], *told.body["not_signed_in"], *told.body["without_deposit"]):
        deposit = case.deposits(lot).get(bidder)
        key = {"lot": lot, "bidder": bidder}
        yield {
            **key,
            "name": case.name(bidder),
            "certificate": deposit["recipient"] if deposit else "",
            "deposited_at": deposit["received_at"] if deposit else None,
            "signed_in_at": _at(case.signed_in().get(bidder)),
            "released_at": _at(case.history.first("ReleaseReceived", **key)),
            "opened_at": _at(case.history.first("BidOpened", **key)),
            "sealed_sha256": deposit["sha256"] if deposit else "",
            "status": _status(case, told, bidder),
        }


def _status(case: Case, told: Fact, bidder: str) -> str:
    key = {"lot": told.body["lot"], "bidder": bidder}
    if bidder in told.body["without_deposit"]:
        return "no_deposit"
    if case.history.first("BidOpened", **key):
        return "opened_late" if case.history.first("OwnWindowOpened", **key) else "opened"
    if bidder in told.body["not_signed_in"]:
        return "not_signed_in"
    failed = case.history.of("BidOpenFailed", **key)
    again = case.history.of("ReleaseReceived", **key)
    if failed and failed[-1].index > again[-1].index:
        return "damaged"
    return "not_released" if case.history.first("DecryptionCommanded", lot=key["lot"]) else "locked"


def _sealing(case: Case, declared: Fact) -> dict[str, object]:
    lot = declared.body["lot"]
    rechecks = case.history.of("SealingRechecked", lot=lot)
    answers = []
    for item in rechecks[-1].body["items"] if rechecks else ():
        given = case.history.of("SealingAnswered", lot=lot, bidder=item["bidder"])
        answers.append(
            {
                "bidder": item["bidder"],
                "name": case.name(item["bidder"]),
                "rehashed_sha256": item["sha256"],
                "intact": item["intact"],
                "answer": given[-1].body["answer"] if given else "",
                "at": _at(given[0] if given else None),
            }
        )
    return {**_declared(case, declared), "held": declared.body["held"], "answers": answers}


def _results(case: Case, declared: Fact) -> dict[str, object]:
    answers: dict[str, dict[str, object]] = {}
    for fact in case.history.of("ResultsAnswered", lot=declared.body["lot"]):
        bidder = fact.body["bidder"]
        answers[bidder] = {
            "bidder": bidder,
            "name": case.name(bidder),
            "answer": fact.body["answer"],
            "at": fact.at,
        }
    lists = {key: declared.body[key] for key in ("decrypted", "undecrypted")}
    return {**_declared(case, declared), **lists, "answers": list(answers.values())}


def _custody(case: Case, fact: Fact) -> dict[str, object]:
    body, opened = fact.body, fact.kind == "EntrustedOpened"
    return {
        "act": "opened" if opened else "named",
        "lot": body["lot"] if opened else "",
        "by": signer(case, fact),
        "certificate": fact.act.certificate if fact.act else "",
        "at": fact.at,
        "bidders": [bid["bidder"] for bid in body["bids"] if not bid["code"]] if opened else [],
        "custodians": [] if opened else body["custodians"],
        "reason": "" if opened else body["reason"],
    }


def _declared(case: Case, fact: Fact) -> dict[str, object]:
    return {
        "lot": fact.body["lot"],
        "role": fact.body["role"],
        "declared_by": signer(case, fact),
        "certificate": fact.act.certificate if fact.act else "",
        "declared_at": fact.at,
    }


def _rehash(case: Case, fact: Fact) -> dict[str, object]:
    return {**fact.body, "name": case.name(fact.body["bidder"]), "at": fact.at}


def _window(case: Case, command: Fact) -> dict[str, object]:
    lot = command.body["lot"]
    closed = case.history.first("WindowClosed", lot=lot)
    reason = "" if closed is None else "all_released" if closed.body["early"] else "time_over"
    moved = [
        limit["after"]
        for fact in case.history.of("Resumed", "SuspensionLifted", "ContinuationBegan")
        for limit in fact.body["limits"]
        if (limit["lot"], limit["name"]) == (lot, "decryption")
    ]
    return {
        "lot": lot,
        "commanded_by": signer(case, command),
        "opened_at": command.body["opened_at"],
        "commanded_until": command.body["closes_at"],
        "closes_at": moved[-1] if moved else command.body["closes_at"],
        "closed_at": closed.body["at"] if closed else None,
        "reason": reason,
        "undecrypted": closed.body["undecrypted"] if closed else [],
    }


def _own_window(case: Case, opened: Fact) -> dict[str, object]:
    body = opened.body
    key = {name: body[name] for name in ("lot", "bidder")}
    closed = [f for f in case.history.of("OwnWindowClosed", **key) if f.body["at"] >= body["opened_at"]]
    return {
        **{name: body[name] for name in ("lot", "bidder", "incident", "opened_at", "closes_at")},
        "name": case.name(body["bidder"]),
        "closed_at": closed[0].body["at"] if closed else None,
        "released": closed[0].body["released"] if closed else False,
    }


def _ledger(case: Case, lot: str) -> Iterator[dict[str, object]]:
    opening = [f.at for f in case.history.facts if f.stream.startswith("opening/")]
    owns = {str(f.body["bidder"]) for f in case.history.of("OwnWindowOpened", lot=lot)}
    for bidder in ("", *sorted(owns)):
        for span in account(case, lot, bidder, opening[-1]):
            yield {
                "lot": lot,
                "bidder": bidder,
                "name": case.name(bidder) if bidder else "",
                "kind": span.kind,
                "start": span.start,
                "end": span.end,
            }


def _read_out(case: Case, lot: str) -> Iterator[dict[str, object]]:
    told = case.history.first("PricesDisclosed", lot=lot)
    for bid in told.body["bids"] if told else ():
        yield {
            **bid,
            "lot": lot,
            "name": case.name(bid["bidder"]),
            "price_capitals": money.capitals(money.parse(bid["price"])),
            "read_out_at": _at(case.history.first("BidReadOut", lot=lot, bidder=bid["bidder"])),
        }


def _confirmations(case: Case, lot: str) -> Iterator[dict[str, object]]:
    first: dict[str, Fact] = {}
    last: dict[str, str] = {}
    for fact in case.history.of("PriceAnswered", lot=lot):
        first.setdefault(fact.body["bidder"], fact)
        last[fact.body["bidder"]] = fact.body["answer"]
    for bidder, fact in first.items():
        yield {"lot": lot, "bidder": bidder, "answer": _ANSWERS[last[bidder]], "at": fact.at, "note": ""}


def _quotes(case: Case, opened: Fact) -> dict[str, object]:
    key = {name: opened.body[name] for name in ("lot", "round")}
    closed = case.history.first("QuoteRoundClosed", **key)
    told = case.history.first("QuotesDisclosed", **key)
    moved = [
        limit["after"]
        for fact in case.history.of("Resumed", "SuspensionLifted", "ContinuationBegan")
        if opened.index < fact.index and (closed is None or fact.index < closed.index)
        for limit in fact.body["limits"]
        if (limit["lot"], limit["name"]) == (key["lot"], "quotes")
    ]
    return {
        **key,
        "opened_by": signer(case, opened),
        "opened_at": opened.at,
        "quoted_by": moved[-1] if moved else opened.body["quoted_by"],
        "closed_at": closed.body["at"] if closed else None,
        "silent": closed.body["silent"] if closed else [],
        "leave": closed.body["leaves"] if closed else False,
        "quotes": [
            {
                "bidder": quote["bidder"],
                "name": case.name(quote["bidder"]),
                "price": quote["price"],
                "price_capitals": money.capitals(money.parse(quote["price"])),
                "signed": quote["body"] != "",
            }
            for quote in (told.body["quotes"] if told else ())
        ],
    }


def _draw(case: Case, opened: Fact) -> dict[str, object]:
    key = {name: opened.body[name] for name in ("lot", "draw")}
    commitments = {f.body["party"]: f.body["commitment"] for f in case.history.of("DrawCommitted", **key)}
    secrets = {f.body["party"]: f.body["secret"] for f in case.history.of("DrawRevealed", **key)}
    done = case.history.first("DrawDone", **key)
    parties = opened.body["parties"]
    end: dict[str, Any] = done.body if done else {"missing": [], "seed": "", "chosen": ""}
    return {
        **key,
        "purpose": opened.body["purpose"],
        "values": opened.body["values"],
        "opened_at": opened.at,
        "silent": [party for party in parties if party not in commitments],
        "missing": end["missing"],
        "parts": [
            {
                "party": party,
                "name": case.name(party),
                "commitment": commitments[party],
                "secret": secrets.get(party, ""),
            }
            for party in parties
            if party in commitments
        ],
        "seed": end["seed"],
        "chosen": end["chosen"],
        "done_at": _at(done),
    }


def _ending(case: Case, fact: Fact, kind: str) -> dict[str, object]:
    told = {
        "lot": fact.body["lot"],
        "reason": fact.body.get("reason", ""),
        "approval": fact.body.get("approval", ""),
    }
    return {**told, "kind": kind, "by": signer(case, fact), "at": fact.at}


def _objection(case: Case, fact: Fact) -> dict[str, object]:
    answer = case.history.first("ObjectionAnswered", objection=fact.body["objection"])
    return {
        "lot": fact.body["lot"],
        "bidder": fact.body["bidder"],
        "name": case.name(fact.body["bidder"]),
        "raised_at": fact.at,
        "text": fact.body["text"],
        "outcome": answer.body["outcome"] if answer else "",
        "answered_by": signer(case, answer) if answer else "",
        "answered_at": _at(answer),
        "answer": answer.body["text"] if answer else "",
    }


def _heads(case: Case) -> list[dict[str, object]]:
    told = case.history.of("RecordingHeads")
    heads = told[-1].body["heads"] if told else []
    return [{key: head[key] for key in ("participant", "file", "fragments", "chain")} for head in heads]


def _at(fact: Fact | None) -> int | None:
    return fact.at if fact else None


def _unit(case: Case, role: str) -> str:
    return next((str(one["unit"]) for one in case.plan["staff"] if one["role"] == role), "")
