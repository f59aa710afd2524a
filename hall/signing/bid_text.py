"""The text of an opened bid's PDF, as far as a machine finds it: for holding bids side by side, never for reading them.

The file comes from outside and may be made to harm, so this is to be run in a process of its own under limits
(`bid_traces_process`), never in the server. Order and white space are the content streams'; scans have no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

MOST_PAGES: Final = 600
MOST_TEXT: Final = 2_000_000
"""Characters: what lies behind is left out."""

_MOST_STREAM: Final = 16 * 1024 * 1024
_DEPTH: Final = 4
_TOKEN: Final = re.compile(
    rb"(?P<hex><[0-9A-Fa-f\s]*>)|(?P<open>\()|(?P<name>/[^\s()<>\[\]{}/%]*)|(?P<number>[-+]?[0-9]*\.?[0-9]+)"
    rb"|(?P<operator>[A-Za-z'\"*][A-Za-z0-9'\"*]*)|(?P<comment>%[^\r\n]*)|(?P<rest>\S)"
)
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_SHOWS: Final = frozenset({b"Tj", b"TJ", b"'", b'"'})
_CMAP: Final = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_HEX: Final = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])")


def entry(dictionary: Any, key: str) -> Any:
    """What stands there, the object itself and not a reference to it; None for nothing."""
    return dictionary[key] if key in dictionary else None  # noqa: SIM401 - `get` gives the reference


class Font:
    """How a font's codes become characters. wide: two bytes to a code."""

    def __init__(self, font: Any) -> None:
        self.name = str(entry(font, "/BaseFont") or "")[1:120]
        self._wide = entry(font, "/Subtype") == "/Type0"
        self._utf16 = "UTF16" in str(entry(font, "/Encoding"))
        found = entry(font, "/ToUnicode")
        self._map = {} if found is None or not hasattr(found, "data") else to_unicode(found.data)

    def text(self, codes: bytes) -> str:
        """What these codes show; a code that nobody explains is a character of its own, so that equal runs stay so."""
        if not self._wide:
            return "".join(self._map.get(code, chr(code)) for code in codes)
        if self._utf16 and not self._map:
            return codes.decode("utf-16-be", "replace")
        pairs = (int.from_bytes(codes[at : at + 2]) for at in range(0, len(codes) - 1, 2))
        return "".join(self._map.get(code) or chr(0xF0000 + code) for code in pairs)


def to_unicode(cmap: bytes) -> dict[int, str]:
    """The characters of a ToUnicode map's codes; what is malformed in it is left out."""
    found: dict[int, str] = {}
    for kind, body in _CMAP.findall(cmap):
        items = list(_items(body))
        step = 2 if kind == b"bfchar" else 3
        for at in range(0, len(items) - step + 1, step):
            first, *_, to = items[at : at + step]
            if not isinstance(first, bytes):
                break
            low = int.from_bytes(first)
            last = items[at + 1] if step == 3 else first
            high = int.from_bytes(last) if isinstance(last, bytes) else low
            for code in range(low, min(high, low + 0xFFFF) + 1):
                target = to[code - low] if isinstance(to, list) and code - low < len(to) else to
                if isinstance(target, bytes):
                    found[code] = _characters(target, 0 if isinstance(to, list) else code - low)
    return found


def _items(body: bytes) -> Iterator[bytes | list[bytes]]:
    inside: list[bytes] | None = None
    for digits, opening, closing in _HEX.findall(body):
        if opening:
            inside = []
        elif closing and inside is not None:
            yield inside
            inside = None
        else:
            one = _unhex(digits)
            if inside is None:
                yield one
            else:
                inside.append(one)


def _characters(utf16: bytes, further: int) -> str:
    text = utf16.decode("utf-16-be", "replace")
    return text[:-1] + chr(min(ord(text[-1]) + further, 0x10FFFF)) if text and further else text


def _unhex(digits: bytes) -> bytes:
    plain = b"".join(digits.split())
    return bytes.fromhex((plain + b"0" * (len(plain) % 2)).decode("ascii"))


def text_of(page: Any, fonts: dict[str, Font], depth: int = 0) -> Iterator[str]:
    """The runs of text of a page or a form, in the order in which they are drawn. fonts: those met so far, by their
    references. Raises whatever the library raises for what is malformed."""
    resources = _resources(page)
    known: Any = entry(resources, "/Font") or {}
    forms: Any = entry(resources, "/XObject") or {}
    font: Font | None = None
    stack: list[bytes] = []
    name = b""
    for kind, value in tokens(_contents(page)):
        if kind == "string":
            stack.append(value)
        elif kind == "name":
            name = value
        elif kind == "operator":
            if value == b"Tf" and (key := name.decode("latin-1")) in known:
                reference = repr(known.raw_get(key))  # of an object of its own, or all that stands there
                font = fonts.get(reference) or fonts.setdefault(reference, Font(known[key]))
            elif value in _SHOWS and font is not None:
                yield "".join(font.text(codes) for codes in stack)
            elif value == b"Do" and depth < _DEPTH and (key := name.decode("latin-1")) in forms:
                form = forms[key]
                if entry(form, "/Subtype") == "/Form":
                    yield from text_of(form, fonts, depth + 1)
            stack.clear()


def _resources(page: Any) -> Any:
    """A page's own resources, or those of the tree above it."""
    for _ in range(_DEPTH):
        if (found := entry(page, "/Resources")) is not None or (page := entry(page, "/Parent")) is None:
            return found or {}
    return {}


def _contents(page: Any) -> bytes:
    found = page if hasattr(page, "data") else entry(page, "/Contents")
    parts = found if isinstance(found, list) else [] if found is None else [found]
    data = b"\n".join(part.get_object().data for part in parts)
    return data[:_MOST_STREAM]


def tokens(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Strings (decoded), names and operators of a content stream, in order; the pictures inside it are passed over."""
    at = 0
    while (match := _TOKEN.search(data, at)) is not None:
        at = match.end()
        kind = match.lastgroup
        if kind == "open":
            value, at = _string(data, at)
            yield "string", value
        elif kind == "hex":
            yield "string", _unhex(match.group()[1:-1])
        elif kind == "name":
            yield "name", match.group()
        elif kind == "operator":
            if match.group() == b"ID" and (end := data.find(b"EI", at)) >= 0:
                at = end + 2
            yield "operator", match.group()


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """A literal string that begins before `at`, and where it ends."""
    out, depth = bytearray(), 1
    while at < len(data):
        byte = data[at : at + 1]
        at += 1
        if byte == b"\\":
            byte = data[at : at + 1]
            at += 1
            if byte.isdigit():
                octal = re.compile(rb"[0-7]{1,3}").match(data, at - 1)
                if octal is not None:
                    out.append(int(octal.group(), 8) & 0xFF)
                    at = octal.end()
            elif byte not in (b"\r", b"\n"):
                out += _ESCAPES.get(byte, byte)
            continue
        depth += (byte == b"(") - (byte == b")")
        if depth == 0:
            break
        out += byte
    return bytes(out), at
