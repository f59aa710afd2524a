"""One WebRTC connection. All camelCase and every private name of aiortc ends in this file.

What lives here: aiortc does SDP, ICE, DTLS and SRTP; its receiver, sender, jitter buffer and codecs are
replaced by stand-ins that hand decrypted packets over as they are. What may not: rooms, recordings, who may
see whom.

`check_library` runs once at start-up and names what changed when another aiortc is installed than the one
read here.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import aioice
import aiortc
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.exceptions import OperationError
from aiortc.rtcconfiguration import RTCBundlePolicy
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from aiortc.rtcrtptransceiver import RTCRtpTransceiver
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    pack_remb_fci,
)

from hall.errors import Malformed, Unavailable
from hall.media.forward import Outlet
from hall.media.rtp import Packet, Reception, read_packet
from hall.media.sdp import Offer

log = logging.getLogger("hall.media")

AIORTC = "1.16.0"
MAX_BITRATE = 800_000
RATES = {"audio": 48_000, "video": 90_000}
_VIDEO = (("video/h264", "42e01f"), ("video/h264", "42001f"), ("video/vp8", None))


class PublisherEvents(Protocol):
    """Who listens to a publisher's connection; `codec` is h264, vp8 or opus."""

    async def on_packet(self, kind: str, codec: str, packet: Packet) -> None: ...

    def on_sender_report(self, kind: str, ntp: int, timestamp: int) -> None: ...

    def on_gone(self) -> None: ...


class WatcherEvents(Protocol):
    """Who listens to a watcher's connection."""

    def on_keyframe_wanted(self, kind: str) -> None: ...

    def on_ready(self) -> None: ...

    def on_gone(self) -> None: ...


def check_library() -> None:
    """Compare what this file relies on with what is installed.

    Raises Unavailable("webrtc_library_changed", names=...).
    """
    changed = []
    if aiortc.__version__ != AIORTC:
        changed.append(f"aiortc {aiortc.__version__} instead of {AIORTC}")
    expected: tuple[tuple[Any, str, tuple[str, ...]], ...] = (
        (RTCDtlsTransport, "_handle_rtp_data", ("self", "data", "arrival_time_ms")),
        (RTCDtlsTransport, "_handle_rtcp_data", ("self", "data")),
        (RTCDtlsTransport, "_send_rtp", ("self", "data")),
        (
            RTCPeerConnection,
            "_RTCPeerConnection__createTransceiver",
            ("self", "direction", "kind", "sender_track"),
        ),
        (aioice.Connection, "get_component_candidates", ("self", "component", "addresses", "timeout")),
    )
    for owner, name, parameters in expected:
        found = getattr(owner, name, None)
        if found is None or tuple(inspect.signature(found).parameters) != parameters:
            changed.append(f"{owner.__name__}.{name}")
    reads = RTCDtlsTransport._recv_next.__code__.co_names
    changed += [n for n in ("_handle_rtp_data", "_handle_rtcp_data") if n not in reads]
    stored = RTCRtpTransceiver.__init__.__code__.co_names
    changed += [n for n in (_SENDER, _RECEIVER) if n not in stored]
    if changed:
        raise Unavailable("webrtc_library_changed", names=", ".join(changed))


_SENDER = "_RTCRtpTransceiver__sender"
_RECEIVER = "_RTCRtpTransceiver__receiver"


class _Inbound:
    """Stands where aiortc keeps an RTCRtpReceiver: notes the payload types, does nothing else."""

    def __init__(self, stock: Any, kind: str, codecs: dict[int, tuple[str, str]]) -> None:
        self.transport = stock.transport
        self.track: Any = None
        self._enabled = True
        self._kind = kind
        self._codecs = codecs

    def __setattr__(self, name: str, value: object) -> None:
        # aiortc writes `_track` and reads `track`.
        object.__setattr__(self, "track" if name == "_track" else name, value)

    def setTransport(self, transport: Any) -> None:  # noqa: N802 - aiortc's name
        self.transport = transport

    async def receive(self, parameters: Any) -> None:
        for codec in parameters.codecs:
            self._codecs[codec.payloadType] = (self._kind, codec.name.lower())

    async def stop(self) -> None:
        self._codecs.clear()


class _Outbound:
    """Stands where aiortc keeps an RTCRtpSender: notes what was agreed and tells when the line is open."""

    def __init__(self, stock: Any, kind: str, opened: Callable[[str, dict[str, int]], None]) -> None:
        self.transport = stock.transport
        self.kind = kind
        self.track = None
        self._ssrc, self._rtx_ssrc = stock._ssrc, stock._rtx_ssrc
        self._stream_id, self._track_id = stock._stream_id, stock._track_id
        self._enabled = True
        self._opened = opened
        self._started = False

    def setTransport(self, transport: Any) -> None:  # noqa: N802 - aiortc's name
        self.transport = transport

    async def send(self, parameters: Any) -> None:
        if not self._started:
            self._started = True
            types: dict[str, int] = {}
            for codec in parameters.codecs:
                types.setdefault(codec.name.lower(), codec.payloadType)
            self._opened(self.kind, types)

    async def stop(self) -> None:
        self._started = False


class _Connection:
    """What both directions share: the answer, the hooks, the closing."""

    def __init__(self, offer: Offer, host: str) -> None:
        self._offer = offer
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._gone: Callable[[], None] | None = None
        self._dtls: Any = None
        self._host = host
        self.connected = asyncio.Event()

    async def _answer(
        self, prepare: Callable[[Any, str], None], direction: str, gone: Callable[[], None]
    ) -> str:
        """Make the transceivers before the offer is read (codecs are fixed inside), then answer it."""
        self._gone = gone
        for kind in self._offer.kinds:
            wanted = direction if kind in self._offer.active else "inactive"
            transceiver: Any = self._pc.addTransceiver(kind, direction=wanted)
            transceiver.setCodecPreferences(_codecs(kind))
            prepare(transceiver, kind)
            self._dtls = transceiver.receiver.transport
        self._dtls._handle_rtp_data = self._on_rtp
        self._dtls._handle_rtcp_data = self._on_rtcp
        bind(self._dtls.transport.iceGatherer._connection, self._host)
        self._pc.on("connectionstatechange", self._on_state)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(self._offer.text, "offer"))
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except OperationError:
            await self.close()
            raise Malformed("no_common_codec") from None
        except Exception as error:
            # aiortc's parser raises anything (KeyError, AssertionError, RuntimeError) on SDP it does not understand.
            log.info("an offer was refused: %r", error)
            await self.close()
            raise Malformed("bad_sdp", reason="not_understood") from None
        return str(self._pc.localDescription.sdp)

    async def close(self) -> None:
        self._gone = None
        self._pc.remove_all_listeners()
        await self._pc.close()

    async def send(self, data: bytes) -> None:
        """Send a plain RTP or RTCP packet; a connection that is not there (yet, any more) takes nothing."""
        try:
            await self._dtls._send_rtp(data)
        except (ConnectionError, OSError):
            pass

    def _on_state(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self.connected.set()
        elif state in ("failed", "closed") and self._gone is not None:
            gone, self._gone = self._gone, None
            gone()

    async def _on_rtp(self, data: bytes, arrival_time_ms: int) -> None:
        """Nobody sends pictures to the sending side."""

    async def _on_rtcp(self, data: bytes) -> None:
        try:
            packets = RtcpPacket.parse(data)
        except (ValueError, IndexError):
            return
        for packet in packets:
            await self._on_feedback(packet)

    async def _on_feedback(self, packet: Any) -> None:
        raise NotImplementedError


class Publisher(_Connection):
    """A connection that sends to the hall."""

    def __init__(
        self, offer: Offer, host: str, events: PublisherEvents, monotonic: Callable[[], float]
    ) -> None:
        super().__init__(offer, host)
        self._events = events
        self._monotonic = monotonic
        self._codecs: dict[int, tuple[str, str]] = {}
        self._own_ssrc = secrets.randbits(32)
        self._receptions: dict[str, Reception] = {}
        self._reports: dict[str, tuple[int, float]] = {}

    async def answer(self) -> str:
        """The answer to the offer; packets flow to the events from then on."""

        def prepare(transceiver: Any, kind: str) -> None:
            setattr(transceiver, _RECEIVER, _Inbound(transceiver.receiver, kind, self._codecs))

        return await self._answer(prepare, "recvonly", self._events.on_gone)

    async def request_keyframe(self) -> None:
        """Ask for a keyframe (PLI, RFC 4585)."""
        if (video := self._receptions.get("video")) is not None:
            await self.send(bytes(RtcpPsfbPacket(RTCP_PSFB_PLI, self._own_ssrc, video.ssrc)))

    async def request_again(self, kind: str, missing: Sequence[int]) -> None:
        """Ask for packets again (generic NACK, RFC 4585)."""
        reception = self._receptions.get(kind)
        if reception is None:
            return
        # aiortc packs ascending numbers only: a wrapped run goes out as two requests.
        wrap = next((i for i in range(1, len(missing)) if missing[i] < missing[i - 1]), len(missing))
        for part in (list(missing[:wrap]), list(missing[wrap:])):
            if part:
                wish = RtcpRtpfbPacket(RTCP_RTPFB_NACK, self._own_ssrc, reception.ssrc, lost=part)
                await self.send(bytes(wish))

    async def report(self) -> None:
        """Send a receiver report for each stream, and the bitrate the hall accepts."""
        now = self._monotonic()
        blocks = []
        for kind, reception in self._receptions.items():
            fraction, lost, highest, jitter = reception.report()
            last, at = self._reports.get(kind, (0, now))
            delay = int((now - at) * 65536) & 0xFFFFFFFF if last else 0
            blocks.append(RtcpReceiverInfo(reception.ssrc, fraction, lost, highest, jitter, last, delay))
        if not blocks:
            return
        data = bytes(RtcpRrPacket(self._own_ssrc, blocks))
        if (video := self._receptions.get("video")) is not None:
            limit = pack_remb_fci(MAX_BITRATE, [video.ssrc])
            data += bytes(RtcpPsfbPacket(RTCP_PSFB_APP, self._own_ssrc, 0, limit))
        await self.send(data)

    async def _on_rtp(self, data: bytes, arrival_time_ms: int) -> None:
        try:
            packet = read_packet(data)
        except ValueError:
            return
        agreed = self._codecs.get(packet.payload_type)
        if agreed is None:
            return
        kind, codec = agreed
        reception = self._receptions.get(kind)
        if reception is None or reception.ssrc != packet.ssrc:
            reception = self._receptions[kind] = Reception(RATES[kind], packet.ssrc)
            self._reports.pop(kind, None)
        reception.add(packet, self._monotonic())
        await self._events.on_packet(kind, codec, packet)

    async def _on_feedback(self, packet: Any) -> None:
        if not isinstance(packet, RtcpSrPacket):
            return
        kind = next((k for k, r in self._receptions.items() if r.ssrc == packet.ssrc), None)
        if kind is not None:
            ntp = packet.sender_info.ntp_timestamp
            self._reports[kind] = (ntp >> 16 & 0xFFFFFFFF, self._monotonic())
            self._events.on_sender_report(kind, ntp, packet.sender_info.rtp_timestamp)


class Watcher(_Connection):
    """A connection that receives from the hall. `outlets`: by kind, once the line is open."""

    def __init__(self, offer: Offer, host: str, events: WatcherEvents) -> None:
        super().__init__(offer, host)
        self._events = events
        self._ssrcs: dict[str, int] = {}
        self.outlets: dict[str, Outlet] = {}

    async def answer(self) -> str:
        """The answer to the offer; `on_ready` follows when the line is open."""

        def prepare(transceiver: Any, kind: str) -> None:
            self._ssrcs[kind] = transceiver.sender._ssrc
            setattr(transceiver, _SENDER, _Outbound(transceiver.sender, kind, self._opened))

        return await self._answer(prepare, "sendonly", self._events.on_gone)

    def video_codecs(self) -> frozenset[str]:
        """The video codecs agreed in the answer; empty when the watcher wants no picture."""
        found: set[str] = set()
        for transceiver in self._pc.getTransceivers():
            if transceiver.kind == "video":
                agreed: Any = transceiver
                found |= {c.name.lower() for c in agreed._codecs}
        return frozenset(found)

    async def report(self, kind: str, ntp: int, timestamp: int) -> None:
        """Send a sender report: the source's own pair of clocks, `timestamp` as this watcher counts it."""
        outlet = self.outlets[kind]
        sent = RtcpSenderInfo(ntp, timestamp, outlet.packets & 0xFFFFFFFF, outlet.octets & 0xFFFFFFFF)
        name = RtcpSourceInfo(outlet.ssrc, [(1, b"hall")])
        await self.send(bytes(RtcpSrPacket(outlet.ssrc, sent)) + bytes(RtcpSdesPacket([name])))

    def _opened(self, kind: str, payload_types: dict[str, int]) -> None:
        self.outlets[kind] = Outlet(
            ssrc=self._ssrcs[kind],
            rate=RATES[kind],
            payload_types=payload_types,
            seq=secrets.randbits(15),  # the lower half: an early wrap breaks some SRTP receivers
            timestamp=secrets.randbits(32),
        )
        self._events.on_ready()

    async def _on_feedback(self, packet: Any) -> None:
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            for outlet in self.outlets.values():
                if outlet.ssrc == packet.media_ssrc:
                    for seq in packet.lost[:256]:
                        if (data := outlet.again(seq & 0xFFFF)) is not None:
                            await self.send(data)
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            self._events.on_keyframe_wanted("video")


def _codecs(kind: str) -> list[RTCRtpCodecCapability]:
    """What the hall speaks, best first; no RTX, so that a repeated packet looks like the first one."""
    offered = RTCRtpReceiver.getCapabilities(kind)
    assert offered is not None
    if kind == "audio":
        return [c for c in offered.codecs if c.mimeType.lower() == "audio/opus"]
    return [
        c
        for mime, profile in _VIDEO
        for c in offered.codecs
        if c.mimeType.lower() == mime and (profile is None or c.parameters.get("profile-level-id") == profile)
    ]


def bind(connection: Any, host: str) -> None:
    """Let one ICE agent use the configured address and no other."""
    gather: Callable[..., Awaitable[Any]] = connection.get_component_candidates

    async def gather_on_host(component: int, addresses: list[str], **options: Any) -> Any:
        return await gather(component, [host], **options)

    connection.get_component_candidates = gather_on_host
