"""What is whole of a recording after a crash: the part that was flushed, and what of the rest verifies.

What lives here is pure: an index and a way to read the media file in, lengths to keep and the closing line out. Of what
was flushed nothing is read but its last line: a worker that takes over has seconds, and a recording may be gigabytes.
That nothing of it was changed meanwhile, a verification says, and this never makes it fit: an index is only ever cut
behind what was flushed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hall.errors import Malformed
from hall.procurement import canonical
from hall.recording.manifest import GENESIS, chained, parse_line

TORN_LINES: Final = 80
"""What was written since the last flush may be torn anywhere after a power cut. The mark that tells of that flush is
not flushed itself, so it may be as old as a system lets written pages wait: half a minute, two fragments a second."""

_LONGEST: Final = 4_096  # bytes that hold the last two lines

Read = Callable[[int, int], bytes]
"""(offset, length) -> stored bytes of the media file, fewer where it ends."""


@dataclass(frozen=True, slots=True)
class Rescue:
    """Keep `media_length` bytes of the media file and `index_length` bytes of the index, then append `end_line` (empty
    when the recording was closed already). lines: how many there are then. Nothing whole at all: index_length is 0.
    """

    media_length: int
    index_length: int
    end_line: bytes
    lines: int


def rescue(read: Read, size: int, index: bytes, synced: int = 0, cause: str = "worker_lost") -> Rescue:
    """Find what is whole, and close it. size: of the media file; synced: so many lines, and the bytes they speak of,
    were flushed to the disk: no crash takes them back.

    Raises Malformed("recording_altered") when one of them is missing, or when more is torn than any crash can tear:
    evidence is never cut to make it fit.
    """
    behind = index.count(b"\n") - synced
    if behind < 0:
        raise Malformed("recording_altered", faults="index lines that were flushed are not there")
    where = _start_of_last(index, behind)
    tail = _Tail()
    if synced and (not tail.begins_behind(index[max(0, where - _LONGEST) : where]) or size < tail.offset):
        raise Malformed("recording_altered", faults="bytes that were flushed are not there")
    lines = index[where:].split(b"\n")[:-1]
    taken = 0
    while taken < len(lines) and tail.takes(lines[taken], read):
        taken += 1
    if len(lines) - taken > TORN_LINES:
        raise Malformed("recording_altered", faults=f"index line {synced + taken + 1} does not verify")
    kept = synced + taken
    length = where + sum(len(line) + 1 for line in lines[:taken])
    if kept == 0 or tail.ended:
        return Rescue(tail.offset, length, b"", kept)
    end: dict[str, object] = {
        "kind": "end",
        "utc": tail.until,
        "cause": cause,
        "fragments": tail.fragments,
    }
    end["chain"] = chained(tail.chain, end)
    return Rescue(tail.offset, length, canonical.dumps(end) + b"\n", kept + 1)


def _start_of_last(index: bytes, count: int) -> int:
    """Where the last `count` whole lines begin."""
    at = index.rfind(b"\n") + 1
    for _ in range(count):
        at = index.rfind(b"\n", 0, at - 1) + 1
    return at


@dataclass(slots=True)
class _Tail:
    """Where an index stands behind a line, and whether the next one goes on from there."""

    chain: str = GENESIS
    offset: int = 0
    until: int = 0
    fragments: int = 0
    begun: bool = False
    ended: bool = False

    def begins_behind(self, lines: bytes) -> bool:
        """Stand behind the last of these lines as it says; False when it is none."""
        last = lines.split(b"\n")[-3:-1]
        try:
            line = parse_line(last[-1])
            if line["kind"] == "end":
                self._go_on(parse_line(last[0]))
        except (Malformed, IndexError):
            return False
        self._go_on(line)
        return True

    def takes(self, raw: bytes, read: Read) -> bool:
        """Go on to the next line, if it is one and its bytes are there."""
        try:
            line = parse_line(raw)
        except Malformed:
            return False
        follows = not self.ended and chained(self.chain, line) == line["chain"]
        match line["kind"]:
            case "init":
                follows = follows and not self.begun
            case "fragment":
                follows = follows and self.begun and line["n"] == self.fragments + 1
                follows = follows and line["utc"] >= self.until
            case _:
                follows = follows and self.begun and line["fragments"] == self.fragments
        if line["kind"] != "end" and follows:
            stored = read(line["offset"], line["length"]) if line["offset"] == self.offset else b""
            follows = hashlib.sha256(stored).hexdigest() == line["stored"] and len(stored) == line["length"]
        if follows:
            self._go_on(line)
        return follows

    def _go_on(self, line: dict[str, Any]) -> None:
        self.chain, self.begun = line["chain"], True
        if line["kind"] == "end":
            self.ended = True
            return
        self.offset = line["offset"] + line["length"]
        self.until = line["utc"] + line.get("duration", 0)
        self.fragments = line.get("n", 0)
