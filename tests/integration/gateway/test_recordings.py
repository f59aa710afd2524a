"""Recordings at the door: growing indices, ranges, looks and acts; and what the door tells whom before it may."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hall.cli import main
from hall.client.api import Hall
from hall.client.keys import Context
from hall.errors import HallError
from hall.recording.files import EpochFile
from hall.recording.manifest import Epoch
from hall.recording.segments import Vp8Track, webm_init
from hall.runtime import library
from tests.demo_world import holder
from tests.integration.gateway.conftest import Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")

START = 1_795_309_200_000
BASE = "/api/openings/O1/recordings"
PLAIN = b"init segment" + b"".join(f"fragment {n}".encode() for n in range(4))
CONTEXT = Context(origin="hall.localhost", tender="T1", opening="O1")


def begun(root: Path, participant: str, number: int = 1) -> EpochFile:
    """A recording of two seconds that goes on."""
    epoch = Epoch(
        "O1", participant, number, f"{number:03d}.mp4", "video/mp4", "avc1", 640, 360, START, "start"
    )
    file = EpochFile(root / "O1" / participant, epoch, b"init segment")
    for n in range(4):
        write(file, n)
    return file


def write(file: EpochFile, n: int) -> None:
    utc = START + 500 * n
    file.append(f"fragment {n}".encode(), utc=utc, duration=500, keyframe=n % 4 == 0, video=7, audio=12)


@pytest.fixture(scope="module")
def live(doors: Doors) -> EpochFile:
    """The host is on record, for the second time; so is a bidder of whom nobody may know."""
    root = doors.config.recordings
    for participant in ("host", "bidder-b2"):
        file = begun(root, participant)
        file.end("stopped")
        file.close()
    return begun(root, "host", 2)


@dataclass(frozen=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes


async def asked(hall: Hall, path: str, **headers: str) -> Answered:
    async with hall.session.get(path, headers=headers) as answer:
        return Answered(answer.status, dict(answer.headers), await answer.read())


async def code_of(hall: Hall, path: str, body: object = None) -> str:
    with pytest.raises(HallError) as error:
        await (hall.get(path) if body is None else hall.post(path, body))
    return error.value.code


async def test_an_index_is_followed_while_it_grows(doors: Doors, live: EpochFile) -> None:
    async with doors.client("supervisor") as hall:
        await hall.login()
        path = f"{BASE}/host/002.mp4/index"
        told = await hall.get(path)
        assert [fragment[0] for fragment in told["fragments"]] == [1, 2, 3, 4]
        assert (told["init"]["mime"], told["init"]["length"], told["end"]) == ("video/mp4", 12, None)
        waiting = asyncio.ensure_future(hall.get(f"{path}?after=4&wait=5000"))  # noqa: TID251 - a test's own task
        await asyncio.sleep(0.05)
        write(live, 4)
        assert [fragment[0] for fragment in (await waiting)["fragments"]] == [5]
        assert (await hall.get(f"{path}?after=5"))["fragments"] == []
        for wrong in ("after=-1", "after=x", "wait=1.5"):
            assert await code_of(hall, f"{path}?{wrong}") == "malformed_message"
        ended = await hall.get(f"{BASE}/host/001.mp4/index?after=4&wait=5000")
        assert ended["end"]["cause"] == "stopped"


@pytest.mark.usefixtures("live")
async def test_ranges_are_those_of_the_standard(doors: Doors) -> None:
    async with doors.client("host") as hall:
        await hall.login()
        whole = await asked(hall, f"{BASE}/host/001.mp4")
        assert (whole.status, whole.body) == (200, PLAIN)
        assert whole.headers["Cache-Control"] == "private, no-store"
        assert whole.headers["Content-Type"] == "video/mp4"
        for wanted, part in (("0-11", (0, 12)), ("12-", (12, 52)), ("-10", (42, 52)), ("50-999", (50, 52))):
            found = await asked(hall, f"{BASE}/host/001.mp4", Range=f"bytes={wanted}")
            assert (found.status, found.body) == (206, PLAIN[slice(*part)])
            assert found.headers["Content-Range"] == f"bytes {part[0]}-{part[1] - 1}/52"
        for wanted in ("bytes=52-", "bytes=9-3", "lines=1-2", "bytes=0-1,3-4"):
            found = await asked(hall, f"{BASE}/host/001.mp4", Range=wanted)
            assert (found.status, found.headers["Content-Range"]) == (416, "bytes */52")
        async with hall.session.head(f"{BASE}/host/001.mp4") as head:
            assert (head.status, head.headers["Content-Length"]) == (200, "52")


@pytest.mark.usefixtures("live")
async def test_a_bidders_recordings_and_nothing_are_the_same_to_whom_they_are_none_of_their_business(
    doors: Doors,
) -> None:
    for who in ("supervisor", "b1"):
        async with doors.client(who) as hall:
            await hall.login()
            for path in ("/{}/001.mp4", "/{}/001.mp4/index", "?participant={}", "/coverage?participant={}"):
                there = await asked(hall, BASE + path.format("bidder-b2"))
                nothing = await asked(hall, BASE + path.format("bidder-b9"))
                assert (there.status, there.body) == (nothing.status, nothing.body)
                assert there.status == 403
            assert {one["participant"] for one in await hall.get(BASE)} == {"host"}
            [one] = await hall.get(f"{BASE}/coverage")
            assert (one["participant"], one["epochs"]) == ("host", 2)
            look = {"participants": ["bidder-b2"], "from": 0, "to": 1}
            assert await code_of(hall, f"{BASE}/views", look) == "may_not_watch"
            assert await code_of(hall, f"{BASE}/exports", look) == "may_not_watch"
            assert await code_of(hall, f"{BASE}/exports", look | {"participants": ["host"]}) == "not_now"
            assert await code_of(hall, f"{BASE}/exports/{'ab' * 32}") == "no_such_export"


@pytest.mark.usefixtures("live")
async def test_looks_holds_and_refusals_stand_in_what_the_staff_is_told(doors: Doors) -> None:
    async with doors.client("supervisor") as hall:
        await hall.login()
        await hall.post(f"{BASE}/views", {"participants": ["host"], "from": START, "to": START + 1_000})
        path = f"{BASE}/keeping"
        ack, _ = await hall.signed(path, "hold_recordings", CONTEXT, {"reason": "投诉待查"})
        assert ack["events"] == ["HoldPlaced"]
        with pytest.raises(HallError, match="not_permitted"):
            await hall.signed(path, "erase_recordings", CONTEXT, {"reason": "期满"})
        told = await hall.get(path)
        assert (told["kept_until"], told["erased"]) == (None, False)
        assert [hold["hold"] for hold in told["holds"]] == [1]
        assert {"RecordingsViewed", "HoldPlaced"} <= {one["kind"] for one in told["history"]}
        assert "act" not in told["holds"][0]
        for wrong in ([], ["host"] * 999, "host", [5]):
            look: dict[str, Any] = {"participants": wrong, "from": 0, "to": 1}
            assert await code_of(hall, f"{BASE}/views", look) == "malformed_message"
        asked_for = f"{BASE}?from={START + 5_000}&to={START + 9_000}"
        assert await hall.get(asked_for) == []
        assert await code_of(hall, f"{BASE}?event=BidderSignedIn") == "no_such_event"
        assert await code_of(hall, f"{BASE}?from=9&to=3") == "malformed_message"
    async with doors.client("b1") as hall:
        await hall.login()
        assert await code_of(hall, path) == "not_permitted"


@pytest.mark.usefixtures("live")
async def test_a_clip_is_made_fetched_and_checked_from_the_command_line(
    doors: Doors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, out = holder("supervisor").identity, tmp_path / "clip.zip"
    (tmp_path / "key.pem").write_bytes(one.key.read_bytes())
    command = ["recordings", "export", "O1", "--hall", doors.base, "--certificate", str(one.certificate)]
    command += ["--key", str(tmp_path / "key.pem"), "--participant", "host", "--out", str(out)]
    assert await asyncio.to_thread(main, command) == 1
    assert "when all bidders are announced" in capsys.readouterr().err
    assert not out.exists()
    monkeypatch.setattr(library, "all_announced", lambda state: True)
    span = ["--from", "2026-11-22T09:00:00+08:00", "--to", str(START + 900)]
    assert await asyncio.to_thread(main, [*command, *span]) == 0
    assert hashlib.sha256(out.read_bytes()).hexdigest() in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["recordings", "verify", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [file["path"] for file in told["files"]] == ["clips/host-001.mp4", "clips/host-002.mp4"]
    assert told["exported_by"]["role"] == "supervisor"
    with zipfile.ZipFile(out) as clip:
        assert clip.read("clips/host-001.mp4") == PLAIN[: 12 + 2 * 10]
    assert await asyncio.to_thread(main, [*command, "--event", "NothingOfThe..Kind"]) == 1


async def test_a_finished_webm_is_given_with_a_head_to_seek_by_in_any_range(doors: Doors) -> None:
    init = webm_init(Vp8Track(640, 360), audio=False)
    epoch = Epoch("O1", "host", 3, "003.webm", "video/webm", "vp8", 640, 360, START, "start")
    file = EpochFile(doors.config.recordings / "O1" / "host", epoch, init)
    for n in range(4):
        write(file, n)
    path = f"{BASE}/host/003.webm"
    async with doors.client("host") as hall:
        await hall.login()
        plain = await asked(hall, path)
        assert (await asked(hall, f"{path}?seekable=1")).body == plain.body, "it is still being written"
        file.end("stopped")
        file.close()
        easy = await asked(hall, f"{path}?seekable=1")
        head = easy.body.removesuffix(plain.body[len(init) :])
        assert plain.body.startswith(init)
        assert bytes.fromhex("1C53BB6B") in head, "the cues"
        for start, stop in ((0, 9), (len(head) - 5, len(head) + 5), (len(head) + 3, len(easy.body))):
            found = await asked(hall, f"{path}?seekable=1", Range=f"bytes={start}-{stop - 1}")
            assert (found.status, found.body) == (206, easy.body[start:stop])
        assert (await asked(hall, f"{BASE}/host/001.mp4?seekable=1")).body == PLAIN
