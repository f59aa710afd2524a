"""Frames handed over in lots become the same files, byte for byte, as frames handed over one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.clock import ManualClock
from hall.recording.files import EpochFile
from hall.recording.manifest import verify_recording
from hall.recording.recorder import Arrival, Recorder
from hall.recording.segments import length_prefixed
from hall.recording.vault import keys_of

NOON = 1_795_000_000_000
KEY = bytes(range(32))
SPS = bytes.fromhex("6742c01fda05067e7840000003004000000523c60ca8")
PPS = bytes.fromhex("68ce3c80")
VP8_KEYFRAME = b"\x10\0\0\x9d\x01\x2a\x40\x01\xb4\x00"

Came = tuple[str, tuple[bytes, ...], int, int]


def sent(codec: str) -> list[Came]:
    """Five seconds: ten pictures and fifty packets of sound in each, in the order in which they came."""
    found: list[Came] = []
    for n in range(50):
        body = bytes([n]) * (40 + n)
        units: tuple[bytes, ...]
        if codec == "vp8":
            units = (VP8_KEYFRAME + body,) if n % 20 == 0 else (b"\x11", body)
        else:
            units = (b"\x09\x10", SPS, PPS, b"\x65" + body) if n % 20 == 0 else (b"\x41" + body, b"\x41")
        found.append((codec, units, 9_000 * n, NOON + 100 * n))
        found += [("opus", (b"\xf8" + body,), 960 * k, NOON + 20 * k) for k in range(5 * n, 5 * n + 5)]
    return found


def recorded(root: Path, lots: list[list[Came]], *, together: bool) -> dict[str, bytes]:
    """The files by name after the frames were handed over."""
    clock = ManualClock(NOON)
    recorder = Recorder(
        root,
        "o-1",
        "host",
        clock,
        request_keyframe=lambda: None,
        opened=lambda file: None,
        finished=EpochFile.close,
        key=KEY,
    )
    recorder.begin(video=True)
    for lot in lots:
        if together:
            recorder.take([arrival(one) for one in lot])
            continue
        for codec, units, timestamp, arrived in lot:
            if codec == "opus":
                recorder.audio(units[0], timestamp, arrived)
            else:
                recorder.video(codec, units, timestamp, arrived)
    recorder.end("stopped")
    return {path.name: path.read_bytes() for path in (root / "o-1" / "host").iterdir()}


def arrival(one: Came) -> Arrival:
    codec, units, timestamp, arrived = one
    if codec == "h264":
        return codec, length_prefixed(units), timestamp, arrived, len(units) == 4
    data = b"".join(units)
    return codec, data, timestamp, arrived, codec == "vp8" and not data[0] & 1


@pytest.mark.parametrize(("codec", "suffix"), [("h264", "mp4"), ("vp8", "webm")])
@pytest.mark.parametrize("lot", [1, 7, 300])
def test_lots_become_the_same_files_as_single_frames(
    tmp_path: Path, codec: str, suffix: str, lot: int
) -> None:
    frames = sent(codec)
    lots = [frames[at : at + lot] for at in range(0, len(frames), lot)]
    together = recorded(tmp_path / "together", lots, together=True)
    assert together == recorded(tmp_path / "single", lots, together=False)
    media, index = together[f"001.{suffix}"], together["001.index.jsonl"]
    found = verify_recording(media, index, keys_of(KEY))
    assert found.ok
    assert (sum(f.video for f in found.fragments), sum(f.audio for f in found.fragments)) == (50, 250)
    assert found.seconds == pytest.approx(5.0, abs=0.05)
