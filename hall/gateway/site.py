"""The web client's files. The built files are listed once, at the start: no path of a request ever meets the disk.

Hashed assets may be kept for ever; the page itself is asked for anew each time. Unknown paths get the page, because
its router knows them; unknown paths of the API and of files do not. The page that checks bundles (`/verify/`) is one
file that brings its own policy, stricter than the client's.
"""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path
from typing import Final

from aiohttp import web

from hall.errors import NotPermitted

_NOT_PAGES: Final = ("/api/", "/assets/", "/socket.io/")
_VERIFY: Final = "/verify/"
_POLICY: Final = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"')
_TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
"""What browsers insist on, whatever this machine's table of types says."""


class Site:
    """Serves the directory `root`, as built by `npm run build`; none at all when it is not there."""

    def __init__(self, root: Path) -> None:
        found = (path for path in sorted(root.rglob("*")) if path.is_file())
        self._files = {f"/{path.relative_to(root).as_posix()}": path for path in found}

    @property
    def built(self) -> bool:
        """Whether there is a page to serve."""
        return "/index.html" in self._files

    def routes(self) -> list[web.RouteDef]:
        """The route table: what no other route took."""
        return [web.get("/{path:.*}", self.file)]

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file of the client, or its page."""
        if request.path == _VERIFY and f"{_VERIFY}index.html" in self._files:
            return self._verify(f"{_VERIFY}index.html")
        if request.path in self._files:
            return self._response(request.path)
        if not self.built or request.path.startswith(_NOT_PAGES) or "." in request.path.rpartition("/")[2]:
            raise NotPermitted("no_such_route")
        return self._response("/index.html")

    def _verify(self, path: str) -> web.StreamResponse:
        """The page that checks bundles: its scripts stand inside it, and it names them itself."""
        response = self._response(path)
        if found := _POLICY.search(self._files[path].read_text(encoding="utf-8")):
            response.headers["Content-Security-Policy"] = f"{found[1]}; frame-ancestors 'none'"
        return response

    def _response(self, path: str) -> web.FileResponse:
        file = self._files[path]
        hashed = path.startswith("/assets/")
        kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        keep = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return web.FileResponse(file, headers={"Content-Type": kind, "Cache-Control": keep})
