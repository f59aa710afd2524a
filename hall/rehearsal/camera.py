"""The robots' camera: a clip encoded once, played in a loop over WebRTC without encoding again, and readers
for it.

What lives here: making the clip, publishing it through stock aiortc, and reading the burnt-in frame counter
and the beeps back from what was recorded. What may not: anything of the hall's media plane; a robot knows
only SDP in, SDP out.

The picture carries a 16-bit counter in black and white cells along the bottom (one row the number, the row
above its complement, so that a misread is noticed); a beep sounds at each full second.
"""

from __future__ import annotations

import array
import asyncio
import fractions
import itertools
import json
import math
import os
import tempfile
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcconfiguration import RTCBundlePolicy

WIDTH, HEIGHT, FPS, SECONDS = 320, 180, 10, 20
FRAMES = FPS * SECONDS
CELL = WIDTH // 16
AUDIO_RATE = 48_000
PACKET_TICKS = 1_920  # 40 ms: half the packets of the usual 20 ms
BEEP_S, BEEP_HZ = 0.1, 1_000
# Rough enough that a keyframe needs several packets, as a real camera's does.
_WALL = [bytes(80 + (x * y * 7 + x * 13) % 61 for x in range(WIDTH)) for y in range(HEIGHT - 2 * CELL)]
_VIDEO_BASE = fractions.Fraction(1, 90_000)
_AUDIO_BASE = fractions.Fraction(1, AUDIO_RATE)

Codec = Literal["h264", "vp8"]


@dataclass(frozen=True, slots=True)
class Clip:
    """Encoded pictures (Annex B for H.264), each 1/FPS s, and Opus packets of 40 ms; both SECONDS long."""

    codec: Codec
    video: tuple[bytes, ...]
    keyframes: tuple[bool, ...]
    audio: tuple[bytes, ...]

    @property
    def entries(self) -> tuple[int, ...]:
        """Numbers of the pictures that stand alone: after a freeze the camera goes on with one of these."""
        return tuple(number for number, key in enumerate(self.keyframes) if key)


def load_clip(directory: Path, codec: Codec = "h264") -> Clip:
    """The clip from its cache in `directory`, made first when it is not there; processes may race for it."""
    path = directory / f"clip-1-{codec}.bin"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        fd, temporary = tempfile.mkstemp(dir=directory, prefix=path.name)
        with os.fdopen(fd, "wb") as f:
            f.write(_pack(make_clip(codec)))
        os.replace(temporary, path)
    return _unpack(path.read_bytes())


def make_clip(codec: Codec = "h264") -> Clip:
    """Encode the clip; takes about a second."""
    encoder: Any = av.CodecContext.create("libx264" if codec == "h264" else "libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = fractions.Fraction(1, FPS), fractions.Fraction(FPS, 1)
    encoder.bit_rate = 120_000
    if codec == "h264":
        encoder.profile = "Baseline"
        keys = f"keyint={FPS}:min-keyint={FPS}:scenecut=0:repeat-headers=1"
        encoder.options = {"level": "31", "tune": "zerolatency", "preset": "veryfast", "x264-params": keys}
    else:
        encoder.gop_size = FPS
        encoder.options = {
            "deadline": "realtime",
            "cpu-used": "8",
            "lag-in-frames": "0",
            "keyint_min": str(FPS),
        }
    packets: list[Any] = []
    for number in range(FRAMES):
        picture = _picture(number)
        picture.pts, picture.time_base = number, encoder.time_base
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    if len(packets) != FRAMES:
        raise ValueError(f"{len(packets)} pictures encoded, {FRAMES} drawn")
    return Clip(
        codec, tuple(bytes(p) for p in packets), tuple(p.is_keyframe for p in packets), _encode_sound()
    )


def _picture(number: int) -> av.VideoFrame:
    """A rough wall with a moving bar, and the counter in two rows of cells at the bottom."""
    at = number * 8 % (WIDTH - 24)
    bar = b"\xb4" * 24
    code, complement = bytearray(), bytearray()
    for bit in range(15, -1, -1):
        white = bool(number >> bit & 1)
        code += bytes([235 if white else 16]) * CELL
        complement += bytes([16 if white else 235]) * CELL
    wall = [row[:at] + bar + row[at + 24 :] for row in _WALL]
    rows = [*wall, *[bytes(complement)] * CELL, *[bytes(code)] * CELL]
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    luma, *chroma = frame.planes
    luma.update(b"".join(row.ljust(luma.line_size, b"\x00") for row in rows))
    for plane in chroma:
        plane.update(b"\x80" * plane.buffer_size)
    return frame


def _encode_sound() -> tuple[bytes, ...]:
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = AUDIO_RATE, "mono", "s16"
    encoder.bit_rate, encoder.time_base = 24_000, _AUDIO_BASE
    encoder.options = {"frame_duration": "40", "application": "audio", "vbr": "on"}
    beep = int(BEEP_S * AUDIO_RATE)
    second = array.array("h", bytes(2 * AUDIO_RATE))
    for i in range(beep):
        second[i] = int(12_000 * math.sin(2 * math.pi * BEEP_HZ * i / AUDIO_RATE))
    samples = second * (SECONDS + 1)
    packets: list[bytes] = []
    wanted = SECONDS * AUDIO_RATE // PACKET_TICKS
    for start in range(0, (wanted + 4) * PACKET_TICKS, PACKET_TICKS):
        frame: Any = av.AudioFrame(format="s16", layout="mono", samples=PACKET_TICKS)
        frame.planes[0].update(samples[start : start + PACKET_TICKS].tobytes())
        frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, start, _AUDIO_BASE
        packets += [bytes(p) for p in encoder.encode(frame)]
    return tuple(packets[:wanted])


def _pack(clip: Clip) -> bytes:
    head = {
        "codec": clip.codec,
        "video": [len(p) for p in clip.video],
        "keyframes": list(clip.keyframes),
        "audio": [len(p) for p in clip.audio],
    }
    return json.dumps(head).encode() + b"\n" + b"".join(clip.video) + b"".join(clip.audio)


def _unpack(data: bytes) -> Clip:
    head_line, _, rest = data.partition(b"\n")
    head = json.loads(head_line)
    parts: list[bytes] = []
    at = 0
    for size in head["video"] + head["audio"]:
        parts.append(rest[at : at + size])
        at += size
    count = len(head["video"])
    return Clip(head["codec"], tuple(parts[:count]), tuple(head["keyframes"]), tuple(parts[count:]))


# ---------------------------------------------------------------- playing


class _Loop(MediaStreamTrack):
    """One track of the clip, again and again, on time; timestamps run on over the loops.

    entries: where the track can be taken up after a freeze, as numbers of packets; anywhere when empty.
    """

    def __init__(
        self,
        kind: str,
        packets: tuple[bytes, ...],
        ticks: int,
        base: fractions.Fraction,
        entries: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        self._entries = frozenset(entries or range(len(packets)))
        self.kind = kind
        self._packets, self._ticks, self._base = packets, ticks, base
        self._number = 0
        self._start: float | None = None
        self.sent: deque[tuple[float, int]] = deque(maxlen=len(packets))
        """(seconds of the monotonic clock, number in the loop) of what was sent last."""

    async def recv(self) -> Any:
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        if self._start is None:
            self._start = loop.time()
        late = loop.time() - self._due
        if late > _FROZEN:
            # A camera that was frozen shows what is now, and never what it would have seen meanwhile.
            self._number += int(late / float(self._ticks * self._base))
            while self._number % len(self._packets) not in self._entries:
                self._number += 1
        if (wait := self._due - loop.time()) > 0:
            await asyncio.sleep(wait)
        packet = av.Packet(self._packets[self._number % len(self._packets)])
        self.sent.append((loop.time(), self._number % len(self._packets)))
        packet.pts, packet.time_base = self._number * self._ticks, self._base
        self._number += 1
        return packet

    @property
    def _due(self) -> float:
        """When the next packet is to be sent, in the loop's time."""
        return (self._start or 0.0) + float(self._number * self._ticks * self._base)


_FROZEN: Final = 3.0
"""Seconds behind its time from which a camera was frozen, and not only busy."""


class Publication:
    """A robot's camera and microphone on the way to the hall."""

    def __init__(self) -> None:
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._frames: _Loop | None = None

    @property
    def pictures(self) -> list[tuple[float, int]]:
        """(seconds of the monotonic clock, burnt-in number) of each picture sent within the last loop of the clip."""
        return [] if self._frames is None else list(self._frames.sent)

    @property
    def state(self) -> str:
        """new, connecting, connected, failed or closed."""
        return self._pc.connectionState

    async def publish(
        self,
        send_offer: Callable[[str], Awaitable[str]],
        clip: Clip,
        *,
        video: bool = True,
        audio: bool = True,
        address: str | None = "127.0.0.1",
    ) -> None:
        """Offer the clip and begin to send once the hall has answered. `send_offer`: SDP offer in, SDP answer
        out.

        address: the local address to send from; the default suits a hall on this machine, None takes all
        there are.
        """
        if video:
            self._frames = _Loop("video", clip.video, 90_000 // FPS, _VIDEO_BASE, clip.entries)
            self._add(self._frames, f"video/{clip.codec}", address)
        if audio:
            self._add(_Loop("audio", clip.audio, PACKET_TICKS, _AUDIO_BASE), "audio/opus", address)
        await self._pc.setLocalDescription(await self._pc.createOffer())
        answer = await send_offer(self._pc.localDescription.sdp)
        await self._pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        """Stop sending."""
        await self._pc.close()

    def _add(self, track: MediaStreamTrack, mime: str, address: str | None) -> None:
        transceiver = self._pc.addTransceiver(track, direction="sendonly")
        able = RTCRtpSender.getCapabilities(track.kind).codecs
        wanted = [
            c for c in able if c.mimeType.lower() == mime and c.parameters.get("profile-level-id") != "42001f"
        ]
        transceiver.setCodecPreferences(wanted)
        if address is not None:
            ice: Any = transceiver.sender.transport.transport.iceGatherer
            gather_on(ice._connection, address)


def gather_on(connection: Any, address: str) -> None:
    """Let an ICE agent use one address: by itself it never uses the loopback, where a rehearsal's hall is."""
    gather = connection.get_component_candidates

    async def on_address(component: int, addresses: list[str], **options: Any) -> Any:
        return await gather(component, [address], **options)

    connection.get_component_candidates = on_address


# ---------------------------------------------------------------- reading back


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a recording shows. Times in seconds from the file's start.

    counters: (time, number) of each picture whose counter could be read; pictures: all decoded pictures.
    seconds: from the first sample's begin to the last one's end.
    """

    counters: tuple[tuple[float, int], ...]
    pictures: int
    beeps: tuple[float, ...]
    seconds: float

    @property
    def steps(self) -> int:
        """How many pictures followed their predecessor by exactly one (the clip loops)."""
        numbers = [n for _, n in self.counters]
        return sum((b - a) % FRAMES == 1 for a, b in itertools.pairwise(numbers))


def read_counter(frame: av.VideoFrame) -> int | None:
    """The number burnt into a picture; None when the two rows of cells do not agree."""
    grey = frame.reformat(format="gray8") if frame.format.name != "yuv420p" else frame
    plane = grey.planes[0]
    luma = bytes(plane)
    cell_w, cell_h = frame.width / 16, frame.height * CELL / HEIGHT

    def row(from_bottom: float) -> int:
        y = int(frame.height - from_bottom * cell_h)
        bits = [luma[y * plane.line_size + int((i + 0.5) * cell_w)] > 125 for i in range(16)]
        return sum(bit << (15 - i) for i, bit in enumerate(bits))

    number, complement = row(0.5), row(1.5)
    return number if number ^ complement == 0xFFFF else None


def beeps(samples: array.array[int], rate: int = AUDIO_RATE) -> list[float]:
    """Onsets of the beeps in mono 16-bit samples, in seconds: a loud 10 ms after at least 200 quiet ms."""
    block = rate // 100
    found: list[float] = []
    quiet = 20
    for start in range(0, len(samples) - block + 1, block):
        loud = sum(map(abs, samples[start : start + block : 4])) * 4 > 1_500 * block
        if loud and quiet >= 20:
            found.append(start / rate)
        quiet = 0 if loud else quiet + 1
    return found


def read_back(path: Path) -> ReadBack:
    """Decode a recording and read counters and beeps. A file that stops in the middle is read as far as it
    goes.
    """
    counters: list[tuple[float, int]] = []
    sound = array.array("h")
    sound_start: float | None = None
    pictures = 0
    first, last = math.inf, 0.0
    resampler = av.AudioResampler(format="s16", layout="mono", rate=AUDIO_RATE)
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.pts is None or packet.time_base is None:
                continue
            begin = float(packet.pts * packet.time_base)
            first = min(first, begin)
            last = max(last, begin + float((packet.duration or 0) * packet.time_base))
            for frame in _decoded(packet):
                if isinstance(frame, av.VideoFrame):
                    pictures += 1
                    number = read_counter(frame)
                    if number is not None and frame.time is not None:
                        counters.append((frame.time, number))
                elif isinstance(frame, av.AudioFrame):
                    if sound_start is None:
                        sound_start = frame.time or 0.0
                    for part in resampler.resample(frame):
                        sound.frombytes(bytes(part.planes[0])[: part.samples * 2])
    onsets = tuple((sound_start or 0.0) + t for t in beeps(sound))
    return ReadBack(tuple(counters), pictures, onsets, max(0.0, last - first) if first < math.inf else 0.0)


def unrecorded(path: Path, sent: Sequence[tuple[float, int]]) -> float:
    """Seconds of the pictures that a camera sent (`Publication.pictures`) of which a recording that broke off shows
    none: those behind the last one in it. One that ends with none of them lacks them all.
    """
    numbers = [number for _, number in sent]
    shown = read_back(path).counters
    last = shown[-1][1] if shown else -1
    return round((numbers[::-1].index(last) if last in numbers else len(numbers)) / FPS, 3)


def _decoded(packet: Any) -> Iterable[Any]:
    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []
