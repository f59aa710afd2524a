"""From RTP timestamps to hall time, per track, without stepping and without trusting the sender's wall clock.

What lives here is pure: numbers in, numbers out. A track is anchored by its least delayed packets; once every
track of the publication has sent a sender report, the sender's own clock ties sound to picture, and the least
delayed packet of all says how far that clock is from the hall's. What comes late is judged by `Lateness`: a backlog
belongs to the time it was taken at, while a clock that stood still has to be read anew. What may not live here: clocks
(arrival times are arguments), files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from operator import lt
from typing import Literal

Kind = Literal["video", "audio"]

WINDOW_MS = 10_000
"""How long the least delayed packet counts: long enough for a quiet moment, short enough to follow a drifting
clock.
"""

FUTURE_MS = 1_000
BACKWARDS_MS = 10_000
MOST_LATE_MS = 60_000
REPORT_MS = 1_000

SETTLE_MS = 400
"""How long the first packets are kept before they are dated: by then it shows which of them was delayed least."""

LATE_MS = 3_000
"""Beyond any jitter: what comes later than this is judged."""

JUDGED_MS = 1_000
"""How long late packets are looked at before they are dated."""

Judgement = Literal["wait", "place", "stood_still"]


@dataclass(slots=True)
class Lowest:
    """The smallest value of the last one to two windows: `value`, infinite as long as there is none. Before `until`, a
    value that is not below `current` changes nothing.
    """

    value: float = inf
    current: float = inf
    until: float = -inf

    def add(self, value: float, now: int) -> None:
        if now >= self.until:
            self.value = min(value, self.current)
            self.current, self.until = value, now + WINDOW_MS
        elif value < self.current:
            self.current = value
            self.value = min(value, self.value)


@dataclass(slots=True)
class TrackTime:
    """One track's timestamps, unwrapped to a running number of ticks."""

    rate: int
    last: int
    ticks: int
    lag: Lowest = field(default_factory=Lowest)
    report: tuple[float, int] | None = None

    def near(self, timestamp: int) -> int:
        """Running ticks of a 32-bit timestamp near the last one."""
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
        self._reported = False  # every track has had a sender report

    def arrived(self, kind: Kind, timestamp: int, rate: int, now: int) -> int:
        """Note a packet that arrived at hall time `now`; gives its running ticks."""
        track = self.tracks.get(kind)
        if track is None:
            track = self.tracks[kind] = TrackTime(rate, timestamp, timestamp)
            self._reported = False
        ticks = track.near(timestamp)
        track.ticks, track.last = ticks, timestamp
        track.lag.add(now - ticks * 1000 / track.rate, now)
        if track.report is not None:
            self._sender_lag.add(now - track.sender_ms(ticks), now)
        return ticks

    def in_time(self, kind: Kind, timestamp: int, now: int) -> int | None:
        """The same, where the timestamp lies at its arrival or a usual delay before it; else None, and nothing is
        noted.
        """
        track = self.tracks.get(kind)
        if track is None:
            return None
        # `behind` and `arrived` in one piece, for every packet of every stream comes through here.
        step = (timestamp - track.last) & 0xFFFFFFFF
        ticks = track.ticks + (step - (1 << 32) if step > 1 << 31 else step)
        rate, lag, report = track.rate, track.lag, track.report
        at = ticks * 1000 / rate
        utc = lag.value + at
        sent = 0.0
        if report is not None:
            sent = report[0] + (ticks - report[1]) * 1000 / rate
            if self._reported and abs((by_report := sent + self._sender_lag.value) - utc) < REPORT_MS:
                utc = by_report
        if not -FUTURE_MS <= now - utc <= LATE_MS:
            return None
        track.ticks, track.last = ticks, timestamp
        if (late := now - at) < lag.current or now >= lag.until:
            lag.add(late, now)
        if report is not None:
            lag = self._sender_lag
            if (late := now - sent) < lag.current or now >= lag.until:
                lag.add(late, now)
        return ticks

    def strays(self, kind: Kind, timestamp: int, now: int) -> bool:
        """Whether a timestamp lies where no delay can have put it: a sender may not write itself into the
        future.
        """
        track = self.tracks.get(kind)
        behind = self.behind(kind, timestamp, now)
        if track is None or behind is None:
            return False
        back = (track.ticks - track.near(timestamp)) * 1000 / track.rate
        return behind < -FUTURE_MS or behind > MOST_LATE_MS or back > BACKWARDS_MS

    def behind(self, kind: Kind, timestamp: int, now: int) -> float | None:
        """How many ms before `now` a timestamp lies; None for a track that has not had a packet yet."""
        track = self.tracks.get(kind)
        if track is None:
            return None
        return now - self.utc(kind, track.near(timestamp))

    def reported(self, kind: Kind, ntp: int, timestamp: int) -> None:
        """Note a sender report: the sender's clock (64-bit NTP) read `ntp` when its media clock read
        `timestamp`.
        """
        track = self.tracks.get(kind)
        if track is None or not ntp:
            return
        track.report = (ntp * 1000 / (1 << 32), track.near(timestamp))
        self._reported = all(one.report for one in self.tracks.values())

    def utc(self, kind: Kind, ticks: int) -> float:
        """Hall time in ms of a track's running ticks; the track must have had a packet."""
        track = self.tracks[kind]
        by_arrival = track.lag.value + ticks * 1000 / track.rate
        if not self._reported:
            return by_arrival
        by_report = track.sender_ms(ticks) + self._sender_lag.value
        # Reports tie sound to picture; they may not move either to another time.
        return by_report if abs(by_report - by_arrival) < REPORT_MS else by_arrival


class Lateness:
    """Judges packets that come late: whether the sender sends what it could not send before, or its clock stood
    still.

    Both go on with the next timestamp after a pause. A backlog then catches up, because it comes faster than it was
    taken; a clock that stood still (a computer that slept) stays behind for ever. Until that shows, packets wait.
    """

    def __init__(self) -> None:
        self._since: int | None = None
        self._first = 0.0
        self._flows = False

    def judge(self, behind: float | None, now: int, *, fresh: bool) -> Judgement:
        """What to do with a packet that lies `behind` ms before `now`, and with those that wait.

        fresh: nothing of this publication is dated yet.
        """
        if fresh:
            return self._settled(now)
        if behind is None or behind <= LATE_MS:
            self.caught_up()
            return "place"
        if self._since is None:
            self._since, self._first, self._flows = now, behind, False
            return "wait"
        passed, caught_up = now - self._since, self._first - behind
        if caught_up >= min(self._first / 2, 2_000) or (passed >= JUDGED_MS and caught_up >= passed / 4):
            self._since, self._first, self._flows = now, behind, True
        elif passed >= JUDGED_MS:
            self._since, self._flows = None, False
            return "stood_still"
        return "place" if self._flows else "wait"

    def caught_up(self) -> None:
        """Packets come in time."""
        self._since, self._flows = None, False

    def overdue(self, now: int, *, fresh: bool) -> bool:
        """Whether what waits has waited long enough, though nothing came after it."""
        if self._since is None:
            return True
        return now - self._since >= (SETTLE_MS if fresh else 2 * JUDGED_MS)

    def _settled(self, now: int) -> Judgement:
        if self._since is None:
            self._since = now
        if now - self._since < SETTLE_MS:
            return "wait"
        self._since = None
        return "place"


def fitted(edges: Sequence[int], floor: int) -> list[int]:
    """Edges of consecutive samples in ticks (one more than there are samples), none before `floor`, rising.

    When the first lies before it, the sender's time was corrected backwards, or a burst came that could not be dated
    when it began. File time never runs backwards, and it does not stay ahead either: the samples are drawn together
    between `floor` and the true end.
    """
    first, last = edges[0], edges[-1]
    found = list(edges)
    if first >= floor and all(map(lt, found, found[1:])):
        return found  # nearly always
    if first < floor:
        room, span = max(last - floor, 0), max(last - first, 1)
        found = [floor + (edge - first) * room // span for edge in edges]
    for n in range(1, len(found)):
        found[n] = max(found[n], found[n - 1] + 1)
    return found


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
