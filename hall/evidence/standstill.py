"""Whether the procedure stood still as long as a case demanded it, told from the rows alone (clause 6.3).

A case demands it by the regulator's order; or by the law itself, as an objection in time to documents or candidates
does until it is answered (Implementing Regulations of the Bidding Law art. 22, 54).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hall.evidence.case import Case
from hall.evidence.history import Fact

_HANDED_ON: Final = 10_000
"""ms in which the hall has told the other streams; what was on its way then is nobody's fault."""

_ENDS: Final = ("CaseDecided", "CaseRefused", "CaseWithdrawn", "CaseMerged")
_AWARD: Final = ("AwardDecided", "CandidatesPublished")


def standstill(case: Case) -> Iterator[str]:
    """6.3: while the procedure stands still, nobody evaluates, no limit of the evaluation ends, nothing is awarded."""
    yield from _within(case, "AwardSuspended", "AwardResumed", "award")
    yield from _within(case, "EvaluationSuspended", "EvaluationResumed", "evaluation")
    for start, over in _demanded(case):
        late = [fact for fact in case.history.facts if start.index < fact.index < over]
        for fact in (one for one in late if one.at > start.at + _HANDED_ON):
            if _is_work(fact):
                yield f"{fact}: done during the standstill of case {start.body['case']}"


def _within(case: Case, begins: str, ends: str, stream: str) -> Iterator[str]:
    standing = False
    for fact in case.history.facts:
        if fact.kind in (begins, ends):
            standing = fact.kind == begins
        elif standing and fact.stream.startswith(f"{stream}/") and _is_work(fact):
            yield f"{fact}: done while the procedure stood still"


def _is_work(fact: Fact) -> bool:
    """What may not happen then: acts of the evaluation, a look into a bid, the end of a limit, a step of the award."""
    if fact.stream.startswith("evaluation/"):
        return fact.act is not None or fact.kind in ("BidAccessed", "QuestionLapsed", "EvaluationDone")
    return fact.stream.startswith("award/") and (fact.kind in _AWARD or fact.kind == "PublicityEnded")


def _demanded(case: Case) -> Iterator[tuple[Fact, int]]:
    """(row since which a case has the procedure stand still, index of the row that ends it or of no row)."""
    for ordered in case.history.of("CaseSuspends"):
        yield ordered, _over(case, ordered, "CaseSuspendsNoMore", *_ENDS)
    laws = case.history.of("LawNoted")
    if laws and laws[-1].body["law"] != "bidding_law":
        return
    for filed in case.history.of("CaseFiled", kind="objection"):
        by_law = filed.body["about"] in ("documents", "candidates") and not filed.body["late"]
        if by_law and filed.act is not None:
            yield filed, _over(case, filed, *_ENDS)


def _over(case: Case, start: Fact, *kinds: str) -> int:
    ends = case.history.of(*kinds, case=start.body["case"])
    return min((one.index for one in ends if one.index > start.index), default=1 << 62)
