"""Room for recordings: what stops them, what lets them go on, and who hears of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hall.clock import ManualClock
from hall.recording.space import WALK_EVERY, Space
from hall.recording.store import RecordingStore
from hall.runtime.media_ports import MediaNotice

NOON = 1_795_000_000_000
DISK = shutil.disk_usage("/")


def test_a_quota_counts_what_lies_there_and_lets_go_when_enough_is_gone(tmp_path: Path) -> None:
    (tmp_path / "o-1").mkdir()
    file = tmp_path / "o-1" / "001.mp4"
    file.write_bytes(bytes(999))
    space = Space(tmp_path, quota=1_000, reserve=0)

    def looked() -> str:
        for _ in range(WALK_EVERY):
            space.look()
        return space.refused

    assert looked() == ""
    file.write_bytes(bytes(1_000))
    assert looked() == "quota_used"
    file.write_bytes(bytes(985))
    assert looked() == "quota_used"
    file.write_bytes(bytes(975))
    assert looked() == ""


def test_a_reserve_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter((1_000, 999, 1_999, 2_000, 1_000))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: DISK._replace(free=next(free)))
    space = Space(tmp_path, reserve=1_000)
    for refused in ("", "disk_full", "disk_full", "", ""):
        space.look()
        assert space.refused == refused


async def test_the_first_refusal_and_the_last_resumption_are_told(tmp_path: Path) -> None:
    told: list[MediaNotice] = []
    store = RecordingStore(tmp_path, ManualClock(NOON), Space(tmp_path), told.append)
    for participant, kind in (
        ("host", "recording_refused"),
        ("bidder-1", "recording_refused"),
        ("bidder-2", "recording_refused"),
        ("host", "recording_resumed"),
        ("bidder-2", "recording_ended"),
        ("bidder-1", "recording_resumed"),
    ):
        store._heard("o-1", participant, kind, "disk_full")
    store.close()
    assert [(n.kind, n.opening, n.participant) for n in told] == [
        ("recording_refused", "o-1", ""),
        ("recording_resumed", "o-1", ""),
    ]


async def test_a_recording_that_was_altered_is_told_when_its_room_opens(tmp_path: Path) -> None:
    folder = tmp_path / "o-1" / "host"
    folder.mkdir(parents=True)
    (folder / "001.mp4").write_bytes(b"x")
    (folder / "001.index.jsonl").write_bytes(b"no index\n")
    (folder / "001.synced").write_bytes(b"1")
    told: list[MediaNotice] = []
    store = RecordingStore(tmp_path, ManualClock(NOON), tell=told.append)
    await store.open("o-1")
    store.close()
    assert [(n.kind, n.detail) for n in told] == [("recording_altered", "host/001.index.jsonl")]
