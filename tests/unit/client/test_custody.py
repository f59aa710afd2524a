"""Whom a bidder's client believes when other custodians are named (clauses 4.7, 4.11), and when the project owner's own
post has passed on before (clause 5.3.1): signed hand-overs, never the hall's word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from hall import wire
from hall.client.api import Hall
from hall.client.custody import PinnedCustody, custodians
from hall.client.keys import Identity
from hall.errors import Refused
from hall.procurement.acts import SignedAct
from tests.unit.client import openings as o
from tests.unit.client.people import someone

OWNER, HEIR, DEPUTY, KEEPER, OTHER = (someone(one) for one in ("owner", "heir", "deputy", "keeper", "other"))
PINNED = PinnedCustody(
    "custodians", (KEEPER.certificate.der,), OWNER.certificate.der, (DEPUTY.certificate.sha256,)
)


class Certificates:
    """What `custodians` asks of the hall: certificates by their digest, and nothing else."""

    async def certificate(self, opening: str, sha256: str) -> bytes:
        for one in (OWNER, HEIR, DEPUTY, KEEPER, OTHER):
            if one.certificate.sha256 == sha256:
                return one.certificate.der
        raise Refused("no_such_certificate")


def signed(by: Identity, act_type: str, body: dict[str, object], **other: object) -> SignedAct:
    return by.sign_act(act_type, o.context(lot="", **other), o.NONCE, body)


def named(by: Identity, **other: object) -> SignedAct:
    return signed(
        by, "name_custodians", {"custodians": [OTHER.certificate.sha256], "reason": "遗失"}, **other
    )


def appointed(by: Identity, whom: Identity, role: str = "procuring_entity", **other: object) -> SignedAct:
    post = {"role": role, "party": "p", "name": "n", "unit": "u", "reason": "换班"}
    return signed(by, "appoint_substitute", {**post, "certificate": whom.certificate.sha256}, **other)


def taken(by: Identity) -> SignedAct:
    return signed(by, "take_post", {})


async def believes(naming: SignedAct | None, *passed: SignedAct, whom: Identity = OTHER) -> tuple[str, ...]:
    """Whom the client would entrust its key to; raises Refused."""
    custody = wire.CustodyView(
        rule="custodians",
        custodians=[wire.CustodianView("supervisor", "", whom.certificate.sha256)],
        named=None if naming is None else naming.to_json(),
        owner=OWNER.certificate.sha256,
        owner_passed=[act.to_json() for act in passed],
        successors=[],
    )
    view = replace(o.view(someone("bidder"), someone("host"), None), custody=custody)
    hall = cast(Hall, Certificates())
    return tuple(one.sha256 for one in await custodians(hall, view, PINNED))


async def test_clause_4_7_the_published_owner_names_others_and_is_believed() -> None:
    assert await believes(None, whom=KEEPER) == (KEEPER.certificate.sha256,)
    assert await believes(named(OWNER)) == (OTHER.certificate.sha256,)


async def test_clause_4_7_who_has_the_owners_post_by_its_signature_is_believed() -> None:
    passed = appointed(OWNER, HEIR)
    assert await believes(named(HEIR), passed) == (OTHER.certificate.sha256,)
    assert await believes(named(OWNER), passed) == (OTHER.certificate.sha256,), (
        "it named before its post passed on"
    )


async def test_clause_4_7_the_published_deputy_that_took_the_post_is_believed_and_whom_it_appointed() -> None:
    assert await believes(named(DEPUTY), taken(DEPUTY)) == (OTHER.certificate.sha256,)
    assert await believes(named(HEIR), taken(DEPUTY), appointed(DEPUTY, HEIR)) == (OTHER.certificate.sha256,)


@pytest.mark.parametrize(
    ("naming", "passed"),
    [
        pytest.param(named(HEIR), (), id="nobody handed the post over"),
        pytest.param(named(HEIR), (appointed(HEIR, HEIR),), id="it appointed itself"),
        pytest.param(named(HEIR), (appointed(OTHER, HEIR),), id="somebody else appointed it"),
        pytest.param(named(HEIR), (appointed(OWNER, HEIR, role="supervisor"),), id="to another post"),
        pytest.param(named(HEIR), (appointed(OWNER, HEIR, opening="O-2"),), id="in another opening"),
        pytest.param(named(HEIR), (taken(HEIR),), id="it is no published deputy"),
        pytest.param(named(DEPUTY), (), id="the deputy has not taken the post"),
        pytest.param(named(OTHER), (appointed(OWNER, HEIR),), id="named by somebody who never had the post"),
        pytest.param(
            named(HEIR), (taken(DEPUTY), appointed(OWNER, HEIR)), id="by the owner that was relieved before"
        ),
        pytest.param(named(HEIR, opening="O-2"), (appointed(OWNER, HEIR),), id="named for another opening"),
    ],
)
async def test_clause_4_11_a_broken_chain_of_hand_overs_moves_no_key(
    naming: SignedAct, passed: tuple[SignedAct, ...]
) -> None:
    with pytest.raises(Refused, match="custody_changed"):
        await believes(naming, *passed)


async def test_clause_4_11_a_hand_over_whose_signature_does_not_hold_moves_no_key() -> None:
    broken: Any = appointed(OTHER, HEIR)
    forged = replace(broken, certificate=OWNER.certificate.sha256)
    with pytest.raises(Refused, match="custody_changed"):
        await believes(named(HEIR), forged)
