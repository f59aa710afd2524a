"""From RTP timestamps to hall time, per track, without stepping and without trusting the sender's wall clock.

What lives here is pure: numbers in, numbers out. A track is anchored by its least delayed packets; once every
track of the publication has sent a sender report, the sender's own clock ties sound to picture, and the least
delayed packet of all says how far that clock is from the hall's. What may not: clocks (arrival times are
arguments), files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["video", "audio"]

WINDOW_MS = 10_000
"""How long the least delayed packet counts: long enough for a quiet moment, short enough to follow a drifting
clock.
"""

FUTURE_MS = 1_000
PAST_MS = 10_000
REPORT_MS = 1_000


@dataclass(slots=True)
class Lowest:
    """The smallest value of the last one to two windows."""

    current: float | None = None
    previous: float | None = None
    since: int = 0

    def add(self, value: float, now: int) -> None:
        if self.current is None or now - self.since >= WINDOW_MS:
            self.previous, self.current, self.since = self.current, value, now
        elif value < self.current:
            self.current = value

    @property
    def value(self) -> float | None:
        if self.current is None or self.previous is None:
            return self.current
        return min(self.current, self.previous)


@dataclass(slots=True)
class TrackTime:
    """One track's timestamps, unwrapped to a running number of ticks."""

    rate: int
    last: int | None = None
    ticks: int = 0
    lag: Lowest = field(default_factory=Lowest)
    report: tuple[float, int] | None = None

    def unwrap(self, timestamp: int) -> int:
        """Running ticks of a 32-bit timestamp near the last one; moves on."""
        self.ticks = self.near(timestamp)
        self.last = timestamp
        return self.ticks

    def near(self, timestamp: int) -> int:
        """The same without moving on."""
        if self.last is None:
            return timestamp
        step = (timestamp - self.last) & 0xFFFFFFFF
        return self.ticks + (step - (1 << 32) if step > 1 << 31 else step)

    def sender_ms(self, ticks: int) -> float:
        """The sender's own clock at some ticks; there must have been a report."""
        assert self.report is not None
        ms, reported = self.report
        return ms + (ticks - reported) * 1000 / self.rate


class Timeline:
    """Hall time in ms of what one publication sends."""

    def __init__(self) -> None:
        self.tracks: dict[Kind, TrackTime] = {}
        self._sender_lag = Lowest()

    def arrived(self, kind: Kind, timestamp: int, rate: int, now: int) -> int:
        """Note a packet that arrived at hall time `now`; gives its running ticks."""
        track = self.tracks.setdefault(kind, TrackTime(rate))
        ticks = track.unwrap(timestamp)
        track.lag.add(now - ticks * 1000 / track.rate, now)
        if track.report is not None:
            self._sender_lag.add(now - track.sender_ms(ticks), now)
        return ticks

    def strays(self, kind: Kind, timestamp: int, now: int) -> bool:
        """Whether a timestamp lies where no delay can have put it: a sender may not write itself into the
        future.
        """
        track = self.tracks.get(kind)
        if track is None or track.last is None:
            return False
        ahead = self.utc(kind, track.near(timestamp)) - now
        return ahead > FUTURE_MS or ahead < -PAST_MS

    def reported(self, kind: Kind, ntp: int, timestamp: int) -> None:
        """Note a sender report: the sender's clock (64-bit NTP) read `ntp` when its media clock read
        `timestamp`.
        """
        track = self.tracks.get(kind)
        if track is None or track.last is None or not ntp:
            return
        track.report = (ntp * 1000 / (1 << 32), track.near(timestamp))

    def utc(self, kind: Kind, ticks: int) -> float:
        """Hall time in ms of a track's running ticks; the track must have had a packet."""
        track = self.tracks[kind]
        arrival = track.lag.value
        assert arrival is not None, "a track exists from its first packet on"
        by_arrival = arrival + ticks * 1000 / track.rate
        lag = self._sender_lag.value
        if lag is None or track.report is None or not all(t.report for t in self.tracks.values()):
            return by_arrival
        by_report = track.sender_ms(ticks) + lag
        # Reports tie sound to picture; they may not move either to another time.
        return by_report if abs(by_report - by_arrival) < REPORT_MS else by_arrival


def opus_ticks(packet: bytes) -> int:
    """Duration of an Opus packet in 48 kHz ticks (RFC 6716, 3.1); 960 when it can't be read."""
    if not packet:
        return 960
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    count = (1, 2, 2)[code] if code < 3 else (packet[1] & 63 if len(packet) > 1 else 1)
    ticks = frame * count
    return ticks if 0 < ticks <= 5760 else 960
