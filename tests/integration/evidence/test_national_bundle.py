"""A tender of the suite GM: its bundle is accepted, and what was done with SM2 is looked at like everything else."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hall.errors import Refused
from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from hall.signing import sealed_bid
from hall.signing.certificates import load_certificate
from hall.signing.suite import KeyKind
from hall.tendering.directory import PairRegistered, PartyRegistered
from tests.gm_world import gm_holder
from tests.integration.evidence.conftest import Honest
from tests.interop.third_verifier import faults
from tests.own_hall import own_hall

pytestmark = pytest.mark.timeout(300)

Played = Callable[[str], Honest]


def failed(honest: Honest, bundle: Path) -> dict[str, str]:
    result = verify(bundle, honest.anchors)
    return {v.clause: "; ".join(v.faults) for v in result.verdicts if v.status is Status.FAILED}


def test_a_bundle_of_the_national_algorithms_is_accepted(played: Played) -> None:
    honest = played("national")
    result = verify(honest.bundle, honest.anchors)
    assert {v.clause: v.faults for v in result.verdicts if v.status is Status.FAILED} == {}
    assert [check for check in result.checks if check.status is Status.FAILED] == []
    assert result.ok
    assert faults(honest.bundle, json.loads(honest.trust.read_text())) == []
    covered = {v.clause for v in result.verdicts if v.status is not Status.NOT_COVERED}
    assert {"4.11", "5.2.2", "5.3.3", "5.3.4", "identity"} <= covered


def test_its_bids_and_its_bidders_acts_are_of_this_suite(played: Played) -> None:
    with zipfile.ZipFile(played("national").bundle) as bundle:
        header = sealed_bid.parse_header(bundle.read("sealed/1/b1.bid"))
        rows = [json.loads(line)["row"] for line in bundle.read("journal.jsonl").splitlines()]
        ders = [bundle.read(name) for name in bundle.namelist() if name.startswith("certificates/")]
    national = {one.sha256 for one in map(load_certificate, ders) if one.kind is KeyKind.SM2}
    acts = [row["body"]["act"] for row in rows if row["body"].get("act")]
    assert header.suite == "GM"
    assert {header.signer, header.recipient} <= national
    assert {"deposit", "sign_in", "release", "confirm_price"} <= {
        act["type"] for act in acts if act["certificate"] in national
    }


@pytest.mark.parametrize(("kind", "clause"), [("DepositReceived", "5.2.2"), ("ReleaseReceived", "4.11")])
def test_an_act_that_sm2_did_not_sign_is_found(
    played: Played, tmp_path: Path, kind: str, clause: str
) -> None:
    honest = played("national")
    forger = honest.forger()
    act = forger.row(kind)["body"]["act"]
    signature = bytearray(base64.b64decode(act["signature"]))
    signature[40] ^= 1
    act["signature"] = base64.b64encode(signature).decode()
    forged = forger.write(tmp_path / "forged.zip", people_sign=False)
    assert "not signed by the one who may" in failed(honest, forged).get(clause, "")
    assert any("bad signature" in fault for fault in faults(forged))


def test_clause_5_2_2_a_bid_sealed_to_another_holder_than_its_signer_is_found(
    played: Played, tmp_path: Path
) -> None:
    honest = played("national")
    forger = honest.forger()
    forger.deposit("b1")["body"]["deposit"]["recipient"] = gm_holder("b3").sealed_to.sha256
    found = failed(honest, forger.write(tmp_path / "forged.zip", people_sign=False))
    assert "sealed to another certificate than it was signed with" in found.get("5.2.2", "")


async def test_a_bid_of_the_suite_gm_is_refused_where_the_tender_has_the_other(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        who = gm_holder("b1")
        sha256, other = who.certificate.sha256, who.sealed_to
        der = base64.b64encode(who.certificate.der).decode()
        await hall.core.registry.register(PartyRegistered("b1", "甲公司", "bidder", "code", sha256, der))
        pair = PairRegistered(sha256, other.sha256, base64.b64encode(other.der).decode())
        await hall.core.registry.register(pair)
        hall.national = True
        with pytest.raises(Refused, match="unsupported_suite"):
            await hall.deposit("b1")
