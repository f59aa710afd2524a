"""Recordings after a killed worker and a power cut: what was flushed is kept, what was altered is not repaired."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hall.recording import vault
from hall.recording.files import EpochFile, index_paths, next_epoch, recover_opening, synced_path
from hall.recording.manifest import Epoch, Verification, verify_recording
from tests.crash.power import Power

KEY = bytes(range(32))
FRAGMENTS = 24
BLOCK = 512
EPOCH = Epoch("o-1", "host", 1, "001.mp4", "video/mp4", "avc1", 320, 180, 1_000_000, "start", vault.AES_CTR)

bounded = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one flush made durable."""

    media: int
    index: int
    lines: int


@dataclass(slots=True)
class Written:
    """A recording as it lay in memory when the power failed, and every flush before that."""

    media: bytes
    index: bytes
    flushes: list[Flushed] = field(default_factory=list)


def written(end: bool) -> Written:
    """A real file, flushed after every second fragment."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "o-1" / "host"
        file = EpochFile(folder, EPOCH, b"init segment" * 20, KEY)
        media, index = folder / "001.mp4", folder / "001.index.jsonl"
        flushes = [Flushed(0, 0, 0)]

        def flush() -> None:
            file.sync()
            lines = index.read_bytes()
            flushes.append(Flushed(media.stat().st_size, len(lines), lines.count(b"\n")))

        for n in range(FRAGMENTS):
            plain = bytes([n]) * (700 + 37 * n)
            file.append(plain, utc=1_000_000 + 500 * n, duration=500, keyframe=n % 4 == 0, video=7, audio=25)
            if n % 2:
                flush()
        if end:
            file.end("stopped")
        found = Written(media.read_bytes(), index.read_bytes(), flushes)
        file.close()
        return found


OPEN, ENDED = written(False), written(True)


@contextmanager
def laid_out(media: bytes, index: bytes, mark: int | None) -> Iterator[Path]:
    """The three files in a directory of recordings."""
    root = Path(tempfile.mkdtemp())
    try:
        folder = root / "o-1" / "host"
        folder.mkdir(parents=True)
        (folder / "001.mp4").write_bytes(media)
        (folder / "001.index.jsonl").write_bytes(index)
        if mark is not None:
            synced_path(folder / "001.index.jsonl").write_bytes(b"%010d\n" % mark)
        yield root
    finally:
        shutil.rmtree(root)


def found_in(root: Path) -> Verification | None:
    [*indices] = index_paths(root / "o-1" / "host")
    if not indices:
        return None
    media = indices[0].with_name("001.mp4").read_bytes()
    found = verify_recording(media, indices[0].read_bytes(), vault.keys_of(KEY))
    assert found.ok, found.faults
    return found


def lost(data: bytes, kept: int, length: int, gone: set[int]) -> bytes:
    """`data` cut to `length`, with blocks beyond the first `kept` bytes never written."""
    left = bytearray(data[: max(kept, length)])
    for at in range(0, len(left), BLOCK):
        if at // BLOCK in gone:
            start, stop = max(at, kept), min(at + BLOCK, len(left))
            if start < stop:
                left[start:stop] = bytes(stop - start)
    return bytes(left)


@given(data=st.data(), ended=st.booleans())
@bounded
def test_a_power_cut_takes_nothing_back_that_was_flushed(data: st.DataObject, ended: bool) -> None:
    had = ENDED if ended else OPEN
    number = data.draw(st.integers(0, len(had.flushes) - 1), label="flush")
    synced = had.flushes[number]
    # The mark is not flushed itself: it may tell of any flush before, or not be there.
    mark = data.draw(st.sampled_from([None, *(f.lines for f in had.flushes[: number + 1])]), label="mark")
    gone = data.draw(st.sets(st.integers(0, 80)), label="blocks that never reached the disk")
    media = lost(had.media, synced.media, data.draw(st.integers(0, len(had.media)), label="media"), gone)
    index = lost(had.index, synced.index, data.draw(st.integers(0, len(had.index)), label="index"), gone)
    with laid_out(media, index, mark) as root:
        recover_opening(root, "o-1")
        found = found_in(root)
        kept = 0 if found is None else len(found.fragments) + 1
        assert kept >= synced.lines
        if found is not None:
            assert found.end_cause in ("worker_lost", "stopped")
            length = (root / "o-1" / "host" / "001.mp4").stat().st_size
            assert (root / "o-1" / "host" / "001.mp4").read_bytes() == had.media[:length]
        assert recover_opening(root, "o-1") == []
        assert next_epoch(root / "o-1" / "host") == 2


def test_each_flush_is_durable_before_it_is_told(tmp_path: Path) -> None:
    root, left = tmp_path / "recordings", []
    root.mkdir()
    with Power(root).on() as power:
        file = EpochFile(root / "o-1" / "host", EPOCH, b"init", KEY)
        for n in range(4):
            file.append(b"x" * 900, utc=1_000_000 + 500 * n, duration=500, keyframe=True, video=7, audio=25)
            file.sync()
            left.append(power.cut(tmp_path / str(n)))
        file.close()
    for n, cut in enumerate(left):
        recover_opening(cut, "o-1")
        found = found_in(cut)
        assert found is not None
        assert len(found.fragments) == n + 1


@given(cut=st.integers(0, 1_000_000), of_index=st.booleans())
@bounded
def test_a_killed_worker_leaves_all_but_what_it_was_writing(cut: int, of_index: bool) -> None:
    # A killed process tears at most its last write: the media of a fragment whose line is missing, or that line.
    lines = OPEN.index.splitlines(keepends=True)
    last = len(OPEN.media) - 700 - 37 * (FRAGMENTS - 1)
    if of_index:
        media, index = OPEN.media, b"".join(lines[:-1]) + lines[-1][: cut % len(lines[-1])]
    else:
        media, index = OPEN.media[: last + cut % (len(OPEN.media) - last)], b"".join(lines[:-1])
    with laid_out(media, index, OPEN.flushes[-2].lines) as root:
        [closed] = recover_opening(root, "o-1")
        found = found_in(root)
        assert found is not None
        assert len(found.fragments) == FRAGMENTS - 1
        assert found.end_cause == "worker_lost"
        assert not closed.altered


@given(at=st.integers(0, 1_000_000), by=st.integers(1, 255), of_index=st.booleans())
@bounded
def test_what_was_altered_before_the_last_flush_is_never_made_to_fit(
    at: int, by: int, of_index: bool
) -> None:
    synced = OPEN.flushes[-1]
    media, index = bytearray(OPEN.media), bytearray(OPEN.index)
    if of_index:
        index[at % synced.index] ^= by
    else:
        media[at % synced.media] ^= by
    with laid_out(bytes(media), bytes(index), synced.lines) as root:
        recover_opening(root, "o-1")
        folder = root / "o-1" / "host"
        stored, lines = (folder / "001.mp4").read_bytes(), (folder / "001.index.jsonl").read_bytes()
        assert stored[: synced.media] == media[: synced.media]
        assert lines[: synced.index] == index[: synced.index]
        assert verify_recording(stored, lines).faults
