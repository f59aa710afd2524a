"""The doors into the media plane over HTTP: still pictures, relays, tokens for devices, recordings made
elsewhere.

What may not live here: who may see whom; the desk knows the actor and gives or refuses.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.ice import IceServers
from hall.gateway.logins import Logins
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk
from hall.runtime.externals import Externals
from hall.runtime.media_doors import MediaDoors

_BASE = "/api/openings/{opening}"
_EXTERNAL = f"{_BASE}/external/{{recording}}/{{sha256}}"
MOST_MINUTES: Final = 12 * 60


@dataclass(slots=True)
class MediaRoutes:
    """Routes under /api/openings that lead to pictures and sound."""

    desk: Desk
    doors: MediaDoors
    logins: Logins
    ice_servers: IceServers
    externals: Externals
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get(f"{_BASE}/stills/{{participant}}", self.still),
            web.get(f"{_BASE}/ice", self.ice),
            web.get(f"{_BASE}/tokens", self.tokens),
            web.post(f"{_BASE}/tokens", self.make_token),
            web.delete(f"{_BASE}/tokens/{{token}}", self.revoke_token),
            web.get(_EXTERNAL, self.external),
            web.put(_EXTERNAL, self.write_external),
        ]

    async def still(self, request: web.Request) -> web.Response:
        """A participant's last picture; 204 where there is none, 304 where the viewer has it already."""
        opening, actor = self._who(request)
        participant = request.match_info["participant"]
        still = await self.doors.still(opening, actor, participant)
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

    async def tokens(self, request: web.Request) -> web.Response:
        """The good tokens of the viewer, and for who looks after the cameras all of theirs; never a token's text."""
        return answer({"tokens": self.doors.tokens(*self._who(request))})

    async def make_token(self, request: web.Request) -> web.Response:
        """A token for an encoder that sends as a camera or as oneself, or ("") for a player. Its text is shown once."""
        opening, actor = self._who(request)
        asked = await messages.message(request, "participant", "minutes")
        participant, minutes = asked.text("participant"), asked.integer("minutes", MOST_MINUTES)
        text, known = self.doors.make_token(opening, actor, participant, minutes)
        return answer({**known, "token": text}, 201)

    async def revoke_token(self, request: web.Request) -> web.Response:
        """The token is good for nothing, and what it let in has ended."""
        await self.doors.revoke(*self._who(request), request.match_info["token"])
        return answer({})

    async def external(self, request: web.Request) -> web.Response:
        """Where to go on with a file that an act has attached."""
        opening, actor = self._who(request)
        recording, sha256 = request.match_info["recording"], request.match_info["sha256"]
        file = await self.externals.status(opening, actor, recording, sha256)
        return answer({"received": file.received, "size": file.size})

    async def write_external(self, request: web.Request) -> web.Response:
        """Take one slice of it, one of a person at a time."""
        opening, actor = self._who(request)
        recording, sha256 = request.match_info["recording"], request.match_info["sha256"]
        offset = messages.natural(request, "offset")
        own = messages.digest(request.headers.get("X-Slice-SHA256"), "X-Slice-SHA256")
        async with self._turns[actor.certificate]:
            data = await messages.body(request, messages.MAX_SLICE, messages.SLICE_PATIENCE)
            received = await self.externals.write(opening, actor, recording, sha256, offset, data, own)
        return answer({"received": received})

    def _who(self, request: web.Request) -> tuple[str, Actor]:
        """The opening, and the viewer as its actor there; who has two seats may name one in the query."""
        opening = request.match_info["opening"]
        person = self.logins.of(request).person
        return opening, self.desk.actor(person, opening, request.query.get("role"))
