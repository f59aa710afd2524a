"""HLS playlists over recordings: live with low latency (RFC 8216bis), and of what is finished.

What lives here is pure: index lines in, playlists out. Segments and parts are byte ranges of the very file that is
recorded: a fragment is a part, and a segment runs from one keyframe to the next. What may not: files, clocks, and who
may see what (the caller hands over what may be seen).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from hall.recording.manifest import Fragment, parse_line

PART_MS: Final = 550
"""No fragment of a picture that runs is longer: the recorder's FRAGMENT_MS, and what a late frame adds to it."""

HOLD_BACK_MS: Final = 1_500
"""How far behind the last part a player stays: the format wants two parts at least, and recommends three."""

TARGET_S: Final = 4
"""Seconds that no segment exceeds, whether a keyframe came or not."""

HOLE_MS: Final = 600
"""What is missing for longer between two fragments breaks the picture: the player is told to begin anew."""

_DETAILED_MS: Final = 3 * TARGET_S * 1000  # parts are listed this far back from the live edge
_ERA_MS: Final = 1_577_836_800_000  # 2020-01-01: numbers made of hall time stay small
_LEAST_MS: Final = 250  # on average no segment is shorter
_HEAD: Final = ("#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{TARGET_S}")


@dataclass(frozen=True, slots=True)
class Track:
    """One epoch as a playlist names it: its file, and the bytes [offset, offset + length) that a player needs first.

    `utc`: hall time of media time 0, ms.
    """

    file: str
    mime: str
    epoch: int
    utc: int
    offset: int
    length: int

    @property
    def hls(self) -> bool:
        """Whether HLS can carry it: fragmented MP4 alone, never WebM."""
        return self.mime.partition(";")[0] in ("video/mp4", "audio/mp4")

    @property
    def picture(self) -> bool:
        """Whether there is more than sound in it."""
        return self.mime.startswith("video/")


@dataclass(frozen=True, slots=True)
class Line:
    """What one index line says: an init line gives `track`, a fragment line `fragment`, an end line neither."""

    track: Track | None = None
    fragment: Fragment | None = None


def read_line(raw: bytes) -> Line:
    """One index line without its line feed. Raises Malformed("index_line_malformed")."""
    line: dict[str, Any] = parse_line(raw)
    match line["kind"]:
        case "init":
            return Line(track=Track(**{k: line[k] for k in Track.__dataclass_fields__}))
        case "fragment":
            names = Fragment.__dataclass_fields__
            return Line(fragment=Fragment(**{k: v for k, v in line.items() if k in names}))
        case _:
            return Line()


@dataclass(slots=True)
class Segment:
    """Fragments that lie one behind the other in one file. `number`: its media sequence number; `anew`: a player begins
    anew with it, because something is missing before it or it is another file."""

    number: int
    track: Track
    anew: bool
    fragments: list[Fragment] = field(default_factory=list)

    @property
    def since(self) -> int:
        """Hall time of its first picture, ms."""
        return self.fragments[0].utc

    @property
    def until(self) -> int:
        """Hall time at which it ends, ms."""
        return self.fragments[-1].until

    @property
    def offset(self) -> int:
        """Its first byte in the file."""
        return self.fragments[0].offset

    @property
    def stop(self) -> int:
        """The byte behind its last one."""
        last = self.fragments[-1]
        return last.offset + last.length

    def takes(self, track: Track, fragment: Fragment) -> bool:
        """Whether a fragment goes on with this segment."""
        entry = fragment.keyframe or (not track.picture and self.until - self.since >= TARGET_S * 500)
        whole = fragment.until - self.since <= TARGET_S * 1000
        return whole and not entry and self.precedes(track, fragment)

    def precedes(self, track: Track, fragment: Fragment) -> bool:
        """Whether nothing is missing between this segment and a fragment."""
        near = self.track.file == track.file and self.stop == fragment.offset
        return near and fragment.utc - self.until <= HOLE_MS


class Cut:
    """Cuts the fragments that may be seen into segments as they come. keep_ms: how much of them is kept.

    Numbers are made of hall time where a cut begins and count from there: a cut that begins later numbers higher, so a
    player never meets an old number with other bytes behind it, whether the server was restarted or not.
    """

    def __init__(self, keep_ms: int) -> None:
        self.segments: deque[Segment] = deque()
        self.breaks = 0
        """Discontinuities in front of the first segment."""
        self._keep_ms = keep_ms
        self._next = 0

    def add(self, track: Track, fragment: Fragment) -> None:
        """Take the next fragment, in order."""
        last = self.segments[-1] if self.segments else None
        if last is not None and last.takes(track, fragment):
            last.fragments.append(fragment)
            return
        if last is None:
            self._next = max(self._next, (fragment.utc - _ERA_MS) // _LEAST_MS)
            # Players walk through all breaks from the first: a number made of time would keep them busy for minutes.
            self.breaks = max(self.breaks, track.epoch)
        anew = last is not None and not last.precedes(track, fragment)
        if not fragment.keyframe and track.picture and (last is None or anew):
            return  # a picture begins with a keyframe: what comes before one can't be shown
        self.segments.append(Segment(self._next, track, anew, [fragment]))
        self._next += 1
        while fragment.until - self.segments[0].until > self._keep_ms:
            self.segments.popleft()
            self.breaks += self.segments[0].anew

    def has(self, number: int, part: int | None) -> bool:
        """Whether a playlist would hold this segment as a whole (part None), or this part of it."""
        last = self.segments[-1] if self.segments else None
        if last is None or number > last.number:
            return False
        return number < last.number or (part is not None and part < len(last.fragments))


def live(cut: Cut) -> str:
    """The playlist of what goes on; the last segment is still open and has parts only. There must be one."""
    last = cut.segments[-1]
    lines = [
        *_HEAD,
        f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={_seconds(HOLD_BACK_MS)}",
        f"#EXT-X-PART-INF:PART-TARGET={_seconds(PART_MS)}",
        f"#EXT-X-MEDIA-SEQUENCE:{cut.segments[0].number}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{cut.breaks}",
    ]
    file = ""
    for segment in cut.segments:
        if segment.anew and segment is not cut.segments[0]:
            lines.append("#EXT-X-DISCONTINUITY")
        if segment.track.file != file:
            file = segment.track.file
            lines.append(_map(segment.track))
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date(segment.since)}")
        if last.until - segment.until <= _DETAILED_MS:
            lines.extend(_parts(segment))
        if segment is not last:
            lines.extend(_whole(segment))
    hint = f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{file}",BYTERANGE-START={last.stop}'
    return "\n".join((*lines, hint, ""))


def finished(fragments: Iterable[tuple[Track, Fragment]]) -> str:
    """The playlist of what is over; what is missing between two segments is listed as missing (EXT-X-GAP).

    Only files that HLS can carry belong in here. Empty when there is nothing to show.
    """
    cut = Cut(keep_ms=1 << 62)
    for track, fragment in fragments:
        cut.add(track, fragment)
    lines = [*_HEAD, "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-MEDIA-SEQUENCE:0"]
    before: Segment | None = None
    for segment in cut.segments:
        if before is not None and segment.anew:
            lines.extend(_missing(before, segment))
            lines.append("#EXT-X-DISCONTINUITY")
        if before is None or before.track.file != segment.track.file:
            lines.append(_map(segment.track))
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date(segment.since)}")
        lines.extend(_whole(segment))
        before = segment
    return "\n".join((*lines, "#EXT-X-ENDLIST", "")) if before is not None else ""


def in_view(fragments: Sequence[Fragment], start: int, stop: int) -> bool:
    """Whether the bytes [start, stop) of a file lie wholly in these fragments of it, which are in order."""
    at = start
    for fragment in fragments:
        if fragment.offset <= at < fragment.offset + fragment.length:
            at = fragment.offset + fragment.length
    return start < stop <= at


def _missing(before: Segment, after: Segment) -> Iterator[str]:
    """Segments for the time of which nothing was recorded, none longer than the target."""
    at = before.until
    while after.since - at > HOLE_MS:
        step = min(after.since - at, TARGET_S * 1000)
        yield "#EXT-X-GAP"
        yield f"#EXT-X-PROGRAM-DATE-TIME:{_date(at)}"
        yield f"#EXTINF:{_seconds(step)},"
        yield f"#EXT-X-BYTERANGE:{before.stop - before.offset}@{before.offset}"
        yield before.track.file
        at += step


def _parts(segment: Segment) -> Iterator[str]:
    for f in segment.fragments:
        alone = ",INDEPENDENT=YES" if f.keyframe or not segment.track.picture else ""
        where = f'URI="{segment.track.file}",BYTERANGE="{f.length}@{f.offset}"'
        yield f"#EXT-X-PART:DURATION={_seconds(f.duration)},{where}{alone}"


def _whole(segment: Segment) -> tuple[str, ...]:
    return (
        f"#EXTINF:{_seconds(segment.until - segment.since)},",
        f"#EXT-X-BYTERANGE:{segment.stop - segment.offset}@{segment.offset}",
        segment.track.file,
    )


def _map(track: Track) -> str:
    return f'#EXT-X-MAP:URI="{track.file}",BYTERANGE="{track.length}@{track.offset}"'


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"


def _date(ms: int) -> str:
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
