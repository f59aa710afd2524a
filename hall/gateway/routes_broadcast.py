"""The public broadcast over HTTP: no login, no cookie, and answers that a cache in front may keep.

What may not live here: who is on the air (`hall.runtime.broadcast`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hall.errors import Malformed, NotPermitted
from hall.gateway import messages
from hall.gateway.answers import answer
from hall.runtime.broadcast import Broadcast

_BASE: Final = "/api/broadcast/{broadcast}"
_ONE: Final = _BASE + "/{participant}"
_MIMES: Final = {"mp4": "video/mp4", "webm": "video/webm"}
_RANGE: Final = re.compile(r"bytes=(\d{1,12})-(\d{1,12})?")

# What changes is kept just long enough that a cache asks once for all its viewers; a byte never changes.
_NOW: Final = "public, max-age=1"
_NEVER_CHANGES: Final = "public, max-age=3600, immutable"


@dataclass(slots=True)
class BroadcastRoutes:
    """Routes under /api/broadcast."""

    broadcast: Broadcast

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get(f"{_BASE}/index.json", self.card),
            web.get(f"{_ONE}/live.m3u8", self.playlist),
            web.get(f"{_ONE}/{{file}}", self.data),
            web.get(f"{_ONE}/{{file}}/index", self.index),
        ]

    async def card(self, request: web.Request) -> web.Response:
        """What anybody may know of an opening, and who is on the air."""
        return _kept(answer(await self.broadcast.card(request.match_info["broadcast"])), _NOW)

    async def playlist(self, request: web.Request) -> web.Response:
        """The LL-HLS playlist of one participant, with blocking reload."""
        segment, part = _optional(request, "_HLS_msn"), _optional(request, "_HLS_part")
        if segment is None and part is not None:
            raise Malformed("malformed_request", field="_HLS_part")
        text = await self.broadcast.playlist(*_who(request), segment, part)
        response = web.Response(text=text, content_type="application/vnd.apple.mpegurl")
        return _kept(response, _NOW)

    async def index(self, request: web.Request) -> web.Response:
        """The same for players that read indices: of MP4 and WebM alike."""
        after, wait = messages.natural(request, "after", 0), messages.natural(request, "wait", 0)
        found = await self.broadcast.index(*_who(request), request.match_info["file"], after, wait / 1000)
        return _kept(answer(found), _NOW)

    async def data(self, request: web.Request) -> web.Response:
        """A range of bytes of a recording. Without a range there is nothing: no file is public as a whole."""
        wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
        if wanted is None:
            raise NotPermitted("no_such_broadcast")
        file, start = request.match_info["file"], int(wanted[1])
        stop = int(wanted[2]) + 1 if wanted[2] else None
        data = await self.broadcast.data(*_who(request), file, start, stop)
        kind = _MIMES[file.rpartition(".")[2]]  # a file of which there are bytes
        headers = {
            "Content-Type": kind,
            "Content-Range": f"bytes {start}-{start + len(data) - 1}/*",
            "Accept-Ranges": "bytes",
        }
        # An open range is another one each time it is asked for.
        return _kept(
            web.Response(body=data, status=206, headers=headers),
            _NEVER_CHANGES if stop is not None else "no-store",
        )


def _who(request: web.Request) -> tuple[str, str]:
    return request.match_info["broadcast"], request.match_info["participant"]


def _optional(request: web.Request, name: str) -> int | None:
    return messages.natural(request, name, 0) if name in request.query else None


def _kept(response: web.Response, how: str) -> web.Response:
    response.headers["Cache-Control"] = how
    return response
