"""One opening over HTTP: its view, signed acts, the record and its signatures, the bundle.

What may not live here: who may see what; the desk knows the actor and gives or refuses.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hall.clock import Clock
from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.gateway.open_doors import is_open
from hall.gateway.routes_public import PublicArchive
from hall.gateway.whence import whence
from hall.procurement.parties import Actor
from hall.runtime.case_bundles import BundleMaker
from hall.runtime.desk import Desk, Person
from hall.runtime.records import Records

_BASE = "/api/openings/{opening}"
_MAX_SIGNATURE = 1024


class Archive(BundleMaker, PublicArchive, Protocol):
    """Bundles of closed openings, and the anchors to check them against. Decides itself who may have them."""

    async def bundle(self, opening: str, actor: Actor, entitlement: str) -> Path:
        """The bundle, made at the first request; entitlement: bidder, regulator, public, "" for the actor's own."""
        ...

    async def keys(self, opening: str, actor: Actor) -> bytes:
        """What opens the recordings of the bundle."""
        ...

    def trust(self, actor: Actor) -> dict[str, object]:
        """What `trust.json` holds."""
        ...


@dataclass(slots=True)
class OpeningRoutes:
    """Routes under /api/openings."""

    clock: Clock
    desk: Desk
    records: Records
    archive: Archive
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get(_BASE, self.view),
            web.post(f"{_BASE}/acts", self.act),
            web.get(f"{_BASE}/certificates/{{sha256}}", self.certificate),
            web.get(f"{_BASE}/reference/{{bidder}}", self.reference),
            web.get(f"{_BASE}/entrusted/{{lot}}", self.entrusted),
            web.get(f"{_BASE}/record.pdf", self.record_pdf),
            web.get(f"{_BASE}/record.json", self.record_json),
            web.post(f"{_BASE}/record/prepare", self.prepare),
            web.get(f"{_BASE}/record/prepared/{{prepared}}", self.prepared),
            web.post(f"{_BASE}/record/sign", self.sign),
            web.get(f"{_BASE}/presence.json", self.presence),
            web.get(f"{_BASE}/cause.json", self.cause),
            web.get(f"{_BASE}/bundle.zip", self.bundle),
            web.get(f"{_BASE}/recordings.key", self.keys),
            web.get(f"{_BASE}/trust.json", self.trust),
        ]

    @property
    def recalled(self) -> Middleware:
        """An opening that rests since long is awake before anybody known enters it."""

        @web.middleware
        async def recalled(request: web.Request, handler: Handler) -> web.StreamResponse:
            opening = request.match_info.get("opening")
            # Who shows a token is asked for it at its own door.
            if opening is not None and request.path.startswith("/api/") and not is_open(request):
                self._person(request)
                await self.desk.recall(opening)
            return await handler(request)

        return recalled

    async def view(self, request: web.Request) -> web.Response:
        """The opening as the viewer may see it now, with its timeline from the cursor on."""
        opening, actor = self._who(request)
        return answer(self.desk.update(opening, actor, messages.natural(request, "cursor", 0)))

    async def act(self, request: web.Request) -> web.Response:
        """One signed act. Its time is when its last byte was here; nothing is awaited between stamp and inbox."""
        opening, person = request.match_info["opening"], self._person(request)
        certificate = self.desk.own_certificate(person)
        data = await messages.body(request, messages.MAX_JSON)
        received_at = self.clock.now()
        act = messages.parsed(data, "act").act()
        actor = self.desk.actor_for(person, opening, act.type)
        source = whence(request)
        return answer(await self.desk.act(opening, act, certificate, actor, received_at, source))

    async def certificate(self, request: web.Request) -> web.Response:
        """A certificate of the opening, DER."""
        opening, actor = self._who(request)
        der = self.desk.certificate(opening, request.match_info["sha256"], actor)
        return web.Response(body=der, content_type="application/pkix-cert")

    async def reference(self, request: web.Request) -> web.Response:
        """The reference picture of a bidder's representative, JPEG; 204 without one."""
        opening, actor = self._who(request)
        sha256, photo = await self.desk.reference(opening, request.match_info["bidder"], actor)
        if not photo:
            return web.Response(status=204)
        headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, no-store"}
        return web.Response(body=photo, content_type="image/jpeg", headers=headers)

    async def entrusted(self, request: web.Request) -> web.Response:
        """What lies with the asking custodian in a lot, once it may be opened (clauses 4.11, 5.3.4)."""
        opening, person = request.match_info["opening"], self._person(request)
        actor = self.desk.actor_for(person, opening, "open_entrusted")
        found = self.desk.entrusted(opening, request.match_info["lot"], actor)
        response = answer({"keys": [asdict(one) for one in found]})
        response.headers["Cache-Control"] = "private, no-store"
        return response

    async def record_pdf(self, request: web.Request) -> web.Response:
        """The opening record's current revision."""
        return web.Response(body=await self.records.pdf(*self._who(request)), content_type="application/pdf")

    async def record_json(self, request: web.Request) -> web.Response:
        """The content that the record was rendered from."""
        content = await self.records.content(*self._who(request))
        return web.Response(body=content, content_type="application/json")

    async def prepare(self, request: web.Request) -> web.Response:
        """Prepare the record for the viewer's signature; there is nothing to send."""
        opening, actor = self._who(request)
        self.desk.revocations.check(actor.certificate)
        await messages.body(request, messages.MAX_JSON)
        certificate = self.desk.own_certificate(self._person(request))
        ready = await self.records.prepare(opening, actor, certificate)
        attributes = base64.b64encode(ready.attributes).decode("ascii")
        return answer(
            {
                "prepared": ready.prepared,
                "revision": ready.revision,
                "digest": ready.digest,
                "attributes": attributes,
            }
        )

    async def prepared(self, request: web.Request) -> web.Response:
        """The prepared PDF, for the signer's own look and digest."""
        opening, actor = self._who(request)
        data = await self.records.prepared_file(opening, request.match_info["prepared"], actor)
        return web.Response(body=data, content_type="application/pdf")

    async def sign(self, request: web.Request) -> web.Response:
        """Embed the viewer's signature."""
        opening, actor = self._who(request)
        self.desk.revocations.check(actor.certificate)
        sent = await messages.message(request, "prepared", "signature")
        signature = sent.data("signature", _MAX_SIGNATURE)
        revision = await self.records.sign(opening, sent.text("prepared"), signature, actor)
        return answer({"revision": revision})

    async def presence(self, request: web.Request) -> web.Response:
        """The viewer's own presence, to be kept as a file."""
        response = answer(self.desk.presence_log(*self._who(request)))
        response.headers["Content-Disposition"] = 'attachment; filename="presence.json"'
        return response

    async def cause(self, request: web.Request) -> web.Response:
        """The cause that was decided for the viewer's own bid of a lot, to be kept as a file (clause 5.3.4)."""
        opening, actor = self._who(request)
        response = answer(self.desk.cause_statement(opening, request.query.get("lot", ""), actor))
        response.headers["Content-Disposition"] = 'attachment; filename="cause.json"'
        return response

    async def bundle(self, request: web.Request) -> web.FileResponse:
        """The bundle of a closed opening, as the viewer may have it."""
        opening, actor = self._who(request)
        path = await self.archive.bundle(opening, actor, request.query.get("entitlement", ""))
        disposition = 'attachment; filename="bundle.zip"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
        return web.FileResponse(path, headers=headers)

    async def keys(self, request: web.Request) -> web.Response:
        """The key file that opens the recordings of the bundle."""
        found = await self.archive.keys(*self._who(request))
        disposition = 'attachment; filename="recordings.key"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
        return web.Response(body=found, content_type="application/json", headers=headers)

    async def trust(self, request: web.Request) -> web.Response:
        """The anchors that `hall verify --trust` wants."""
        _, actor = self._who(request)
        return answer(self.archive.trust(actor))

    def _who(self, request: web.Request) -> tuple[str, Actor]:
        """The opening, and the viewer as its actor there; who has two seats may name one in the query."""
        opening = request.match_info["opening"]
        return opening, self.desk.actor(self._person(request), opening, request.query.get("role"))

    def _person(self, request: web.Request) -> Person:
        return self.logins.of(request).person
