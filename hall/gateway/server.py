"""The gateway put together: routes, shield and sockets on one listening address.

What may not live here: adapters; the composition root hands over what implements the ports.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hall.clock import Clock
from hall.config import Config, is_loopback
from hall.gateway.ice import IceServers
from hall.gateway.logins import Logins
from hall.gateway.routes_agency import AgencyRoutes
from hall.gateway.routes_broadcast import BroadcastRoutes
from hall.gateway.routes_centre import CentreRoutes
from hall.gateway.routes_evaluation import EvaluationRoutes
from hall.gateway.routes_hall import HallRoutes
from hall.gateway.routes_matters import MatterRoutes
from hall.gateway.routes_media import MediaRoutes
from hall.gateway.routes_notices import NoticeRoutes
from hall.gateway.routes_openings import Archive, OpeningRoutes
from hall.gateway.routes_papers import PaperRoutes
from hall.gateway.routes_proof import ProofRoutes
from hall.gateway.routes_public import MOST_BUNDLES, PublicRoutes
from hall.gateway.routes_recordings import RecordingRoutes
from hall.gateway.routes_registration import RegistrationRoutes
from hall.gateway.routes_supervision import SupervisionRoutes
from hall.gateway.routes_tenders import DepositPapers, ReceiptPapers, TenderRoutes
from hall.gateway.routes_whip import WhipRoutes
from hall.gateway.shield import Shield
from hall.gateway.site import Site
from hall.gateway.sockets import Sockets
from hall.runtime.agency import AgencyDesk
from hall.runtime.bid_reading import BidReading
from hall.runtime.broadcast import Broadcast
from hall.runtime.centre_desk import CentreDesk
from hall.runtime.desk import Desk
from hall.runtime.downloads import Downloads
from hall.runtime.externals import Externals
from hall.runtime.keeper import Keeper
from hall.runtime.library import Library
from hall.runtime.listing import TenderLists
from hall.runtime.matter_files import MatterFiles
from hall.runtime.media_doors import MediaDoors
from hall.runtime.ports import SealedStore
from hall.runtime.post_office import PostOffice
from hall.runtime.procedure import Procedures
from hall.runtime.records import Records
from hall.runtime.supervision_desk import SupervisionDesk, Turnstile
from hall.runtime.unanswered import UnansweredDesk

log = logging.getLogger("hall.gateway")

_IDLE: Final = 30.0  # seconds that a connection may stay without a request
_FAREWELL: Final = 3.0  # seconds for requests in progress when the server stops


@dataclass(frozen=True, slots=True)
class Inside:
    """What the gateway's doors lead to. `ready`: whether the hall can do its work now."""

    clock: Clock
    desk: Desk
    records: Records
    sealed: SealedStore
    receipts: ReceiptPapers
    written: DepositPapers
    doors: MediaDoors
    externals: Externals
    archive: Archive
    post_office: PostOffice
    keeper: Keeper
    library: Library
    broadcast: Broadcast
    unanswered: UnansweredDesk
    procedures: Procedures
    files: MatterFiles
    reading: BidReading
    downloads: Downloads
    lists: TenderLists
    centre: CentreDesk
    ready: Callable[[], bool]


class Gateway:
    """The server's outer side: `start` listens, `stop` lets nobody in and closes every connection."""

    def __init__(self, config: Config, inside: Inside) -> None:
        self._config = config
        self._shield = Shield(inside.clock, config.server.trusted_proxies)
        logins = Logins(inside.clock, inside.desk.over)
        self._sockets = Sockets(inside.clock, inside.desk, inside.doors, logins)
        about = HallRoutes(
            config,
            inside.clock,
            inside.desk,
            logins,
            inside.ready,
            inside.lists,
            self._sockets.ended,
            self._sockets.begun,
        )
        tenders = TenderRoutes(
            inside.clock, inside.desk, inside.sealed, logins, inside.receipts, inside.written
        )
        openings = OpeningRoutes(inside.clock, inside.desk, inside.records, inside.archive, logins)
        papers = PaperRoutes(inside.desk, logins)
        notices = NoticeRoutes(inside.clock, inside.desk, inside.post_office, logins)
        ice = IceServers(config.media)
        media = MediaRoutes(inside.desk, inside.doors, logins, ice, inside.externals)
        whip = WhipRoutes(inside.desk, inside.doors, logins, ice)
        recordings = RecordingRoutes(inside.clock, inside.desk, inside.library, inside.keeper, logins)
        broadcast = BroadcastRoutes(inside.broadcast)
        proofs = ProofRoutes(inside.desk, inside.desk.proofs, inside.unanswered, logins)
        matters = MatterRoutes(inside.clock, inside.procedures, inside.files, logins)
        agency = AgencyRoutes(AgencyDesk(inside.procedures), logins)
        registration = RegistrationRoutes(inside.downloads, logins)
        public = PublicRoutes(
            config,
            inside.clock,
            inside.lists,
            inside.procedures,
            inside.archive,
            Turnstile(inside.clock, MOST_BUNDLES),
            inside.desk.recall,
        )
        centre = CentreRoutes(inside.centre, logins)
        supervised = SupervisionDesk(
            inside.procedures, inside.procedures.journal, inside.files, inside.clock, inside.archive
        )
        supervision = SupervisionRoutes(supervised, logins)
        evaluation = EvaluationRoutes(inside.reading, logins)
        site = Site(config.server.web_root)
        if not site.built:
            log.warning("no web client in %s: only the API is served", config.server.web_root)
        app = web.Application(middlewares=[self._shield.middleware, openings.recalled])
        self._sockets.attach(app)
        before = (about, public, tenders, registration, matters, agency, centre, supervision, evaluation)
        during = (openings, papers, notices, media, whip, recordings, broadcast, proofs)
        app.add_routes([route for part in (*before, *during, site) for route in part.routes()])
        self._runner = web.AppRunner(
            app, access_log=None, keepalive_timeout=_IDLE, auto_decompress=False, shutdown_timeout=_FAREWELL
        )
        self._server: asyncio.Server | None = None
        self.port = config.server.port

    async def start(self, tls: ssl.SSLContext | None) -> None:
        """Listen. `port` holds the port that was taken when the settings ask for a free one."""
        await self._sockets.start()
        await self._runner.setup()
        assert self._runner.server is not None
        listen = self._config.server
        limited = PerAddress(self._runner.server, listen.connections_per_address, self._shield.trusts)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(limited, listen.host, listen.port, ssl=tls, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop accepting, close the sockets, then what is left of requests."""
        if self._server is not None:
            self._server.close()
        await self._sockets.stop()
        await self._runner.cleanup()


class PerAddress:
    """Makes aiohttp's protocols and cuts what one address opens beyond `most` connections.

    Whoever dribbles bytes holds a connection each; this machine and trusted proxies stand for many and are exempt.
    """

    def __init__(self, server: web.Server, most: int, trusts: Callable[[str | None], bool]) -> None:
        self._server = server
        self._most = most
        self._trusts = trusts
        self._open: Counter[str] = Counter()

    def __call__(self) -> asyncio.Protocol:
        return _Counted(self._server(), self)

    def admit(self, address: str) -> bool:
        """Count a new connection. False: one too many."""
        if is_loopback(address) or self._trusts(address):
            return True
        self._open[address] += 1
        return self._open[address] <= self._most

    def leave(self, address: str) -> None:
        """Count a connection that is gone."""
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]


class _Counted(asyncio.Protocol):
    """Stands in the door for one connection and hands on to aiohttp's protocol whatever follows."""

    def __init__(self, inner: asyncio.Protocol, counted: PerAddress) -> None:
        self._inner = inner
        self._counted = counted
        self._address = ""
        self._admitted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        assert isinstance(transport, asyncio.Transport)
        self._admitted = self._counted.admit(self._address)
        if not self._admitted:
            transport.abort()
            return
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._counted.leave(self._address)
        if self._admitted:
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
