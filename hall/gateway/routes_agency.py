"""The desk of who prepares tenders, over HTTP. The tenders themselves are matters: `routes_matters`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.runtime.agency import AgencyDesk


@dataclass(slots=True)
class AgencyRoutes:
    """What its screens read beside the matters: own tenders, and people and bidders by their names."""

    desk: AgencyDesk
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get("/api/agency", self.own),
            web.get("/api/agency/bidders", self.bidders),
            web.get("/api/tenders/{tender}/evaluation/representatives", self.representatives),
            web.get("/api/openings/{opening}/appointable", self.appointable),
        ]

    async def own(self, request: web.Request) -> web.Response:
        """The viewer's tenders, drafts too, and whom it may appoint."""
        return _private(await self.desk.desk(self.logins.of(request).person))

    async def bidders(self, request: web.Request) -> web.Response:
        """Bidders whose name or code holds `?q=`, after those whose ids are given as `party`."""
        search, known = request.query.get("q", "")[:100], request.query.getall("party", [])[:200]
        return _private(self.desk.bidders(self.logins.of(request).person, search, known))

    async def representatives(self, request: web.Request) -> web.Response:
        """Who may take the procuring entity's own seats of a committee."""
        person = self.logins.of(request).person
        return _private(await self.desk.representatives(request.match_info["tender"], person))

    async def appointable(self, request: web.Request) -> web.Response:
        """Whom the project owner of an opening may appoint to a post."""
        person = self.logins.of(request).person
        return _private(self.desk.appointable(request.match_info["opening"], person))


def _private(view: Any) -> web.Response:
    response = answer(asdict(view))
    response.headers["Cache-Control"] = "private, no-store"
    return response
