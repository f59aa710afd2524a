"""What the verifier asks about the award (clause 5.5.1): by predicates of its own, from rows and signed acts alone.

Who was rejected and why is the committee's word, the order is recomputed, the publicity is measured, and the decision
is held against both. Times are the hall's own word: what follows from them is asserted, never proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.part import Part, Question, by
from hall.evidence.verdicts import Status
from hall.procurement.calendar import WorkingDays, shanghai_day

_LEAST_DAYS: Final = 3  # Implementing Regulations art. 54
_MOST_DAYS: Final = 400  # more than any that the hall lets be signed
_SIGNED: Final = (
    "CandidatesPublished",
    "CandidateGaveUp",
    "AwardDecided",
    "AwardVoided",
    "LotFailed",
    "RetenderOrdered",
    "ContractFiled",
)
_BODY: Final = {
    "AwardDecided": ("bidder", "ground", "reason"),
    "CandidateGaveUp": ("reason",),
    "AwardVoided": ("reason",),
    "LotFailed": ("ground", "reason"),
    "RetenderOrdered": ("reason",),
    "ContractFiled": ("number", "signed_on"),
}
"""Kind of row → what it repeats of the signed body."""


def _own(case: Case, *kinds: str) -> list[Fact]:
    """Rows of the award's own stream."""
    return [fact for fact in case.history.of(*kinds) if fact.stream.startswith("award/")]


def said(case: Case) -> Iterator[str]:
    """Each row says what its signer said, of the lot that it signed for."""
    for fact in _own(case, *_SIGNED):
        if fact.act is None:
            yield f"{fact}: nobody signed it"
            continue
        signed = fact.act.body_json()
        if fact.act.lot != fact.body["lot"]:
            yield f"{fact}: signed for lot {fact.act.lot!r}, told of lot {fact.body['lot']!r}"
        for key in _BODY.get(fact.kind, ()):
            if str(signed.get(key, "")).strip() != fact.body[key]:
                yield f"{fact}: its signer said another {key}"
        if fact.kind == "CandidateGaveUp" and fact.actor != f"bidder:{fact.body['bidder']}":
            yield f"{fact}: somebody else than {fact.body['bidder']} gave up for it"


def report(case: Case) -> Iterator[str]:
    """The report is the one that the committee handed over, and each rejection in it was adopted by the committee."""
    for fact in _own(case, "ReportReceived"):
        done = [one for one in case.history.of("EvaluationDone") if one.index < fact.index]
        if not done:
            yield f"{fact}: no committee had handed over a report"
            continue
        given = done[-1].body["report"]
        for key in ("report", "ranking", "rejections", "failed"):
            if fact.body[key] != given[key]:
                yield f"{fact}: {key} is not what the committee handed over"
        adopted = _adopted(case, fact.index)
        for one in fact.body["rejections"]:
            if (one["lot"], one["bidder"], one["reason"]) not in adopted:
                yield f"{fact}: no vote of the committee rejects {one['bidder']} for reason {one['reason']}"


def law(case: Case) -> Iterator[str]:
    """The award counts its days by the law of the tender's own rules."""
    for fact in _own(case, "AwardLawTaken"):
        if fact.body["law"] != _law(case):
            yield f"{fact}: the tender's own rules follow another law"


def _law(case: Case) -> str:
    return str(case.plan["rules"]["procedure_law"])


def _adopted(case: Case, before: int) -> set[tuple[str, str, str]]:
    decided = {
        one.body["motion"]
        for one in case.history.of("MotionDecided", adopted=True)
        if one.index < before and one.stream.startswith("evaluation/")
    }
    return {
        (one.body["lot"], one.body["bidder"], one.body["reason"])
        for one in case.history.of("MotionMade", kind="rejection")
        if one.body["motion"] in decided and one.stream.startswith("evaluation/")
    }


def candidates(case: Case) -> Iterator[str]:
    """The candidates are the first of the ranking, in its order; no rejected bid is among them."""
    for fact in _own(case, "CandidatesPublished"):
        if (given := _report_before(case, fact)) is None:
            yield f"{fact}: published without a report"
            continue
        lot = fact.body["lot"]
        ranked = [one for one in given.body["ranking"] if one["lot"] == lot]
        out = {one["bidder"] for one in given.body["rejections"] if one["lot"] == lot}
        wanted = _ordered([one for one in ranked if one["bidder"] not in out])[: given.body["candidates"]]
        if fact.body["candidates"] != wanted:
            yield f"{fact}: not the first of the ranking, in its order"


def _ordered(ranked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The most points first, and where nobody has points the lowest price. Among equals the committee's places count:
    they follow from more than hundredths, and are judged with its sheets (clause 5.4.4)."""
    scored = any(one["points"] for one in ranked)

    def place(one: dict[str, Any]) -> tuple[int, int]:
        return -one["points"] if scored else int(one["price"].replace(".", "")), one["rank"]

    return sorted(ranked, key=place)


def publicity(case: Case) -> Iterator[str]:
    """Each publicity had its days, no less than law and report want, did not end on a day off by the calendar in force,
    and ended after all time that it stood still."""
    for fact in _own(case, "CandidatesPublished"):
        given = _report_before(case, fact)
        least = max(_LEAST_DAYS, 0 if given is None else given.body["publicity_days"])
        days = 0 if fact.act is None else int(str(fact.act.body_json().get("days", 0)))
        due = _calendar(case, fact).after_calendar_days(fact.at, min(days, _MOST_DAYS))
        if days < least:
            yield f"{fact}: {days} days, and {least} are the least"
        if fact.body["start"] != fact.at or fact.body["until"] < due:
            yield f"{fact}: shorter than its {days} days"
        for end in _own(case, "PublicityEnded"):
            if end.body["lot"] == fact.body["lot"] and end.index > fact.index:
                due = _prolonged(case, fact, end)
                if end.at < due:
                    yield f"{end}: {(due - end.at) // 1000} s before its time"


def _prolonged(case: Case, start: Fact, end: Fact) -> int:
    """When a publicity was to end: later by each time that the procedure stood still in it, and never on a day off."""
    since, due = None, int(start.body["until"])
    for fact in _own(case, "AwardSuspended", "AwardResumed"):
        if fact.index > end.index:
            break
        if fact.kind == "AwardSuspended":
            since = fact.at if since is None else since
        elif since is not None:
            if stood := max(fact.at - max(since, start.at), 0):
                due = _calendar(case, fact).carried(due + stood)
            since = None
    return due if since is None else due + max(end.at - max(since, start.at), 0)


def _calendar(case: Case, fact: Fact) -> WorkingDays:
    """The working days that the award had taken from the trading centre before this row."""
    taken = [one for one in _own(case, "AwardDaysTaken") if one.index < fact.index]
    if not taken:
        return WorkingDays()
    return WorkingDays(frozenset(taken[-1].body["holidays"]), frozenset(taken[-1].body["extra"]))


def decisions(case: Case) -> Iterator[str]:
    """A decision comes after the publicity, with no objection open and no suspension, for a candidate who is left; and
    says why where it is not the first (Implementing Regulations arts. 54, 55, 62; of the Government Procurement Law
    art. 43)."""
    for fact in _own(case, "AwardDecided"):
        lot, bidder = fact.body["lot"], fact.body["bidder"]
        before = [one for one in _own(case, *_COURSE) if one.index < fact.index]
        mine = [one for one in before if one.body.get("lot", lot) in ("", lot)]
        published = [one for one in mine if one.kind == "CandidatesPublished"]
        named: list[dict[str, Any]] = published[-1].body["candidates"] if published else []
        if not any(one.kind == "PublicityEnded" for one in mine):
            yield f"{fact}: decided before the publicity was over"
        if waiting := _open(mine):
            yield f"{fact}: decided while the objection {waiting[0]} was open"
        if _suspended(before):
            yield f"{fact}: decided while the procedure stood still"
        out = {one.body["bidder"] for one in mine if one.kind in ("CandidateGaveUp", "AwardVoided")}
        if bidder not in [one["bidder"] for one in named] or bidder in out:
            yield f"{fact}: {bidder} is no candidate that could be awarded"
        elif bidder != named[0]["bidder"] and not (fact.body["ground"] and fact.body["reason"]):
            yield f"{fact}: not the first candidate, and no reason"
        elif fact.body["ground"] == "free_choice" and _law(case) == "procurement_law":
            yield f"{fact}: chosen freely, and government procurement takes candidates in their order"
        else:
            ahead = [one["bidder"] for one in named[: [one["bidder"] for one in named].index(bidder)]]
            if fact.body["ground"] != "free_choice" and len(set(ahead) - out) > 1:
                yield f"{fact}: more than one candidate before it was passed over"


_COURSE: Final = (
    "CandidatesPublished",
    "PublicityEnded",
    "ObjectionNoted",
    "AwardSuspended",
    "AwardResumed",
    "CandidateGaveUp",
    "AwardVoided",
)


def _open(facts: list[Fact]) -> list[str]:
    found: dict[str, bool] = {}
    for fact in facts:
        if fact.kind == "ObjectionNoted":
            found[str(fact.body["objection"])] = bool(fact.body["open"])
    return [objection for objection, is_open in found.items() if is_open]


def _suspended(facts: list[Fact]) -> bool:
    last = next((one for one in reversed(facts) if one.kind in ("AwardSuspended", "AwardResumed")), None)
    return last is not None and last.kind == "AwardSuspended"


def notices(case: Case) -> Iterator[str]:
    """The notice of award goes to whom the decision names, and to nobody else; everybody else has the result's."""
    for fact in _own(case, "NoticesMade"):
        lot, number = fact.body["lot"], fact.body["decision"]
        decided = next((one for one in _own(case, "AwardDecided") if _is(one, lot, number)), None)
        won = [one["bidder"] for one in fact.body["papers"] if one["kind"] == "award_notice"]
        if decided is None or won != [decided.body["bidder"]]:
            yield f"{fact}: a notice of award to another than whom the decision names"


def contracts(case: Case) -> Iterator[str]:
    """A contract is signed after the award that it belongs to, and before it is filed (Bidding Law art. 46)."""
    for fact in _own(case, "ContractFiled"):
        lot, bidder = fact.body["lot"], fact.body["bidder"]
        decided = [
            one for one in _own(case, "AwardDecided") if one.body["lot"] == lot and one.index < fact.index
        ]
        if not decided or decided[-1].body["bidder"] != bidder:
            yield f"{fact}: no award to {bidder} stands before it"
        elif not shanghai_day(decided[-1].at) <= fact.body["signed_on"] <= shanghai_day(fact.at):
            yield f"{fact}: signed on {fact.body['signed_on']}, before the award or after the filing"


def _is(fact: Fact, lot: str, number: int) -> bool:
    return bool(fact.body["lot"] == lot and fact.body["decision"] == number)


def _report_before(case: Case, fact: Fact) -> Fact | None:
    found = [one for one in _own(case, "ReportReceived") if one.index < fact.index]
    return found[0] if found else None


_OWNER: Final = by("procuring_entity")

PART: Final = Part(
    signed={
        "CandidatesPublished": ("publish_candidates", _OWNER),
        "AwardDecided": ("decide_award", _OWNER),
        "CandidateGaveUp": ("give_up_award", by("bidder")),
        "AwardVoided": ("void_award", by("procuring_entity", "regulator")),
        "LotFailed": ("fail_lot", _OWNER),
        "RetenderOrdered": ("order_retender", _OWNER),
        "ContractFiled": ("file_contract", _OWNER),
    },
    questions=(
        Question(
            "5.5.1",
            Status.PROVED,
            "each rejection is the committee's own, with its letter; the candidates are the first of its ranking",
            ("ReportReceived",),
            (said, report, candidates, law),
        ),
        Question(
            "5.5.1",
            Status.ASSERTED,
            "the candidates were public for their days, and the award was decided after them, with reasons where it is "
            "not the first candidate's",
            ("CandidatesPublished",),
            (publicity, decisions, notices, contracts),
        ),
    ),
)
