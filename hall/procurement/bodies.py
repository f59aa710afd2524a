"""Reading the bodies of signed acts, strictly: a body has exactly its keys; anything else is `malformed_act`.

What lives here: the getters that every domain shares. What may not: the table of any domain's bodies.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NoReturn, Self, TypeVar

from hall.errors import Malformed
from hall.procurement.acts import SignedAct

Shape = Mapping[str, type]
"""Key → JSON type: str, int, bool, list or dict."""

MAX_TEXT: Final = 4000
MAX_ITEMS: Final = 500
E = TypeVar("E", bound=StrEnum)
_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,40}")
_MONEY: Final = re.compile(r"(0|[1-9][0-9]{0,14})\.[0-9]{2}")


class Fields:
    """One JSON object. Every getter raises Malformed("malformed_act", field=…) for what can't be that field."""

    def __init__(self, body: Mapping[str, object], shape: Shape, may: Shape | None = None) -> None:
        """shape: the keys that must be there; may: those that may."""
        more = {key: kind for key, kind in (may or {}).items() if key in body}
        if body.keys() != shape.keys() | more.keys():
            malformed(min(body.keys() ^ (shape.keys() | more.keys())))
        for key, kind in (*shape.items(), *more.items()):
            if type(body[key]) is not kind:
                malformed(key)
        self._body = body

    @classmethod
    def of(cls, act: SignedAct, shapes: Mapping[str, Shape], may: Mapping[str, Shape] | None = None) -> Self:
        """The body of an act of one of these types."""
        if (shape := shapes.get(act.type)) is None:
            malformed("type")
        return cls(act.body_json(), shape, (may or {}).get(act.type))

    def text(self, key: str, most: int = MAX_TEXT, *, least: int = 1) -> str:
        """Text without white space around it, least … most characters."""
        value = str(self._body[key]).strip()
        if not least <= len(value) <= most:
            malformed(key)
        return value

    def number(self, key: str) -> int:
        """A whole number, not negative."""
        value = self._body[key]
        if not isinstance(value, int) or value < 0:
            malformed(key)
        return value

    def flag(self, key: str) -> bool:
        return self._body.get(key) is True

    def digest(self, key: str) -> str:
        """64 lowercase hex digits."""
        if not _HEX64.fullmatch(value := str(self._body[key])):
            malformed(key)
        return value

    def code(self, key: str) -> str:
        """A stable code: snake_case."""
        if not _CODE.fullmatch(value := str(self._body[key])):
            malformed(key)
        return value

    def money(self, key: str) -> str:
        """Yuan with two decimals, as text: `1200000.00`."""
        if not _MONEY.fullmatch(value := str(self._body[key])):
            malformed(key)
        return value

    def texts(self, key: str, most: int = MAX_ITEMS) -> tuple[str, ...]:
        """Different short texts, at most `most`."""
        items = self._items(key, most)
        values = tuple(item.strip() for item in items if isinstance(item, str))
        if len(values) != len(items) or any(not 0 < len(v) <= 200 for v in values):
            malformed(key)
        return values

    def numbers(self, key: str, most: int = MAX_ITEMS) -> tuple[int, ...]:
        """Different whole numbers, at most `most`."""
        items = self._items(key, most)
        values = tuple(item for item in items if type(item) is int and item >= 0)
        if len(values) != len(items):
            malformed(key)
        return values

    def choice(self, kind: type[E], key: str, *never: E) -> E:
        """A member of `kind`, none of `never`."""
        try:
            value = kind(str(self._body[key]))
        except ValueError:
            malformed(key)
        if value in never:
            malformed(key)
        return value

    def digests(self, key: str, most: int = 2) -> tuple[str, ...]:
        """1 … most different digests."""
        values = self.texts(key, most)
        if not values or not all(_HEX64.fullmatch(value) for value in values):
            malformed(key)
        return values

    def records(
        self, key: str, shape: Shape, may: Shape | None = None, most: int = MAX_ITEMS
    ) -> list[Fields]:
        """Different objects of one shape, at most `most`."""
        found: list[Fields] = []
        for item in self._items(key, most):
            if not isinstance(item, dict):
                malformed(key)
            found.append(Fields(item, shape, may))
        return found

    def key(self, key: str) -> bytes:
        """32 bytes in base64."""
        if len(value := bytes_of(key, self._body[key], 32)) != 32:
            malformed(key)
        return value

    def base64(self, key: str, most: int) -> str:
        """Base64 of 1 … most bytes, as it stands there."""
        bytes_of(key, self._body[key], most)
        return str(self._body[key])

    def _items(self, key: str, most: int) -> list[object]:
        items = self._body[key]
        if not isinstance(items, list) or len(items) > most or len({str(i) for i in items}) != len(items):
            malformed(key)
        return items


def bytes_of(key: str, value: object, most: int) -> bytes:
    """Base64, in its one spelling, of 1 … most bytes."""
    try:
        data = base64.b64decode(str(value), validate=True)
    except binascii.Error:
        malformed(key)
    if not 0 < len(data) <= most or base64.b64encode(data).decode() != value:
        malformed(key)
    return data


def malformed(field: str) -> NoReturn:
    """Refuse an act for what stands in this field."""
    raise Malformed("malformed_act", field=field)
