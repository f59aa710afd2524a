"""Was a release by a recovery file one that the documents allow and that both confirmed (clauses 4.11, 5.3.4)?

Predicates of the verifier's own.
"""

from __future__ import annotations

from typing import Final

from hall.evidence.case import Case, said
from hall.evidence.history import Fact

_CONFIRMERS: Final = ("procuring_entity", "scrutineer")
_USES: Final = ("BidOpened", "EntrustedOpened", "PricesDisclosed")


def remedies(case: Case) -> list[str]:
    """4.11: only where the tender's rules have the remedy, claimed by the bidder itself, answered by the two in the
    posts, and used only after both have accepted."""
    faults: list[str] = []
    allowed = str(case.plan["rules"].get("remedy", "none"))
    for claim in case.history.of("RemedyClaimed"):
        body = claim.body
        if body["kind"] != allowed or allowed == "none":
            faults.append(f"{claim}: the tender's rules do not have this remedy")
        words = {"kind": body["kind"], "reason": body["reason"]}
        faults += said(case, claim, "claim_remedy", case.bidder(body["bidder"]), lot=body["lot"], **words)
        if len(case.history.of("RemedyClaimed", lot=body["lot"], bidder=body["bidder"])) > 1:
            faults.append(f"{claim}: told a second time")
    for answer in case.history.of("RemedyAnswered"):
        faults += _answered(case, answer)
    return faults


def stands(case: Case, release: Fact) -> bool:
    """Whether a release may be signed by another certificate than the bid is sealed to: its bidder had claimed a remedy
    that nobody had refused."""
    key = {"lot": release.body["lot"], "bidder": release.body["bidder"]}
    claimed = any(f.index < release.index for f in case.history.of("RemedyClaimed", **key))
    return claimed and not _refused(case, key, release.index)


def refused(case: Case, lot: str, bidder: str, before: int) -> bool:
    """Whether a release by a recovery file had come to nothing before the row with this index."""
    return _refused(case, {"lot": lot, "bidder": bidder}, before)


def _refused(case: Case, key: dict[str, str], before: int) -> bool:
    answers = case.history.of("RemedyAnswered", **key)
    return any(f.index < before and not f.body["accepted"] for f in answers)


def _answered(case: Case, answer: Fact) -> list[str]:
    body = answer.body
    key = {"lot": body["lot"], "bidder": body["bidder"]}
    faults: list[str] = []
    if body["role"] not in _CONFIRMERS:
        faults.append(f"{answer}: answered by a {body['role']}")
    if not any(f.index < answer.index for f in case.history.of("RemedyClaimed", **key)):
        faults.append(f"{answer}: nothing was claimed")
    if len(case.history.of("RemedyAnswered", **key, role=body["role"])) > 1:
        faults.append(f"{answer}: told a second time")
    words = {name: body[name] for name in ("bidder", "accepted", "reason")}
    faults += said(case, answer, "answer_remedy", case.post(body["role"], answer), lot=body["lot"], **words)
    return faults


def confirmed_first(case: Case) -> list[str]:
    """5.3.4: nothing was opened by a remedy, and no price disclosed, before both had accepted it."""
    faults: list[str] = []
    for claim in case.history.of("RemedyClaimed"):
        key = {"lot": claim.body["lot"], "bidder": claim.body["bidder"]}
        accepted = [f.index for f in case.history.of("RemedyAnswered", **key) if f.body["accepted"]]
        both = max(accepted) if len(accepted) == len(_CONFIRMERS) else None
        released = case.history.first("ReleaseReceived", **key)
        for use in case.history.of(*_USES, lot=claim.body["lot"]):
            of_it = use.kind != "BidOpened" or use.body["bidder"] == claim.body["bidder"]
            waits = released is not None and not _refused(case, key, use.index)
            if of_it and waits and (both is None or use.index < both):
                faults.append(f"{use}: before project owner and scrutineer had confirmed {claim}")
    return faults
