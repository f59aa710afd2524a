"""No act without its judge: whatever act or row a matter gains, the verifier holds the one against the other.

Read from the matters' own tables and types, so that who adds an act tomorrow is told here what it lacks.
"""

from __future__ import annotations

import json
import typing
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from hall.evidence.history import SHAPES, Fact
from hall.evidence.matters import PARTS
from hall.evidence.repeats import flat, repeated
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.runtime.matter import Matter
from hall.runtime.matters import MATTERS
from tests.crash.examples import example

OF_TENDERS = [one for one in MATTERS if one.name in PARTS]

BESIDE: dict[str, frozenset[str]] = {
    "publish_candidates": frozenset({"days"}),
    "read_criteria": frozenset({"criteria", "bids"}),
    "ask_bidder": frozenset({"minutes"}),
    "answer_bid_question": frozenset({"price", "unchanged"}),
    "countersign_correction": frozenset({"sheet"}),
    "sign_report": frozenset({"report"}),
    "dissent_from_report": frozenset({"report"}),
}
"""Type of act → keys that its row does not repeat: a judge of the matter asks for them by themselves, or what they say
is seen in another field (how many days: the end of the publicity)."""


def with_act(matter: Matter[Any]) -> dict[str, type]:
    """Kinds of rows that hold an act."""
    found = {}
    for cls in typing.get_args(matter.events):
        if any(SignedAct in (hint, *typing.get_args(hint)) for hint in typing.get_type_hints(cls).values()):
            found[cls.__name__] = cls
    return found


ROWS = [(matter, kind, cls) for matter in OF_TENDERS for kind, cls in with_act(matter).items()]
LINES = [
    pytest.param(matter, kind, act_type, id=f"{kind}-{act_type}")
    for matter, kind, _ in ROWS
    for act_type in PARTS[matter.name].signed.get(kind, ("", frozenset()))[0].split()
]


def test_every_matter_of_a_tender_has_its_part() -> None:
    assert {one.name for one in MATTERS} - PARTS.keys() == {"centre"}, "the centre is no matter of a tender"


@pytest.mark.parametrize("matter", OF_TENDERS, ids=lambda one: one.name)
def test_every_row_with_an_act_is_asked_for_its_signature(matter: Matter[Any]) -> None:
    part = PARTS[matter.name]
    assert with_act(matter).keys() == part.signed.keys()
    assert {name for kinds, _ in part.signed.values() for name in kinds.split()} == matter.rights.keys()
    assert part.withheld == matter.withheld


@pytest.mark.parametrize("matter", OF_TENDERS, ids=lambda one: one.name)
def test_who_may_have_signed_a_row_is_who_may_send_its_act(matter: Matter[Any]) -> None:
    told = {
        kind: {role.value for name in kinds.split() for role in matter.rights[name]}
        for kind, (kinds, _) in PARTS[matter.name].signed.items()
    }
    assert told == {kind: set(roles) for kind, (_, roles) in PARTS[matter.name].signed.items()}


def row_of(matter: Matter[Any], kind: str) -> dict[str, Any]:
    """Any row of this kind, as the journal has it."""
    cls = with_act(matter)[kind]
    _, _, body = SHAPES[matter.name].encode(example(cls))
    return dict(json.loads(canonical.dumps(body)))


def keys_of(matter: Matter[Any], act_type: str) -> set[str]:
    return {*matter.shapes.get(act_type, {}), *matter.optional.get(act_type, {})}


def names_of(matter: Matter[Any], kind: str, act_type: str) -> dict[str, str]:
    """Key of the act → the row's name for it."""
    part = PARTS[matter.name]
    judged = {key for key in keys_of(matter, act_type) if (kind, key) not in part.apart}
    return {key: part.renamed.get((kind, key), key) for key in judged}


@pytest.mark.parametrize(("matter", "kind", "act_type"), LINES)
def test_every_word_of_an_act_stands_in_its_row_or_is_judged_beside_it(
    matter: Matter[Any], kind: str, act_type: str
) -> None:
    if act_type in matter.withheld:
        return
    fields = flat(row_of(matter, kind))
    lost = {key for key, name in names_of(matter, kind, act_type).items() if name not in fields}
    assert lost == BESIDE.get(act_type, frozenset()), "nothing holds these words of the act against its row"


@pytest.mark.parametrize(("matter", "kind", "act_type"), LINES)
def test_a_row_that_says_another_word_than_its_act_is_found(
    matter: Matter[Any], kind: str, act_type: str
) -> None:
    part, body = PARTS[matter.name], row_of(matter, kind)
    told = flat(body)
    signed = {key: told[name] for key, name in names_of(matter, kind, act_type).items() if name in told}
    if act_type in matter.withheld:
        return
    plain = SignedAct(
        type=act_type,
        origin="hall.example",
        lot=body["lot"] if isinstance(body.get("lot"), str) else "",
        certificate="c1" * 32,
        server_nonce="00" * 16,
        client_nonce="00" * 16,
        body=canonical.dumps(signed).decode(),
    )
    rest = (part.renamed, part.apart, part.withheld)
    fact = Fact(1, f"{matter.name}/T-1", 1, 1, "", "", kind, body, plain)
    assert list(repeated(fact, *rest)) == []
    for key in signed:
        said = deepcopy(signed)
        said[key] = _other(said[key])
        act = replace(plain, body=canonical.dumps(said).decode(), body_digest="")
        assert list(repeated(replace(fact, act=act), *rest)), f"{key} may say anything"


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [*value, *value]
    if isinstance(value, dict):
        return {key: _other(one) for key, one in value.items()}
    return f"{value or ''}二"
