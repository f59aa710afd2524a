"""The matters of a tender over HTTP: a view each, signed acts, and the files that acts name.

What may not live here: who may see or do what; the runtime knows who looks and gives or refuses.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from aiohttp import web

from hall.clock import Clock
from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.runtime.matter_files import MOST_BYTES, MatterFiles
from hall.runtime.matters import MATTERS
from hall.runtime.procedure import Procedures
from hall.runtime.seats import Person

_BASE: Final = "/api/tenders/{tender}"


@dataclass(slots=True)
class MatterRoutes:
    """Routes of matters. Views are for anybody, for the public too: each matter knows what it tells whom."""

    clock: Clock
    procedures: Procedures
    files: MatterFiles
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        names = "|".join(matter.name for matter in MATTERS) or "none"
        matter = f"{_BASE}/{{matter:{names}}}"
        return [
            web.get(matter, self.view),
            web.post(f"{matter}/acts", self.act),
            web.put(f"{_BASE}/files", self.hand_in),
            web.get(f"{_BASE}/files/{{sha256:[0-9a-f]+}}", self.file),
        ]

    async def view(self, request: web.Request) -> web.Response:
        """A matter as the viewer may know it now."""
        matter, tender = request.match_info["matter"], request.match_info["tender"]
        response = answer(asdict(await self.procedures.view(matter, tender, self._maybe(request))))
        response.headers["Cache-Control"] = "private, no-store"
        return response

    async def act(self, request: web.Request) -> web.Response:
        """One signed act. Its time is when its last byte was here."""
        person = self.logins.of(request).person
        data = await messages.body(request, messages.MAX_JSON)
        received_at = self.clock.now()
        act = messages.parsed(data, "act").act()
        matter, tender = request.match_info["matter"], request.match_info["tender"]
        return answer(await self.procedures.act(matter, tender, act, person, received_at))

    async def hand_in(self, request: web.Request) -> web.Response:
        """Bytes that an act will name; answers with their digest."""
        person = self.logins.of(request).person
        data = await messages.body(request, MOST_BYTES, messages.SLICE_PATIENCE)
        return answer({"sha256": await self.files.hand_in(request.match_info["tender"], person, data)})

    async def file(self, request: web.Request) -> web.Response:
        """A file, to be kept: what somebody else made is never shown inside this site."""
        sha256 = request.match_info["sha256"]
        data = await self.files.file(request.match_info["tender"], sha256, self._maybe(request))
        disposition = f'attachment; filename="{sha256[:12]}"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
        return web.Response(body=data, content_type="application/octet-stream", headers=headers)

    def _maybe(self, request: web.Request) -> Person | None:
        login = self.logins.maybe(request)
        return login.person if login else None
