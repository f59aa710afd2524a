"""Supervision for who has no account: public questions, complaints, and the way back to them by a query code; and the
words behind a digest for who may read them (clauses 6.2, 6.3).

A query code travels in bodies alone, never in an address. What may not live here: who may see or do what.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from aiohttp import web

from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.gateway.shield import network_of
from hall.procurement import canonical
from hall.runtime.supervision_desk import MOST_BYTES, Brought, SupervisionDesk
from hall.supervision.acts import MOST_FILES, STATEMENT
from hall.supervision.terms import Kind

_BASE: Final = "/api/tenders/{tender}/supervision"
_SAID: Final = tuple(STATEMENT.keys() - {"salt", "prior"})


@dataclass(slots=True)
class SupervisionRoutes:
    """Doors without a login; each network goes through so often."""

    desk: SupervisionDesk
    logins: Logins

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.post(f"{_BASE}/questions", self.ask),
            web.post(f"{_BASE}/cases", self.file),
            web.put(f"{_BASE}/files", self.hand_in),
            web.post(f"{_BASE}/lookup", self.lookup),
            web.post(f"{_BASE}/withdraw", self.withdraw),
            web.post(f"{_BASE}/rate", self.rate),
            web.post(f"{_BASE}/add", self.add_files),
            web.post(f"{_BASE}/file", self.file_of),
            web.get(f"{_BASE}/cases/{{number:[0-9]+}}/bundle.zip", self.bundle),
            web.get(f"{_BASE}/statements/{{what:cases|questions|calls}}/{{number:[0-9]+}}", self.statement),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """A public question; answers with its query code, once."""
        sent = await messages.message(request, "words", "name", "contact")
        said = {"words": sent.text("words", 4000), "name": sent.text("name"), "contact": sent.text("contact")}
        return _answer(await self.desk.ask(_tender(request), said, network_of(request)))

    async def file(self, request: web.Request) -> web.Response:
        """An objection, challenge or complaint; answers with its query code, once."""
        data = await messages.body(request, messages.MAX_JSON)
        sent = messages.parsed(data, "kind", "lot", "prior_code", *_SAID)
        try:
            kind = Kind(sent.text("kind"))
        except ValueError:
            messages.malformed("kind")
        raw = canonical.loads(data)
        assert isinstance(raw, dict), "read as a message already"
        brought = Brought(
            kind, sent.text("lot"), {name: raw[name] for name in _SAID}, sent.text("prior_code", 64)
        )
        return _answer(await self.desk.file(_tender(request), brought, network_of(request)))

    async def hand_in(self, request: web.Request) -> web.Response:
        """A file that a complaint will name; answers with its digest."""
        data = await messages.body(request, MOST_BYTES, messages.SLICE_PATIENCE)
        return answer({"sha256": await self.desk.hand_in(_tender(request), data, network_of(request))})

    async def lookup(self, request: web.Request) -> web.Response:
        """Where a case or question stands."""
        sent = await messages.message(request, "code")
        return _answer(await self.desk.lookup(_tender(request), sent.text("code"), network_of(request)))

    async def withdraw(self, request: web.Request) -> web.Response:
        """Take a case back."""
        sent = await messages.message(request, "code", "text")
        code, text = sent.text("code"), sent.text("text", 1000)
        return _answer(await self.desk.withdraw(_tender(request), code, text, network_of(request)))

    async def rate(self, request: web.Request) -> web.Response:
        """Say how content one is."""
        sent = await messages.message(request, "code", "stars", "text")
        code, stars, text = sent.text("code"), sent.integer("stars", 5), sent.text("text", 1000)
        return _answer(await self.desk.rate(_tender(request), code, stars, text, network_of(request)))

    async def add_files(self, request: web.Request) -> web.Response:
        """Files for one's own case, handed in before."""
        sent = await messages.message(request, "code", "files")
        files = tuple(messages.digest(one, "files") for one in sent.texts("files", MOST_FILES))
        return _answer(
            await self.desk.add_files(_tender(request), sent.text("code"), files, network_of(request))
        )

    async def file_of(self, request: web.Request) -> web.Response:
        """A file of one's own case or of its decision."""
        sent = await messages.message(request, "code", "sha256")
        code, sha256 = sent.text("code"), messages.digest(sent.text("sha256"), "sha256")
        data = await self.desk.file_of(_tender(request), code, sha256, network_of(request))
        headers = {
            "Content-Disposition": f'attachment; filename="{sha256[:12]}"',
            "Cache-Control": "no-store",
        }
        return web.Response(body=data, content_type="application/octet-stream", headers=headers)

    async def bundle(self, request: web.Request) -> web.FileResponse:
        """The bundle that lies with a complaint."""
        number = int(request.match_info["number"][:9])
        path = await self.desk.bundle(_tender(request), number, self.logins.of(request).person)
        disposition = f'attachment; filename="complaint-{number}.zip"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
        return web.FileResponse(path, headers=headers)

    async def statement(self, request: web.Request) -> web.Response:
        """The words behind a case, question or call."""
        login = self.logins.maybe(request)
        number = int(request.match_info["number"][:9])
        person = login.person if login else None
        return _answer(
            await self.desk.statement(_tender(request), request.match_info["what"], number, person)
        )


def _tender(request: web.Request) -> str:
    return request.match_info["tender"]


def _answer(found: Any) -> web.Response:
    response = answer(asdict(found))
    response.headers["Cache-Control"] = "private, no-store"
    return response
