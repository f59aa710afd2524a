"""A test call: sound goes from one end through the hall's own media plane to another end, all inside this worker.

Everything on the way is real: SDP, ICE, DTLS, SRTP, the switchboard. The two ends are the library as it comes, so a
call that arrives shows that a browser's would. What may not live here: an opening's room, files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from aiortc import AudioStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcconfiguration import RTCBundlePolicy

from hall import tasks
from hall.clock import Clock
from hall.errors import Unavailable
from hall.media.peer import bind
from hall.media.port import Ports
from hall.media.switchboard import Switchboard

WITHIN_S: Final = 10.0
_ROOM, _SPEAKER, _HEARER = "test-call", "speaker", "hearer"


class _Unrecorded:
    """Stands where recordings are made: nothing of a test call is kept."""

    async def open(self, opening: str, key: bytes = b"") -> None: ...

    def listener(self, opening: str, participant: str, request_keyframe: Callable[[], None]) -> _Unrecorded:
        return self

    async def settle(self) -> None: ...

    def begin(self, *, video: bool) -> None: ...

    def take(self, frames: Sequence[tuple[str, bytes, int, int, bool]]) -> None: ...

    def sender_report(self, kind: Literal["video", "audio"], ntp: int, timestamp: int) -> None: ...

    def tick(self) -> None: ...

    def clock_advanced(self) -> None: ...

    def end(self, cause: str) -> None: ...


async def loop_back(host: str, clock: Clock, ports: Ports | None = None) -> None:
    """Return when sound has gone through. `host`: the address that media use; ports: the worker's own, None: others.

    Raises Unavailable("test_call_failed").
    """
    board = Switchboard(_Unrecorded(), host, clock, lambda notice: None, ports=ports)
    speaker, hearer = _end(), _end()
    heard: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    hearer.on("track", heard.set_result)
    ticking = tasks.start(board.run(), "test call")
    try:
        async with asyncio.timeout(WITHIN_S):
            await board.open_room(_ROOM)
            spoken: Any = speaker.addTransceiver(AudioStreamTrack(), direction="sendonly")
            listening: Any = hearer.addTransceiver("audio", direction="recvonly")
            for end in (spoken, listening):
                bind(end.sender.transport.transport.iceGatherer._connection, host)
            await _connect(speaker, lambda sdp: board.publish(_ROOM, _SPEAKER, sdp))
            await _connect(hearer, lambda sdp: board.watch(_ROOM, _SPEAKER, _HEARER, sdp))
            await (await heard).recv()
    except TimeoutError:
        raise Unavailable("test_call_failed") from None
    finally:
        await tasks.stop(ticking)
        await board.close("closed")
        await speaker.close()
        await hearer.close()


def _end() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


async def _connect(end: RTCPeerConnection, ask: Callable[[str], Any]) -> None:
    await end.setLocalDescription(await end.createOffer())
    answer = await ask(end.localDescription.sdp)
    await end.setRemoteDescription(RTCSessionDescription(answer, "answer"))
