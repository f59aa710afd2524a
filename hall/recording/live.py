"""Recordings as they grow, for the public broadcast: the last minute of each, read once for all who watch.

One task looks after all that somebody watches; files are read by a thread of its own, bytes kept for as long as players
ask for them. What may not live here: who may see what (each question says from when on it may be answered), HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, Final

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError, Malformed
from hall.recording import hls
from hall.recording.files import epoch_directory, index_paths
from hall.recording.hls import Cut, Track, in_view, read_line
from hall.recording.manifest import Fragment
from hall.runtime.media_ports import RecordingIndex

log = logging.getLogger("hall.recording")

LOOK: Final = 0.05
"""Seconds between two looks at the indices; a fragment is written every half second."""

KEPT_MS: Final = 60_000
"""How much of a recording is told, back from its end: a broadcast is live, and no archive."""

_UNUSED: Final = 10.0  # seconds without a question after which a recording is followed no longer
_LOOKBACK: Final = 96 * 1024  # bytes of an index that hold more than KEPT_MS
_HELD: Final = 64  # fragments of each recording whose bytes are at hand
_AT_ONCE: Final = 10
"""Spectators that are woken together; the others follow in `_TURNS` turns at most, so that an act of the opening, which
runs in the same loop, never waits behind all of them."""

_TURNS: Final = 20
_APART: Final = 0.01  # seconds between two turns
_QUIET: Final = 20  # looks without anything new after which another file may have been begun

Plain = Callable[[Path, int, int], bytes]
"""Plain bytes (path, offset, length) of a media file. May block; raises OSError, HallError."""


class LiveRecordings:
    """All recordings that somebody watches (`hall.runtime.broadcast.Streams`)."""

    def __init__(self, recordings: Path, plain: Plain, clock: Clock) -> None:
        self._recordings, self._plain, self._clock = recordings, plain, clock
        self._streams: dict[tuple[str, str], LiveRecording] = {}
        self._beginning: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="broadcast")
        self._following: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Stop following."""
        await tasks.stop(self._following, *self._beginning.values())
        self._pool.shutdown()

    async def stream(self, opening: str, participant: str) -> LiveRecording:
        """One recording, followed from now on. Raises Malformed("bad_recording_id")."""
        key = (opening, participant)
        found = self._streams.get(key)
        if found is None:
            directory = epoch_directory(self._recordings, opening, participant)
            found = self._streams[key] = LiveRecording(directory, self._plain, self._pool)
            self._beginning[key] = tasks.start(self._look([found]), "broadcast")
        found.used = self._clock.monotonic()
        if (beginning := self._beginning.get(key)) is not None:
            await asyncio.shield(beginning)
            self._beginning.pop(key, None)
        if self._following is None or self._following.done():
            self._following = tasks.start(self._follow(), "broadcast")
        return found

    async def _follow(self) -> None:
        while self._streams:
            await asyncio.sleep(LOOK)
            late = self._clock.monotonic() - _UNUSED
            self._streams = {key: x for key, x in self._streams.items() if x.used > late}
            await self._look([x for key, x in self._streams.items() if key not in self._beginning])

    async def _look(self, streams: Sequence[LiveRecording]) -> None:
        """Read what is new of some recordings, then tell it."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._pool, lambda: [x.reader.look() for x in streams])
        for stream, news in zip(streams, found, strict=True):
            if news:
                stream.learn(news)


@dataclass(frozen=True, slots=True)
class _News:
    """One index line of a file, a fragment's with its bytes (None where they can't be read)."""

    file: str
    line: hls.Line
    data: bytes | None = None


class LiveRecording:
    """The last minute of one participant's recording (`hall.runtime.broadcast.Stream`)."""

    def __init__(self, directory: Path, plain: Plain, pool: ThreadPoolExecutor) -> None:
        self.used = 0.0
        self.reader = _Reader(directory, plain)
        self._directory, self._plain, self._pool = directory, plain, pool
        self._tracks: dict[str, Track] = {}
        self._ended: set[str] = set()
        self._recent: deque[tuple[Track, Fragment]] = deque()
        self._data: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._cut, self._since, self._text = Cut(KEPT_MS), 0, ""
        self._found: dict[tuple[int, str], list[Fragment]] = {}
        self._waiting: set[asyncio.Future[None]] = set()

    def learn(self, news: Sequence[_News]) -> None:
        """Take what was read, and wake who waits for it."""
        for one in news:
            if one.line.track is not None:
                self._tracks[one.file] = one.line.track
            elif one.line.fragment is None:
                self._ended.add(one.file)
            elif (track := self._tracks.get(one.file)) is not None and one.data is not None:
                self._append(track, one.line.fragment, one.data)
        self._found.clear()
        loop, waiting = asyncio.get_running_loop(), list(self._waiting)
        size = max(_AT_ONCE, -(-len(waiting) // _TURNS))
        for turn, first in enumerate(range(0, len(waiting), size)):
            loop.call_later(turn * _APART, _wake, waiting[first : first + size])

    def files(self, since: int) -> list[dict[str, object]]:
        """See `hall.runtime.broadcast.Stream`, here and below."""
        until = {track.file: f.until for track, f in self._seen(since)}
        return [{"file": x, "mime": self._tracks[x].mime, "until": until[x]} for x in until]

    def index(self, since: int, file: str, after: int) -> RecordingIndex | None:
        seen = self._of(since, file) if file in self._tracks else []
        if not seen:
            return None
        track, last = self._tracks[file], seen[-1]
        init = {
            "offset": track.offset,
            "length": track.length,
            "utc": track.utc,
            "epoch": track.epoch,
            "file": file,
            "mime": track.mime,
            "cause": "start",
        }
        fresh = islice(seen, bisect_right(seen, after, key=lambda f: f.n), None)
        rows = [[f.n, f.offset, f.length, f.utc, f.duration, f.keyframe] for f in fresh]
        end = {"utc": last.until, "cause": "ended", "fragments": last.n} if file in self._ended else None
        return RecordingIndex(init, rows, end)

    def playlist(self, since: int) -> str:
        cut = self._cut_of(since)
        if not self._text and len(cut.segments) > 1:  # players give up on a playlist of parts alone
            self._text = hls.live(cut)
        return self._text

    def last(self, since: int) -> int | None:
        cut = self._cut_of(since)
        return cut.segments[-1].number if cut.segments else None

    def has(self, since: int, segment: int, part: int | None) -> bool:
        return self._cut_of(since).has(segment, part)

    def edge(self, since: int, file: str) -> int | None:
        seen = self._of(since, file) if file in self._tracks else []
        return seen[-1].offset + seen[-1].length if seen else None

    async def data(self, since: int, file: str, start: int, stop: int) -> bytes | None:
        seen = self._of(since, file) if file in self._tracks else []
        if not seen:
            return None
        track = self._tracks[file]
        if track.offset <= start < stop <= track.offset + track.length:
            return await self._read(file, start, stop)
        first = max(0, bisect_right(seen, start, key=lambda f: f.offset) - 1)
        touched = list(takewhile(lambda f: f.offset < stop, islice(seen, first, None)))
        if not in_view(touched, start, stop):
            return None
        parts = []
        for f in touched:
            whole = self._data.get((file, f.offset))
            if whole is None:
                whole = await self._read(file, f.offset, f.offset + f.length)
            parts.append(whole[max(0, start - f.offset) : stop - f.offset])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def news(self, seconds: float) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            async with asyncio.timeout(seconds):
                await waiting
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(waiting)

    def _append(self, track: Track, fragment: Fragment, data: bytes) -> None:
        self._recent.append((track, fragment))
        while fragment.until - self._recent[0][1].until > KEPT_MS:
            self._recent.popleft()
        self._data[track.file, fragment.offset] = data
        while len(self._data) > _HELD:
            self._data.popitem(last=False)
        if fragment.utc >= self._since and track.hls:
            self._cut.add(track, fragment)
        self._text = ""

    def _cut_of(self, since: int) -> Cut:
        if since != self._since:
            self._cut, self._since, self._text = Cut(KEPT_MS), since, ""
            for track, fragment in self._seen(since):
                if track.hls:
                    self._cut.add(track, fragment)
        return self._cut

    def _seen(self, since: int) -> Iterator[tuple[Track, Fragment]]:
        return ((track, f) for track, f in self._recent if f.utc >= since)

    def _of(self, since: int, file: str) -> list[Fragment]:
        """Asked by everybody who watches, and another one only when there is news."""
        key = (since, file)
        if key not in self._found:
            self._found[key] = [f for track, f in self._seen(since) if track.file == file]
        return self._found[key]

    async def _read(self, file: str, start: int, stop: int) -> bytes:
        path = self._directory / file
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._plain, path, start, stop - start)


@dataclass(slots=True)
class _Reader:
    """Reads the indices of one participant, the newest from near its end on and then each that follows. Used by one
    thread at a time."""

    directory: Path
    plain: Plain
    index: Path | None = None
    offset: int = 0
    media: str = ""
    ended: bool = False
    quiet: int = 0
    failed: set[str] = field(default_factory=set)

    def look(self) -> list[_News]:
        """What is new. What can't be read is told to the operator, and ends this file's broadcast."""
        found: list[_News] = []
        try:
            self._step(found)
        except (OSError, HallError) as error:
            name = f"{self.directory}/{self.media}"
            if name not in self.failed:
                log.error("the broadcast can't read %s: %s", name, error)
                self.failed.add(name)
            self.ended = True
        return found

    def _step(self, found: list[_News]) -> None:
        if self.index is None:
            paths = index_paths(self.directory)
            if paths:
                self._begin(paths[-1], found, near_the_end=True)
            return
        before = len(found)
        self._more(found)
        self.quiet = 0 if len(found) > before else self.quiet + 1
        if self.ended or self.quiet >= _QUIET:
            self.quiet = 0
            later = [path for path in index_paths(self.directory) if _number(path) > _number(self.index)]
            if later:
                if not self.ended:  # who wrote it was killed: nothing more will come
                    found.append(_News(self.media, hls.Line()))
                self._begin(later[0], found, near_the_end=False)

    def _begin(self, index: Path, found: list[_News], *, near_the_end: bool) -> None:
        with index.open("rb") as file:
            raw = file.readline()
            if not raw.endswith(b"\n"):
                return  # not even its first line is whole: look again
            size = file.seek(0, 2)
            if near_the_end and size - len(raw) > _LOOKBACK:
                file.seek(size - _LOOKBACK)
                file.readline()  # the rest of a line
                offset = file.tell()
            else:
                offset = len(raw)
        line = read_line(raw[:-1])
        if line.track is None:
            raise Malformed("index_line_malformed", reason="init")
        self.index, self.offset, self.media, self.ended = index, offset, line.track.file, False
        found.append(_News(self.media, line))
        self._more(found)

    def _more(self, found: list[_News]) -> None:
        assert self.index is not None
        if self.ended:
            return
        with self.index.open("rb") as file:
            file.seek(self.offset)
            fresh = file.read()
        for raw in fresh[: fresh.rfind(b"\n") + 1].splitlines():
            line = read_line(raw)
            f = line.fragment
            data = self.plain(self.directory / self.media, f.offset, f.length) if f is not None else None
            found.append(_News(self.media, line, data))
            self.ended = f is None
            self.offset += len(raw) + 1


def _wake(waiting: Sequence[asyncio.Future[None]]) -> None:
    for one in waiting:
        if not one.done():
            one.set_result(None)


def _number(index: Path) -> int:
    return int(index.name.partition(".")[0])


def archive(recordings: Path, opening: str, participant: str) -> str:
    """The playlist of all that was recorded of a participant and that HLS can carry; empty where that is nothing. Reads
    whole indices: not for the event loop. Raises Malformed("bad_recording_id"), Malformed("index_line_malformed")."""

    def fragments() -> Iterator[tuple[Track, Fragment]]:
        for path in index_paths(epoch_directory(recordings, opening, participant)):
            track: Any = None
            for raw in path.read_bytes().splitlines():
                line = read_line(raw)
                track = line.track or track
                if line.fragment is not None and track is not None and track.hls:
                    yield track, line.fragment

    return hls.finished(fragments())
