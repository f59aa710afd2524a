"""The trading centre's lists over HTTP. Its changes are signed acts of the matter `centre`, as all matters' are.

What may not live here: who may see what; the desk decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from hall.errors import Malformed
from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.runtime.centre_desk import CentreDesk

_MOST_CERTIFICATE = 16 * 1024


@dataclass(slots=True)
class CentreRoutes:
    """Routes under /api/centre."""

    desk: CentreDesk
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get("/api/centre/parties", self.parties),
            web.get("/api/centre/parties/{party}", self.party),
            web.put("/api/centre/certificates", self.inspect),
            web.get("/api/centre/experts", self.experts),
            web.get("/api/centre/journal", self.journal),
            web.get("/api/centre/bookings", self.bookings),
        ]

    async def parties(self, request: web.Request) -> web.Response:
        """A page of the parties: `?q=&kind=&page=`."""
        person, asked = self.logins.of(request).person, request.query
        return answer(
            await self.desk.parties(person, asked.get("q", ""), asked.get("kind", ""), _page(request))
        )

    async def party(self, request: web.Request) -> web.Response:
        """One party with its certificates."""
        return answer(await self.desk.party(self.logins.of(request).person, request.match_info["party"]))

    async def inspect(self, request: web.Request) -> web.Response:
        """What a certificate says, PEM or DER, before anybody signs for it."""
        person = self.logins.of(request).person
        return answer(await self.desk.inspect(person, await messages.body(request, _MOST_CERTIFICATE)))

    async def experts(self, request: web.Request) -> web.Response:
        """A page of the experts."""
        return answer(await self.desk.experts(self.logins.of(request).person, _page(request)))

    async def journal(self, request: web.Request) -> web.Response:
        """A page of the journal of changes, the newest first."""
        return answer(await self.desk.lines(self.logins.of(request).person, _page(request)))

    async def bookings(self, request: web.Request) -> web.Response:
        """Openings ahead, and what clashes."""
        return answer(await self.desk.bookings(self.logins.of(request).person))


def _page(request: web.Request) -> int:
    """Pages count from 1. Raises Malformed."""
    text = request.query.get("page", "1")
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise Malformed("malformed_message", field="page")
    return int(text)
