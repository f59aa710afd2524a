"""The durable heartbeat on a real disk: what the next start reads, whatever ended the last run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hall.runtime.heartbeat import Beat, Heartbeat

BEATING = """
import sys
from pathlib import Path
from hall.runtime.heartbeat import Beat, Heartbeat
heart = Heartbeat(Path(sys.argv[1]))
heart.open()
for at in range(1, 1_000_000):
    heart.write(Beat(at, at + 1))
    print(at, flush=True)
"""


def beaten(file: Path) -> Beat | None:
    heart = Heartbeat(file)
    try:
        return heart.open()
    finally:
        heart.close()


def test_the_last_beat_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    assert beaten(file) is None
    heart = Heartbeat(file)
    heart.open()
    for at in (1_000, 3_000, 5_000):
        heart.write(Beat(at, at + 7))
    heart.close()
    assert beaten(file) == Beat(5_000, 5_007)


def test_the_turns_go_on_after_a_start(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    for run in (1, 2, 3):
        heart = Heartbeat(file)
        heart.open()
        heart.write(Beat(run, run))
        heart.close()
        assert beaten(file) == Beat(run, run)


@pytest.mark.parametrize("cut", [b"\0" * 256, b"x", b"\xff" * 40])
def test_a_record_that_was_cut_leaves_the_one_before(tmp_path: Path, cut: bytes) -> None:
    file = tmp_path / "heartbeat"
    heart = Heartbeat(file)
    heart.open()
    heart.write(Beat(1_000, 1_000))
    heart.write(Beat(3_000, 3_000))  # the second turn lies in the first block
    heart.close()
    with file.open("r+b") as stored:
        stored.seek(10)
        stored.write(cut)
    assert beaten(file) == Beat(1_000, 1_000)


def test_a_disk_that_fails_is_told_and_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "heartbeat"
    heart = Heartbeat(file)
    heart.open()
    assert heart._fd is not None
    os.close(heart._fd)
    heart.write(Beat(1, 1))
    assert heart.failed
    heart.write(Beat(2, 2))
    assert [record.message for record in caplog.records] == ["the heartbeat can't be written"]
    heart._fd = os.open(file, os.O_RDWR)
    heart.write(Beat(3, 3))
    assert not heart.failed
    heart.close()


def test_what_a_killed_process_had_beaten_is_there(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    command = [sys.executable, "-c", BEATING, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while int(running.stdout.readline()) < 50:
            pass
        running.send_signal(signal.SIGKILL)
        said = [int(line) for line in running.stdout.read().split()]
    found = beaten(file)
    assert found is not None
    assert found.at >= max([50, *said[:-1]])
    assert found.wall == found.at + 1
