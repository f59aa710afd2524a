"""How the hall of the tests is laid out on disk: its settings, and a plan with everybody of the demo and one tender."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hall.config import Config, load
from hall.rehearsal.demo_ca import DemoIdentity
from hall.rehearsal.stage import party_of, shanghai, toml
from tests.demo_world import AT, brief, world
from tests.gm_world import gm_world

MINUTE = 60_000
TENDER, OPENING, LOT = "T1", "O1", "1"
BIDDERS = ("b1", "b2", "b3", "b4")


def _certificates(one: DemoIdentity, *, national: bool) -> dict[str, str]:
    if national and one.id in BIDDERS:
        pair = next(x for x in gm_world().bidders if x.id == f"gm-{one.id}")
        return {"certificate": str(pair.certificate), "encryption": str(pair.encryption)}
    return {"certificate": str(one.certificate)}


def lay_out(directory: Path, tender: Mapping[str, object]) -> Config:
    pki = world()
    settings = {
        "hall": {"name": "测试大厅", "origin": "hall.localhost", "mode": "rehearsal", "place": "网上"},
        "storage": {"data": str(directory / "data")},
        "signing": {
            "ca_roots": [str(pki.root)],
            "ca_intermediates": [str(pki.issuing)],
            "crls": [str(path) for path in pki.crls],
            "tsa_cert": str(pki.tsa.certificate),
            "tsa_key": str(pki.tsa.key),
            "seal_cert": str(pki.seal.certificate),
            "seal_key": str(pki.seal.key),
            "tsa_roots": [str(pki.root)],
            "root_stamp_minutes": 0,  # who tests stamps asks for them
        },
        "clock": {"start": shanghai(AT), "movable": True},
    }
    people = (*pki.bidders, brief(), *pki.staff, *pki.on_call)
    if tender.get("suite") == "GM":
        other = gm_world()
        signing = settings["signing"]
        signing["ca_roots"].append(str(other.root))
        signing["ca_intermediates"].append(str(other.issuing))
        signing["crls"] += [str(path) for path in other.crls]
    changed = tender.get("rules", {})
    assert isinstance(changed, Mapping)
    rules = {"custody": "hall", **changed}  # who tests custody by others names it
    plan = {
        "party": [
            {
                "id": party_of(one),
                "name": one.organisation,
                "kind": "bidder" if one.role == "bidder" else "staff",
                **_certificates(one, national=tender.get("suite") == "GM"),
            }
            for one in people
        ],
        "tender": [
            {
                "id": TENDER,
                "name": "测试工程",
                "number": "TEST-1",
                "opening": OPENING,
                "bid_deadline": shanghai(AT + 60 * MINUTE),
                "lot": [{"id": LOT, "name": "一标段"}],
                "staff": [
                    {"role": one.role, "party": party_of(one), "name": one.name, "unit": one.organisation}
                    for one in pki.staff
                ],
                **tender,
                "rules": rules,
            }
        ],
    }
    (directory / "hall.toml").write_text(toml(settings), encoding="utf-8")
    (directory / "plan.toml").write_text(toml(plan), encoding="utf-8")
    return load(directory / "hall.toml", {})
