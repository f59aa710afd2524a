"""The test call: sound through a real worker and back, and a worker that can't be heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.clock import HallClock
from hall.errors import Unavailable
from hall.media import loopback
from hall.media.control import MediaWorkers
from tests.integration.media.conftest import Plane


async def test_sound_goes_through_a_worker_and_leaves_no_recording(plane: Plane) -> None:
    await plane.workers.test_call()
    assert list(plane.recordings.iterdir()) == []


async def test_a_media_plane_without_workers_fails_its_test_call(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="media_unavailable"):
        await MediaWorkers(recordings=tmp_path, clock=HallClock()).test_call()


async def test_a_call_that_does_not_arrive_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "WITHIN_S", 0.0)
    with pytest.raises(Unavailable, match="test_call_failed"):
        await loopback.loop_back("127.0.0.1", HallClock())
