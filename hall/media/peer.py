"""One WebRTC connection. All camelCase and every private name of aiortc ends in this file.

What lives here: aiortc does SDP and DTLS, aioice ICE (`ice`), over a port that all connections share (`port`);
aiortc's receiver, sender, jitter buffer and codecs are replaced by stand-ins. Media packets never come here: the keys
and what was agreed are entered in the tables, and they go the compiled way (`exchange`). What may not: rooms,
recordings, who may see whom.

`check_library` runs once at start-up and names what changed when another aiortc is installed than the one
read here.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol

import aiortc
import numpy
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.exceptions import OperationError
from aiortc.rtcconfiguration import RTCBundlePolicy
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from aiortc.rtcrtptransceiver import RTCRtpTransceiver
from pylibsrtp import Session

from hall.errors import Malformed, Unavailable
from hall.media import ice, rtcp, srtp
from hall.media.exchange import take_sealed
from hall.media.forward import Outlet, Source
from hall.media.mail import name_of
from hall.media.port import Address, Port
from hall.media.rtp import report
from hall.media.sdp import Offer, Restart, read_restart, renewed
from hall.media.tables import CODECS, KINDS, SIZE

log = logging.getLogger("hall.media")

AIORTC = "1.16.0"
MAX_BITRATE = 800_000
EARLY = 128
"""So many packets are kept of a peer that sends before the keys are known here."""

_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
_VIDEO = (("video/h264", "42e01f"), ("video/h264", "42001f"), ("video/vp8", None))


class PublisherEvents(Protocol):
    """Who listens to a publisher's connection, and whose row in the tables it has."""

    row: int

    def on_sender_report(self, kind: str, ntp: int, timestamp: int) -> None: ...

    def on_gone(self) -> None: ...


class WatcherEvents(Protocol):
    """Who listens to a watcher's connection, and whose row it has. `outlets`: filled when the line is open, by kind."""

    row: int
    outlets: dict[str, Outlet]

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
        (
            RTCPeerConnection,
            "_RTCPeerConnection__createTransceiver",
            ("self", "direction", "kind", "sender_track"),
        ),
    )
    for owner, name, parameters in expected:
        found = getattr(owner, name, None)
        if found is None or tuple(inspect.signature(found).parameters) != parameters:
            changed.append(f"{owner.__name__}.{name}")
    made = RTCDtlsTransport.__init__.__code__.co_names
    changed += [f"RTCDtlsTransport.{n}" for n in ("_rx_srtp", "_tx_srtp") if n not in made]
    changed += ice.missing_names() + srtp.missing_names()
    stored = RTCRtpTransceiver.__init__.__code__.co_names
    changed += [n for n in (_SENDER, _RECEIVER) if n not in stored]
    if changed:
        raise Unavailable("webrtc_library_changed", names=", ".join(changed))


_SENDER = "_RTCRtpTransceiver__sender"
_RECEIVER = "_RTCRtpTransceiver__receiver"


class _Inbound:
    """Stands where aiortc keeps an RTCRtpReceiver: notes the payload types and extensions, does nothing else."""

    def __init__(self, stock: Any, kind: str, agreed: Callable[[str, Any], None]) -> None:
        self.transport = stock.transport
        self.track: Any = None
        self._enabled = True
        self._kind = kind
        self._agreed = agreed

    def __setattr__(self, name: str, value: object) -> None:
        # aiortc writes `_track` and reads `track`.
        object.__setattr__(self, "track" if name == "_track" else name, value)

    def setTransport(self, transport: Any) -> None:  # noqa: N802 - aiortc's name
        self.transport = transport

    async def receive(self, parameters: Any) -> None:
        self._agreed(self._kind, parameters)

    async def stop(self) -> None: ...


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
    """What both directions share: the answer, the way in and out, the closing. A line of its port."""

    def __init__(self, offer: Offer, port: Port, row: int) -> None:
        self._offer, self._port, self.row = offer, port, row
        self._rows, self._monotonic = port.rows, port.rows.monotonic
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._gone: Callable[[], None] | None = None
        self._dtls: Any = None
        self._agent = ice.Agent(port, self, self._moved)
        self._keys: tuple[Session, Session] | None = None
        self._address: Address | None = None
        self._early: list[bytes] | None = []
        self._closed = False
        self._answered = ""
        self.connected = asyncio.Event()

    @property
    def heard_at(self) -> float:
        """When something authentic came last, in monotonic seconds."""
        return float(self._rows.lines["heard_at"][self.row])

    def _hear(self) -> float:
        now = self._rows.lines["heard_at"][self.row] = self._monotonic()
        return now

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
        self._agent.adopt(self._dtls.transport.iceGatherer._connection)
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
        self._answered = str(self._pc.localDescription.sdp)
        return self._answered

    async def restart(self, wanted: Restart) -> str | None:
        """Let the peer come another way (ICE restart): the answer with new credentials. Keys and packets go on as they
        are. None when it isn't this connection's peer that asks, or the connection is over.
        """
        shown = read_restart(self._offer.text)
        if self._gone is None or not self.connected.is_set():
            return None
        if wanted.fingerprint not in ("", shown.fingerprint):
            return None
        name, password = await self._agent.restart(wanted.name, wanted.password)
        self._answered = renewed(self._answered, name, password)
        return self._answered

    async def close(self) -> None:
        self._gone = None
        self._pc.remove_all_listeners()
        if not self._closed:
            self._closed = True
            self._rows.shut(self.row)
        self._keys = None
        try:
            await self._pc.close()
        except AttributeError:
            # An offer that was refused half-way leaves aiortc with transceivers that have lost their transport.
            if self._dtls is not None:
                await self._dtls.stop()
                await self._dtls.transport.stop()
        self._agent.closed()

    def send_rtcp(self, data: bytes) -> None:
        """Send a compound RTCP packet; a connection that is not there (yet, any more) takes nothing."""
        if self._keys is not None and self._address is not None:
            if sealed := srtp.seal_rtcp(self._keys[1], data):
                self._port.send(sealed, self._address)

    def _moved(self, address: Address | None) -> None:
        self._address = address
        if self._keys is not None:
            self._rows.direct(self.row, name_of(*address) if address is not None else b"")

    # Line

    def on_check(self, data: bytes, source: Address) -> None:
        if self._agent.check(data, source) and not self._closed:
            self._hear()

    def on_handshake(self, data: bytes) -> None:
        self._agent.handshake(data)

    def on_media(self, data: bytes) -> None:
        if self._keys is None or self._early is not None:
            if self._early is not None and len(self._early) < EARLY:
                self._early.append(data)
        elif 192 <= data[1] <= 223 and (heard := srtp.open_rtcp(self._keys[0], data)):
            self._on_rtcp(heard)

    def _take_early(self) -> None:
        """The line is open: take what its peer, who knew it first, has sent meanwhile. The first keyframe is in it."""
        early, self._early = self._early or [], None
        if self._closed:
            return
        self._rows.lines["open"][self.row] = True
        length = numpy.zeros(1, numpy.int32)
        for data in early:
            if 192 <= data[1] <= 223:
                self.on_media(data)
                continue
            length[0], packet = len(data), numpy.frombuffer(bytearray(data.ljust(SIZE, b"\0")), numpy.uint8)
            take_sealed(self._rows.tables, self.row, packet, length, self._monotonic())
        self._rows.look()

    def _on_rtcp(self, data: bytes) -> None:
        now = self._hear()
        try:
            heard = rtcp.read_rtcp(data)
        except ValueError:
            return
        for one in heard:
            self._on_feedback(one, now)

    def on_failure(self) -> None:
        self._lost()

    def _lost(self) -> None:
        if self._gone is not None:
            gone, self._gone = self._gone, None
            gone()

    def _on_state(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self._keys = self._dtls._rx_srtp, self._dtls._tx_srtp
            came, goes = map(srtp.session_at, self._keys)
            self._rows.open(self.row, came, goes, self._port.number())
            self._agent.settle()
            self._moved(self._agent.address)
            # By then aiortc has told what was agreed, which it does right after this event.
            asyncio.get_running_loop().call_soon(self._take_early)
            self.connected.set()
        elif state in ("failed", "closed"):
            self._lost()

    def _on_feedback(self, heard: rtcp.Heard, now: float) -> None:
        raise NotImplementedError


class Publisher(_Connection):
    """A connection that sends to the hall."""

    def __init__(self, offer: Offer, port: Port, events: PublisherEvents) -> None:
        super().__init__(offer, port, events.row)
        self._events = events
        self._own_ssrc = secrets.randbits(32)

    async def answer(self) -> str:
        """The answer to the offer; packets flow to the events from then on."""

        def prepare(transceiver: Any, kind: str) -> None:
            setattr(transceiver, _RECEIVER, _Inbound(transceiver.receiver, kind, self._agreed))

        return await self._answer(prepare, "recvonly", self._events.on_gone)

    def request_keyframe(self) -> None:
        """Ask for a keyframe (PLI, RFC 4585)."""
        if (ssrc := self._ssrc("video")) is not None:
            self.send_rtcp(rtcp.keyframe_request(self._own_ssrc, ssrc))

    def request_again(self, kind: str, missing: Sequence[int]) -> None:
        """Ask for packets again (generic NACK, RFC 4585)."""
        if (ssrc := self._ssrc(kind)) is not None:
            self.send_rtcp(rtcp.again_request(self._own_ssrc, ssrc, missing))

    def report(self) -> None:
        """Send a receiver report for each stream, and the bitrate the hall accepts."""
        now = self._monotonic()
        blocks = []
        for kind in KINDS:
            if (ssrc := self._ssrc(kind)) is None:
                continue
            stream = self._stream(kind)
            last, at = int(stream["report_middle"]), float(stream["report_at"])
            delay = int((now - at) * 65536) & 0xFFFFFFFF if last else 0
            blocks.append(rtcp.ReceptionBlock(ssrc, *report(stream), last, delay))
        if not blocks:
            return
        data = rtcp.receiver_report(self._own_ssrc, blocks)
        if (video := self._ssrc("video")) is not None:
            data += rtcp.bitrate_limit(self._own_ssrc, MAX_BITRATE, video)
        self.send_rtcp(data)

    def _stream(self, kind: str) -> Any:
        return self._rows.streams[2 * self.row + KINDS.index(kind)]

    def _ssrc(self, kind: str) -> int | None:
        """Of the stream that comes; None before its first packet."""
        stream = self._stream(kind)
        return int(stream["ssrc"]) if stream["received"] else None

    def _agreed(self, kind: str, parameters: Any) -> None:
        if self._closed:
            return
        for codec in parameters.codecs:
            if codec.name.lower() in CODECS:
                self._rows.kinds[self.row, codec.payloadType] = CODECS.index(codec.name.lower())
        for extension in parameters.headerExtensions if kind == "audio" else ():
            if extension.uri == _LEVEL:
                self._rows.lines["level_number"][self.row] = extension.id

    def _on_feedback(self, heard: rtcp.Heard, now: float) -> None:
        if not isinstance(heard, rtcp.SenderReport):
            return
        kind = next((k for k in KINDS if self._ssrc(k) == heard.ssrc), None)
        if kind is not None:
            stream = self._stream(kind)
            stream["report_middle"], stream["report_at"] = heard.ntp >> 16 & 0xFFFFFFFF, now
            self._events.on_sender_report(kind, heard.ntp, heard.timestamp)


class Watcher(_Connection):
    """A connection that receives from the hall, through its events' outlets."""

    def __init__(self, offer: Offer, port: Port, events: WatcherEvents) -> None:
        super().__init__(offer, port, events.row)
        self._events = events
        self._ssrcs: dict[str, int] = {}

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

    def report(self, sources: Iterable[Source]) -> None:
        """Send a sender report for each source: its own pair of clocks, as this watcher counts them."""
        reports, ssrcs = b"", []
        for source in sources:
            outlet = self._events.outlets.get(source.kind)
            if outlet is None or source.report is None:
                continue
            ntp, timestamp = source.report
            if (shifted := outlet.shifted(source, timestamp)) is not None:
                reports += rtcp.sender_report(outlet.ssrc, ntp, shifted, outlet.packets, outlet.octets)
                ssrcs.append(outlet.ssrc)
        if ssrcs:
            self.send_rtcp(reports + rtcp.description(ssrcs, b"hall"))

    def _opened(self, kind: str, payload_types: dict[str, int]) -> None:
        if self._closed:
            return
        self._events.outlets[kind] = Outlet(
            self._rows,
            self.row,
            kind,
            ssrc=self._ssrcs[kind],
            payload_types=payload_types,
            seq=secrets.randbits(15),  # the lower half: an early wrap breaks some SRTP receivers
            timestamp=secrets.randbits(32),
        )
        self._events.on_ready()

    def _on_feedback(self, heard: rtcp.Heard, now: float) -> None:
        if isinstance(heard, rtcp.KeyframeWanted):
            self._events.on_keyframe_wanted("video")
        elif isinstance(heard, rtcp.Again):
            for outlet in self._events.outlets.values():
                if outlet.ssrc == heard.ssrc:
                    for seq in heard.missing:
                        outlet.send_again(seq)


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
