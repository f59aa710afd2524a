"""Tender documents over HTTP: to bidders, to the last byte, and only then noted as sent (clause 5.2.1).

What may not live here: who may have them; the runtime knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hall.gateway.logins import Logins
from hall.runtime.downloads import Downloads

SLICE: Final = 256 * 1024
"""Bytes handed to the connection at once: a slow reader holds one slice of a document, not all of it."""


@dataclass(slots=True)
class RegistrationRoutes:
    """The route of a document."""

    downloads: Downloads
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [web.get("/api/tenders/{tender}/documents/{sha256:[0-9a-f]+}", self.document)]

    async def document(self, request: web.Request) -> web.StreamResponse:
        """One document, whole. What breaks off was not sent, and is asked for again."""
        person = self.logins.of(request).person
        tender, sha256 = request.match_info["tender"], request.match_info["sha256"]
        data = await self.downloads.document(tender, sha256, person)
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f'attachment; filename="{sha256[:12]}"',
                "Cache-Control": "private, no-store",
            }
        )
        response.enable_chunked_encoding()  # its end is what tells the client that the hall has noted the rest
        await response.prepare(request)
        for start in range(0, len(data), SLICE):
            await response.write(data[start : start + SLICE])
        await self.downloads.delivered(tender, sha256, person)
        await response.write_eof()
        return response
