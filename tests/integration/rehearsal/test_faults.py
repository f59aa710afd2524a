"""Faults played in whole openings: each ends as the standard says, and bundle and record tell why."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hall.rehearsal.endings import Told
from hall.rehearsal.plots import PLOTS, unplayed

pytestmark = pytest.mark.timeout(600)

TOLD = {
    "deadline-outage": "暂缓",
    "server-kill": "第 1 次中止",
    "network-cut": "在线与音视频记录",
    "storage-damage": "密文损坏",
    "recorder-loss": "第 1 次中止",
    "media-worker-kill": "音视频服务中断",
    "media-reserve-kill": "音视频服务中断",
    "over-3h": "超过三小时分组",
    "late-release": "投标人自身原因",
    "takeover": "在线与音视频记录",
    "wrong-certificate": "投标人报告故障",
}
"""Fault -> words of the printed record that say what came of it."""


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=() if name == "server-kill" else pytest.mark.long) for name in PLOTS]
)
def test_an_opening_with_a_fault_ends_as_the_standard_says(fault: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hall", "rehearse", "--fault", fault, "--out", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["ok"], report["outcome"], report["fault"]) == (True, "opened", fault)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        rows = [json.loads(line)["row"] for line in bundle.read("journal.jsonl").splitlines()]
        record = json.loads(bundle.read("record/record.json"))
        indices = [
            [json.loads(line) for line in bundle.read(name).splitlines()]
            for name in bundle.namelist()
            if name.startswith("recordings/") and name.endswith(".index.jsonl")
        ]
    assert unplayed(Told(rows, record, indices, report.get("lost", {})), PLOTS[fault]) == []
    printed = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "record.pdf"), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert TOLD[fault] in printed
