"""The few addresses that pages of other origins, and programs that are no browsers, may call: WHIP and WHEP.

Whoever calls them shows a token, never a cookie: so no page can misuse the login of its visitor, and the answer may be
read from anywhere (CORS). What may not live here: tokens and what they are good for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web

_DOORS: Final = re.compile(r"/api/openings/[^/]+/wh[ie]p(?:/.*)?")

CORS: Final[Mapping[str, str]] = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "Location, Link, ETag, Accept-Patch",
}
PREFLIGHT: Final[Mapping[str, str]] = {
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "POST, PATCH, DELETE",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "Authorization, Content-Type, If-Match",
    hdrs.ACCESS_CONTROL_MAX_AGE: "600",
}


def is_open(request: web.Request) -> bool:
    """Whether this request may come from anywhere: it shows a token, or asks beforehand whether it may."""
    if not _DOORS.fullmatch(request.path):
        return False
    return request.method == hdrs.METH_OPTIONS or hdrs.AUTHORIZATION in request.headers


def token_of(request: web.Request) -> str | None:
    """The token that the request shows (RFC 6750), None if it shows none; "" where it shows something else."""
    shown = request.headers.get(hdrs.AUTHORIZATION)
    if shown is None:
        return None
    scheme, _, token = shown.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
