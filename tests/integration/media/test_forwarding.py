"""A watcher sees what a participant publishes: before, during and after a change of publication."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcconfiguration import RTCBundlePolicy

from hall import tasks
from hall.errors import Malformed, Unavailable
from hall.rehearsal.camera import Clip, Publication, gather_on, read_counter
from tests.integration.media.conftest import OPENING, Plane


class Viewer:
    """A stock aiortc peer that watches, decodes and reads the counter."""

    def __init__(self, codecs: tuple[str, ...] = (), kinds: tuple[str, ...] = ("audio", "video")) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.numbers: list[int] = []
        self.sounds = 0
        self._codecs, self._kinds = codecs, kinds
        self._tasks: list[asyncio.Task[None]] = []

    async def watch(self, plane: Plane, participant: str, name: str = "supervisor") -> None:
        for kind in self._kinds:
            transceiver: Any = self.pc.addTransceiver(kind, direction="recvonly")
            if kind == "video" and self._codecs:
                able = transceiver.receiver.getCapabilities("video").codecs
                transceiver.setCodecPreferences([c for c in able if c.mimeType in self._codecs])
            gather_on(transceiver.receiver.transport.transport.iceGatherer._connection, "127.0.0.1")
        self.pc.on("track", lambda track: self._tasks.append(tasks.start(self._read(track), "viewer")))
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await plane.workers.watch(OPENING, participant, name, self.pc.localDescription.sdp)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def _read(self, track: Any) -> None:
        while True:
            frame = await track.recv()
            if track.kind == "audio":
                self.sounds += 1
            elif (number := read_counter(frame)) is not None:
                self.numbers.append(number)

    async def close(self) -> None:
        await tasks.stop(*self._tasks)
        await self.pc.close()


@pytest.mark.parametrize("codec", ["h264", "vp8"])
async def test_a_watcher_that_came_first_sees_the_participant_when_it_publishes(
    plane: Plane, clip: Clip, vp8_clip: Clip, codec: str
) -> None:
    viewer = Viewer()
    await viewer.watch(plane, "host")
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip if codec == "h264" else vp8_clip)
    await plane.until(lambda: len(viewer.numbers) >= 10 and viewer.sounds >= 20)
    assert all(b - a == 1 for a, b in zip(viewer.numbers, viewer.numbers[1:], strict=False))
    await viewer.close()
    await robot.close()


async def test_a_watcher_goes_on_watching_when_the_participant_publishes_again(
    plane: Plane, clip: Clip
) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    viewer = Viewer()
    await viewer.watch(plane, "host")
    await plane.until(lambda: len(viewer.numbers) >= 5)
    await plane.workers.stop_publishing(OPENING, "host")
    await robot.close()
    seen = len(viewer.numbers)
    again = Publication()
    await again.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.until(lambda: len(viewer.numbers) >= seen + 15)
    assert viewer.numbers[-1] < viewer.numbers[0] + 40
    await viewer.close()
    await again.close()


async def test_who_stops_watching_gets_nothing_more_and_others_are_not_disturbed(
    plane: Plane, clip: Clip
) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    one, other = Viewer(), Viewer()
    await one.watch(plane, "host", "one")
    await other.watch(plane, "host", "other")
    await plane.until(lambda: one.numbers and other.numbers)
    await plane.workers.stop_watching(OPENING, "one")
    await plane.until(lambda: one.pc.connectionState == "closed")
    seen = len(other.numbers)
    await plane.until(lambda: len(other.numbers) >= seen + 10)
    await one.close()
    await other.close()
    await robot.close()


async def test_life_and_end_of_a_publication_are_told(plane: Plane, clip: Clip) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("bidder-3", sdp), clip)
    told = plane.workers.notices()
    kinds: list[str] = []
    while kinds.count("media_alive") < 2:
        notice = await anext(told)
        assert (notice.opening, notice.participant) == (OPENING, "bidder-3")
        assert abs(notice.at_ms - plane.clock.now()) < 5_000
        kinds.append(notice.kind)
    assert kinds[:2] == ["publication_started", "media_alive"]
    await robot.close()
    while kinds[-1] != "publication_ended":
        notice = await anext(told)
        kinds.append(notice.kind)
    assert notice.detail == "connection_lost"


async def test_a_watcher_without_the_publishers_codec_hears_or_is_told_so(
    plane: Plane, vp8_clip: Clip
) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), vp8_clip)
    await plane.recorded("host", 0.5)
    viewer = Viewer(codecs=("video/H264",))
    await viewer.watch(plane, "host")
    await plane.until(lambda: viewer.sounds >= 20)
    assert viewer.numbers == []
    await viewer.close()
    deaf = Viewer(codecs=("video/H264",), kinds=("video",))
    with pytest.raises(Malformed) as refused:
        await deaf.watch(plane, "host")
    assert refused.value.code == "no_common_codec"
    await deaf.close()
    await robot.close()


async def test_an_opening_that_is_not_open_takes_no_media(plane: Plane) -> None:
    with pytest.raises(Unavailable) as refused:
        await plane.workers.publish("opening-2", "host", "v=0\r\n")
    assert refused.value.code == "media_room_closed"
    await plane.workers.close_room(OPENING)
    with pytest.raises(Unavailable):
        await plane.workers.watch(OPENING, "host", "v", "v=0\r\n")
