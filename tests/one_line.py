"""One line of the tables, fed packet by packet: how the compiled packet path is looked at."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy
from pylibsrtp import Policy, Session

from hall.media import srtp
from hall.media.assemble import MAX_MISSING, missing, taken
from hall.media.exchange import pass_time, take
from hall.media.forward import Outlet, Source
from hall.media.mail import name_of, post
from hall.media.publication import units_of
from hall.media.rtp import HEADER, parts
from hall.media.tables import CODECS, H264, KINDS, Rows


class Packet(NamedTuple):
    """An RTP packet that was read."""

    payload_type: int
    marker: bool
    seq: int
    timestamp: int
    ssrc: int
    payload: bytes


class Frame(NamedTuple):
    """A whole frame: NAL units, or one of VP8 or Opus."""

    codec: str
    units: tuple[bytes, ...]
    timestamp: int


def array(data: bytes) -> numpy.ndarray:
    """Bytes as compiled code takes them."""
    return numpy.frombuffer(bytes(data), numpy.uint8).copy()


def read_packet(data: bytes) -> Packet:
    """Read a decrypted RTP packet. Raises ValueError when it is none."""
    _, start, stop = parts(array(data), len(data))
    if not start:
        raise ValueError("no RTP packet")
    _, second, seq, timestamp, ssrc = HEADER.unpack_from(data)
    return Packet(second & 127, second > 127, seq, timestamp, ssrc, data[start:stop])


class OneLine:
    """A line whose publication has its place in its room."""

    def __init__(self, codec: str = "h264") -> None:
        self.rows = Rows(lambda: 0.0)
        self.codec = codec
        self.row = self.rows.line()
        self.looks: list[int] = []
        self.rows.publishes(self.row, self.looks.append)
        self.rows.lines["entered"][self.row] = True

    @property
    def stream(self) -> numpy.void:
        found: numpy.void = self.rows.streams[2 * self.row + (self.codec != "opus")]
        return found

    @property
    def source(self) -> Source:
        """What it sends now."""
        kind = KINDS[self.codec != "opus"]
        return Source(kind, CODECS[self.stream["codec"]], int(self.stream["source"]))

    def take(self, seq: int, timestamp: int, payload: bytes, marker: bool = True, now: float = 0.0) -> None:
        """A packet comes."""
        codec, data = CODECS.index(self.codec), array(payload)
        tables = self.rows.tables
        take(tables, self.row, codec, seq & 0xFFFF, marker, timestamp, data, 0, len(data), now)
        post(tables)

    def add(
        self, seq: int, timestamp: int, payload: bytes, marker: bool = True, now: float = 0.0
    ) -> list[Frame]:
        """A packet comes; gives the frames that it completes."""
        self.take(seq, timestamp, payload, marker, now)
        return self.frames()

    def tick(self, now: float) -> list[Frame]:
        """Time passes."""
        pass_time(self.rows.tables, now)
        return self.frames()

    def frames(self) -> list[Frame]:
        """The frames that wait."""
        found = []
        for codec, begin, end, timestamp, *_ in self.rows.frames[self.row, : self._count()].tolist():
            data = self.rows.frames_of(2 * self.row + (self.codec != "opus"))[begin:end]
            units = units_of(data) if codec == H264 else (data,)
            found.append(Frame(CODECS[codec], units, timestamp))
        taken(self.rows.tables, self.row)
        return found

    def missing(self, now: float) -> list[int]:
        """What is to be asked for again."""
        found = numpy.zeros(MAX_MISSING, numpy.int64)
        count = missing(self.rows.tables, self.row, found, now)
        return [int(n) for n in found[:count]]

    def wants_keyframe(self) -> bool:
        """Whether a keyframe was missed since the last question."""
        wanted, self.stream["wants_keyframe"] = bool(self.stream["wants_keyframe"]), False
        return wanted

    def _count(self) -> int:
        return int(self.rows.lines["frames"][self.row])


class Hearer:
    """A watcher: an outlet whose packets come to a socket of this machine, and are decrypted there."""

    def __init__(
        self,
        rows: Rows,
        kind: str = "video",
        payload_types: Mapping[str, int] = {"h264": 108, "vp8": 96},
        *,
        seq: int = 65_534,
        timestamp: int = 1_000,
    ) -> None:
        self._hears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._hears.bind(("127.0.0.1", 0))
        self._hears.setblocking(False)
        self._sends = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        key, profile = secrets.token_bytes(28), Policy.SRTP_PROFILE_AEAD_AES_128_GCM
        way = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
        way.allow_repeat_tx = True
        self._way = Session(way)
        seal = Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile)
        seal.allow_repeat_tx = True
        self._seal = Session(seal)
        self.row = rows.line()
        rows.open(self.row, 0, srtp.session_at(self._way), self._sends.fileno())
        rows.direct(self.row, name_of(*self._hears.getsockname()))
        self.outlet = Outlet(
            rows, self.row, kind, ssrc=42, payload_types=payload_types, seq=seq, timestamp=timestamp
        )

    def encrypted(self) -> list[bytes]:
        """What has come, as it came."""
        found = []
        while True:
            try:
                found.append(self._hears.recv(2048))
            except BlockingIOError:
                return found

    def heard(self) -> list[Packet]:
        """What has come since the last question; a packet that is sent again comes as a new one would."""
        return [self._read(data) for data in self.encrypted()]

    def _read(self, data: bytes) -> Packet:
        return read_packet(self._seal.unprotect(data))

    def close(self) -> None:
        for one in (self._hears, self._sends):
            one.close()


def to(line: OneLine, hearers: Sequence[Hearer]) -> None:
    """Let these, and no others, get what comes over the line."""
    kind = line.codec != "opus"
    line.rows.connect(2 * line.row + kind, [hearer.outlet.row for hearer in hearers])
