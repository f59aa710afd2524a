"""The last keyframe as a picture: of H.264 and of VP8, made once, and gone with its publication."""

from __future__ import annotations

import io

import av
import pytest

from hall.rehearsal.camera import Clip, Publication, read_counter
from tests.integration.media.conftest import OPENING, Plane


def shown(jpeg: bytes) -> int | None:
    """The number of the frame that the picture shows."""
    with av.open(io.BytesIO(jpeg), format="mjpeg") as file:
        frame = next(file.decode(video=0))
        return read_counter(frame.reformat(format="yuv420p"))


@pytest.mark.parametrize("codec", ["h264", "vp8"])
async def test_the_last_keyframe_is_given_as_a_picture(
    plane: Plane, clip: Clip, vp8_clip: Clip, codec: str
) -> None:
    sent = clip if codec == "h264" else vp8_clip
    assert await plane.workers.still(OPENING, "host") is None
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), sent)
    await plane.recorded("host", 1)

    still = await plane.workers.still(OPENING, "host")

    assert still is not None
    number = shown(still.jpeg)
    assert number is not None
    assert sent.keyframes[number]
    assert 0 <= plane.clock.now() - still.at_ms < 10_000
    assert await plane.workers.still(OPENING, "host") is still, "the same picture is not sent again"
    await robot.close()
    await plane.workers.stop_publishing(OPENING, "host")
    assert await plane.workers.still(OPENING, "host") is None
