"""The committee's reading of opened bids over HTTP (clause 5.4.2): marked pages, shown and not handed out.

What may not live here: who may read; the runtime knows. The evaluation's view and acts go through `routes_matters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hall.errors import Malformed
from hall.gateway.logins import Logins
from hall.runtime.bid_reading import BidReading

_PAGES: Final = "/api/tenders/{tender}/evaluation/bids/{lot}/{bidder}/pages"
_MOST_DIGITS: Final = 6


@dataclass(slots=True)
class EvaluationRoutes:
    """Routes of the evaluation beside those of every matter."""

    reading: BidReading
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [web.get(_PAGES, self.pages)]

    async def pages(self, request: web.Request) -> web.Response:
        """Pages from `?first=` on as a PDF. `Hall-Pages: 1-20/312` says which, `Hall-Broken: 3,7` which are empty."""
        person = self.logins.of(request).person
        text = request.query.get("first", "1")
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise Malformed("malformed_request")
        where = request.match_info
        given = await self.reading.read(where["tender"], where["lot"], where["bidder"], int(text), person)
        headers = {
            "Cache-Control": "private, no-store",
            "Content-Disposition": "inline",
            "Hall-Pages": f"{given.first}-{given.last}/{given.count}",
            "Hall-Broken": ",".join(map(str, given.broken)),
        }
        return web.Response(body=given.pdf, content_type="application/pdf", headers=headers)
