"""The recorder alone, with real files and a clock that passes only when told."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hall.clock import ManualClock
from hall.recording.coverage import coverage
from hall.recording.files import EpochFile, synced_lines
from hall.recording.manifest import Verification, verify_recording
from hall.recording.recorder import Recorder
from hall.rehearsal.camera import Clip, read_back

NOON = 1_795_000_000_000
DIRECTORY = Path("o-1") / "host"


def nal_units(annex_b: bytes) -> tuple[bytes, ...]:
    parts = annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return tuple(p for p in parts if p)


class Studio:
    """A recorder, its clock, and a sender that sends the clip."""

    def __init__(self, root: Path, clip: Clip) -> None:
        self.root, self.clip = root, clip
        self.clock = ManualClock(NOON)
        self.keyframes_asked = 0
        self.recorder = Recorder(
            root,
            "o-1",
            "host",
            self.clock,
            request_keyframe=self._asked,
            opened=lambda file: None,
            finished=EpochFile.close,
            refused=lambda: self.refused,
            tell=lambda kind, detail: self.told.append((kind, detail)),
        )
        self.refused = ""
        self.told: list[tuple[str, str]] = []
        self.sent = 0

    def _asked(self) -> None:
        self.keyframes_asked += 1

    def play(
        self, pictures: int, *, video: bool = True, audio: bool = True, shift: int = 0, codec: str = "h264"
    ) -> None:
        """Send so many tenths of a second of the clip, in time; `shift` is added to the RTP timestamps, in seconds."""
        for _ in range(pictures):
            n = self.sent
            if video:
                data = self.clip.video[n % len(self.clip.video)]
                units = nal_units(data) if codec == "h264" else (data,)
                self.recorder.video(codec, units, (n * 9_000 + shift * 90_000) & 0xFFFFFFFF)
            for k in range(5):
                if audio:
                    stamp = n * 4_800 + k * 960 + shift * 48_000
                    self.recorder.audio(b"\xf8\xff\xfe", stamp & 0xFFFFFFFF)
                self.pass_ms(20)
            self.sent += 1

    def burst(self, pictures: int, *, within: int) -> None:
        """Send so many tenths of a second of the clip, all of them within so many ms."""
        before = self.clock.now()
        for done in range(1, pictures + 1):
            n = self.sent
            self.recorder.video("h264", nal_units(self.clip.video[n % len(self.clip.video)]), n * 9_000)
            for k in range(5):
                self.recorder.audio(b"\xf8\xff\xfe", n * 4_800 + k * 960)
            self.sent += 1
            self.check_ahead()
            self.clock.pass_ms(before + done * within // pictures - self.clock.now())

    def check_ahead(self) -> None:
        """Nothing may be dated later than now and a fragment."""
        if self.recorder.file is not None:
            assert self.recorder.file.until <= self.clock.now() + 500

    def pass_ms(self, ms: int) -> None:
        for _ in range(0, ms, 20):
            self.clock.pass_ms(20)
            self.recorder.tick()
            self.check_ahead()

    def found(self) -> list[Verification]:
        directory = self.root / DIRECTORY
        media = (
            sorted(p for p in directory.iterdir() if p.suffix in (".mp4", ".webm"))
            if directory.exists()
            else []
        )
        results = [
            verify_recording(m.read_bytes(), m.with_suffix(".index.jsonl").read_bytes()) for m in media
        ]
        for result in results:
            assert result.ok, result.faults
        return results


@pytest.fixture
def studio(tmp_path: Path, clip: Clip) -> Studio:
    return Studio(tmp_path, clip)


def test_times_in_the_index_are_hall_time_without_gaps(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(40)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert found.epoch is not None
    assert found.epoch.utc == NOON
    for before, after in zip(found.fragments, found.fragments[1:], strict=False):
        assert before.until == after.utc
        assert before.duration <= 500
    assert abs(found.seconds - 4.0) < 0.05
    assert sum(f.video for f in found.fragments) == 40
    assert sum(f.audio for f in found.fragments) == 200
    assert [f.n for f in found.fragments if f.keyframe][:3] == [1, 3, 5]


def test_nothing_is_lost_while_the_picture_is_awaited(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(12, video=False)
    studio.sent = 20  # the camera starts late, at a keyframe; the sound's clock ran on
    studio.play(10, audio=False)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert sum(f.audio for f in found.fragments) == 60
    assert all(f.duration <= 500 for f in found.fragments)


def test_a_promised_picture_that_never_comes_leaves_the_sound(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(50, video=False)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert found.epoch is not None
    assert found.epoch.width == 0
    assert sum(f.audio for f in found.fragments) == 250


def test_a_picture_that_comes_after_all_begins_a_new_epoch(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(50, video=False)
    studio.play(20)
    studio.recorder.end("stopped")
    sound, both = studio.found()
    assert sound.end_cause == "parameters"
    assert both.epoch is not None
    assert (both.epoch.cause, both.epoch.width) == ("parameters", 320)


def test_a_frozen_camera_leaves_the_sound_running_in_the_same_file(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(20)
    studio.play(30, video=False)
    studio.play(20)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert abs(found.seconds - 7.0) < 0.3
    assert sum(f.audio for f in found.fragments) == 350
    assert all(f.duration <= 500 for f in found.fragments)
    shown = read_back(studio.root / DIRECTORY / "001.mp4")
    assert [n for _, n in shown.counters] == [*range(20), *range(50, 70)]
    assert abs({n: t for t, n in shown.counters}[50] - 5.0) < 0.1


def test_another_codec_begins_a_new_epoch_at_its_keyframe(studio: Studio, vp8_clip: Clip) -> None:
    studio.recorder.begin(video=True)
    studio.play(15)
    studio.clip = vp8_clip
    studio.sent = 20
    studio.pass_ms(500)
    studio.play(15, codec="vp8")
    studio.recorder.end("stopped")
    first, second = studio.found()
    assert first.end_cause == "parameters"
    assert first.epoch is not None
    assert second.epoch is not None
    assert (first.epoch.file, second.epoch.file) == ("001.mp4", "002.webm")


def test_a_sender_cannot_date_its_fragments_ahead(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(20)
    studio.play(20, shift=3_600)
    studio.recorder.end("stopped")
    results = studio.found()
    assert results[0].end_cause == "timestamps"
    for result in results:
        assert all(f.until <= studio.clock.now() + 200 for f in result.fragments)


@pytest.mark.parametrize("reports", [False, True])
def test_a_backlog_sent_in_a_burst_is_dated_as_it_was_taken(studio: Studio, reports: bool) -> None:
    studio.recorder.begin(video=True)
    studio.play(30)
    if reports:
        for kind, rate in (("video", 90_000), ("audio", 48_000)):
            studio.recorder.sender_report(kind, 3_000_000_003 << 32, 3 * rate)  # type: ignore[arg-type]  # one of the two kinds
    studio.pass_ms(12_000)
    studio.burst(120, within=1_000)
    studio.sent += 10  # what was taken during the burst comes in time again
    studio.play(30)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert sum(f.video for f in found.fragments) == 180
    assert sum(f.audio for f in found.fragments) == 900
    assert found.fragments[-1].until - NOON == pytest.approx(19_000, abs=100)
    assert found.seconds == pytest.approx(19.0, abs=0.3)
    assert [f.duration for f in found.fragments if f.duration > 510] == [1_500]  # what never came in between
    shown = read_back(studio.root / DIRECTORY / "001.mp4")
    assert [n for _, n in shown.counters] == [*range(150), *range(160, 190)]
    assert all(abs(at - n / 10) < 0.03 for at, n in shown.counters)


def test_a_publication_that_begins_with_a_burst_is_dated_by_its_least_delayed_packet(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.burst(80, within=300)
    studio.play(20)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert found.epoch is not None
    assert found.epoch.utc - NOON == pytest.approx(-7_600, abs=100)
    assert sum(f.video for f in found.fragments) == 100
    assert found.seconds == pytest.approx(10.0, abs=0.1)


def test_a_burst_too_long_to_wait_for_is_all_there_and_never_ahead(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.burst(200, within=2_000)
    studio.play(30)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert sum(f.video for f in found.fragments) == 230
    assert sum(f.audio for f in found.fragments) == 1_150
    assert found.fragments[-1].until <= studio.clock.now() + 500


def test_a_clock_that_stood_still_leaves_a_gap_in_the_same_file(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(50)
    studio.pass_ms(12_000)  # the computer sleeps, and so does the clock of its timestamps
    studio.play(50)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert sum(f.video for f in found.fragments) == 100
    [gap] = coverage([found]).gaps
    assert (gap.start - NOON, gap.end - NOON) == (pytest.approx(5_000, abs=50), pytest.approx(17_000, abs=50))
    assert gap.cause == "silence"
    shown = read_back(studio.root / DIRECTORY / "001.mp4")
    assert {n: t for t, n in shown.counters}[60] == pytest.approx(18.0, abs=0.05)


def test_a_correction_backwards_is_made_up_within_a_fragment(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.pass_ms(60)  # the first packets came late
    studio.play(10)
    studio.clock.at -= 60
    studio.play(40)
    studio.recorder.end("stopped")
    [found] = studio.found()
    assert found.epoch is not None
    assert found.epoch.utc == NOON + 60
    assert found.fragments[-1].until - NOON == pytest.approx(5_000, abs=10)
    shown = read_back(studio.root / DIRECTORY / "001.mp4")
    assert shown.counters[-1][0] == pytest.approx(4.9 - 0.06, abs=0.01)


def test_hall_time_moved_forward_never_mixes_in_one_file(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(20)
    studio.recorder.clock_advanced()
    studio.clock.at += 3_600_000
    studio.play(20)
    studio.recorder.end("stopped")
    before, after = studio.found()
    assert before.fragments[-1].until <= NOON + 2_100
    assert after.fragments[0].utc >= NOON + 3_600_000
    assert after.epoch is not None
    assert after.epoch.cause == "clock_advanced"


def test_keyframes_are_asked_for_every_two_seconds_when_none_come(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    studio.play(40)
    assert studio.keyframes_asked == 0  # the clip has one each second
    studio.pass_ms(10_000)
    assert studio.keyframes_asked == 5


@pytest.mark.parametrize("video", [True, False])
def test_a_disk_that_refuses_costs_no_more_than_the_time_it_refuses(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, video: bool
) -> None:
    studio.recorder.begin(video=video)
    studio.play(20, video=video)
    write = os.write

    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, "write", full)
    studio.play(10, video=video)
    monkeypatch.setattr(os, "write", write)
    studio.play(40, video=video)
    studio.recorder.end("stopped")
    first, second = studio.found()
    assert first.end_cause is None
    assert second.end_cause == "stopped"
    assert second.seconds >= 2.0
    assert second.epoch is not None
    assert second.epoch.cause == "disk_refused"
    assert studio.told == [("recording_refused", "no space left on device"), ("recording_resumed", "")]


def test_a_flush_that_failed_is_never_believed_afterwards(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.recorder.begin(video=True)
    studio.play(20)
    file = studio.recorder.file
    assert file is not None
    flush = os.fdatasync

    def broken(fd: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(OSError, match="input/output"):
        file.sync()
    monkeypatch.setattr(os, "fdatasync", flush)
    file.sync()
    assert synced_lines(studio.root / DIRECTORY / "001.index.jsonl") == 0
    studio.play(60)
    studio.recorder.end("stopped")
    first, second = studio.found()
    assert (first.end_cause, second.end_cause) == (None, "stopped")


def test_where_nothing_may_be_written_files_end_with_the_reason_and_it_goes_on_afterwards(
    studio: Studio,
) -> None:
    studio.recorder.begin(video=True)
    studio.play(30)
    studio.refused = "quota_used"
    studio.play(30)
    studio.refused = ""
    studio.play(40)
    studio.recorder.end("stopped")
    first, second = studio.found()
    assert (first.end_cause, second.end_cause) == ("quota_used", "stopped")
    [gap] = coverage([first, second]).gaps
    assert gap.cause == "disk_refused"
    assert 3_000 <= gap.end - gap.start <= 6_000
    assert studio.told == [("recording_refused", "quota_used"), ("recording_resumed", "")]


def test_who_leaves_while_nothing_may_be_written_has_ended(studio: Studio) -> None:
    studio.refused = "disk_full"
    studio.recorder.begin(video=True)
    studio.play(30)
    studio.recorder.end("stopped")
    assert studio.found() == []
    assert studio.told == [("recording_refused", "disk_full"), ("recording_ended", "stopped")]


def test_timestamps_that_run_backwards_keep_the_file_whole(studio: Studio, vp8_clip: Clip) -> None:
    studio.clip = vp8_clip
    studio.recorder.begin(video=True)
    for n, stamp in enumerate([0, 9_000, 3_000, 18_000, 1_000, 40_000, 20_000] * 4):
        studio.recorder.video("vp8", (vp8_clip.video[n],), stamp)
        studio.recorder.audio(b"\xf8\xff\xfe", 90_000 - stamp)
        studio.pass_ms(60)
    studio.recorder.end("stopped")
    assert sum(f.video for found in studio.found() for f in found.fragments) >= 7


def test_noise_instead_of_pictures_is_survived(studio: Studio) -> None:
    studio.recorder.begin(video=True)
    for n, units in enumerate(
        [(b"",), (b"\x65",), (b"\x67\x42", b"\x68", b"\x65x"), (b"\x67" + b"\xff" * 90, b"\x68", b"\x65x")]
    ):
        studio.recorder.video("h264", units, n)
        studio.recorder.video("vp8", units, n)
    studio.sent = 10
    studio.play(20)
    studio.recorder.end("stopped")
    assert len(studio.found()[-1].fragments) >= 4


@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_line_does_time_neither_runs_backwards_nor_ahead_and_nothing_is_lost(
    data: st.DataObject, clip: Clip
) -> None:
    with tempfile.TemporaryDirectory() as name:
        studio = Studio(Path(name), clip)
        studio.recorder.begin(video=True)
        for _ in range(data.draw(st.integers(1, 6), label="stretches")):
            studio.play(data.draw(st.integers(1, 25), label="in time"))
            pictures = data.draw(st.sampled_from([0, 0, 3, 20, 60, 150]), label="held back")
            if data.draw(st.booleans(), label="as long as it lasted"):
                studio.pass_ms(pictures * 100)
            elif data.draw(st.booleans(), label="a pause"):
                studio.pass_ms(data.draw(st.sampled_from([40, 900, 4_000, 20_000]), label="ms"))
            studio.burst(
                pictures, within=data.draw(st.sampled_from([5, 300, 1_500, 6_000]), label="sent in ms")
            )
        studio.recorder.end("stopped")
        found = studio.found()
        assert len(found) == 1 or all(one.end_cause in ("timestamps", "stopped") for one in found)
        if len(found) == 1:
            assert sum(f.video for f in found[0].fragments) == studio.sent
        assert sum(f.audio for one in found for f in one.fragments) == 5 * studio.sent
        times = [(f.utc, f.until) for one in found for f in one.fragments]
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(times))
        assert times[-1][1] <= studio.clock.now() + 500


@pytest.mark.parametrize(("frozen", "within"), [(12_000, 40), (25_000, 1_000), (45_000, 300)])
def test_after_a_freeze_and_its_backlog_the_file_is_no_longer_than_the_time(
    studio: Studio, frozen: int, within: int
) -> None:
    studio.recorder.begin(video=True)
    studio.play(30)
    studio.pass_ms(frozen)
    studio.burst(frozen // 100, within=within)
    studio.sent += within // 100  # what was taken during the burst comes in time again
    studio.play(30)
    studio.recorder.end("stopped")
    passed = (studio.clock.now() - NOON) / 1000
    [found] = studio.found()
    assert found.seconds == pytest.approx(passed, abs=0.6)
    command = ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time,duration_time", "-of", "json"]
    shown = subprocess.run(
        [*command, str(studio.root / DIRECTORY / "001.mp4")], capture_output=True, check=True, timeout=30
    )
    packets = json.loads(shown.stdout)["packets"]
    last = max(float(p["pts_time"]) + float(p.get("duration_time", 0)) for p in packets)
    assert last <= passed + 0.5, "what a player shows"
