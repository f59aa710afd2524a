"""`hall verify` as people and scripts meet it: exit codes, words, JSON, and files that mean it ill."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hall.cli import main
from hall.procurement import canonical
from tests.forger import with_member
from tests.integration.evidence.conftest import Honest

pytestmark = pytest.mark.timeout(300)

Output = pytest.CaptureFixture[str]


def members_of(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as new:
        for name, data in members.items():
            new.writestr(name, data)
    return path


def test_a_true_bundle_gives_exit_0_and_a_verdict_for_each_clause(honest: Honest, capsys: Output) -> None:
    assert main(["verify", str(honest.bundle), "--trust", str(honest.trust)]) == 0
    told = capsys.readouterr().out
    assert told.endswith("verdict: accepted\n")
    assert "4.11       proved" in told
    assert "5.3.3      asserted" in told
    assert "3.1        not covered" in told
    assert "anchors (given)" in told


def test_it_works_in_a_process_of_its_own_without_the_hall(honest: Honest, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hall", "verify", str(honest.bundle), "--trust", str(honest.trust)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=Path.cwd(), timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_json_says_the_same(honest: Honest, capsys: Output) -> None:
    assert main(["verify", str(honest.bundle), "--trust", str(honest.trust), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["trusted"], told["opening"]) == (True, True, "O1")
    status = {v["clause"]: v["status"] for v in told["verdicts"]}
    assert (status["5.5.3"], status["4.1"], status["6.2"]) == ("proved", "asserted", "not_covered")
    assert all(v["faults"] == [] for v in told["verdicts"])


def test_without_trust_nothing_is_proved(honest: Honest, capsys: Output) -> None:
    assert main(["verify", str(honest.bundle)]) == 0
    told = capsys.readouterr().out
    assert "origin not proven" in told
    assert "proved " not in told
    assert "anchors (the bundle’s own)" in told
    for fingerprint in honest.anchors.fingerprints():
        assert fingerprint in told


def test_anothers_anchors_refuse_it(honest: Honest, tmp_path: Path, capsys: Output) -> None:
    trust = canonical.loads(honest.trust.read_bytes())
    assert isinstance(trust, dict)
    trust["log_key"] = "A" * 42 + "E="
    (tmp_path / "trust.json").write_bytes(canonical.dumps(trust))
    assert main(["verify", str(honest.bundle), "--trust", str(tmp_path / "trust.json")]) == 1
    assert "not signed by the hall's log key" in capsys.readouterr().out


def test_an_altered_bundle_gives_exit_1_and_its_fault(honest: Honest, tmp_path: Path, capsys: Output) -> None:
    path = with_member(honest.bundle, "sealed/1/b1.bid", b"x", tmp_path / "a.zip", head_too=True)
    assert main(["verify", str(path), "--trust", str(honest.trust)]) == 1
    told = capsys.readouterr().out
    assert "sealed/1/b1.bid: these are not the bytes that were deposited" in told
    assert told.endswith("verdict: refused: 4.2, 5.2.2\n")


@pytest.mark.parametrize(
    "trust",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"v":1,"origin":"h","mode":"m","log_key":"AA==","ca_roots":[],"tsa_roots":[]}',
    ],
)
def test_a_trust_file_that_is_none_gives_exit_2(
    honest: Honest, tmp_path: Path, capsys: Output, trust: bytes
) -> None:
    (tmp_path / "trust.json").write_bytes(trust)
    assert main(["verify", str(honest.bundle), "--trust", str(tmp_path / "trust.json")]) == 2
    assert "The trust file can't be read" in capsys.readouterr().err


def test_what_is_no_bundle_gives_exit_2_and_words(honest: Honest, tmp_path: Path, capsys: Output) -> None:
    members = members_of(honest.bundle)
    head = json.loads(members["bundle.json"])
    chance = random.Random(7)
    whole = honest.bundle.read_bytes()
    files = {
        "missing": None,
        "empty": b"",
        "noise": chance.randbytes(5000),
        "cut": whole[: len(whole) // 2],
        "tail": whole[len(whole) // 2 :][:-30],
        "no zip": b"%PDF-1.7",
    }
    for name, data in files.items():
        path = tmp_path / f"{name}.zip"
        if data is not None:
            path.write_bytes(data)
        assert main(["verify", str(path), "--trust", str(honest.trust)]) == 2, name
        assert "is no bundle of an opening" in capsys.readouterr().err
    zips = {
        "nothing": {},
        "no head": {k: v for k, v in members.items() if k != "bundle.json"},
        "no journal": {k: v for k, v in members.items() if k != "journal.jsonl"},
        "head is a list": members | {"bundle.json": b"[]"},
        "head of version 2": members | {"bundle.json": canonical.dumps(head | {"v": 2})},
        "head of another opening": members | {"bundle.json": canonical.dumps(head | {"opening": "O2"})},
        "way out": members | {"../../etc/passwd": b"x"},
        "absolute": members | {"/etc/passwd": b"x"},
        "many names": {f"{n:05}": b"" for n in range(20_001)} | {"bundle.json": members["bundle.json"]},
    }
    for name, content in zips.items():
        path = zipped(tmp_path / f"{name}.zip", content)
        assert main(["verify", str(path), "--trust", str(honest.trust)]) == 2, name
        assert "is no bundle of an opening" in capsys.readouterr().err


def test_a_bomb_is_no_bundle(honest: Honest, tmp_path: Path, capsys: Output) -> None:
    members = members_of(honest.bundle) | {"recordings/host/002.mp4": bytes(50_000_000)}
    path = zipped(tmp_path / "bomb.zip", members, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1_500_000
    assert main(["verify", str(path)]) == 2
    assert "compressed" in capsys.readouterr().err


def test_without_trust_a_head_without_anchors_is_no_bundle(
    honest: Honest, tmp_path: Path, capsys: Output
) -> None:
    head = json.loads(members_of(honest.bundle)["bundle.json"])
    del head["log_key"]
    path = with_member(
        honest.bundle, "bundle.json", canonical.dumps(head), tmp_path / "a.zip", head_too=False
    )
    assert main(["verify", str(path)]) == 2
    assert "anchors" in capsys.readouterr().err


NONSENSE = (
    b"",
    b"\n",
    b"{}\n",
    b"[]\n",
    b"\xff\xfe\n",
    b"[" * 100_000 + b"\n",
    b'{"row":{},"salt":""}\n',
    b'{"row":null,"salt":"' + b"00" * 16 + b'"}\n',
    b'{"at":1e9,"note":"x"}\n',
    b"%PDF-1.7\n%%EOF\n",
    b"\x30\x82\xff\xff" + bytes(64),
    b'{"chain":"\xc3\xa9","kind":"end","utc":1,"cause":"","fragments":9007199254740991}\n',
)


def test_nonsense_in_any_member_is_refused_in_words(honest: Honest, tmp_path: Path, capsys: Output) -> None:
    """Whatever a member holds: exit 1 or 2, and never a stack trace."""
    names = (
        "journal.jsonl",
        "checkpoints.jsonl",
        "record/record.json",
        "record/record.pdf",
        "sealed/1/b1.bid",
    )
    members = members_of(honest.bundle)
    one_of_each = [
        *names,
        *(next(n for n in members if n.startswith(folder)) for folder in ("certificates/", "revocation/")),
        "recordings/host/001.index.jsonl",
        "recordings/host/001.mp4",
    ]
    for number, name in enumerate(one_of_each):
        # Each member meets each second piece of nonsense, in turns: the whole table would take minutes.
        for data in NONSENSE[number % 2 :: 2]:
            path = with_member(honest.bundle, name, data, tmp_path / "a.zip", head_too=True)
            assert main(["verify", str(path), "--trust", str(honest.trust)]) in (1, 2), (name, data[:40])
            told = capsys.readouterr()
            assert "Traceback" not in told.out + told.err


def test_rows_of_a_wrong_shape_are_named_and_refused(honest: Honest, tmp_path: Path, capsys: Output) -> None:
    lines = members_of(honest.bundle)["journal.jsonl"].splitlines()
    chance = random.Random(11)
    for number in chance.sample(range(len(lines)), 12):
        line = json.loads(lines[number])
        row = line["row"]
        match number % 4:
            case 0:
                row["body"] = {"surprise": 1}
            case 1:
                row["received_at"] = "now"
            case 2:
                row["kind"] = "Unheard"
            case _:
                row["body"][min(row["body"])] = [{"deep": None}]
        altered = b"\n".join([*lines[:number], canonical.dumps(line), *lines[number + 1 :]]) + b"\n"
        path = with_member(honest.bundle, "journal.jsonl", altered, tmp_path / "a.zip", head_too=True)
        assert main(["verify", str(path), "--trust", str(honest.trust)]) in (1, 2)
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        assert f"journal.jsonl line {number + 1}: not" in told.out or "no_opening" in told.err
