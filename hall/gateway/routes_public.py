"""What anybody may ask without a login: lists of tenders, open data, the calendar of openings, and the public's bundle
of one that is over.

What may not live here: what is public; lists and the views for nobody know.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from aiohttp import web

from hall.clock import Clock
from hall.config import Config
from hall.errors import NotPermitted
from hall.gateway.answers import answer
from hall.gateway.shield import network_of
from hall.runtime import calendar_feed, open_data
from hall.runtime.listing import TenderLists, query_of
from hall.runtime.procedure import Procedures
from hall.runtime.supervision_desk import Turnstile

_OPEN: Final = "/api/open"
_MOST_EVENTS: Final = 1000
_BACK: Final = 30 * 24 * 3_600_000
"""Ms that an opening stays in the feed: calendars that ask seldom still see it move or end."""

_FRESH: Final = "public, max-age=5"
POLICY: Final = """Open data of this hall
======================
What is published: every published tender as an OCDS 1.1 release and record, and the openings as an iCalendar feed.
Everything in it can be seen by anybody on the hall's public pages at the same moment; nothing else is in it.
Licence: CC0 1.0, https://creativecommons.org/publicdomain/zero/1.0/
Identifiers: ocid is the prefix of this publication, a hyphen, and the tender's id in this hall. Addresses stay.
"""


MOST_BUNDLES: Final = 20
"""Bundles that one network fetches in an hour."""


class PublicArchive(Protocol):
    """Bundles of closed openings for who has no login."""

    async def public(self, opening: str) -> Path:
        """The public's bundle; noted before it leaves the hall. Raises Refused("not_closed_yet")."""
        ...

    def anchors(self) -> dict[str, object]:
        """What `trust.json` holds."""
        ...


@dataclass(slots=True)
class PublicRoutes:
    """Routes of the lists and of /api/open."""

    config: Config
    clock: Clock
    lists: TenderLists
    procedures: Procedures
    archive: PublicArchive
    turnstile: Turnstile
    recall: Callable[[str], Awaitable[None]]

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        one = f"{_OPEN}/tenders/{{tender}}"
        return [
            web.get("/api/tenders", self.tenders),
            web.get(f"{one}/release.json", self.release),
            web.get(f"{one}/record.json", self.record),
            web.get(f"{_OPEN}/openings.ics", self.openings),
            web.get(open_data.POLICY, self.policy),
            web.get(f"{_OPEN}/openings/{{over}}/bundle.zip", self.bundle, allow_head=False),
            web.get(f"{_OPEN}/trust.json", self.trust),
        ]

    async def tenders(self, request: web.Request) -> web.Response:
        """A page of the list: `?stage=&q=&sort=&cursor=&limit=`."""
        asked = request.query
        query = query_of(
            asked.get("stage", ""),
            asked.get("q", ""),
            asked.get("sort", "-published"),
            asked.get("cursor", ""),
            asked.get("limit", ""),
        )
        body = await self.lists.told(query)
        return _public(web.Response(body=body, content_type="application/json", charset="utf-8"))

    async def release(self, request: web.Request) -> web.Response:
        """A tender as an OCDS release package."""
        tender, publisher = await self._tender(request), self._publisher(request)
        return _public(answer(open_data.release_package(tender, publisher)))

    async def record(self, request: web.Request) -> web.Response:
        """A tender as an OCDS record package."""
        tender, publisher = await self._tender(request), self._publisher(request)
        return _public(answer(open_data.record_package(tender, publisher)))

    async def openings(self, request: web.Request) -> web.Response:
        """The openings to come, and those of the last month, as a calendar."""
        now, hall = self.clock.now(), self.config.hall
        told = await self.lists.openings(now - _BACK, _MOST_EVENTS)
        text = calendar_feed.feed(hall.name, hall.origin, self._publisher(request).base, told, now)
        return _public(web.Response(text=text, content_type="text/calendar", charset="utf-8"))

    async def policy(self, request: web.Request) -> web.Response:
        """What is published, and under which licence."""
        return _public(web.Response(text=POLICY, content_type="text/plain", charset="utf-8"))

    async def bundle(self, request: web.Request) -> web.FileResponse:
        """The public's bundle of an opening that is over, so often an hour for one network."""
        self.turnstile.pass_through(network_of(request))
        opening = request.match_info["over"]
        await self.recall(opening)  # one that rests since long is awake before anybody enters it
        path = await self.archive.public(opening)
        disposition = 'attachment; filename="bundle.zip"'
        return web.FileResponse(
            path, headers={"Content-Disposition": disposition, "Cache-Control": "no-store"}
        )

    async def trust(self, _request: web.Request) -> web.Response:
        """The anchors that `hall verify --trust` wants."""
        return _public(answer(self.archive.anchors()))

    async def _tender(self, request: web.Request) -> open_data.PublicTender:
        tender = request.match_info["tender"]
        if (line := await self.lists.tender(tender)) is None:
            raise NotPermitted("no_such_tender", tender=tender)
        views: dict[str, Any] = {
            name: asdict(await self.procedures.view(name, tender, None))
            for name in ("notice", "registration", "award")
            if name in self.procedures.names
        }
        return open_data.PublicTender(
            line, views.get("notice", {}), views.get("registration", {}), views.get("award", {})
        )

    def _publisher(self, request: web.Request) -> open_data.Publisher:
        hall = self.config.hall
        # In production the address follows from the settings alone: it stays, and no request can bend it.
        base = f"https://{hall.origin}" if self.config.production else f"{request.scheme}://{request.host}"
        return open_data.Publisher(hall.name, hall.origin, base)


def _public(response: web.Response) -> web.Response:
    response.headers["Cache-Control"] = _FRESH
    response.headers["Access-Control-Allow-Origin"] = "*"  # nothing here depends on who asks
    return response
