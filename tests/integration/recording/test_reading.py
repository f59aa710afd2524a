"""Growing indices are read once for all who wait, and bytes come plain whatever lies on the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hall.errors import HallError, Unavailable
from hall.recording import reading as module
from hall.recording.erasing import RecordingEraser
from hall.recording.files import EpochFile
from hall.recording.manifest import Epoch, verify_recording
from hall.recording.reading import Reading
from hall.recording.vault import AES_CTR, NONE

KEY = bytes(range(32))
START = 1_800_000_000_000


def begun(
    root: Path, participant: str = "host", scheme: str = NONE, number: int = 1, at: int = START
) -> EpochFile:
    epoch = Epoch(
        "O1", participant, number, f"{number:03d}.mp4", "video/mp4", "avc1", 640, 360, at, "start", scheme
    )
    return EpochFile(root / "O1" / participant, epoch, b"init segment", KEY)


def write(file: EpochFile, count: int, gap: int = 0) -> None:
    for n in range(file.fragments, file.fragments + count):
        file.append(
            f"fragment {n}".encode(),
            utc=file.until + gap,
            duration=500,
            keyframe=n % 4 == 0,
            video=7,
            audio=12,
        )
        gap = 0


@pytest.fixture
async def reading(tmp_path: Path) -> Reading:
    def gone(opening: str) -> bytes:
        if (tmp_path / "destroyed").exists():
            raise Unavailable("recording_key_destroyed")
        return KEY

    return Reading(tmp_path, gone)


async def test_an_index_is_told_from_where_the_player_is(tmp_path: Path, reading: Reading) -> None:
    file = begun(tmp_path)
    write(file, 5)
    told = await reading.index("O1", "host", "001.mp4", 0, 0)
    assert told.init is not None
    assert (told.init["offset"], told.init["length"], told.init["utc"]) == (0, 12, START)
    assert told.fragments[0] == [1, 12, 10, START, 500, True]
    assert told.fragments[4] == [5, 52, 10, START + 2_000, 500, True]
    assert told.end is None
    assert (await reading.index("O1", "host", "001.mp4", 4, 0)).fragments == [told.fragments[4]]
    assert (await reading.index("O1", "host", "001.mp4", 99, 0)).fragments == []
    file.end("closed")
    file.close()
    end = (await reading.index("O1", "host", "001.mp4", 5, 5)).end
    assert end == {"utc": START + 2_500, "cause": "closed", "fragments": 5}
    await reading.close()


async def test_the_end_is_told_with_the_last_fragment(
    tmp_path: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    file = begun(tmp_path)
    write(file, 10)
    file.end("closed")
    file.close()
    seen: list[object] = []
    while (told := await reading.index("O1", "host", "001.mp4", len(seen), 0)).end is None:
        seen += [fragment[0] for fragment in told.fragments]
    assert seen + [fragment[0] for fragment in told.fragments] == list(range(1, 11))


async def test_many_wait_and_the_tail_is_read_once(
    tmp_path: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = begun(tmp_path)
    write(file, 1)
    await reading.index("O1", "host", "001.mp4", 0, 0)
    reads: list[Path] = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: (reads.append(self), real(self, *a, **k))[1])
    waiting = [asyncio.ensure_future(reading.index("O1", "host", "001.mp4", 1, 30)) for _ in range(50)]  # noqa: TID251 - a test's own tasks
    await asyncio.sleep(0)
    write(file, 1)
    told = await asyncio.gather(*waiting)
    assert all([fragment[0] for fragment in one.fragments] == [2] for one in told)
    assert len(reads) == 1
    file.close()
    await reading.close()


async def test_who_comes_in_between_takes_nothing_from_who_waits(tmp_path: Path, reading: Reading) -> None:
    file = begun(tmp_path)
    write(file, 1)
    waiting = asyncio.ensure_future(reading.index("O1", "host", "001.mp4", 1, 30))  # noqa: TID251 - as above
    await asyncio.sleep(0)
    write(file, 1)
    assert len((await reading.index("O1", "host", "001.mp4", 0, 0)).fragments) == 2
    assert [fragment[0] for fragment in (await waiting).fragments] == [2]
    file.close()
    await reading.close()


async def test_who_waits_in_vain_is_told_so(tmp_path: Path, reading: Reading) -> None:
    file = begun(tmp_path)
    write(file, 1)
    assert (await reading.index("O1", "host", "001.mp4", 1, 0.01)).fragments == []
    file.close()
    await reading.close()


async def test_a_line_that_is_no_line_ends_what_is_shown(tmp_path: Path, reading: Reading) -> None:
    file = begun(tmp_path)
    write(file, 2)
    file.close()
    with (tmp_path / "O1/host/001.index.jsonl").open("ab") as index:
        index.write(b'{"kind":"fragment"}\n')
    told = await reading.index("O1", "host", "001.mp4", 0, 0)
    assert [fragment[0] for fragment in told.fragments] == [1, 2]
    assert told.end is not None
    assert told.end["cause"] == "index_malformed"


@pytest.mark.parametrize("scheme", [NONE, AES_CTR])
def test_any_range_comes_plain(tmp_path: Path, reading: Reading, scheme: str) -> None:
    file = begun(tmp_path, scheme=scheme)
    write(file, 3)
    file.end("closed")
    file.close()
    path = reading.path("O1", "host", "001.mp4")
    plain = b"init segmentfragment 0fragment 1fragment 2"
    assert (path.read_bytes() == plain) is (scheme == NONE)
    assert reading.size(path) == len(plain)
    for offset in range(len(plain) + 2):
        assert reading.plain(path, offset, 17) == plain[offset : offset + 17]
    assert b"".join(reading.pieces(path, 5, 30)) == plain[5:35]


@pytest.mark.parametrize(
    "name",
    [
        ("O1", "host", "002.mp4"),
        ("O1", "nobody", "001.mp4"),
        ("..", "host", "001.mp4"),
        ("O1", "..", "001.mp4"),
    ]
    + [("O1", "host", file) for file in ("../host/001.mp4", "001.index.jsonl", "001.synced", "1.mp4", "")],
)
def test_only_media_files_are_found(tmp_path: Path, reading: Reading, name: tuple[str, str, str]) -> None:
    begun(tmp_path).close()
    with pytest.raises(HallError):
        reading.path(*name)


async def test_what_is_covered_is_told_with_its_gaps(tmp_path: Path, reading: Reading) -> None:
    first = begun(tmp_path)
    write(first, 4)
    write(first, 4, gap=5_000)
    first.end("connection_lost")
    first.close()
    second = begun(tmp_path, number=2, at=first.until + 10_000)
    write(second, 2)
    told = await reading.coverage("O1", "host", None)
    assert told.spans == [
        (START, START + 2_000, "001.mp4"),
        (START + 7_000, START + 9_000, "001.mp4"),
        (START + 19_000, START + 20_000, "002.mp4"),
    ]
    assert [gap[:3] for gap in told.gaps] == [
        (START + 2_000, START + 7_000, "silence"),
        (START + 9_000, START + 19_000, "connection_lost"),
    ]
    assert (await reading.coverage("O1", "host", (START, START + 3_000))).spans == told.spans[:1]
    second.close()


@pytest.mark.parametrize(("scheme", "everything"), [(NONE, False), (AES_CTR, False), (AES_CTR, True)])
def test_clause_6_1_erasing_leaves_index_and_chain(
    tmp_path: Path, reading: Reading, scheme: str, everything: bool
) -> None:
    for number in (1, 2):
        file = begun(tmp_path, scheme=scheme, number=number)
        write(file, 3)
        file.end("closed")
        file.close()
    path = reading.path("O1", "host", "001.mp4")
    reading.plain(path, 0, 5)
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(b"holds recordings")
    eraser = RecordingEraser(
        tmp_path,
        destroy=lambda opening: (tmp_path / "destroyed").write_text(opening) and None,
        forget=reading.forget,
        copies=lambda opening: [bundle],
        everything=everything,
    )
    deleted = 2 if scheme == NONE or everything else 0
    for _ in range(2):  # a crash may have it done again
        assert eraser.erase("O1") == (scheme != NONE, deleted)
    assert not bundle.exists()
    assert path.exists() is (deleted == 0)
    if deleted == 0:
        with pytest.raises(Unavailable, match="recording_key_destroyed"):
            reading.plain(path, 0, 5)
    lines = (tmp_path / "O1/host/001.index.jsonl").read_bytes()
    found = verify_recording(path.read_bytes() if path.exists() else b"", lines)
    assert len(found.fragments) == 3
    assert found.end_cause == "closed"
    assert found.ok is path.exists(), "what is left verifies without any key"
