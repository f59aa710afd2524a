"""Canonical JSON: the one byte form of everything that is hashed or signed, and the one strict reader.

What lives here: `dumps` (value to bytes), `loads` (bytes to value, refusing whatever two JSON readers could
understand differently) and `is_plain` (texts that may stand in them as names). The browser has a twin of
all. What may not: I/O, and any knowledge of what the values mean.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from hall.errors import Malformed

# No floats: no two languages print them alike.
_KINDS = "str, int, bool, None, list, dict"

MAX_INTEGER = 2**53 - 1
"""Largest integer a browser holds exactly."""

MAX_DEPTH = 32
"""Deepest nesting that `loads` accepts: far more than any message needs, far less than the stack."""


def dumps(value: object) -> bytes:
    """Give the canonical bytes of `value`: UTF-8, keys sorted by code point, no white space, nothing
    escaped needlessly.

    Raises TypeError for anything but str, int, bool, None, list, tuple and dict with str keys, and
    ValueError for an integer no browser can hold or a string with half a surrogate pair: those are faults
    of the caller.
    """
    _check(value, 0)
    return _ENCODER.encode(value).encode("utf-8")


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def loads(data: bytes | str) -> object:
    """Read strict JSON: UTF-8 without BOM, no key twice, no floats, integers within ±(2^53 - 1), bounded
    depth.

    White space and key order are free; who needs the canonical form itself compares with `dumps`.
    Raises Malformed("malformed_json", reason=...).
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        if isinstance(data, str):
            data.encode("utf-8")
    except UnicodeError:
        raise Malformed("malformed_json", reason="not_utf8") from None
    if text.startswith("\ufeff"):
        raise Malformed("malformed_json", reason="byte_order_mark")
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_integer,
        )
        _check(value, 0)
    except RecursionError:
        raise Malformed("malformed_json", reason="too_deep") from None
    except ValueError:
        raise Malformed("malformed_json", reason="not_json") from None
    return value


# Control characters, line and paragraph ends, marks that turn the reading direction round, byte order
# mark, halves of surrogate pairs: on a screen or in a file name they could make one text look like another.
_NOT_PLAIN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def is_plain(text: str, most_bytes: int) -> bool:
    """Say whether `text` is one line of at most `most_bytes` bytes of UTF-8 without characters that mislead
    the eye.
    """
    if len(text) > most_bytes or _NOT_PLAIN.search(text):
        return False
    return len(text.encode("utf-8")) <= most_bytes


def _check(value: object, depth: int) -> None:
    """Walk `value` and raise where it has no canonical form."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep for canonical JSON")
    if isinstance(value, str):
        value.encode("utf-8")  # half a surrogate pair has no UTF-8 (UnicodeEncodeError is a ValueError)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise ValueError("integer beyond 2^53 - 1 has no canonical form")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("keys of canonical JSON are strings")
            key.encode("utf-8")
            _check(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth + 1)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form (only {_KINDS})")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("malformed_json", reason="duplicate_key")
    return found


def _no_float(literal: str) -> NoReturn:
    raise Malformed("malformed_json", reason="not_an_integer")


def _integer(literal: str) -> int:
    # "-0" is 0 here and a negative zero in a browser, which prints it differently.
    if literal == "-0" or len(literal) > 17:
        raise Malformed("malformed_json", reason="not_an_integer")
    return int(literal)
