"""Cameras of the hall by RTSP (RFC 2326): their packets, as they come, become a publication like any other.

What lives here: a thread for each camera that reads and waits, so that the loop never does; H.264 is copied, sound is
made Opus if it is not. A camera that is lost is tried again. What may not: rooms, files, and the camera's password
anywhere outside this process's memory.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

import av

from hall import tasks
from hall.clock import Clock
from hall.media.packets import h264_payloads, nal_units

log = logging.getLogger("hall.media")

FIRST_PAUSE_S: Final = 1.0
LAST_PAUSE_S: Final = 15.0
LASTED_S: Final = 30.0
"""Seconds after which a connection counts as a good one: the next try after it is quick again."""

_PATIENCE_S = 5.0  # without a byte
_OPUS_RATE = 48_000
_OPUS_SAMPLES = 960  # 20 ms
_OPUS_BITS = 32_000
_LOOK_US = 500_000  # how long the streams are looked at before their packets are given
_REPORT_S = 1.0
_MOST_WAITING = 500  # pieces: some seconds
_NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970
_SPS, _IDR = 7, 5


class Sink(Protocol):
    """The publication that a camera feeds. `gone`: it has ended."""

    gone: asyncio.Event

    def hand_in(self, codec: str, seq: int, marker: bool, timestamp: int, payload: bytes) -> None: ...

    def on_sender_report(self, kind: str, ntp: int, timestamp: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """What a camera sent: the payloads of one picture, or one packet of sound. `seconds`: on the camera's clock;
    `timestamp`: the same in RTP's ticks."""

    kind: str
    codec: str
    payloads: tuple[bytes, ...]
    seconds: float
    timestamp: int


def without_password(url: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path, "", ""))


def pieces(url: str) -> Iterator[Piece]:
    """What the camera sends, for as long as it does; blocks. Raises av.FFmpegError and OSError when it ends."""
    options = {
        "rtsp_transport": "tcp",
        "allowed_media_types": "video+audio",
        "fflags": "nobuffer",
        "analyzeduration": str(_LOOK_US),
    }
    with av.open(url, format="rtsp", options=options, timeout=(_PATIENCE_S, _PATIENCE_S)) as source:
        video = next((s for s in source.streams.video if s.codec_context.name == "h264"), None)
        if video is None:
            raise ValueError("the camera sends no H.264")
        sound = source.streams.audio[0] if source.streams.audio else None
        hear = Sound(sound) if sound is not None else None
        parameters = nal_units(video.codec_context.extradata or b"")
        for packet in source.demux(*(s for s in (video, sound) if s is not None)):
            if packet.pts is None or not packet.size:
                continue
            seconds = float(packet.pts * packet.time_base)
            if packet.stream is not video:
                if hear is not None:
                    yield from hear.pieces(packet)
                continue
            units = nal_units(bytes(packet))
            kinds = {unit[0] & 31 for unit in units}
            if _IDR in kinds and _SPS not in kinds:
                units = (*parameters, *units)  # they came with the description alone
            if units:
                yield Piece("video", "h264", tuple(h264_payloads(units)), seconds, int(seconds * 90_000))


class Sound:
    """A camera's sound as packets of Opus."""

    def __init__(self, stream: Any) -> None:
        self._passes = stream.codec_context.name == "opus"
        self._resampler: Any = av.AudioResampler("s16", "mono", _OPUS_RATE, _OPUS_SAMPLES)
        encoder: Any = av.CodecContext.create("libopus", "w")
        encoder.sample_rate, encoder.layout, encoder.format = _OPUS_RATE, "mono", "s16"
        encoder.bit_rate = _OPUS_BITS
        encoder.options = {"application": "voip", "frame_duration": "20"}
        self._encoder = encoder
        self._zero: float | None = None  # the camera's clock at the first sample
        self._sent = 0

    def pieces(self, packet: Any) -> Iterator[Piece]:
        """The packets that become whole by one of the camera's; sound that can't be read is left out."""
        seconds = float(packet.pts * packet.time_base)
        if self._passes:
            yield Piece("audio", "opus", (bytes(packet),), seconds, int(seconds * _OPUS_RATE))
            return
        try:
            frames = [out for frame in packet.decode() for out in self._resampler.resample(frame)]
        except av.FFmpegError:
            return
        for frame in frames:
            if self._zero is None or abs(self._zero + self._sent / _OPUS_RATE - seconds) > 0.5:
                self._zero, self._sent = seconds, 0
            at = self._zero + self._sent / _OPUS_RATE
            self._sent += frame.samples
            frame.pts = None
            for made in self._encoder.encode(frame):
                yield Piece("audio", "opus", (bytes(made),), at, int(at * _OPUS_RATE))


@dataclass(slots=True)
class _Track:
    seq: int = field(default_factory=lambda: secrets.randbits(15))
    reported: float = float("-inf")


class Feed:
    """Turns pieces into a publication's packets. One for each connection to a camera."""

    def __init__(self, sink: Sink, clock: Clock) -> None:
        self._sink, self._clock = sink, clock
        self._tracks: dict[str, _Track] = {}
        self._zero_ms: float | None = None  # hall time at the camera's zero

    def take(self, piece: Piece) -> None:
        """Hand one piece on, now."""
        now = self._clock.monotonic()
        track = self._tracks.setdefault(piece.kind, _Track())
        last = len(piece.payloads) - 1
        for number, payload in enumerate(piece.payloads):
            marker = piece.kind == "video" and number == last
            timestamp = piece.timestamp & 0xFFFFFFFF
            self._sink.hand_in(piece.codec, track.seq, marker, timestamp, payload)
            track.seq = (track.seq + 1) & 0xFFFF
        if now - track.reported >= _REPORT_S:
            track.reported = now
            self._sink.on_sender_report(piece.kind, self._ntp(piece.seconds), piece.timestamp & 0xFFFFFFFF)

    def _ntp(self, seconds: float) -> int:
        """The camera's clock as an NTP time: picture and sound share it, and so stay together."""
        if self._zero_ms is None:
            self._zero_ms = self._clock.now() - seconds * 1000
        return int((self._zero_ms / 1000 + seconds + _NTP_EPOCH_S) * (1 << 32))


class Studio(Protocol):
    """Where cameras' publications live."""

    async def take(self, opening: str, participant: str) -> Sink | None:
        """Enter a publication; None while the participant sends another way."""
        ...

    async def leave(self, opening: str, participant: str, sink: Sink, cause: str) -> None:
        """Take it out again, unless another has its place."""
        ...


class Cameras:
    """All cameras of one worker, each read until its room closes."""

    def __init__(self, clock: Clock, studio: Studio) -> None:
        self._clock, self._studio = clock, studio
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    def film(self, opening: str, cameras: Mapping[str, str]) -> None:
        """Read these cameras (participant -> address) from now on; again is fine."""
        for participant, url in cameras.items():
            if (opening, participant) not in self._running:
                camera = _Camera(opening, participant, url, self._clock, self._studio)
                name = f"camera {participant} of {opening}"
                self._running[opening, participant] = tasks.start(camera.run(), name)

    async def close_room(self, opening: str) -> None:
        """Read them no more."""
        places = [place for place in self._running if place[0] == opening]
        await tasks.stop(*(self._running.pop(place) for place in places))

    async def close(self) -> None:
        """Read none any more."""
        for opening in {opening for opening, _ in self._running}:
            await self.close_room(opening)


@dataclass(slots=True)
class _Camera:
    opening: str
    participant: str
    url: str
    clock: Clock
    studio: Studio
    _sink: Sink | None = None
    _feed: Feed | None = None

    async def run(self) -> None:
        """Connect, feed, and after a loss try again, at last every 15 s. Runs until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            began = self.clock.monotonic()
            reader = _Reader(self.url)
            try:
                why = await self._feed_from(reader)
            finally:
                reader.stop()
                await self._leave()
            if self.clock.monotonic() - began > LASTED_S:
                pause = FIRST_PAUSE_S
            log.warning(
                "the camera %s (%s) is tried again in %d s: %s",
                self.participant,
                without_password(self.url),
                pause,
                why,
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE_S)

    async def _feed_from(self, reader: _Reader) -> str:
        """Hand on what comes until nothing comes any more; says why."""
        while not isinstance(piece := await reader.next(), str):
            if self._sink is None or self._sink.gone.is_set():
                self._sink = await self.studio.take(self.opening, self.participant)
                self._feed = Feed(self._sink, self.clock) if self._sink is not None else None
            if self._feed is not None:
                self._feed.take(piece)
        return piece

    async def _leave(self) -> None:
        sink, self._sink, self._feed = self._sink, None, None
        if sink is not None:
            await self.studio.leave(self.opening, self.participant, sink, "camera_lost")


class _Reader:
    """A thread that reads one camera. It ends by itself: within its patience after `stop`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Piece | str] = asyncio.Queue(_MOST_WAITING)
        self._stopped = threading.Event()
        threading.Thread(target=self._read, name="camera", daemon=True).start()

    async def next(self) -> Piece | str:
        """The next piece, or why there is none any more."""
        return await self._inbox.get()

    def stop(self) -> None:
        self._stopped.set()

    def _read(self) -> None:
        why = "it ended"
        try:
            for piece in pieces(self._url):
                if self._stopped.is_set():
                    return
                self._post(piece)
        except (av.FFmpegError, OSError) as error:  # their own text holds the password
            why = error.strerror or type(error).__name__
        except ValueError as error:
            why = str(error)
        except Exception:
            log.exception("reading a camera failed")
            why = "reading failed"
        if not self._stopped.is_set():
            self._post(why)

    def _post(self, piece: Piece | str) -> None:
        try:
            self._loop.call_soon_threadsafe(self._put, piece)
        except RuntimeError:
            self._stopped.set()  # the loop is closed: the worker leaves

    def _put(self, piece: Piece | str) -> None:
        if self._inbox.full():
            self._inbox.get_nowait()  # a loop that stood still goes on with what is now
        self._inbox.put_nowait(piece)
