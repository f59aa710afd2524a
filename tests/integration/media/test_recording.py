"""A robot's clip goes through a real worker: what is forwarded, what is recorded, what can be proved."""

from __future__ import annotations

from hall.rehearsal.camera import FRAMES, Clip, Publication, read_back
from tests.integration.media.conftest import OPENING, Plane


async def test_a_published_clip_is_recorded_and_its_counter_and_beeps_read_back(plane: Plane, clip: Clip) -> None:
    robot = Publication()
    before = plane.clock.now()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 6)
    await plane.workers.stop_publishing(OPENING, "host")
    published = (plane.clock.now() - before) / 1000
    await robot.close()

    [media] = plane.media("host")
    found = plane.verified(media)
    assert found.ok, found.faults
    assert found.end_cause == "stopped"
    assert found.epoch is not None
    assert (found.epoch.width, found.epoch.height, found.epoch.codec) == (320, 180, "avc1.42c01f,opus")
    shown = read_back(media)
    assert shown.seconds >= 0.95 * (published - 0.5)
    assert abs(shown.seconds - found.seconds) < 0.3
    assert len(shown.counters) == shown.pictures
    assert shown.steps == len(shown.counters) - 1
    print(shown.seconds, published, shown.beeps, shown.counters[:12])
