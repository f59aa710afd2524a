"""Clips: what of a recording is cut out for a stretch of time, byte for byte, and what holds a clip against its index.

What lives here is pure: index lines in, places out; nothing is decoded, and no byte of a clip is other than it was
recorded. A clip is the init segment and whole fragments behind it, from a keyframe on: its times are the recording's,
and players start where they begin. What may not: files, ZIP, the journal (`hall.evidence.clips`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hall.errors import Malformed
from hall.recording.manifest import GENESIS, Epoch, Fault, chained, parse_line

Read = Callable[[int, int], bytes]
"""(offset, length) -> plain bytes of a file."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a media file makes a clip: `init` bytes from its start, then from `offset` to `end`. first, last: numbers
    of the fragments; start, until: hall time in ms of what they hold."""

    first: int
    last: int
    init: int
    offset: int
    end: int
    start: int
    until: int

    @property
    def size(self) -> int:
        """Bytes of the clip."""
        return self.init + self.end - self.offset


def cut(index: bytes, start: int, end: int) -> Cut | None:
    """What holds [start, end) in ms hall time, from the keyframe before it on; None where nothing of it does.

    A line that is no line ends the index here: what the clip proves, its lines say.
    """
    lines = _lines(index)
    if not lines or lines[0].get("kind") != "init":
        return None
    fragments = [line for line in lines[1:] if line.get("kind") == "fragment"]
    inside = [
        n for n, one in enumerate(fragments) if one["utc"] < end and one["utc"] + one["duration"] > start
    ]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    while first > 0 and fragments[first]["video"] and not fragments[first]["keyframe"]:
        first -= 1
    before, behind = fragments[first], fragments[last]
    return Cut(
        first=first + 1,
        last=last + 1,
        init=lines[0]["length"],
        offset=before["offset"],
        end=behind["offset"] + behind["length"],
        start=before["utc"],
        until=behind["utc"] + behind["duration"],
    )


def lines_to(index: bytes, fragments: int) -> bytes:
    """The lines that a head after so many fragments stands on: the init line, the fragments', and the end line where it
    follows at once."""
    lines = index.split(b"\n")[:-1]
    kept = lines[: fragments + 1]
    if len(lines) == fragments + 2 and b'"kind":"end"' in lines[-1]:
        kept = lines
    return b"".join(line + b"\n" for line in kept)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a clip's index says, and what of the clip contradicts it. chains: number of fragments -> chain after them
    (behind the end line: `end_chain`); untils: number of a fragment -> hall time in ms at which it ends."""

    epoch: Epoch | None
    faults: tuple[Fault, ...]
    chains: dict[int, str]
    untils: dict[int, int]
    end_chain: str | None


def check(read: Read, size: int, index: bytes, first: int, last: int) -> Checked:
    """Hold a clip (`read`, `size` bytes) that claims the fragments first … last against its index lines."""
    faults: list[Fault] = []
    chains: dict[int, str] = {}
    untils: dict[int, int] = {}
    epoch, end_chain, chain, place = None, None, GENESIS, 0
    for number, raw in enumerate(index.split(b"\n")[:-1], 1):
        try:
            line = parse_line(raw)
        except Malformed as error:
            faults.append(Fault(error.code, number, str(error.facts.get("reason", ""))))
            break
        if chained(chain, line) != line["chain"]:
            faults.append(Fault("chain_broken", number))
        chain, kind = line["chain"], line["kind"]
        if (kind == "init") != (number == 1) or end_chain is not None:
            faults.append(Fault("index_line_misplaced", number))
        elif kind == "end":
            end_chain = chain
        elif kind == "init":
            epoch = Epoch(**{name: line[name] for name in Epoch.__dataclass_fields__})
            chains[0] = chain
            place = _held(read, place, line, number, faults)
        else:
            if line["n"] != number - 1:
                faults.append(Fault("fragment_missing", number, f"{line['n']} instead of {number - 1}"))
            chains[number - 1], untils[number - 1] = chain, line["utc"] + line["duration"]
            if first <= number - 1 <= last:
                place = _held(read, place, line, number, faults)
    if not 1 <= first <= last or last not in chains:
        faults.append(Fault("fragment_missing", 0, f"the index does not reach {first} to {last}"))
    if place != size:
        faults.append(Fault("media_bytes_not_indexed", 0, f"{size} bytes, {place} indexed"))
    return Checked(epoch, tuple(faults), chains, untils, end_chain)


def _held(read: Read, place: int, line: dict[str, Any], number: int, faults: list[Fault]) -> int:
    """Hold what stands at `place` of the clip against its line; the place behind it."""
    what = read(place, line["length"])
    if len(what) != line["length"]:
        faults.append(Fault("media_bytes_missing", number))
    elif hashlib.sha256(what).hexdigest() != line["plain"]:
        faults.append(Fault("fragment_altered" if line["kind"] == "fragment" else "init_altered", number))
    return place + len(what)


def _lines(index: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for raw in index.split(b"\n")[:-1]:
        try:
            line = json.loads(raw)
        except ValueError:
            break
        if not isinstance(line, dict):
            break
        found.append(line)
    return found
