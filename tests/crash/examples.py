"""One event of any kind, made from its type hints alone: whatever kind is added tomorrow has an example today."""

from __future__ import annotations

import dataclasses
import typing
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any

from hall.procurement.acts import SignedAct
from tests.playbook import HOST, Playbook


def example(cls: type) -> Any:
    """An event of this class. Raises TypeError for a field that no journal can hold."""
    hints = typing.get_type_hints(cls)
    return cls(**{field.name: _value(hints[field.name], field.name) for field in dataclasses.fields(cls)})


def _value(hint: Any, name: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is tuple:
        return (_value(typing.get_args(hint)[0], name),)
    if origin is UnionType or origin is typing.Union:
        (some,) = (option for option in typing.get_args(hint) if option is not NoneType)
        return _value(some, name)
    if isinstance(hint, typing.NewType):
        return _value(hint.__supertype__, name)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if issubclass(hint, StrEnum):
        return next(iter(hint))
    if hint is SignedAct:
        return Playbook().act(HOST, "announce_bidders")
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return example(hint)
    raise TypeError(f"{name}: {hint!r}")


_PLAIN: dict[Any, Any] = {str: "一", int: 7, bool: True}
