"""A finished WebM, given another head, is found by its keyframes; ffprobe is the judge."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from hall.recording.cues import seekable_head
from hall.recording.segments import NOTHING, Samples, Vp8Track, webm_cluster, webm_init
from hall.rehearsal.camera import Clip, load_clip

TRACK = Vp8Track(320, 180)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return load_clip(tmp_path_factory.mktemp("clip"), "vp8")


def recorded(clip: Clip) -> tuple[bytes, list[bytes], list[tuple[int, int, bool]]]:
    """Ten pictures a second, half a second in a cluster, each once more a second later: (init, clusters, what the index
    says of them)."""
    init, clusters, told = webm_init(TRACK, audio=False), [], []
    for first in range(0, 100, 5):
        pictures = [clip.video[n % len(clip.video)] for n in range(first, first + 5)]
        keyframes = [not data[0] & 1 for data in pictures]
        clusters.append(webm_cluster(Samples(first * 9_000, [9_000] * 5, keyframes, pictures), NOTHING))
        told.append((len(clusters[-1]), first * 100, keyframes[0]))
    return init, clusters, told


def probed(path: Path, *what: str) -> dict[str, list[dict[str, str]]]:
    command = ["ffprobe", "-v", "error", *what, "-show_entries", "packet=pts_time,pos,flags", "-of", "json"]
    done = subprocess.run([*command, "-show_format", str(path)], capture_output=True, check=True, timeout=30)
    assert done.stderr == b""
    found: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
    return found


def test_the_head_tells_the_length_and_leads_to_each_keyframe(clip: Clip, tmp_path: Path) -> None:
    init, clusters, told = recorded(clip)
    assert sum(key for _, _, key in told) >= 3
    path = tmp_path / "easy.webm"
    head = seekable_head(init, told, 10_000)
    path.write_bytes(head + b"".join(clusters))
    assert probed(path)["format"]["duration"] == "10.000000"  # type: ignore[call-overload]  # a dict of texts
    for at in (9.4, 4.2, 7.7):
        first = probed(path, "-read_intervals", f"{at}%+#1")["packets"][0]
        wanted = max(begins for _, begins, key in told if key and begins <= at * 1000)
        assert (float(first["pts_time"]), first["flags"][0]) == (wanted / 1000, "K")
        # It was led there, and did not read its way through: the packet lies in that cluster.
        place = next(n for n, (_, begins, _) in enumerate(told) if begins == wanted)
        start = len(head) + sum(len(c) for c in clusters[:place])
        assert start < int(first["pos"]) < start + len(clusters[place])


def test_what_is_no_recording_of_ours_gets_no_head() -> None:
    for init in (b"", b"\0\0\0\x18ftyp", webm_init(TRACK, audio=True)[:60]):
        with pytest.raises(ValueError, match="WebM"):
            seekable_head(init, [], 0)
