"""The recorder alone: CPU and bytes of a recorded stream-second, as it is and encrypted at rest.

One process, no network: frames of the profile that browsers send (640×360, 15 a second, 400 kbit/s, and Opus at
48 kbit/s) go into real files, flushed once for each second of the stream. The schemes take turns, and the middle of the
turns counts. CPU is the process's own, user and system.

Takes about a minute.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.table import Row, publish
from hall.clock import ManualClock
from hall.recording.files import EpochFile
from hall.recording.recorder import Recorder

SECONDS = 240
TURNS = 5
FPS = 15
KEYFRAME_EVERY = 30
START = 1_795_000_000_000
SPS = bytes.fromhex("6742c01fda05067e7840000003004000000523c60ca8")
PPS = bytes.fromhex("68ce3c80")
KEYFRAME, DELTA = bytes(12_000), bytes(2_900)
SOUND = b"\xf8" + bytes(119)


def played(root: Path, key: bytes) -> tuple[float, int, int]:
    """CPU seconds, and bytes of media and index, of one recording."""
    clock = ManualClock(START)
    open_files: set[EpochFile] = set()

    def finished(file: EpochFile) -> None:
        open_files.discard(file)
        file.close()

    recorder = Recorder(
        root,
        "o-1",
        "host",
        clock,
        request_keyframe=lambda: None,
        opened=open_files.add,
        finished=finished,
        key=key,
    )
    before = time.process_time()
    recorder.begin(video=True)
    for second in range(SECONDS):
        for kind, ticks, keyframe, at in order():
            clock.at = max(clock.at, START + second * 1000 + at)
            if kind == "video":
                units = (SPS, PPS, b"\x65" + KEYFRAME) if keyframe and second % 2 == 0 else (b"\x41" + DELTA,)
                recorder.video("h264", units, second * 90_000 + ticks)
            else:
                recorder.audio(SOUND, second * 48_000 + ticks)
        for file in tuple(open_files):
            file.sync()
    recorder.end("stopped")
    cpu = time.process_time() - before
    media, index = (sum(p.stat().st_size for p in root.rglob(name)) for name in ("*.mp4", "*.jsonl"))
    return cpu, media, index


def order() -> Iterator[tuple[str, int, bool, int]]:
    """What arrives in one second: kind, RTP ticks, whether it may be a keyframe, ms."""
    pictures = [("video", n * 6_000, n == 0, n * 1000 // FPS) for n in range(FPS)]
    sounds = [("audio", n * 960, False, n * 20) for n in range(50)]
    yield from sorted(pictures + sounds, key=lambda one: one[3])


def main() -> None:
    """Measure and print."""
    schemes = {"none": b"", "aes-256-ctr": bytes(range(32))}
    cpu: dict[str, list[float]] = {scheme: [] for scheme in schemes}
    sizes: dict[str, tuple[int, int]] = {}
    for _ in range(TURNS):
        for scheme, key in schemes.items():
            root = Path(tempfile.mkdtemp(prefix="hall-bench-"))
            try:
                spent, media, index = played(root, key)
            finally:
                shutil.rmtree(root)
            cpu[scheme].append(spent)
            sizes[scheme] = media, index
    plain, sealed = (median(cpu[scheme]) * 1000 / SECONDS for scheme in schemes)
    media, index = sizes["none"]
    how = f"{SECONDS} s of 640×360, 15/s, 400 kbit/s and Opus 48 kbit/s in turns; middle of {TURNS} turns"
    stored = sum(sizes["aes-256-ctr"]) - sum(sizes["none"])
    figures = (
        ("CPU of a recorded stream-second, scheme none", plain, "ms"),
        ("CPU of a recorded stream-second, aes-256-ctr", sealed, "ms"),
        ("of it encryption", sealed - plain, "ms"),
        ("media", media / SECONDS / 1000, "kB/s"),
        ("index beside them", index / SECONDS / 1000, "kB/s"),
        ("bytes that encryption adds (another word in the init line)", stored, "B"),
    )
    rows = [Row(case=case, ours=round(value, 4), unit=unit, how=how) for case, value, unit in figures]
    publish("recording", rows)


if __name__ == "__main__":
    main()
