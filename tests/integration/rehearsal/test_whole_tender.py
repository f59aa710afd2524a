"""A whole tender by robots over the public address: from filing to award and one complaint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hall.rehearsal.whole_tender import CLAUSES
from tests.integration.conftest import REHEARSED_BIDDERS

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_a_whole_tender_is_played_and_its_bundle_accepted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hall", "rehearse", "--whole-tender"]
    done = subprocess.run(
        [*command, "--bidders", str(max(4, REHEARSED_BIDDERS)), "--out", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["ok"]
    said = subprocess.run(
        [
            sys.executable,
            "-m",
            "hall",
            "verify",
            tmp_path / "bundle.zip",
            "--trust",
            tmp_path / "trust.json",
            "--json",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    status = {one["clause"]: one["status"] for one in json.loads(said.stdout)["verdicts"]}
    assert {status[clause] for clause in CLAUSES} <= {"proved", "asserted"}
    steps = (tmp_path / "steps.log").read_text(encoding="utf-8")
    assert "the procedure is suspended (6.3)" in steps
    assert next(iter(tmp_path.glob("award_notice-*.pdf"))).read_bytes().startswith(b"%PDF")
