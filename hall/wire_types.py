"""Prints the web client's types (`web/src/wire/types.gen.ts`) from `hall.wire`: `python -m hall.wire_types > FILE`."""

from __future__ import annotations

import sys
import types
import typing
from dataclasses import fields

from hall import wire

_HEAD = "// Generated from hall/wire by `python -m hall.wire_types`. Change it there.\n"
_PLAIN = {str: "string", int: "number", bool: "boolean", type(None): "null", object: "unknown"}


def typescript() -> str:
    """The text of the generated file."""
    return _HEAD + "".join(_interface(kind) for kind in wire.WIRE_TYPES)


def _interface(kind: type) -> str:
    hints = typing.get_type_hints(kind)
    lines = "".join(f"  {f.name}: {_type(hints[f.name])}\n" for f in fields(kind))
    return f"\nexport interface {kind.__name__} {{\n{lines}}}\n"


def _type(hint: object) -> str:
    if isinstance(hint, type) and hint in _PLAIN:
        return _PLAIN[hint]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        inner = _type(args[0])
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<{_type(args[0])}, {_type(args[1])}>"
    if origin in (types.UnionType, typing.Union):
        return " | ".join(_type(arg) for arg in args)
    if isinstance(hint, type):
        return hint.__name__
    raise TypeError(f"no TypeScript for {hint!r}")


if __name__ == "__main__":
    sys.stdout.write(typescript())
