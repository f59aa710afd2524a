"""The notary's own papers over HTTP: handed in, and read by number.

What may not live here: who may; the runtime knows the actor and gives or refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk
from hall.session.papers import MOST_BYTES

_BASE: Final = "/api/openings/{opening}/papers"


@dataclass(slots=True)
class PaperRoutes:
    """Routes of an opening's papers."""

    desk: Desk
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [web.put(_BASE, self.hand_in), web.get(f"{_BASE}/{{number:[0-9]+}}", self.paper)]

    async def hand_in(self, request: web.Request) -> web.Response:
        """Bytes that an act `add_paper` will name; answers with their digest."""
        opening, actor = self._who(request)
        data = await messages.body(request, MOST_BYTES, messages.SLICE_PATIENCE)
        return answer({"sha256": await self.desk.papers.hand_in(opening, actor, data)})

    async def paper(self, request: web.Request) -> web.Response:
        """A paper's bytes, to be kept as a file: what somebody else made is never shown inside this site."""
        opening, _ = self._who(request)
        number = int(request.match_info["number"])
        mime, data = await self.desk.papers.paper(opening, number)
        headers = {"Content-Disposition": f'attachment; filename="paper-{number}"'}
        return web.Response(body=data, content_type=mime, headers=headers)

    def _who(self, request: web.Request) -> tuple[str, Actor]:
        opening = request.match_info["opening"]
        person = self.logins.of(request).person
        return opening, self.desk.actor(person, opening, request.query.get("role"))
