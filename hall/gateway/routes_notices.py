"""Notices over HTTP: the viewer's inbox, the receipt of reading, signed records of delivery.

What may not live here: who may see what; the post office decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from hall.clock import Clock
from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.runtime.desk import Desk
from hall.runtime.post_office import PostOffice


@dataclass(slots=True)
class NoticeRoutes:
    """Routes under /api/inbox, and an opening's notices."""

    clock: Clock
    desk: Desk
    post_office: PostOffice
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get("/api/inbox", self.inbox),
            web.post("/api/inbox/{notice}/read", self.read),
            web.get("/api/inbox/{notice}/delivery", self.delivery),
            web.get("/api/openings/{opening}/notices", self.of_opening),
        ]

    async def inbox(self, request: web.Request) -> web.Response:
        """The viewer's own notices."""
        return answer({"notices": self.post_office.inbox(self.logins.of(request).person)})

    async def read(self, request: web.Request) -> web.Response:
        """The viewer opens a notice: `{}`, or `{act}` where it signs that it did."""
        person = self.logins.of(request).person
        data = await messages.body(request, messages.MAX_JSON)
        received_at = self.clock.now()
        act = None if data.strip() == b"{}" else messages.parsed(data, "act").act()
        certificate = self.desk.own_certificate(person)
        notice = request.match_info["notice"]
        return answer(await self.post_office.read(person, notice, act, certificate, received_at))

    async def delivery(self, request: web.Request) -> web.Response:
        """The signed record of an own notice."""
        person = self.logins.of(request).person
        return answer(self.post_office.delivery(person, request.match_info["notice"]))

    async def of_opening(self, request: web.Request) -> web.Response:
        """The signed records of all notices of an opening, for its staff after the announcement."""
        opening = request.match_info["opening"]
        actor = self.desk.actor(self.logins.of(request).person, opening)
        return answer({"notices": self.post_office.deliveries(opening, actor)})
