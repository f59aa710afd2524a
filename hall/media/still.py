"""Still pictures: the last keyframe of a participant, decoded alone, as a JPEG for a wall of many.

What lives here: keeping a reference to the last keyframe (nothing is copied, nothing decoded while packets pass), and
turning it into a picture in a thread when somebody asks. What may not: rooms, who may see whom.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import av

from hall.runtime.media_ports import Still

log = logging.getLogger("hall.media")

WIDEST: Final = 640
"""Pixels; a wider picture is made smaller."""

_MOST_PIXELS: Final = 3840 * 2160  # what a picture may claim to hold before anything is allocated for it
_COARSENESS: Final = 6  # of 2 to 31: 640x360 gives some 30 KB
_DELTA, _SLICE, _SPS, _PPS = 1, 5, 7, 8  # H.264 NAL unit types
_START: Final = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Keyframe:
    """An encoded picture that stands alone: NAL units with their parameter sets, or one VP8 frame."""

    codec: str
    units: tuple[bytes, ...]
    at_ms: int
    number: int


@dataclass(slots=True)
class LastPicture:
    """The last keyframe of one publication."""

    keyframe: Keyframe | None = None
    made: Still | None = None
    _parameters: dict[int, bytes] = field(
        default_factory=dict
    )  # SPS, PPS: they may come ahead of their picture

    def take(self, codec: str, units: Sequence[bytes], at_ms: int) -> None:
        """Look at a whole encoded picture (NAL units of H.264, one frame of VP8) and keep it if it stands alone."""
        if codec == "h264":
            if units[0][0] & 31 == _DELTA:
                return
            kinds = {unit[0] & 31: unit for unit in units}
            if _SPS in kinds and _PPS in kinds:
                self._parameters = kinds
            if _SLICE not in kinds:
                return
            if _SPS not in kinds:
                if not self._parameters:
                    return
                units = (self._parameters[_SPS], self._parameters[_PPS], *units)
        elif units[0][0] & 1:
            return
        number = self.keyframe.number + 1 if self.keyframe is not None else 1
        self.keyframe = Keyframe(codec, tuple(units), at_ms, number)


class StillMaker:
    """Decodes in one thread of its own: a wall of pictures never holds up a packet."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stills")

    async def of(self, last: LastPicture) -> Still | None:
        """The picture of the last keyframe, made once; None where there is none yet, or it can't be decoded."""
        if last.keyframe is None:
            return None
        return await asyncio.get_running_loop().run_in_executor(self._pool, _make, last, last.keyframe)

    def close(self) -> None:
        """Let the thread end."""
        self._pool.shutdown(cancel_futures=True)


def _make(last: LastPicture, keyframe: Keyframe) -> Still | None:
    """Runs in the one thread: whoever asked at the same time finds it made."""
    if last.made is None or last.made.keyframe != keyframe.number:
        try:
            last.made = Still(keyframe.at_ms, keyframe.number, decode(keyframe.codec, keyframe.units))
        except ValueError as error:
            log.info("a keyframe could not be shown: %s", error)
            return None
    return last.made


def decode(codec: str, units: Sequence[bytes]) -> bytes:
    """A JPEG of one keyframe, at most `WIDEST` wide. Raises ValueError for what is no picture."""
    decoder: Any = av.CodecContext.create(codec, "r")
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(_MOST_PIXELS)}
    data = b"".join(_START + unit for unit in units) if codec == "h264" else units[0]
    try:
        frames = decoder.decode(av.Packet(data)) + decoder.decode(None)
        if not frames:
            raise ValueError("no picture in it")
        return _jpeg(frames[0])
    except av.FFmpegError as error:
        raise ValueError(str(error)) from None


def _jpeg(frame: Any) -> bytes:
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    width = min(frame.width, WIDEST) // 2 * 2
    height = frame.height * width // frame.width // 2 * 2
    shown = frame.reformat(width, height, format="yuvj420p", dst_color_range="JPEG")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base, encoder.thread_count = Fraction(1), 1
    encoder.qmin = encoder.qmax = _COARSENESS
    return b"".join(bytes(packet) for packet in encoder.encode(shown) + encoder.encode(None))
