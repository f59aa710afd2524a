"""The doors into the media plane over HTTP: still pictures, relays.

What may not live here: who may see whom; the desk knows the actor and gives or refuses.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from hall.gateway.answers import answer
from hall.gateway.ice import IceServers
from hall.gateway.logins import Logins
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk
from hall.runtime.ports import MediaPlane

_BASE = "/api/openings/{opening}"


@dataclass(slots=True)
class MediaRoutes:
    """Routes under /api/openings that lead to pictures and sound."""

    desk: Desk
    media: MediaPlane
    logins: Logins
    ice_servers: IceServers

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get(f"{_BASE}/stills/{{participant}}", self.still),
            web.get(f"{_BASE}/ice", self.ice),
        ]

    async def still(self, request: web.Request) -> web.Response:
        """A participant's last picture; 204 where there is none, 304 where the viewer has it already."""
        opening, actor = self._who(request)
        participant = request.match_info["participant"]
        self.desk.check_watch(opening, actor, participant)
        still = await self.media.still(opening, participant)
        if still is None:
            return web.Response(status=204)
        tag = f"{still.at_ms}-{still.keyframe}"
        headers = {
            "ETag": f'"{tag}"',
            "X-Taken-At": str(still.at_ms),
            "Cache-Control": "private, no-cache",
        }
        if any(known.value == tag for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=still.jpeg, content_type="image/jpeg", headers=headers)

    async def ice(self, request: web.Request) -> web.Response:
        """The relays for this person: short-lived credentials (RFC 8489 long-term, made after a shared secret)."""
        opening, actor = self._who(request)
        return answer(self.ice_servers.of(f"{opening} {actor.certificate}"))

    def _who(self, request: web.Request) -> tuple[str, Actor]:
        """The opening, and the viewer as its actor there; who has two seats may name one in the query."""
        opening = request.match_info["opening"]
        person = self.logins.of(request).person
        return opening, self.desk.actor(person, opening, request.query.get("role"))
