"""A head for a finished WebM recording by which any player seeks: its length, and where each keyframe lies.

What is recorded stays as it is proved, with clusters alone behind its first bytes; whoever wants to seek in the bare
file is given this head in place of those. What lives here is pure: bytes in, bytes out. What may not: files.

Source: RFC 9559 (Matroska): SeekHead 5.1.1, Info 5.1.2, Cues 5.1.5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from hall.recording.segments import element, unsigned

_EBML: Final = bytes.fromhex("1A45DFA3")
_SEGMENT: Final = bytes.fromhex("18538067")
_INFO, _TRACKS, _CUES = (bytes.fromhex(x) for x in ("1549A966", "1654AE6B", "1C53BB6B"))
_SIZED: Final = 12
"""Bytes before the content of an element as `segments` writes it: a name of four bytes, a size of eight."""


def seekable_head(init: bytes, fragments: Iterable[tuple[int, int, bool]], duration: int) -> bytes:
    """What to put in place of a WebM's init segment. fragments: (bytes, ms from the file's begin, keyframe) of each, in
    their order; duration: ms of all.

    Raises ValueError: the init segment is not one of ours.
    """
    ebml, info, tracks = _parts(init)
    told = list(fragments)
    info = element("1549A966", info, element("4489", struct.pack(">d", float(duration))))
    tracks = element("1654AE6B", tracks)
    # Every number has eight bytes, so that lengths don't depend on what they say.
    before = len(_seeks(0, 0, 0)) + len(info) + len(tracks)
    behind = before + len(_cues(told, 0))
    seeks = _seeks(len(_seeks(0, 0, 0)), before - len(tracks), before)
    body = seeks + info + tracks + _cues(told, behind)
    size = len(body) + sum(length for length, _, _ in told)
    return ebml + _SEGMENT + (size | 1 << 56).to_bytes(8, "big") + body


def _seeks(info: int, tracks: int, cues: int) -> bytes:
    places = ((_INFO, info), (_TRACKS, tracks), (_CUES, cues))
    return element(
        "114D9B74",
        *(element("4DBB", element("53AB", name), unsigned("53AC", at, 8)) for name, at in places),
    )


def _cues(fragments: list[tuple[int, int, bool]], first: int) -> bytes:
    """first: where the first cluster lies, in bytes from the begin of the segment's content."""
    points, at = [], first
    for length, begins, keyframe in fragments:
        if keyframe:
            place = element("B7", unsigned("F7", 1, 8), unsigned("F1", at, 8))
            points.append(element("BB", unsigned("B3", begins, 8), place))
        at += length
    return element("1C53BB6B", *points)


def _parts(init: bytes) -> tuple[bytes, bytes, bytes]:
    """The EBML header, and what stands in Info and in Tracks."""
    at = init.find(_SEGMENT)
    if not init.startswith(_EBML) or at < 0:
        raise ValueError("not the begin of a WebM recording")
    info, rest = _content(init[at + _SIZED :], _INFO)
    tracks, _ = _content(rest, _TRACKS)
    return init[:at], info, tracks


def _content(data: bytes, name: bytes) -> tuple[bytes, bytes]:
    if not data.startswith(name):
        raise ValueError("not the begin of a WebM recording")
    end = _SIZED + int.from_bytes(data[5:_SIZED], "big")
    return data[_SIZED:end], data[end:]
