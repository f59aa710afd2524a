"""Whether a row repeats the words of the act that led to it, for every matter alike.

A row's fields, those of its own objects one level down among them, are held against the signed body key by key: a key
that the row has must say the same. Which keys a row has under another name, or means otherwise, says the matter's
`Part`. What may not live here: what a row holds beside its act; each matter's judges ask that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict
from typing import Any, Final

from hall.errors import HallError
from hall.evidence.history import Fact
from hall.procurement.tender import COLUMNS

_NONE: Final[Mapping[tuple[str, str], str]] = {}
_USUAL: Final[Mapping[str, Any]] = {"columns": [asdict(one) for one in COLUMNS]}
"""What a row says where its signer named none."""


def repeated(
    fact: Fact,
    renamed: Mapping[tuple[str, str], str] = _NONE,
    apart: Set[tuple[str, str]] = frozenset(),
    withheld: Set[str] = frozenset(),
) -> Iterator[str]:
    """The faults of a row with an act. A body that lies beside the journal says nothing here: its matter's judge holds
    the digest that the row names against it."""
    if fact.act is None or (fact.act.body is None and fact.act.type in withheld):
        return
    try:
        signed = fact.act.body_json()
    except HallError:
        yield f"{fact}: its signer's words are missing"
        return
    if isinstance(lot := fact.body.get("lot"), str) and lot != fact.act.lot:
        yield f"{fact}: signed for another lot"
    told = flat(fact.body)
    for key, value in signed.items():
        name = renamed.get((fact.kind, key), key)
        if name in told and (fact.kind, key) not in apart and not _same(value, told[name], key):
            yield f"{fact}: its signer said another {key}"


def flat(body: Mapping[str, Any]) -> dict[str, Any]:
    """A row's fields, and those of its objects beside them; its own come first. What lies deeper by its path:
    `price.formula`."""
    inner = [value for key, value in body.items() if isinstance(value, dict) and key != "act"]
    found = {key: value for one in inner for key, value in one.items()}
    deeper = {
        f"{key}.{k}": v for key, value in found.items() if isinstance(value, dict) for k, v in value.items()
    }
    return {**deeper, **found, **{key: value for key, value in body.items() if key != "act"}}


def _same(signed: Any, told: Any, key: str = "") -> bool:
    """Text without white space around it, none and "" alike; different short texts in any order."""
    if isinstance(signed, dict) and isinstance(told, dict):
        return all(_same(value, told[name], name) for name, value in signed.items() if name in told)
    if isinstance(signed, list) and isinstance(told, list):
        if signed == [] and key in _USUAL:
            return bool(told == _USUAL[key])
        if all(isinstance(one, str) for one in (*signed, *told)):
            return sorted(one.strip() for one in signed) == sorted(told)
        pairs = zip(signed, told, strict=False)
        return len(signed) == len(told) and all(_same(one, other) for one, other in pairs)
    if isinstance(signed, str):
        return signed.strip() == (told or "")
    return type(signed) is type(told) and bool(signed == told)
