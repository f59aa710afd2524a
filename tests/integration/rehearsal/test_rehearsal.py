"""A whole opening, played once by robots over the public address, and then looked at from all sides."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hall.rehearsal.camera import FPS, FRAMES, ReadBack, read_back, unrecorded
from tests.integration.conftest import REHEARSED_BIDDERS, Rehearsed

pytestmark = pytest.mark.timeout(300)

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True)
class Played:
    """What the rehearsal left behind."""

    folder: Path
    code: int
    terminal: str
    report: dict[str, Any]

    def rows(self, kind: str) -> list[dict[str, Any]]:
        with zipfile.ZipFile(self.folder / "bundle.zip") as bundle:
            rows = [json.loads(line)["row"] for line in bundle.read("journal.jsonl").splitlines()]
        return [row for row in rows if row["kind"] == kind]


@pytest.fixture(scope="module")
def played(rehearsed: Rehearsed) -> Played:
    report = json.loads((rehearsed.folder / "report.json").read_text(encoding="utf-8"))
    return Played(rehearsed.folder, rehearsed.code, rehearsed.terminal, report)


@pytest.fixture(scope="module")
def read(played: Played) -> dict[str, ReadBack]:
    files = [played.folder / line["file"] for line in played.report["recordings"]]
    return {file.parent.name: read_back(file) for file in files}


def test_every_step_holds(played: Played) -> None:
    assert played.code == 0, played.terminal
    assert (played.report["ok"], played.report["faults"]) == (True, [])
    assert (played.report["kind"], played.report["outcome"]) == ("rehearsal", "opened")
    assert "every step held" in played.terminal


def test_all_results_lie_in_the_folder(played: Played) -> None:
    assert (played.report["record"], played.report["bundle"]) == ("record.pdf", "bundle.zip")
    for name in ("record.pdf", "bundle.zip", "trust.json", "recordings"):
        assert (played.folder / name).exists(), name


def test_the_phases_follow_one_another(played: Played) -> None:
    at = [phase["at"] for phase in played.report["phases"]]
    names = [phase["name"] for phase in played.report["phases"]]
    assert at == sorted(at)
    assert all(ISO.fullmatch(moment) for moment in at)
    assert names == [
        "sign_in_opened",
        "deadline_passed",
        "bidders_announced",
        "sealing_rechecked",
        "sealing_declared",
        "decryption_commanded",
        "window_closed",
        "results_declared",
        "prices_disclosed",
        "objections_opened",
        "objections_closed",
        "register_signed",
        "record_prepared",
        "record_completed",
        "opening_closed",
        "room_emptied",
    ]


def test_each_bidder_went_the_whole_way_in_order(played: Played) -> None:
    phase = {one["name"]: one["at"] for one in played.report["phases"]}
    assert len(played.report["bidders"]) == REHEARSED_BIDDERS
    for bidder in played.report["bidders"]:
        assert bidder["confirmed"] is True
        assert re.fullmatch(r"\d+\.\d\d", bidder["price"])
        assert bidder["deposited_at"] < phase["deadline_passed"]
        assert bidder["signed_in_at"] < phase["deadline_passed"]
        assert phase["decryption_commanded"] <= bidder["released_at"] <= phase["window_closed"]
        assert bidder["released_at"] <= bidder["opened_at"] <= phase["prices_disclosed"]
    assert len({bidder["price"] for bidder in played.report["bidders"]}) == REHEARSED_BIDDERS


def test_the_hall_knew_no_price_before_the_one_disclosure(played: Played) -> None:
    with zipfile.ZipFile(played.folder / "bundle.zip") as bundle:
        lines = bundle.read("journal.jsonl").decode("utf-8").splitlines()
    kinds = [json.loads(line)["row"]["kind"] for line in lines]
    earlier = "\n".join(lines[: kinds.index("PricesDisclosed")])
    for bidder in played.report["bidders"]:
        assert bidder["price"] not in earlier


def test_an_objection_was_raised_and_answered(played: Played) -> None:
    (raised,), (answered,) = played.rows("ObjectionRaised"), played.rows("ObjectionAnswered")
    assert raised["body"]["objection"] == answered["body"]["objection"]
    assert raised["received_at"] < answered["received_at"]


def test_poppler_calls_all_three_signatures_of_the_record_valid(played: Played) -> None:
    said = subprocess.run(
        ["pdfsig", "record.pdf"], check=False, cwd=played.folder, capture_output=True, text=True
    ).stdout
    blocks = said.split("Signature #")[1:]
    valid = {
        match[1]
        for block in blocks
        if "Signature is Valid." in block and (match := re.search(r"Field Name: (\S+)", block))
    }
    assert valid >= {"procuring_entity", "scrutineer", "clerk"}


def test_ffprobe_reads_every_recording(played: Played) -> None:
    participants = {line["participant"] for line in played.report["recordings"]}
    assert participants == {"host", *(f"bidder-b{n}" for n in range(1, REHEARSED_BIDDERS + 1))}
    for line in played.report["recordings"]:
        shown = subprocess.run(
            ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(played.folder / line["file"])],
            check=True,
            capture_output=True,
            text=True,
        )
        assert shown.stderr == ""
        assert {stream["codec_type"] for stream in json.loads(shown.stdout)["streams"]} == {"audio", "video"}
        assert line["kind"] == "audio_video"


def test_the_frame_counter_is_read_back_without_gaps(played: Played, read: dict[str, ReadBack]) -> None:
    for line in played.report["recordings"]:
        shown = read[line["participant"]]
        assert len(shown.counters) >= 0.95 * FPS * line["seconds"]
        assert shown.steps >= 0.95 * (len(shown.counters) - 1)


def test_a_beep_is_heard_each_second(played: Played, read: dict[str, ReadBack]) -> None:
    for line in played.report["recordings"]:
        beeps = read[line["participant"]].beeps
        assert len(beeps) >= 0.95 * int(line["seconds"] - 1)


def test_presence_names_everybody_with_its_whole_time(played: Played) -> None:
    intervals = played.report["presence"]
    assert {line["participant"] for line in intervals} >= {"host", "supervisor", "clerk", "bidder-b1"}
    for line in intervals:
        assert set(line) == {"participant", "state", "start", "end", "cause"}
        assert ISO.fullmatch(line["start"])
        assert line["end"] is None or line["end"] >= line["start"]


def test_the_bundle_verifies_offline_with_and_without_the_trust_file(played: Played) -> None:
    for trust in ((), ("--trust", "trust.json")):
        done = subprocess.run(
            [sys.executable, "-m", "hall", "verify", "bundle.zip", *trust],
            check=False,
            cwd=played.folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_record_says_the_prices_that_were_disclosed(played: Played) -> None:
    with zipfile.ZipFile(played.folder / "bundle.zip") as bundle:
        record = bundle.read("record/record.json").decode("utf-8")
    for bidder in played.report["bidders"]:
        assert bidder["price"] in record and bidder["name"] in record


def test_what_a_recording_lacks_of_its_camera_is_counted_by_the_numbers_in_the_pictures(
    played: Played, read: dict[str, ReadBack]
) -> None:
    file = played.folder / next(x["file"] for x in played.report["recordings"] if x["participant"] == "host")
    shown = read["host"].counters[-FRAMES // 2 :]
    last = shown[-1][1]
    sent = [*shown, *((0.0, (last + n) % FRAMES) for n in range(1, 4))]
    assert unrecorded(file, sent) == 3 / FPS
    assert unrecorded(file, sent[-3:]) == 3 / FPS
