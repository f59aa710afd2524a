"""The web client's files. The built files are listed once, at the start: no path of a request ever meets the disk.

Hashed assets may be kept for ever; the page itself is asked for anew each time. Unknown paths get the page, because
its router knows them; unknown paths of the API and of files do not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

from hall.errors import NotPermitted

_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_ANEW: Final = {"Cache-Control": "no-cache"}
_NOT_PAGES: Final = ("/api/", "/assets/", "/socket.io/")


class Site:
    """Serves the directory `root`, as built by `npm run build`; none at all when it is not there."""

    def __init__(self, root: Path) -> None:
        self._page = root / "index.html"
        self._files = {
            f"/{p.relative_to(root).as_posix()}": p for p in sorted(root.rglob("*")) if p.is_file()
        }

    @property
    def built(self) -> bool:
        """Whether there is a page to serve."""
        return "/index.html" in self._files

    def routes(self) -> list[web.RouteDef]:
        """The route table: what no other route took."""
        return [web.get("/{path:.*}", self.file)]

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file of the client, or its page."""
        if path := self._files.get(request.path):
            return web.FileResponse(path, headers=_FOR_EVER if request.path.startswith("/assets/") else _ANEW)
        if not self.built or request.path.startswith(_NOT_PAGES) or "." in request.path.rpartition("/")[2]:
            raise NotPermitted("no_such_route")
        return web.FileResponse(self._page, headers=_ANEW)
