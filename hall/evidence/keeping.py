"""What was done with the recordings as long as the bundle tells of it. Predicates as in `conduct`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hall.errors import HallError
from hall.evidence.case import Case
from hall.evidence.history import Fact

_SIGNED: Final = {
    "HoldPlaced": ("hold_recordings", ("supervisor", "regulator", "procuring_entity"), ("reason",)),
    "HoldLifted": ("lift_hold", ("supervisor", "regulator", "procuring_entity"), ("hold", "reason")),
    "ErasureOrdered": ("erase_recordings", ("procuring_entity", "trading_centre"), ("reason",)),
}
"""Kind -> (act, who may send it, what of the row its signer says)."""


def keeping(case: Case) -> Iterator[str]:
    """6.1: holds were placed and lifted by signed acts, and nothing was erased before its time or against a hold."""
    standing: set[int] = set()
    for fact in case.history.of(*_SIGNED):
        if fault := _unsigned(case, fact):
            yield f"{fact}: {fault}"
        match fact.kind:
            case "HoldPlaced":
                standing.add(fact.body["hold"])
            case "HoldLifted":
                standing.discard(fact.body["hold"])
            case _:
                if standing:
                    yield f"{fact}: erased against a hold"
                if fact.at < fact.body["kept_until"] or fact.body["kept_until"] <= fact.body["closed_at"]:
                    yield f"{fact}: erased before its time"


def _unsigned(case: Case, fact: Fact) -> str:
    act_type, roles, words = _SIGNED[fact.kind]
    if fact.actor == "system" and fact.kind != "ErasureOrdered":
        return ""  # of a complaint, which has its own signed history
    act, party = fact.act, case.party(fact)
    if act is None or not fact.proved or act.type != act_type or act.certificate not in party.certificates:
        return f"not signed by the one who may ({act_type})"
    if fact.actor.partition(":")[0] not in roles or fact.body["by"] != fact.actor:
        return f"done by somebody who may not ({act_type})"
    if (act.tender, act.opening) != (case.plan["tender"], case.plan["opening"]):
        return "signed for another opening"
    try:
        body = act.body_json()
    except HallError:
        return "the signed words are missing"
    said = {name: value.strip() if isinstance(value, str) else value for name, value in body.items()}
    return "" if said == {name: fact.body[name] for name in words} else "its signer said something else"
