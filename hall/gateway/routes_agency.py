"""The desk of who prepares tenders, over HTTP. The tenders themselves are matters: `routes_matters`."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from aiohttp import web

from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.runtime.agency import AgencyDesk


@dataclass(slots=True)
class AgencyRoutes:
    """One route: /api/agency."""

    desk: AgencyDesk
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [web.get("/api/agency", self.own)]

    async def own(self, request: web.Request) -> web.Response:
        """The viewer's tenders, drafts too, and whom it may appoint."""
        response = answer(asdict(await self.desk.desk(self.logins.of(request).person)))
        response.headers["Cache-Control"] = "private, no-store"
        return response
