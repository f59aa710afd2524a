"""From where a request comes (clause 5.3.6): address, browser, and a cookie that names the device.

The cookie is made at the first login of a device and says nothing but that it is the same one again; who deletes it is
another device. What may not live here: what follows from it.
"""

from __future__ import annotations

import secrets
from typing import Final

from aiohttp import web

from hall.gateway.shield import address_of, is_secure
from hall.runtime.operators import Whence

_YEAR: Final = 365 * 24 * 3600
_MOST: Final = 256


def whence(request: web.Request) -> Whence:
    """What is known of the request's origin; texts as the peer gave them, cut."""
    agent = request.headers.get("User-Agent", "")
    device = request.cookies.get(_name(request), "")
    return Whence(address_of(request), _plain(agent), _plain(device))


def name_device(request: web.Request, response: web.StreamResponse) -> None:
    """Give the device its cookie at the first login on it."""
    if _name(request) not in request.cookies:
        response.set_cookie(
            _name(request),
            secrets.token_urlsafe(16),
            path="/",
            max_age=_YEAR,
            httponly=True,
            samesite="Strict",
            secure=is_secure(request),
        )


def _name(request: web.Request) -> str:
    return "__Host-hall-device" if is_secure(request) else "hall-device"


def _plain(text: str) -> str:
    """Printable and short: it is written down as it stands."""
    return "".join(c for c in text[:_MOST] if c.isprintable())
