"""`hall demo`: what it prints leads on, each role has its own address, and Ctrl-C ends all of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from hall.client.keys import open_p12
from hall.rehearsal.stage import free_port

pytestmark = pytest.mark.timeout(120)


def about(port: int, label: str) -> dict[str, Any]:
    """What the login page of one role is told."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/hall", headers={"Host": f"{label}.localhost:{port}"}
    )
    with urllib.request.urlopen(request) as answer:
        shown: dict[str, Any] = json.load(answer)
    return shown


def test_the_demonstration_opens_names_everything_and_ends_cleanly(tmp_path: Path) -> None:
    folder, port = tmp_path / "demo", free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "hall", "demo", "--port", str(port), "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        printed = ""
        for line in demo.stdout:
            printed += line
            if "Ctrl-C" in line:
                break
        family = psutil.Process(demo.pid).children(recursive=True)
        assert f":{port}/" in printed, printed
        accounts = about(port, "bidder1")["demo"]["accounts"]
        shown = {
            a["url"].split("//")[1].split(".")[0]: about(port, a["url"].split("//")[1].split(".")[0])
            for a in accounts
        }
        demo.send_signal(signal.SIGINT)
        rest = demo.stdout.read()
    assert demo.returncode == 0, printed + rest
    assert "Traceback" not in printed + rest
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    roles = {label: hall["demo"]["role"] for label, hall in shown.items()}
    assert roles == {
        "bidder1": "bidder",
        "bidder2": "bidder",
        "bidder3": "bidder",
        "host": "host",
        "procuring-entity": "procuring_entity",
        "supervisor": "supervisor",
        "announcer": "announcer",
        "scrutineer": "scrutineer",
        "clerk": "clerk",
    }
    for label, hall in shown.items():
        assert f"http://{label}.localhost:{port}/" in printed
        file = folder.parent / hall["demo"]["certificate_file"]
        open_p12(file.read_bytes(), hall["demo"]["password"])
    sample = folder.parent / shown["bidder1"]["demo"]["sample_bid"]
    assert sample.read_bytes().startswith(b"%PDF-")
    assert shown["host"]["mode"] == "rehearsal"


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "hall", "demo", "--port", "0", "--folder", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "not made by this command" in done.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
