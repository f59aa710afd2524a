"""Clips of real recordings, as they are cut: players take them, begin where they begin, and miss nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hall.recording.clips import check, cut
from hall.recording.reading import Reading
from hall.rehearsal.camera import Clip
from tests.integration.media.test_recorder import Studio


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_a_clip_plays_from_the_keyframe_before_its_first_moment(
    tmp_path: Path, clip: Clip, vp8_clip: Clip, codec: str
) -> None:
    studio = Studio(tmp_path, clip if codec == "h264" else vp8_clip)
    studio.recorder.begin(video=True)
    studio.play(80, codec=codec)
    studio.recorder.end("stopped")
    [whole] = studio.found()
    epoch = whole.epoch
    assert epoch is not None
    reading = Reading(tmp_path, lambda opening: b"")
    media = reading.path(epoch.opening, epoch.participant, epoch.file)
    index = media.with_name(f"{media.stem}.index.jsonl").read_bytes()
    start = whole.fragments[0].utc + 3_300
    piece = cut(index, start, start + 2_000)
    assert piece is not None
    assert whole.fragments[piece.first - 1].keyframe
    assert piece.start <= start < start + 2_000 <= piece.until
    made = reading.plain(media, 0, piece.init) + b"".join(
        reading.pieces(media, piece.offset, piece.end - piece.offset)
    )
    out = tmp_path / f"clip{media.suffix}"
    out.write_bytes(made)
    held = check(lambda o, n: made[o : o + n], len(made), index, piece.first, piece.last)
    assert held.faults == ()
    inside = whole.fragments[piece.first - 1 : piece.last]
    told = probed(out)
    streams = {one["codec_name"]: one for one in told["streams"]}
    assert int(streams[codec]["nb_read_frames"]) == sum(f.video for f in inside), "every picture is decoded"
    assert int(streams["opus"]["nb_read_packets"]) == sum(f.audio for f in inside)
    # Times are the recording's: a player begins at the clip's first moment, counted from that of the file.
    assert abs(float(told["format"]["start_time"]) * 1000 - (piece.start - epoch.utc)) < 150


def probed(path: Path) -> dict[str, Any]:
    """What ffprobe says of a file that it has decoded from end to end; it must not complain."""
    command = ["ffprobe", "-v", "error", "-count_frames", "-count_packets", "-show_streams", "-show_format"]
    done = subprocess.run([*command, "-of", "json", str(path)], capture_output=True, check=True, timeout=30)
    assert done.stderr == b""
    found: dict[str, Any] = json.loads(done.stdout)
    return found
