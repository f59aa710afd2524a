"""What goes back to a peer: JSON answers, and the one place where an error becomes a status and a body.

What may not live here: words for people. A peer gets a stable code and plain facts; a traceback goes to the log only.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass

from aiohttp import web

from hall.errors import HallError, JournalCorrupt, Malformed, NotPermitted, Refused, Unavailable

log = logging.getLogger("hall.gateway")

_STATUS: Mapping[type[HallError], int] = {
    Malformed: 400,
    NotPermitted: 403,
    Refused: 409,
    Unavailable: 503,
    JournalCorrupt: 503,
}
_BY_CODE: Mapping[str, int] = {
    "login_needed": 401,
    "bad_token": 401,
    "method_not_allowed": 405,
    "body_too_large": 413,
    "unsupported_media_type": 415,
}


def plain(value: object) -> object:
    """Give a dataclass of the wire, however deep it lies in lists and objects, as plain JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value


def answer(value: object, status: int = 200) -> web.Response:
    """A JSON answer."""
    text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))
    return web.Response(text=text, status=status, content_type="application/json")


def known(error: BaseException) -> HallError:
    """Give the error in the hall's own terms. What nobody foresaw is logged here and becomes "internal"."""
    if isinstance(error, web.HTTPException):
        return _of_aiohttp(error)
    if isinstance(error, HallError):
        return error
    log.error("unforeseen error", exc_info=error)
    return HallError("internal")


def failure(error: HallError) -> dict[str, object]:
    """The body that tells an error. Facts that are no plain values stay here."""
    facts = {k: v for k, v in error.facts.items() if isinstance(v, str | int | bool | None)}
    return {"error": {"code": error.code, "facts": facts}}


def status_of(error: HallError) -> int:
    """Give the HTTP status of an error of the hall."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if error.code.startswith("no_such_"):
        return 404
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)


def _of_aiohttp(error: web.HTTPException) -> HallError:
    """Routing and body limits are aiohttp's; its errors speak the hall's codes from here on."""
    match error.status:
        case 404:
            return NotPermitted("no_such_route")
        case 405:
            return Malformed("method_not_allowed")
        case 413:
            return Malformed("body_too_large")
        case _:
            return Malformed("malformed_request", status=error.status)
