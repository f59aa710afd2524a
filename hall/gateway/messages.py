"""Reading what peers send: bodies with a limit, strict JSON, and members of exactly the expected kind.

HTTP bodies and Socket.IO messages are read by the same class. Everything wrong is Malformed and names the member.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Final, NoReturn

from aiohttp import web

from hall.errors import Malformed
from hall.procurement import canonical
from hall.procurement.acts import SignedAct

MAX_JSON: Final = 256 * 1024
"""Most bytes of a JSON body: an act's body of 64 KB, escaped at worst."""

MAX_SLICE: Final = 8 * 1024 * 1024
"""Most bytes of one slice of an upload."""

PATIENCE: Final = 30.0
"""Seconds that a JSON body may take."""

SLICE_PATIENCE: Final = 300.0
"""Seconds that a slice may take: 8 MiB at 0.22 Mbit/s."""


class Message:
    """One JSON object with exactly these keys."""

    def __init__(self, value: object, *keys: str) -> None:
        if not isinstance(value, dict):
            malformed("message")
        unexpected = value.keys() ^ set(keys)
        if unexpected:
            malformed(min(str(key) for key in unexpected)[:64])
        self._value = value

    def text(self, key: str, most: int = 256) -> str:
        """A text of at most `most` characters."""
        value = self._value[key]
        if not isinstance(value, str) or len(value) > most:
            malformed(key)
        return value

    def integer(self, key: str, most: int = canonical.MAX_INTEGER) -> int:
        """A whole number from 0 to `most`."""
        value = self._value[key]
        if type(value) is not int or not 0 <= value <= most:
            malformed(key)
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._value[key]
        if not isinstance(value, bool):
            malformed(key)
        return value

    def texts(self, key: str, most: int) -> list[str]:
        """At most `most` texts of at most 256 characters, at least one."""
        value = self._value[key]
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            malformed(key)
        if not all(isinstance(one, str) and len(one) <= 256 for one in value):
            malformed(key)
        return value

    def act(self, key: str = "act") -> SignedAct:
        """A signed act. Raises Malformed("malformed_act") too."""
        return SignedAct.from_json(self._value[key])

    def act_if_any(self, key: str) -> SignedAct | None:
        """A signed act, or None for null."""
        return None if self._value[key] is None else self.act(key)

    def data(self, key: str, most: int) -> bytes:
        """Base64 of at most `most` bytes."""
        try:
            data = base64.b64decode(self.text(key, most * 4 // 3 + 4), validate=True)
        except (binascii.Error, ValueError):
            malformed(key)
        if len(data) > most:
            malformed(key)
        return data


async def message(request: web.Request, *keys: str) -> Message:
    """Read a request's whole body as one JSON object with exactly these keys."""
    return parsed(await body(request, MAX_JSON), *keys)


def parsed(data: bytes, *keys: str) -> Message:
    """Read bytes as one JSON object with exactly these keys."""
    return Message(canonical.loads(data), *keys)


async def body(request: web.Request, most: int, patience: float = PATIENCE) -> bytes:
    """Read a request's whole body within `patience` seconds. Raises Malformed: "body_too_large", "body_incomplete"."""
    if (request.content_length or 0) > most:
        raise Malformed("body_too_large", most=most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(patience):
            async for part in request.content.iter_any():
                size += len(part)
                if size > most:
                    raise Malformed("body_too_large", most=most)
                parts.append(part)
    except (TimeoutError, ConnectionError, web.RequestPayloadError):
        raise Malformed("body_incomplete") from None
    return b"".join(parts)


def natural(request: web.Request, name: str, default: int | None = None) -> int:
    """Read a whole number from the query."""
    text = request.query.get(name)
    if text is None and default is not None:
        return default
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 15:
        malformed(name)
    return int(text)


def digest(text: str | None, name: str) -> str:
    """Check 64 lowercase hex digits."""
    if text is None or len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        malformed(name)
    return text


def malformed(field: str) -> NoReturn:
    """Say which member is wrong."""
    raise Malformed("malformed_message", field=field)
