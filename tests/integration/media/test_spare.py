"""A worker in reserve takes the place of one that was killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from hall.media import spare
from tests.integration.media.conftest import OPENING, Plane
from tests.integration.media.test_rtsp import heard_of


async def test_the_reserve_takes_the_rooms_of_a_worker_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare, "AFTER_S", 0.0)
    plane = Plane(tmp_path / "recordings")
    await plane.workers.start()
    await plane.workers.open_room(OPENING)
    await plane.until(lambda: plane.workers.spare.pid)
    [worker], reserve = plane.workers.processes(), plane.workers.spare.pid

    os.kill(worker, signal.SIGKILL)
    await heard_of(plane.workers, "worker_back", "")

    assert plane.workers.processes() == [reserve]
    assert await plane.workers.still(OPENING, "host") is None, "it answers, and has the room"
    await plane.until(lambda: plane.workers.spare.pid not in (None, reserve))
    another = plane.workers.spare.pid
    await plane.workers.close()
    assert another is not None
    with pytest.raises(ProcessLookupError):
        os.kill(another, 0)
