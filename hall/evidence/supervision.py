"""What a bundle says of the supervision of its tender (clauses 6.2, 6.3). Predicates of their own: the order of steps,
the law's days and who may not handle what are said here a second time, and nothing of the matter's rules is read.

Words and names of who complained, asked or called are not in a bundle; their digests are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.part import Part, Question, by
from hall.evidence.standstill import standstill
from hall.evidence.verdicts import Status
from hall.procurement.calendar import WorkingDays

_OPEN: Final = frozenset({"filed", "accepted", "assigned", "investigating"})
_ENDED: Final = frozenset({"refused", "withdrawn", "merged"})

_TO: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "CaseAccepted": (frozenset({"filed"}), "accepted"),
    "CaseRefused": (frozenset({"filed"}), "refused"),
    "CaseAssigned": (frozenset({"accepted", "assigned", "investigating"}), "assigned"),
    "CaseInvestigated": (frozenset({"assigned", "investigating"}), "investigating"),
    "CaseDecided": (frozenset({"investigating"}), "decided"),
    "CaseFedBack": (frozenset({"decided"}), "fed_back"),
    "CaseArchived": (frozenset({"fed_back"}) | _ENDED, "archived"),
    "CaseMerged": (_OPEN, "merged"),
    "CaseWithdrawn": (_OPEN, "withdrawn"),
    "CaseRated": (frozenset({"decided", "fed_back", "archived"}), ""),
    "CaseFilesAdded": (_OPEN, ""),
    "CaseSuspends": (frozenset({"accepted", "assigned", "investigating"}), ""),
    "CaseClockStopped": (frozenset({"assigned", "investigating"}), ""),
    "CaseClockRuns": (frozenset({"assigned", "investigating"}), ""),
}
"""Kind of row of a complaint → (after which stages, to which stage; "" for none)."""

_SHORT: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    **_TO,
    "CaseDecided": (frozenset({"filed", "accepted"}), "decided"),
    "CaseArchived": (frozenset({"decided"}) | _ENDED, "archived"),
}
"""The same of an objection or a challenge, which is answered."""

_HANDLED: Final = frozenset(
    "CaseAccepted CaseRefused CaseAssigned CaseInvestigated CaseSuspends CaseSuspendsNoMore CaseClockStopped "
    "CaseClockRuns CaseDecided CaseFedBack CaseArchived CaseMerged".split()
)
_OF_CASE: Final = (*_TO, "CaseFiled", "CaseSuspendsNoMore", "LimitPassed")

_FEED_BACK: Final = 5  # working days, the hall's own
_LAWS: Final[Mapping[str, tuple[int, bool, int, int, bool]]] = {
    "bidding_law": (3, False, 3, 30, False),
    "procurement_law": (7, True, 5, 30, True),
}
"""Law → (days of an answer, in working days?, of an acceptance, of a decision, decided from the receipt?)."""

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "CaseAccepted": ("case", "text"),
    "CaseRefused": ("case", "reason", "text"),
    "CaseAssigned": ("case", "text", "officers"),
    "CaseInvestigated": ("case", "text", "files"),
    "CaseSuspends": ("case", "text"),
    "CaseSuspendsNoMore": ("case", "text"),
    "CaseClockStopped": ("case", "text"),
    "CaseClockRuns": ("case", "text"),
    "CaseDecided": ("case", "result", "basis", "text", "files"),
    "CaseFedBack": ("case", "text"),
    "CaseArchived": ("case", "number"),
    "CaseMerged": ("case", "into", "text"),
    "CaseFilesAdded": ("case", "files"),
    "CaseWithdrawn": ("case", "text"),
    "CaseRated": ("case", "stars", "text"),
    "PublicQuestionAnswered": ("question", "words", "redacted", "text"),
    "PublicQuestionRefused": ("question", "reason", "text"),
}
"""What of a row its signer said in clear."""


@dataclass(slots=True)
class _Told:
    """A case as its rows tell it, up to one of them."""

    filed: Fact
    stage: str = "filed"
    accepted: int = 0
    decided: int = 0
    officers: frozenset[str] = frozenset()
    stops: list[tuple[int, int]] = field(default_factory=list)

    @property
    def complaint(self) -> bool:
        return bool(self.filed.body["kind"] == "complaint")


def steps(case: Case) -> Iterator[str]:
    """6.3: accept or refuse, assign, investigate, decide, feed back, file: in this order, and nothing twice."""
    for told, fact in _story(case):
        table = _TO if told.complaint else _SHORT
        stages, _ = table.get(fact.kind, (None, ""))
        if stages is not None and told.stage not in stages:
            yield f"{fact}: not a step after {told.stage}"
        if fact.kind == "CaseDecided" and told.stops and told.stops[-1][1] == 0:
            yield f"{fact}: decided while its clock stood still"
    for fact in case.history.of(*_TO, "CaseSuspendsNoMore"):
        if not [
            one for one in case.history.of("CaseFiled", case=fact.body["case"]) if one.index < fact.index
        ]:
            yield f"{fact}: nobody brought this forward"


def handlers(case: Case) -> Iterator[str]:
    """6.3: a complaint is the regulator's, anything else the procuring entity's; who is named handles it, and nobody
    what concerns its own party."""
    for told, fact in _story(case):
        if fact.kind not in _HANDLED or fact.act is None:
            continue
        role, _, party = fact.actor.partition(":")
        if role != ("regulator" if told.complaint else "procuring_entity"):
            yield f"{fact}: handled by {role}"
        filed = told.filed.body
        concerned = {filed["party"], filed["against_party"] if told.complaint else ""} - {""}
        named = {one["party"] for one in fact.body.get("officers", [])}
        if concerned & (named | {party}):
            yield f"{fact}: handled by whom it concerns"
        if told.officers and fact.kind != "CaseAssigned" and fact.act.certificate not in told.officers:
            yield f"{fact}: handled by somebody who was not named"


def own(case: Case) -> Iterator[str]:
    """6.3: a case is taken back, added to and rated by whoever brought it forward."""
    for told, fact in _story(case):
        theirs = fact.kind in ("CaseWithdrawn", "CaseFilesAdded", "CaseRated") and fact.act is not None
        if theirs and fact.actor != f"bidder:{told.filed.body['party']}":
            yield f"{fact}: by somebody else than who brought it forward"


def said(case: Case) -> Iterator[str]:
    """6.2, 6.3: rows say what their signers signed."""
    for fact in case.history.of(*_WORDS):
        if fact.act is None or fact.act.body is None:
            continue
        body: dict[str, Any] = fact.act.body_json()
        for name in _WORDS[fact.kind]:
            signed = body.get(name)
            if (signed.strip() if isinstance(signed, str) else signed) != fact.body[name]:
                yield f"{fact}: its signer said something else ({name})"
    for fact in case.history.of("CaseFiled", "HotlineCallLogged"):
        if fact.act is not None and fact.act.body_digest != fact.body["statement"]:
            yield f"{fact}: its signer said something else (statement)"


def limits(case: Case) -> Iterator[str]:
    """6.3: what came after its limit has a row that says so before it, and no such row came early."""
    for told, fact in _story(case):
        running = _clock(case, told, fact)
        if running is None:
            if fact.kind == "LimitPassed":
                yield f"{fact}: no limit ran"
            continue
        step, due = running
        passed = [
            one
            for one in case.history.of("LimitPassed", case=told.filed.body["case"], step=step)
            if one.index <= fact.index
        ]
        if fact.kind == "LimitPassed":
            if fact.at < due:
                yield f"{fact}: the limit had not passed"
        elif fact.kind in _TO and fact.at >= due and not passed:
            yield f"{fact}: late, and no row said so"


def refusals(case: Case) -> Iterator[str]:
    """6.3: only the law refuses by itself: what bears no name, or needs an objection first."""
    for fact in case.history.of("CaseRefused"):
        if fact.act is not None:
            continue
        filed = case.history.first("CaseFiled", case=fact.body["case"])
        if fact.body["reason"] == "unnamed" and filed is not None and not filed.body["named"]:
            continue
        if fact.body["reason"] == "objection_first" and filed is not None and not _heard(case, filed):
            continue
        yield f"{fact}: refused by nobody"


def bundles(case: Case) -> Iterator[str]:
    """6.3: a bundle lies with an accepted complaint, one with each, and of rows that were there."""
    with_one: set[int] = set()
    for fact in case.history.of("CaseBundleMade"):
        number = fact.body["case"]
        accepted = case.history.first("CaseAccepted", case=number)
        if accepted is None or accepted.index > fact.index or number in with_one:
            yield f"{fact}: no accepted complaint, or a second bundle of one"
        elif not accepted.index < fact.body["rows"] <= fact.index:
            yield f"{fact}: made of other rows than there were"
        with_one.add(number)


def questions(case: Case) -> Iterator[str]:
    """6.2: what is published was asked, is answered in words, and once."""
    answered: set[int] = set()
    for fact in case.history.of("PublicQuestionAnswered", "PublicQuestionRefused"):
        number = fact.body["question"]
        asked = case.history.first("PublicQuestionAsked", question=number)
        if asked is None or asked.index > fact.index:
            yield f"{fact}: nobody asked this"
        if number in answered:
            yield f"{fact}: answered before"
        answered.add(number)
        if fact.kind == "PublicQuestionAnswered" and not (fact.body["words"] and fact.body["text"]):
            yield f"{fact}: published without words or reasons"


def calls(case: Case) -> Iterator[str]:
    """6.2: calls are numbered without a gap, and logged after they were made."""
    for number, fact in enumerate(case.history.of("HotlineCallLogged"), start=1):
        if fact.body["call"] != number:
            yield f"{fact}: not the {number}th call"
        if fact.body["at"] > fact.at:
            yield f"{fact}: logged before it was made"


def _story(case: Case) -> Iterator[tuple[_Told, Fact]]:
    """Each row of a case with what its rows before it told."""
    cases: dict[int, _Told] = {}
    for fact in case.history.of(*_OF_CASE):
        number = fact.body["case"]
        if fact.kind == "CaseFiled":
            cases[number] = _Told(fact)
            continue
        if (told := cases.get(number)) is None:
            continue
        yield told, fact
        _, to = (_TO if told.complaint else _SHORT).get(fact.kind, (None, ""))
        if fact.kind != "CaseAssigned" or told.stage == "accepted":
            told.stage = to or told.stage
        match fact.kind:
            case "CaseAccepted":
                told.accepted = fact.at
            case "CaseDecided":
                told.decided = fact.at
            case "CaseAssigned":
                told.officers = frozenset(one["certificate"] for one in fact.body["officers"])
            case "CaseClockStopped":
                told.stops.append((fact.at, 0))
            case "CaseClockRuns":
                told.stops[-1:] = [(told.stops[-1][0], fact.at)] if told.stops else []
            case _:
                pass


def _clock(case: Case, told: _Told, at: Fact) -> tuple[str, int] | None:
    """The limit that ran right before a row: (step, due)."""
    laws = [one.body["law"] for one in case.history.of("LawNoted") if one.index < at.index]
    taken = [one for one in case.history.of("WorkingDaysTaken") if one.index < at.index]
    days = WorkingDays()
    if taken:
        days = WorkingDays(frozenset(taken[-1].body["holidays"]), frozenset(taken[-1].body["extra"]))
    answer, working, accept, decide, from_receipt = _LAWS[laws[-1] if laws else "bidding_law"]
    filed = told.filed.at
    if not told.complaint:
        if told.stage not in _OPEN:
            return None
        return "answer", days.after(filed, answer) if working else days.after_calendar_days(filed, answer)
    if told.stage == "filed":
        return "accept", days.after(filed, accept)
    if told.stage == "decided":
        return "feed_back", days.after(told.decided, _FEED_BACK)
    if told.stage not in _OPEN or (told.stops and told.stops[-1][1] == 0):
        return None
    stood = sum(days.between(start, end) for start, end in told.stops)
    return "decide", days.after(filed if from_receipt else told.accepted, decide + stood)


def _heard(case: Case, filed: Fact) -> bool:
    """Whether what the law wants first had been there: an objection at the opening, or one that was answered to."""
    body = filed.body
    if body["about"] == "opening":
        spots = case.history.of("OpeningObjectionNoted", bidder=body["party"])
        return bool(
            [one for one in spots if one.index < filed.index and body["lot"] in ("", one.body["lot"])]
        )
    prior = case.history.first("CaseFiled", case=body["prior"], party=body["party"])
    return prior is not None and prior.body["kind"] != "complaint" and prior.body["about"] == body["about"]


_HERE = by("regulator", "procuring_entity")
_REGULATOR = by("regulator")
_BIDDER = by("bidder")
_FILED = ("CaseFiled", "PublicQuestionAsked", "HotlineCallLogged")

PART: Final = Part(
    signed={
        "CaseFiled": ("file_objection file_challenge file_complaint", _BIDDER),
        "CaseAccepted": ("accept_case", _HERE),
        "CaseRefused": ("refuse_case", _HERE),
        "CaseAssigned": ("assign_case", _REGULATOR),
        "CaseInvestigated": ("record_investigation", _REGULATOR),
        "CaseSuspends": ("order_suspension", _REGULATOR),
        "CaseSuspendsNoMore": ("lift_suspension", _REGULATOR),
        "CaseClockStopped": ("stop_case_clock", _REGULATOR),
        "CaseClockRuns": ("run_case_clock", _REGULATOR),
        "CaseDecided": ("decide_case answer_case", _HERE),
        "CaseFedBack": ("feed_back_case", _REGULATOR),
        "CaseArchived": ("archive_case", _HERE),
        "CaseMerged": ("merge_case", _HERE),
        "CaseFilesAdded": ("add_case_files", _BIDDER),
        "CaseWithdrawn": ("withdraw_case", _BIDDER),
        "CaseRated": ("rate_case", _BIDDER),
        "HotlineCallLogged": ("log_hotline_call", by("regulator", "trading_centre")),
        "PublicQuestionAnswered": ("answer_question", by("regulator", "trading_centre", "procuring_entity")),
        "PublicQuestionRefused": ("refuse_question", by("regulator", "trading_centre", "procuring_entity")),
    },
    withheld=frozenset({"file_objection", "file_challenge", "file_complaint", "log_hotline_call"}),
    either=frozenset(
        "CaseFiled CaseRefused CaseSuspendsNoMore CaseFilesAdded CaseWithdrawn CaseRated".split()
    ),
    questions=(
        Question(
            "6.2",
            Status.PROVED,
            "calls to the hotline were logged, public questions answered in words and once",
            ("PublicQuestionAsked", "HotlineCallLogged"),
            (questions, calls),
        ),
        Question(
            "6.3",
            Status.PROVED,
            "what was brought forward went its steps in their order, in time or told of as late, and was handled by "
            "nobody whom it concerned",
            ("CaseFiled",),
            (steps, handlers, own, said, limits, refusals, standstill, bundles),
        ),
    ),
)
