"""From the hall's JSON to the dataclasses of `hall.wire`: strict about what is there, silent about what is new.

A hall newer than its client may send more keys; one that sends less, or another type, is not understood.
"""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, TypeVar

from hall.errors import Malformed

T = TypeVar("T")


def decode(kind: type[T], value: object) -> T:
    """Give `value` as a `kind`. Raises Malformed("malformed_message", field=...)."""
    found: T = _read(kind, value, kind.__name__)
    return found


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(hint: Any, value: object, where: str) -> Any:
    if isinstance(hint, type) and is_dataclass(hint):
        return _object(hint, value, where)
    if hint is object:
        return value
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is list and isinstance(value, list):
        return [_read(args[0], item, where) for item in value]
    if origin is dict and isinstance(value, dict):
        return value
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in args:
            return None
        return _read(next(arg for arg in args if arg is not type(None)), value, where)
    # bool is an int to Python, but not to a peer.
    if isinstance(hint, type) and type(value) is hint:
        return value
    raise Malformed("malformed_message", field=where)


def _object(kind: type, value: object, where: str) -> Any:
    if not isinstance(value, dict):
        raise Malformed("malformed_message", field=where)
    hints = _hints(kind)
    given: dict[str, Any] = {}
    for item in fields(kind):
        if item.name not in value:
            raise Malformed("malformed_message", field=f"{where}.{item.name}")
        given[item.name] = _read(hints[item.name], value[item.name], f"{where}.{item.name}")
    return kind(**given)
