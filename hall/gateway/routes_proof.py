"""Proofs that there is one history: checkpoints, paths of the tree, co-signatures.

What may not live here: what may be known when; `Proofs` answers nothing before the announcement.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.runtime.desk import Desk
from hall.runtime.proofs import Proofs
from hall.runtime.unanswered import UnansweredDesk

_BASE = "/api/openings/{opening}/proof"
_LINE = 2048
_TOKEN = 64 * 1024


@dataclass(slots=True)
class ProofRoutes:
    """Routes under /api/openings/{opening}/proof."""

    desk: Desk
    proofs: Proofs
    unanswered: UnansweredDesk
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get(f"{_BASE}/checkpoints", self.checkpoints),
            web.get(f"{_BASE}/consistency", self.consistency),
            web.get(f"{_BASE}/inclusion", self.inclusion),
            web.post(f"{_BASE}/cosignatures", self.cosign),
            web.post(f"{_BASE}/unanswered", self.hand_in),
        ]

    async def checkpoints(self, request: web.Request) -> web.Response:
        """Every signed checkpoint with its co-signatures."""
        return answer({"checkpoints": await self.proofs.checkpoints(self._enter(request))})

    async def consistency(self, request: web.Request) -> web.Response:
        """That one size's history begins another's."""
        opening = self._enter(request)
        first, second = messages.natural(request, "first"), messages.natural(request, "second")
        return answer(self.proofs.consistency(opening, first, second))

    async def inclusion(self, request: web.Request) -> web.Response:
        """That a row stands in the history."""
        opening = self._enter(request)
        leaf = messages.digest(request.query.get("leaf"), "leaf")
        return answer(self.proofs.inclusion(opening, leaf, messages.natural(request, "size")))

    async def cosign(self, request: web.Request) -> web.Response:
        """Take the co-signature of supervisor or notary."""
        opening, person = request.match_info["opening"], self.logins.of(request).person
        actor = self.desk.actor_for(person, opening, "make_remark")
        self.desk.revocations.check(actor.certificate)
        sent = await messages.message(request, "size", "line")
        certificate = self.desk.own_certificate(person)
        line = sent.text("line", _LINE)
        await self.proofs.cosign(opening, actor, certificate, sent.integer("size"), line)
        return answer({})

    async def hand_in(self, request: web.Request) -> web.Response:
        """Take what a bidder's client proves to have signed in time, and say what it shows."""
        opening = request.match_info["opening"]
        actor = self.desk.actor(self.logins.of(request).person, opening)
        sent = await messages.message(request, "act", "token")
        return answer(await self.unanswered.hand_in(opening, actor, sent.act(), sent.data("token", _TOKEN)))

    def _enter(self, request: web.Request) -> str:
        """Whoever has a seat at the opening may ask."""
        opening = request.match_info["opening"]
        self.desk.actor(self.logins.of(request).person, opening)
        return opening
