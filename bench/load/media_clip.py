"""What each representative of the media benchmark sends, encoded once and cut into RTP payloads once.

The usual clip: 640x360 at 15 pictures a second and 400 kbit/s with a keyframe every two seconds, Opus at 32 kbit/s in
packets of 20 ms; about a hundred packets a second. Where sound and picture are to be compared, the clip of the robots'
camera, which beeps and counts.
"""

from __future__ import annotations

import fractions
import random
from dataclasses import dataclass
from typing import Any, Literal

import av

from hall.rehearsal import camera

Codec = Literal["h264", "vp8"]

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 15, 10
VIDEO_RATE, AUDIO_RATE = 90_000, 48_000
BITRATE = 400_000
KEYFRAME_S = 2
PAYLOAD = 1150
"""Bytes of picture in one packet, as browsers cut them."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One RTP packet without its header. `at`: seconds from the clip's start; `timestamp`: in ticks of its rate."""

    at: float
    kind: Literal["audio", "video"]
    timestamp: int
    marker: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Clip:
    """Payloads in the order of sending, and how many seconds they last."""

    payloads: tuple[Payload, ...]
    seconds: int


def counting_clip(codec: Codec) -> Clip:
    """The clip of the robots' camera: a number in each picture, a beep at each full second."""
    found = camera.make_clip(codec)
    step = VIDEO_RATE // camera.FPS
    video = [
        Payload(number / camera.FPS, "video", number * step, last, data)
        for number, picture in enumerate(found.video)
        for data, last in (_h264_payloads(picture) if codec == "h264" else _vp8_payloads(picture))
    ]
    ticks = camera.PACKET_TICKS
    audio = [Payload(n * ticks / AUDIO_RATE, "audio", n * ticks, False, a) for n, a in enumerate(found.audio)]
    return Clip(tuple(sorted(video + audio, key=lambda payload: payload.at)), camera.SECONDS)


def make_clip(codec: Codec) -> Clip:
    """Encode the usual clip and cut it up."""
    video = [
        Payload(number / FPS, "video", number * VIDEO_RATE // FPS, last, data)
        for number, picture in enumerate(_pictures(codec))
        for data, last in (_h264_payloads(picture) if codec == "h264" else _vp8_payloads(picture))
    ]
    audio = [Payload(n * 0.02, "audio", n * 960, False, data) for n, data in enumerate(_sounds())]
    return Clip(tuple(sorted(video + audio, key=lambda payload: payload.at)), SECONDS)


def _pictures(codec: Codec) -> list[bytes]:
    encoder: Any = av.CodecContext.create("libx264" if codec == "h264" else "libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = fractions.Fraction(1, FPS), fractions.Fraction(FPS, 1)
    encoder.bit_rate = BITRATE
    keyint = FPS * KEYFRAME_S
    if codec == "h264":
        encoder.profile = "Baseline"
        steady = (
            f"keyint={keyint}:min-keyint={keyint}:scenecut=0:repeat-headers=1:vbv-maxrate=400:vbv-bufsize=400"
        )
        whole = "sliced-threads=0:slices=1:threads=1"
        encoder.options = {"level": "31", "tune": "zerolatency", "preset": "veryfast"}
        encoder.options |= {"x264-params": f"{steady}:{whole}"}
    else:
        encoder.gop_size = keyint
        rate = str(BITRATE)
        encoder.options = {
            "deadline": "realtime",
            "cpu-used": "8",
            "lag-in-frames": "0",
            "keyint_min": str(keyint),
        }
        encoder.options |= {"minrate": rate, "maxrate": rate, "bufsize": rate}
    packets: list[bytes] = []
    noise = random.Random(1)
    wall = bytes(noise.randrange(60, 200) for _ in range(WIDTH * 2))
    for number in range(FPS * SECONDS):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        luma, *chroma = frame.planes
        grain = noise.randbytes(200)
        rows = []
        for y in range(HEIGHT):
            row = bytearray(wall[(at := (number * 5 + y // 8 * 37) % WIDTH) : at + WIDTH])
            if 100 <= y < 260:
                row[200:400] = bytes(b // 4 + 90 for b in grain[y % 100 :] + grain[: y % 100])
            rows.append(bytes(row).ljust(luma.line_size, b"\x00"))
        luma.update(b"".join(rows))
        for plane in chroma:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts, frame.time_base = number, encoder.time_base
        packets += [bytes(p) for p in encoder.encode(frame)]
    return packets + [bytes(p) for p in encoder.encode(None)]


def _sounds() -> list[bytes]:
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = (
        AUDIO_RATE,
        "stereo",
        "s16",
        32_000,
    )
    encoder.time_base = fractions.Fraction(1, AUDIO_RATE)
    encoder.options = {"frame_duration": "20", "application": "voip", "vbr": "off"}
    noise = random.Random(2)
    packets: list[bytes] = []
    count = 50 * SECONDS
    for number in range(count + 4):
        frame: Any = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.planes[0].update(noise.randbytes(960 * 4))
        frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, number * 960, encoder.time_base
        packets += [bytes(p) for p in encoder.encode(frame)]
    return packets[:count]


def _cut(data: bytes) -> list[bytes]:
    """Parts of about the same length, none longer than a payload."""
    size = -(-len(data) // -(-len(data) // PAYLOAD))
    return [data[at : at + size] for at in range(0, len(data), size)]


def _h264_payloads(picture: bytes) -> list[tuple[bytes, bool]]:
    """NAL units as they are, long ones as FU-A (RFC 6184)."""
    found: list[bytes] = []
    for unit in picture.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")[1:]:
        if len(unit) <= PAYLOAD:
            found.append(unit)
            continue
        parts = _cut(unit[1:])
        for number, part in enumerate(parts):
            ends = (0x80 if number == 0 else 0) | (0x40 if number == len(parts) - 1 else 0)
            found.append(bytes([unit[0] & 0xE0 | 28, ends | unit[0] & 31]) + part)
    return [(data, number == len(found) - 1) for number, data in enumerate(found)]


def _vp8_payloads(picture: bytes) -> list[tuple[bytes, bool]]:
    """The shortest descriptor before each part (RFC 7741)."""
    parts = _cut(picture)
    return [
        ((b"\x00" if number else b"\x10") + part, number == len(parts) - 1)
        for number, part in enumerate(parts)
    ]
