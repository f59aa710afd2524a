"""States of rooms that rest, kept beside their rows so that a start need not fold them all again.

A kept state is no second truth: it is used only where it was made from exactly the rows that are there, up to the last
one, by exactly the code that runs now, and opens under the vault's key in its own place. Anything else, a damaged one
too, is passed over, and the rows are folded. What lives here: how a state is written and read. What may not: I/O
beyond reading the code's own files, and what a state means.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import typing
import zlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final

Form = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""(value to JSON, JSON to value)"""


def digest_of_code(*packages: str) -> str:
    """SHA-256 (hex) over the source files of these packages: another rule may make another state of the same rows."""
    digest = hashlib.sha256()
    for package in packages:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted(Path(folder).rglob("*.py")):
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class StateCodec:
    """Writes states of one class. code: what made them, see `digest_of_code`."""

    def __init__(self, cls: type, code: str) -> None:
        self.code = code
        self._write, self._read = _form(cls, {})

    def encode(self, state: object) -> bytes:
        """Give the state's bytes."""
        text = json.dumps(self._write(state), ensure_ascii=False, separators=(",", ":"))
        return zlib.compress(text.encode("utf-8"), 1)

    def decode(self, data: bytes) -> object:
        """Give the state back. Raises ValueError or KeyError for bytes that `encode` did not make."""
        try:
            return self._read(json.loads(zlib.decompress(data)))
        except (TypeError, zlib.error) as error:
            raise ValueError("no kept state") from error


def _form(hint: Any, built: dict[Any, Form]) -> Form:
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, typing.NewType):
        return _form(hint.__supertype__, built)
    if hint in _PLAIN:
        return _same, _same
    if origin is tuple:
        write, read = _form(options[0], built)
        return lambda v: [write(x) for x in v], lambda v: tuple([read(x) for x in v])
    if origin is frozenset:
        write, read = _form(options[0], built)
        return lambda v: sorted([write(x) for x in v]), lambda v: frozenset([read(x) for x in v])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(*(_form(option, built) for option in options))
    if origin is UnionType or origin is typing.Union:
        return _union(options, built)
    if issubclass(hint, StrEnum):
        return lambda v: v.value, hint
    if dataclasses.is_dataclass(hint):
        return _record(hint, built)
    raise TypeError(f"a kept state can't hold {hint!r}")


_PLAIN: Final = (str, int, bool)


def _same(value: Any) -> Any:
    return value


def _mapping(key: Form, value: Form) -> Form:
    """As pairs, in their order: JSON's objects have no keys but strings."""
    (write_key, read_key), (write, read) = key, value
    return (
        lambda v: [[write_key(k), write(x)] for k, x in v.items()],
        lambda v: {read_key(k): read(x) for k, x in v},
    )


def _union(options: tuple[Any, ...], built: dict[Any, Form]) -> Form:
    some = [option for option in options if option is not NoneType]
    if len(some) == 1:
        write, read = _form(some[0], built)
        return (
            lambda v: None if v is None else write(v),
            lambda v: None if v is None else read(v),
        )
    forms = {option.__name__: _form(option, built) for option in some}

    def write_one(value: Any) -> Any:
        name = type(value).__name__
        return None if value is None else [name, forms[name][0](value)]

    return write_one, lambda v: None if v is None else forms[v[0]][1](v[1])


def _record(cls: Any, built: dict[Any, Form]) -> Form:
    if cls not in built:
        hints = typing.get_type_hints(cls)
        names = [field.name for field in dataclasses.fields(cls)]
        by_place = not any(field.kw_only for field in dataclasses.fields(cls))
        make = cls if by_place else lambda *values: cls(**dict(zip(names, values, strict=True)))
        fields: list[Form] = []
        reads: list[Callable[[Any], Any] | None] = []
        built[cls] = (
            lambda v: [write(getattr(v, name)) for name, (write, _) in zip(names, fields, strict=True)],
            # A start reads hundreds of states: what is as it should be is taken without a call.
            lambda v: make(*[x if read is None else read(x) for read, x in zip(reads, v, strict=True)]),
        )
        fields += [_form(hints[name], built) for name in names]
        reads += [None if read is _same else read for _, read in fields]
    return built[cls]
