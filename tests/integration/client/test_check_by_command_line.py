"""`hall check` against a real hall: what it finds, and the receipt that it leaves (clause 4.9)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from hall.client.check import certificate_results
from tests.integration.client.test_by_command_line import open_hall


async def test_clause_4_9_a_bidder_checks_by_a_command_and_keeps_the_receipt(tmp_path: Path) -> None:
    async with open_hall(tmp_path) as (hall, desk):
        done = await desk.hall("check", "--hall", desk.base, "--receipt", "receipt.json")
        assert done.code == 0, done.complained
        assert "试解密" in done.said
        kept = json.loads((desk.folder / "receipt.json").read_text(encoding="utf-8"))
        assert kept["ack"]["body_digest"] == hashlib.sha256(kept["act"]["body"].encode()).hexdigest()
        (row,) = hall.room.state.credentials.checks
        assert row.participant == "bidder-b1"
        assert {"decryption green", "sealing green", "signing green", "revocation good"} & set(
            row.results
        ) >= {"decryption green", "sealing green", "signing green"}


def test_clause_4_9_what_is_unknown_is_never_passed_silently() -> None:
    facts = {"code": "", "revocation": "revocation_unknown", "lasting": "", "deposits": []}
    assert [one.text for one in certificate_results(facts)] == [
        "certificate green",
        "revocation amber unknown",
        "validity green",
        "deposit green none",
    ]
    bad = {
        "code": "certificate_revoked",
        "revocation": "revoked",
        "lasting": "certificate_expired",
        "deposits": [{"trouble": ""}, {"trouble": "replaced"}],
    }
    assert [one.level for one in certificate_results(bad)] == ["red"] * 4
