"""Recordings over HTTP: lists, indices that grow, plain bytes by range.

What may not live here: who may see what; the keeper knows the actor and gives or refuses.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk
from hall.runtime.keeper import MOST_WAIT, Keeper

_BASE: Final = "/api/openings/{opening}/recordings"
_FILE: Final = f"{_BASE}/{{participant}}/{{file}}"
_PIECE: Final = 1 << 20
_MIMES: Final = {".mp4": "video/mp4", ".webm": "video/webm"}
# What was seen and heard is kept by the hall, and not by the browser of a computer that many use.
_HEADERS: Final = {"Cache-Control": "private, no-store", "Accept-Ranges": "bytes"}


@dataclass(slots=True)
class RecordingRoutes:
    """Routes under /api/openings/{opening}/recordings."""

    desk: Desk
    keeper: Keeper
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get(_BASE, self.files),
            web.get(_FILE, self.media),
            web.get(f"{_FILE}/index", self.index),
        ]

    async def files(self, request: web.Request) -> web.Response:
        """What was recorded."""
        return answer(self.keeper.files(*self._who(request)))

    async def index(self, request: web.Request) -> web.Response:
        """What an index says behind `after`; waits for it where there is nothing yet."""
        opening, actor = self._who(request)
        after = messages.natural(request, "after", 0)
        wait = min(messages.natural(request, "wait", 0), MOST_WAIT)
        participant, file = request.match_info["participant"], request.match_info["file"]
        return answer(await self.keeper.index(opening, participant, file, actor, after, wait))

    async def media(self, request: web.Request) -> web.StreamResponse:
        """Plain bytes of one media file; players ask for ranges."""
        opening, actor = self._who(request)
        path = self.keeper.media(
            opening, request.match_info["participant"], request.match_info["file"], actor
        )
        size = self.keeper.reader.size(path)
        found = _range(request, size)
        if found is None:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
        start, stop = found
        headers = {**_HEADERS, "Content-Length": str(stop - start), "Content-Type": _MIMES[path.suffix]}
        if request.headers.get("Range"):
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        response = web.StreamResponse(status=206 if "Content-Range" in headers else 200, headers=headers)
        await response.prepare(request)
        if request.method != "HEAD":
            await self._send(response, path, start, stop)
        await response.write_eof()
        return response

    async def _send(self, response: web.StreamResponse, path: Path, start: int, stop: int) -> None:
        while start < stop:
            length = min(_PIECE, stop - start)
            piece = await asyncio.to_thread(self.keeper.reader.plain, path, start, length)
            if not piece:
                return  # cut short: the client sees that the length does not fit
            await response.write(piece)
            start += len(piece)

    def _who(self, request: web.Request) -> tuple[str, Actor]:
        opening, person = request.match_info["opening"], self.logins.of(request).person
        return opening, self.desk.actor(person, opening, request.query.get("role"))


def _range(request: web.Request, size: int) -> tuple[int, int] | None:
    """(first byte, one behind the last) of what is asked for; None: there is no such range (RFC 9110, 14.2)."""
    try:
        asked = request.http_range
    except ValueError:
        return None
    start, stop = asked.start, asked.stop
    if start is None:
        return 0, size
    if start < 0:
        return max(0, size + start), size
    stop = size if stop is None else min(stop, size)
    return (start, stop) if start < stop else None
