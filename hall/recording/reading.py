"""Reading recordings, also while they grow: what an index says to a player, and plain bytes of a media file.

Every index is read once, however many watch: what is known of it stays packed, and one task looks for fresh lines of
all files that somebody waits for. What lives here runs in the server and gives no proof of anything (`manifest` does):
a line that is no line ends what is shown. What may not: who may read (`hall.runtime.keeper`), containers.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hall import tasks
from hall.errors import Malformed, NotPermitted
from hall.recording import live, vault
from hall.recording.coverage import GAP_MS, coverage
from hall.recording.cues import seekable_head
from hall.recording.files import epoch_directory, epoch_of, index_paths
from hall.recording.manifest import Epoch, Fragment
from hall.runtime.media_ports import Covered, RecordingIndex

LOOK: Final = 0.1
"""Seconds between two looks for fresh lines; a fragment is written every half second."""

MOST: Final = 8_000
"""Fragments in one answer, over an hour of them; who asks again after the last one gets the next."""

PIECE: Final = 1 << 20
_KEPT: Final = 1024  # indices of which everything read is remembered; an hour of one is 280 KB
_ASIDE: Final = 256 * 1024  # bytes of fresh lines from which on another thread reads them

_ROW: Final = ("offset", "length", "utc", "duration", "keyframe")


KeyOf = Callable[[str], bytes]
"""Gives the recording key of an opening; may block. Raises Unavailable."""


class Reading:
    """recordings: the recordings' directory; key_of: asked only for files that are encrypted."""

    def __init__(self, recordings: Path, key_of: KeyOf) -> None:
        self._recordings = recordings
        self._key_of = key_of
        self._opens: OrderedDict[Path, _Opens] = OrderedDict()
        self._known: OrderedDict[Path, _Known] = OrderedDict()
        self._waiting: dict[Path, set[asyncio.Future[None]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Stop looking; who waits is told what there is."""
        await tasks.stop(self._looking)
        for path in tuple(self._waiting):
            self._tell(path)

    def path(self, opening: str, participant: str, file: str) -> Path:
        """Where a media file lies. Raises Malformed("bad_recording_id"), NotPermitted("no_such_media_file")."""
        if not _FILE.fullmatch(file):
            raise Malformed("bad_recording_id")
        path = epoch_directory(self._recordings, opening, participant) / file
        if not path.is_file():
            raise NotPermitted("no_such_media_file")
        return path

    async def index(
        self, opening: str, participant: str, file: str, after: int, wait: float
    ) -> RecordingIndex:
        """What the index of a media file says behind fragment `after` (0: from the first on).

        Where that is nothing and the file goes on, wait up to `wait` seconds for something. `end` is told with the last
        fragment. Raises as `path` does.
        """
        path = self.path(opening, participant, file)
        index = _index_of(path)
        known = await self._refreshed(index)
        if not known.says_more_than(after) and wait > 0:
            await self._fresh(index, wait)
        return known.behind(after)

    async def coverage(self, opening: str, participant: str, within: tuple[int, int] | None) -> Covered:
        """What of a participant is recorded, and where and why nothing is; as `hall.recording.coverage` reckons it."""
        indices = index_paths(epoch_directory(self._recordings, opening, participant))
        found = coverage([await self._refreshed(index) for index in indices], within)
        return Covered(
            participant,
            [(s.start, s.end, s.file) for s in found.spans],
            [(g.start, g.end, g.cause, g.intended) for g in found.gaps],
        )

    def playlist(self, opening: str, participant: str) -> str:
        """The HLS playlist of all that was recorded of a participant, gaps shown as gaps; empty where HLS can carry
        none of it. Blocks on the disk."""
        return live.archive(self._recordings, opening, participant)

    def size(self, path: Path) -> int:
        """Bytes of a media file now; stored and plain lengths are the same."""
        return path.stat().st_size

    def plain(self, path: Path, offset: int, length: int) -> bytes:
        """Bytes of a media file as they were before encryption at rest; fewer where the file ends. Blocks on the disk.

        Raises OSError, Unavailable where the key is gone.
        """
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            stored = os.pread(fd, length, offset)
        finally:
            os.close(fd)
        opens = self._opens.get(path) or self._learn(path)
        return stored if opens.key is None else vault.open_bytes(opens.key, offset, stored)

    async def seekable(self, path: Path) -> tuple[bytes, int]:
        """(a head, the bytes at the file's begin that it takes the place of), by which players seek in a WebM file that
        is finished; (b"", 0) for others. Raises as `plain` does."""
        known = await self._refreshed(_index_of(path))
        if path.suffix != ".webm" or known.init is None or known.end is None or not known.rows:
            return b"", 0
        width, begin, length = len(_ROW), int(known.init["utc"]), int(known.init["length"])
        rows = [known.rows[n : n + width] for n in range(0, len(known.rows), width)]
        told = [(row[1], row[2] - begin, bool(row[4])) for row in rows]
        init = await asyncio.to_thread(self.plain, path, 0, length)
        return seekable_head(init, told, rows[-1][2] + rows[-1][3] - begin), length

    def pieces(self, path: Path, offset: int, length: int) -> Iterator[bytes]:
        """The same piece by piece, for much of it."""
        end = offset + length
        while offset < end:
            piece = self.plain(path, offset, min(PIECE, end - offset))
            if not piece:
                return
            yield piece
            offset += len(piece)

    def forget(self, opening: str) -> None:
        """Drop what is remembered of an opening, its keys first of all. May be called from another thread."""
        for known in (self._opens, self._known):
            for path in tuple(known):
                if path.parent.parent.name == opening:
                    known.pop(path, None)

    # inside

    def _learn(self, path: Path) -> _Opens:
        epoch = epoch_of(_index_of(path))
        if epoch is None or epoch.scheme not in vault.SCHEMES:
            raise Malformed("unknown_scheme")
        encrypted = epoch.scheme != vault.NONE
        key = vault.epoch_key(self._key_of(epoch.opening), epoch) if encrypted else None
        self._opens[path] = opens = _Opens(key)
        if len(self._opens) > _KEPT:
            self._opens.popitem(last=False)
        return opens

    def _of(self, index: Path) -> _Known:
        known = self._known.pop(index, None) or _Known(index)
        self._known[index] = known
        while len(self._known) > _KEPT:
            oldest = next(iter(self._known))
            if oldest in self._waiting:
                break
            del self._known[oldest]
        return known

    async def _refreshed(self, index: Path) -> _Known:
        """Read what is new of an index, and wake whoever waits for it."""
        known = self._of(index)
        if await known.refresh():
            self._tell(index)
        return known

    async def _fresh(self, index: Path, wait: float) -> None:
        """Return when the index has grown, or the time is up."""
        grown = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(index, set()).add(grown)
        if self._looking is None or self._looking.done():
            self._looking = tasks.start(self._look(), "recordings")
        try:
            async with asyncio.timeout(wait):
                await grown
        except TimeoutError:
            pass
        finally:
            waiting = self._waiting.get(index, set())
            waiting.discard(grown)
            if not waiting:
                self._waiting.pop(index, None)

    async def _look(self) -> None:
        """Runs for as long as somebody waits."""
        while self._waiting:
            await asyncio.sleep(LOOK)
            for index in tuple(self._waiting):
                await self._refreshed(index)

    def _tell(self, index: Path) -> None:
        for grown in self._waiting.pop(index, set()):
            if not grown.done():
                grown.set_result(None)


@dataclass(frozen=True, slots=True)
class _Opens:
    """What opens a media file: the epoch's key, None where nothing is encrypted."""

    key: bytes | None


@dataclass(slots=True)
class _Known:
    """What has been read of one index: five numbers a fragment, packed, and what stands in it without a gap."""

    path: Path
    offset: int = 0
    init: dict[str, Any] | None = None
    epoch: Epoch | None = None
    rows: array[int] = field(default_factory=lambda: array("q"))
    runs: list[list[int]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def count(self) -> int:
        return len(self.rows) // len(_ROW)

    @property
    def fragments(self) -> list[Fragment]:
        """As `coverage` wants them: one for each run of fragments that follow each other without a gap."""
        return [
            Fragment(
                n=n,
                offset=0,
                length=0,
                utc=start,
                duration=until - start,
                keyframe=False,
                video=0,
                audio=0,
                stored="",
                plain="",
                chain="",
            )
            for n, (start, until) in enumerate(self.runs, 1)
        ]

    @property
    def end_cause(self) -> str | None:
        return None if self.end is None else str(self.end["cause"])

    def says_more_than(self, after: int) -> bool:
        return self.count > after or self.end is not None

    async def refresh(self) -> bool:
        """Read the lines that are new; whether there were any."""
        async with self.reading:
            if self.end is not None:
                return False
            fresh = _size(self.path) - self.offset
            if fresh <= 0:
                return False
            return await asyncio.to_thread(self._read) if fresh > _ASIDE else self._read()

    def behind(self, after: int) -> RecordingIndex:
        first, last = min(after, self.count), min(self.count, after + MOST)
        width, rows = len(_ROW), self.rows
        shown = [
            [n + 1, *rows[n * width : n * width + width - 1], bool(rows[n * width + width - 1])]
            for n in range(first, last)
        ]
        return RecordingIndex(self.init, shown, self.end if last == self.count else None)

    def _read(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            fresh = file.read()
        whole = fresh.rfind(b"\n") + 1
        for raw in fresh[:whole].split(b"\n")[:-1]:
            if self.end is None:
                self._line(raw)
        self.offset += whole
        return whole > 0

    def _line(self, raw: bytes) -> None:
        try:
            line = json.loads(raw)
            match line["kind"]:
                case "init":
                    self.init = {name: line[name] for name in _INIT}
                    self.epoch = Epoch(**{name: line[name] for name in Epoch.__dataclass_fields__})
                case "fragment":
                    row = [int(line[name]) for name in _ROW]
                    self.rows.extend(row)
                    self._run(row[2], row[2] + row[3])
                case _:
                    self.end = {name: line[name] for name in _END}
        except (ValueError, KeyError, TypeError, OverflowError):
            self.end = {"utc": 0, "cause": "index_malformed", "fragments": self.count}

    def _run(self, start: int, until: int) -> None:
        if self.runs and start - self.runs[-1][1] <= GAP_MS:
            self.runs[-1][1] = max(self.runs[-1][1], until)
        else:
            self.runs.append([start, until])


_INIT: Final = (*("offset", "length", "utc", "epoch", "file", "mime", "codec", "width", "height", "cause"),)
_END: Final = ("utc", "cause", "fragments")
_FILE: Final = re.compile(r"\d{3,}\.(?:mp4|webm|mjpeg|bin)")


def _index_of(media: Path) -> Path:
    return media.with_name(f"{media.stem}.index.jsonl")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
