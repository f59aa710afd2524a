"""A rehearsal that is stopped in the middle leaves no process behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.timeout(120)


def test_after_ctrl_c_nothing_is_left_running(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "bundle.zip").write_bytes(b"of an earlier rehearsal")
    with subprocess.Popen(
        [sys.executable, "-m", "hall", "rehearse", "--bidders", "3", "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as rehearsal:
        assert rehearsal.stdout is not None
        for line in rehearsal.stdout:
            if "has deposited" in line:
                break
        family = psutil.Process(rehearsal.pid).children(recursive=True)
        assert len(family) > 5
        rehearsal.send_signal(signal.SIGINT)
        said = rehearsal.stdout.read()
    assert rehearsal.returncode == 130
    assert "everything is taken down" in said and "Traceback" not in said
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    assert list((tmp_path / "out").iterdir()) == []


def test_fewer_than_three_bidders_are_no_opening(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hall", "rehearse", "--bidders", "2", "--out", str(tmp_path / "out")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "at least 3" in done.stderr) == (2, True)
    assert not (tmp_path / "out").exists()
