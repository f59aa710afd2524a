"""What the hall accepts as an SDP offer, checked before any library sees it.

What lives here is pure text work: a cap, the shape (one audio and/or one video section, bundled), and removal
of what the hall does not use. A peer's candidates are dropped: the hall's address is reachable, it answers
checks and learns where they come from; so no offer can make the server send packets to an address of the
peer's choosing, or look up a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hall.errors import Malformed

MAX_BYTES = 64 * 1024
MAX_LINES = 2000
MAX_FORMATS = 128
Role = Literal["publisher", "watcher"]

_VERSION = re.compile(r"(?m)^(o=\S+ \S+ )(\d+)")

_MEDIA = re.compile(r"m=(audio|video) ([1-9][0-9]{0,4}) [A-Z/]+((?: [0-9]{1,3})+)")
_MID = re.compile(r"a=mid:([A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32})")
_SECRETS = (
    re.compile(r"a=ice-ufrag:[A-Za-z0-9+/]{4,256}"),
    re.compile(r"a=ice-pwd:[A-Za-z0-9+/]{22,256}"),
    re.compile(r"a=fingerprint:(?:sha|SHA)-256 (?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}"),
)
_OF_THE_BUNDLE = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:", "a=rtcp-mux")
_DIRECTIONS = ("a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive")
_WANTED: dict[Role, tuple[str, str]] = {
    "publisher": ("a=sendrecv", "a=sendonly"),
    "watcher": ("a=sendrecv", "a=recvonly"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked offer: cleaned text, the kinds of its sections in order, and those in which media will flow."""

    text: str
    kinds: tuple[str, ...]
    active: frozenset[str]


def read_offer(sdp: object, role: Role) -> Offer:
    """Check an offer of a publisher or a watcher. Raises Malformed("bad_sdp", reason=...)."""
    if not isinstance(sdp, str) or len(sdp) > MAX_BYTES or len(sdp.encode("utf-8", "replace")) > MAX_BYTES:
        raise Malformed("bad_sdp", reason="size")
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) > MAX_LINES or not lines[0].startswith("v=0") or not sdp.isascii() or not _printable(sdp):
        raise Malformed("bad_sdp", reason="text")
    lines = [x for x in lines if not x.startswith(("a=candidate:", "a=end-of-candidates"))]
    starts = [i for i, x in enumerate(lines) if x.startswith("m=")]
    if not starts:
        raise Malformed("bad_sdp", reason="sections")
    session = lines[: starts[0]]
    first, *others = (lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True))
    sections = [first, *(_out_of_bundle(section, first) for section in others)]
    kinds: list[str] = []
    mids: list[str] = []
    active: set[str] = set()
    for section in sections:
        kind = _section(section)
        if not all(any(p.fullmatch(x) for x in [*session, *section]) for p in _SECRETS):
            raise Malformed("bad_sdp", reason="credentials")
        directions = [x for x in section if x in _DIRECTIONS] or [x for x in session if x in _DIRECTIONS]
        direction = directions[0] if directions else "a=sendrecv"
        if not any(x in _DIRECTIONS for x in section):
            section.append(direction)
        if direction in _WANTED[role]:
            active.add(kind)
        kinds.append(kind)
        mids.append(next((m[1] for x in section if (m := _MID.fullmatch(x))), ""))
    if not active or len(set(kinds)) != len(kinds) or len(set(mids)) != len(mids) or "" in mids:
        raise Malformed("bad_sdp", reason="sections")
    bundles = [x.split()[1:] for x in session if x.startswith("a=group:BUNDLE")]
    if len(kinds) > 1 and (len(bundles) != 1 or set(bundles[0]) != set(mids)):
        raise Malformed("bad_sdp", reason="not_bundled")
    text = "\r\n".join([*session, *(x for section in sections for x in section)]) + "\r\n"
    return Offer(text, tuple(kinds), frozenset(active))


@dataclass(frozen=True, slots=True)
class Restart:
    """With what a peer wants to come another way: a name, a password, and whose certificate it shows ("": not said)."""

    name: str
    password: str
    fingerprint: str


def read_restart(text: object) -> Restart:
    """Read an offer that restarts ICE, or a fragment of one (RFC 8840). Raises Malformed("bad_sdp", reason=...)."""
    if not isinstance(text, str) or len(text) > MAX_BYTES:
        raise Malformed("bad_sdp", reason="size")
    lines = text.replace("\r\n", "\n").split("\n")
    values: list[str] = []
    for pattern in _SECRETS:
        found = {line.partition(":")[2] for line in lines if pattern.fullmatch(line)}
        values.append(found.pop() if len(found) == 1 else "")
    if not values[0] or not values[1]:
        raise Malformed("bad_sdp", reason="credentials")
    return Restart(values[0], values[1], values[2].lower())


def renewed(answer: str, name: str, password: str) -> str:
    """An answer that was given before, with a new name and password, and counted as the next version of it."""
    text = re.sub(r"(?m)^a=ice-ufrag:[^\r\n]*", f"a=ice-ufrag:{name}", answer)
    text = re.sub(r"(?m)^a=ice-pwd:[^\r\n]*", f"a=ice-pwd:{password}", text)
    return _VERSION.sub(lambda m: f"{m[1]}{int(m[2]) + 1}", text, count=1)


def _out_of_bundle(section: list[str], first: list[str]) -> list[str]:
    """Write out a section that is there only within the bundle: it has no port, and may leave to the bundle's first
    section what both share. Firefox offers so when all is to go over one line (RFC 9143).
    """
    if "a=bundle-only" not in section:
        return section
    own = [re.sub(r"^(m=[a-z]+) 0 ", r"\1 9 ", section[0]), *(x for x in section[1:] if x != "a=bundle-only")]
    lacks = [start for start in _OF_THE_BUNDLE if not any(x.startswith(start) for x in own)]
    return [*own, *(x for x in first if x.startswith(tuple(lacks)))] if lacks else own


def _section(section: list[str]) -> str:
    """The kind of one media section, when its first line is one the hall speaks."""
    media = _MEDIA.fullmatch(section[0])
    if media is None:
        raise Malformed("bad_sdp", reason="media_line")
    formats = media[3].split()
    if len(formats) > MAX_FORMATS or len(set(formats)) != len(formats):
        raise Malformed("bad_sdp", reason="formats")
    if "a=rtcp-mux" not in section:
        raise Malformed("bad_sdp", reason="no_rtcp_mux")
    return media[1]


def _printable(text: str) -> bool:
    return not re.search(r"[^\x20-\x7e\r\n\t]", text)
