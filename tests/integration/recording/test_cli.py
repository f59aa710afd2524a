"""`hall recordings` on what lies on a disk, beside a journal or without one."""

from __future__ import annotations

import argparse
import json
import sqlite3
from pathlib import Path

import pytest

from hall.cli import main
from hall.recording.manifest import GENESIS
from hall.recordings_cli import moment
from tests.integration.recording.test_reading import START, begun, write


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with two recordings of two seconds, one of them cut short."""
    for participant in ("host", "bidder-b1"):
        file = begun(tmp_path / "recordings", participant)
        write(file, 4)
        if participant == "host":
            file.end("closed")
        file.close()
    return tmp_path


def journal(data: Path, head: dict[str, object]) -> None:
    """A journal whose last row of heads says this of the host."""
    with sqlite3.connect(data / "journal.db") as connection:
        connection.execute("CREATE TABLE rows (stream, seq, kind, body)")
        body = json.dumps({"heads": [{"participant": "host", "file": "001.mp4", "epoch": 1} | head]})
        connection.execute("INSERT INTO rows VALUES ('opening/O1', 7, 'RecordingHeads', ?)", (body,))
    connection.close()


def test_it_lists_what_is_there(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", "list", str(data)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "bidder-b1/001.mp4" in first
    assert first.endswith("open")
    assert "host/001.mp4" in second
    assert second.endswith("closed")
    assert main(["recordings", "list", str(data), "--participant", "host", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["opening"], told["start"], told["end"]) == ("O1", START, START + 2_000)
    assert main(["recordings", "list", str(data), "--from", str(START + 2_001)]) == 0
    assert capsys.readouterr().out == ""


def test_one_changed_byte_on_the_disk_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", "verify", str(data)]) == 0
    assert "accepted, 2 recordings" in capsys.readouterr().out
    media = data / "recordings/O1/host/001.mp4"
    stored = media.read_bytes()
    media.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    assert main(["recordings", "verify", str(data)]) == 1
    told = capsys.readouterr().out
    assert "fragment_altered (index line 5)" in told
    assert "refused" in told


def test_a_cut_tail_is_seen_by_the_journals_head(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = data / "recordings/O1/host/001.index.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    journal(data, {"fragments": 4, "chain": json.loads(lines[4])["chain"]})
    assert main(["recordings", "verify", str(data)]) == 0
    assert "stands under the journal’s head" in capsys.readouterr().out
    index.write_bytes(b"".join(lines[:4]))
    media = data / "recordings/O1/host/001.mp4"
    media.write_bytes(media.read_bytes()[:42])
    assert main(["recordings", "verify", str(data)]) == 1
    assert "NOT under the journal’s head" in capsys.readouterr().out


def test_another_chain_than_the_journals_is_seen(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal(data, {"fragments": 4, "chain": GENESIS})
    assert main(["recordings", "verify", str(data), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [one["journal"] for one in told["files"]] == [None, False]


def test_what_is_no_bundle_and_no_moment_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    for action in ("list", "verify"):
        assert main(["recordings", action, str(tmp_path / "x.zip")]) == 2
        assert "neither bundle nor clip" in capsys.readouterr().err
    assert main(["recordings", "verify", str(tmp_path / "nothing.zip")]) == 2
    assert moment("2026-11-22T09:00:00+08:00") == START_OF_THE_DAY == moment(str(START_OF_THE_DAY))
    for wrong in ("2026-11-22T09:00:00", "tomorrow", ""):
        with pytest.raises(argparse.ArgumentTypeError):
            moment(wrong)


START_OF_THE_DAY = 1_795_309_200_000
