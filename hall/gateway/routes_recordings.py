"""Recordings over HTTP: lists, indices that grow, plain bytes by range, looks, holds and erasure.

What may not live here: who may see what (the library gives or refuses), and what may be done (the keeper).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from hall.clock import Clock
from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk
from hall.runtime.keeper import Keeper
from hall.runtime.library import MOST_PARTICIPANTS, MOST_WAIT, Library, Wanted

_BASE: Final = "/api/openings/{opening}/recordings"
_FILE: Final = f"{_BASE}/{{participant}}/{{file}}"
_NAME: Final = 128  # characters of a participant's or an event's name
_PIECE: Final = 1 << 20
_MIMES: Final = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mjpeg": "image/jpeg",
    ".bin": "application/octet-stream",
}
# What was seen and heard is kept by the hall, and not by the browser of a computer that many use.
_HEADERS: Final = {"Cache-Control": "private, no-store", "Accept-Ranges": "bytes"}


@dataclass(slots=True)
class RecordingRoutes:
    """Routes under /api/openings/{opening}/recordings."""

    clock: Clock
    desk: Desk
    library: Library
    keeper: Keeper
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get(_BASE, self.files),
            web.get(f"{_BASE}/coverage", self.coverage),
            web.get(f"{_BASE}/interval", self.interval),
            web.get(f"{_BASE}/keeping", self.keeping),
            web.post(f"{_BASE}/keeping", self.act),
            web.post(f"{_BASE}/views", self.look),
            web.post(f"{_BASE}/exports", self.export),
            web.get(f"{_BASE}/exports/{{clip}}", self.exported),
            web.get(f"{_BASE}/{{participant}}/playlist.m3u8", self.playlist),
            web.get(_FILE, self.media),
            web.get(f"{_FILE}/index", self.index),
        ]

    async def files(self, request: web.Request) -> web.Response:
        """What was recorded, all of it or what is wanted."""
        return answer(self.library.files(*self._who(request), _wanted(request)))

    async def coverage(self, request: web.Request) -> web.Response:
        """The same per participant: what is covered, and where nothing was recorded."""
        return answer(await self.library.coverage(*self._who(request), _wanted(request)))

    async def interval(self, request: web.Request) -> web.Response:
        """From when to when an event, or two, mean."""
        start, end = self.library.interval(*self._who(request), _wanted(request))
        return answer({"from": start, "to": end})

    async def keeping(self, request: web.Request) -> web.Response:
        """Until when they are kept, holds, and who has seen or got what; for staff."""
        return answer(await self.library.keeping(*self._who(request)))

    async def act(self, request: web.Request) -> web.Response:
        """One signed act: a hold, its lifting, the erasure."""
        opening, actor = self._who(request)
        data = await messages.body(request, messages.MAX_JSON)
        received_at = self.clock.now()
        act = messages.parsed(data, "act").act()
        certificate = self.desk.own_certificate(self.logins.of(request).person)
        return answer(await self.keeper.act(opening, act, certificate, actor, received_at))

    async def look(self, request: web.Request) -> web.Response:
        """Somebody looks at the replay: journalled, once a minute for the same participants."""
        opening, actor = self._who(request)
        sent = await messages.message(request, "participants", "from", "to")
        start, end = sent.integer("from"), sent.integer("to")
        await self.library.looks(opening, actor, sent.texts("participants", MOST_PARTICIPANTS), start, end)
        return answer({})

    async def playlist(self, request: web.Request) -> web.Response:
        """All that was recorded of a participant as one HLS playlist, for players that are not ours."""
        opening, actor = self._who(request)
        text = await self.library.playlist(opening, request.match_info["participant"], actor)
        return web.Response(text=text, content_type="application/vnd.apple.mpegurl")

    async def index(self, request: web.Request) -> web.Response:
        """What an index says behind `after`; waits for it where there is nothing yet."""
        opening, actor = self._who(request)
        after = messages.natural(request, "after", 0)
        wait = min(messages.natural(request, "wait", 0), MOST_WAIT)
        participant, file = request.match_info["participant"], request.match_info["file"]
        return answer(await self.library.index(opening, participant, file, actor, after, wait))

    async def export(self, request: web.Request) -> web.Response:
        """Make a clip."""
        opening, actor = self._who(request)
        sent = await messages.message(request, "participants", "from", "to")
        whom, start, end = (
            sent.texts("participants", MOST_PARTICIPANTS),
            sent.integer("from"),
            sent.integer("to"),
        )
        clip = await self.library.export(opening, actor, whom, start, end)
        return answer({"clip": clip.sha256, "size": clip.size, "name": _name(clip.sha256)})

    async def exported(self, request: web.Request) -> web.FileResponse:
        """A clip that the viewer had made."""
        opening, actor = self._who(request)
        clip = messages.digest(request.match_info["clip"], "clip")
        path = await self.library.exported(opening, clip, actor)
        disposition = f'attachment; filename="{_name(clip)}"'
        headers = {"Cache-Control": "private, no-store", "Content-Disposition": disposition}
        return web.FileResponse(path, headers=headers)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """Plain bytes of one media file; players ask for ranges. `?seekable=1`: with a head by which any player seeks,
        where the file as recorded has none."""
        opening, actor = self._who(request)
        participant, file = request.match_info["participant"], request.match_info["file"]
        path = await self.library.media(opening, participant, file, actor)
        head, instead = b"", 0
        if request.query.get("seekable") == "1":
            head, instead = await self.library.reader.seekable(path)
        size = self.library.reader.size(path) - instead + len(head)
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
            await response.write(head[start:stop])
            shift = instead - len(head)
            await self._send(response, path, max(start, len(head)) + shift, stop + shift)
        await response.write_eof()
        return response

    async def _send(self, response: web.StreamResponse, path: Path, start: int, stop: int) -> None:
        while start < stop:
            length = min(_PIECE, stop - start)
            piece = await asyncio.to_thread(self.library.reader.plain, path, start, length)
            if not piece:
                return  # cut short: the client sees that the length does not fit
            await response.write(piece)
            start += len(piece)

    def _who(self, request: web.Request) -> tuple[str, Actor]:
        opening, person = request.match_info["opening"], self.logins.of(request).person
        return opening, self.desk.actor(person, opening, request.query.get("role"))


def _name(clip: str) -> str:
    """What a clip is called when it is saved."""
    return f"clip-{clip[:12]}.zip"


def _wanted(request: web.Request) -> Wanted:
    """What the query asks for."""
    asked = Wanted()
    return Wanted(
        request.query.get("participant", "")[:_NAME],
        messages.natural(request, "from", asked.start),
        messages.natural(request, "to", asked.end),
        request.query.get("event", "")[:_NAME],
    )


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
