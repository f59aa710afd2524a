"""The ends of the media benchmark's connections: aiortc connects them and sends reports, no more."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, rtcdtlstransport
from aiortc.rtcconfiguration import RTCBundlePolicy

from bench.load.media_clip import Codec
from hall.rehearsal.camera import gather_on

_MIME = {"h264": "video/h264", "vp8": "video/vp8"}


def quieten_library() -> None:
    """Let aiortc connect and send sender reports, and do nothing else: packets are this module's own."""
    rtcdtlstransport.SRTP_PROFILES[:] = [rtcdtlstransport.SRTP_AEAD_AES_128_GCM]
    sender: Any = RTCRtpSender
    receiver: Any = RTCRtpReceiver

    async def send_nothing(self: Any, codec: Any) -> None:
        self._RTCRtpSender__rtp_started.set()
        self.codec = codec
        try:
            await asyncio.Event().wait()
        finally:
            self._RTCRtpSender__rtp_exited.set()

    async def again(self: Any, seq: int) -> None:
        if (data := self.history.get(seq)) is not None:
            await self.transport._send_rtp(data)

    async def nothing(self: Any, *arguments: Any) -> None: ...

    sender._run_rtp, sender._retransmit = send_nothing, again
    sender._send_keyframe = lambda self: None  # the clip has a keyframe every two seconds
    receiver.receive = receiver.stop = nothing


class Server:
    """Where offers go."""

    async def publish(self, name: str, sdp: str) -> str:
        """The answer to a publisher's offer."""
        raise NotImplementedError

    async def watch(
        self, viewer: str, names: list[str], address: str, codec: Codec
    ) -> list[RTCPeerConnection]:
        """Connections, connecting, by which a viewer watches all of them."""
        raise NotImplementedError


def connection() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


def add(pc: RTCPeerConnection, kind: str, direction: str, codec: Codec, address: str) -> Any:
    """A transceiver for one codec, on one address."""
    transceiver: Any = pc.addTransceiver(kind, direction=direction)
    mime = "audio/opus" if kind == "audio" else _MIME[codec]
    able = RTCRtpSender.getCapabilities(kind).codecs
    transceiver.setCodecPreferences(
        [c for c in able if c.mimeType.lower() == mime and c.parameters.get("profile-level-id") != "42001f"]
    )
    use_address(transceiver, address)
    return transceiver


def use_address(transceiver: Any, address: str) -> None:
    gather_on(transceiver.receiver.transport.transport.iceGatherer._connection, address)


async def connected(pc: RTCPeerConnection) -> None:
    for _ in range(3000):
        if pc.connectionState == "connected":
            return
        if pc.connectionState in ("failed", "closed"):
            break
        await asyncio.sleep(0.02)
    raise RuntimeError(f"a connection is {pc.connectionState}")


def raw_socket(dtls: Any) -> tuple[socket.socket, Any, Any]:
    """The socket below a connection (a second descriptor of it), its peer's address, and aioice's protocol."""
    pair = dtls.transport._connection._nominated[1]
    own = socket.socket(fileno=os.dup(pair.protocol.transport.get_extra_info("socket").fileno()))
    own.setblocking(False)
    return own, pair.remote_addr, pair.protocol
