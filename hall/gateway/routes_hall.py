"""The hall itself: who it is, what time it is, logging in and out.

What may not live here: a decision whether a certificate may log in; the desk decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from hall import wire
from hall.clock import Clock
from hall.config import Config
from hall.errors import Unavailable
from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Login, Logins, set_cookie
from hall.gateway.whence import name_device
from hall.procurement.parties import participant_of
from hall.runtime.desk import Desk, Person, Seat
from hall.runtime.listing import ListQuery, TenderLists

_MAX_CERTIFICATE = 16 * 1024
NEAR = 30
"""Tenders of the page that greets the public."""
MOST_SEATS = 200
"""Seats up to which somebody is told all of them at once: a bidder may bid in every tender of a hall."""


@dataclass(slots=True)
class HallRoutes:
    """`ready`: whether the hall can do its work now; `begun`: called with a person who has logged in; `ended`: called
    with a login that is over."""

    config: Config
    clock: Clock
    desk: Desk
    logins: Logins
    ready: Callable[[], bool]
    lists: TenderLists
    ended: Callable[[Login], None] = field(default=lambda login: None)
    begun: Callable[[Person], None] = field(default=lambda person: None)

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get("/healthz", self.health),
            web.get("/readyz", self.readiness),
            web.get("/api/hall", self.about),
            web.get("/api/time", self.time),
            web.get("/api/nonce", self.nonce),
            web.post("/api/login", self.login),
            web.post("/api/logout", self.logout),
            web.get("/api/me", self.me),
            web.get("/api/self-check", self.self_check),
        ]

    async def health(self, request: web.Request) -> web.Response:
        """The process answers."""
        return answer({"ok": True})

    async def readiness(self, request: web.Request) -> web.Response:
        """The hall can do its work."""
        if not self.ready():
            raise Unavailable("not_ready")
        return answer({"ok": True})

    async def about(self, request: web.Request) -> web.Response:
        """Everything the login page shows."""
        hall, video = self.config.hall, self.config.video
        return answer(
            {
                "origin": hall.origin,
                "mode": hall.mode,
                "name": hall.name,
                "hotline": hall.hotline,
                "now": self.clock.now(),
                "video": {"width": video.width, "height": video.height, "rate": video.rate},
                "compares_faces": self.config.faces.enabled,
                "tsa_url": self.config.signing.client_tsa_url,
                "tenders": await self._near(request),
                "demo": demo_card(self.config, request.host),
            }
        )

    async def _near(self, request: web.Request) -> list[dict[str, object]]:
        """Cards of the tenders that the viewer has a seat in, or, for the public, of those that go on or come next; all
        others stand in the list, page by page."""
        wanted: list[str] = []
        if (login := self.logins.maybe(request)) is not None:
            wanted = list(dict.fromkeys(seat.tender for seat in self.desk.seats(login.person)))
        if login is None or len(wanted) > MOST_SEATS:
            running = (await self.lists.page(ListQuery(phase="opening", limit=NEAR))).tenders
            coming = await self.lists.openings(self.clock.now(), NEAR)
            near = dict.fromkeys(one.tender for one in (*running, *coming))
            mine = set(wanted)
            wanted = [one for one in near if not mine or one in mine][:NEAR]
        return [self.desk.tender_card(tender, None) for tender in wanted]

    async def time(self, request: web.Request) -> web.Response:
        """Hall time (clause 4.1)."""
        return answer({"now": self.clock.now()})

    async def nonce(self, request: web.Request) -> web.Response:
        """A nonce for the next act of this certificate."""
        certificate = messages.digest(request.query.get("certificate"), "certificate")
        return answer({"nonce": self.desk.nonce(certificate)})

    async def login(self, request: web.Request) -> web.Response:
        """Prove a certificate and take a cookie for it."""
        sent = await messages.message(request, "act", "certificate", "robot")
        certificate = sent.data("certificate", _MAX_CERTIFICATE)
        act = sent.act()
        person, status = await self.desk.login(act, certificate)
        self.logins.spend(act.server_nonce)
        seats = [self._you(person, seat) for seat in self.desk.seats(person)]
        response = answer({"you": seats, "certificate_status": status.revocation})
        robot = sent.flag("robot")
        set_cookie(request, response, self.logins.begin(person, robot))
        name_device(request, response)
        if not robot:
            self.begun(person)
        return response

    async def logout(self, request: web.Request) -> web.Response:
        """End the login and the connections that live by it."""
        login = self.logins.maybe(request)
        if login is not None:
            self.logins.end(login)
            self.ended(login)
        response = answer({})
        set_cookie(request, response, "")
        return response

    async def me(self, request: web.Request) -> web.Response:
        """Who the cookie's owner is, what it is in the whole hall, and where it has a seat."""
        person = self.logins.of(request).person
        seats = [{"tender": s.tender, "opening": s.opening, "role": s.role} for s in self.desk.seats(person)]
        return answer(
            {
                "name": person.name,
                "party": person.party,
                "kind": person.kind,
                "certificate": person.certificate,
                "offices": self.desk.offices(person),
                "roles": seats,
            }
        )

    async def self_check(self, request: web.Request) -> web.Response:
        """What the hall knows for the caller's self-check (clause 4.9)."""
        person = self.logins.of(request).person
        return answer(await self.desk.self_check(person, request.query.get("opening", "")))

    def _you(self, person: Person, seat: Seat) -> wire.You:
        actor = self.desk.actor(person, seat.opening, seat.role.value)
        return wire.You(str(actor.role), actor.party, actor.name, actor.certificate, participant_of(actor))


def demo_card(config: Config, host: str) -> dict[str, object] | None:
    """What the login page of the demonstration tells; which role stands first follows from the host name."""
    demo = config.demo
    if not demo.accounts:
        return None
    label, _, rest = host.partition(".")
    port = rest.partition(":")[2] or host.partition(":")[2]
    own = next((a for a in demo.accounts if rest and a.host == label), None)
    accounts = [
        {
            "role": account.role,
            "party": account.party,
            "name": account.name,
            "url": f"http://{account.host}.localhost:{port}/",
            "certificate_file": account.certificate_file,
        }
        for account in demo.accounts
    ]
    return {
        "role": own.role if own else None,
        "certificate_file": own.certificate_file if own else None,
        "password": demo.password,
        "sample_bid": demo.sample_bid,
        "accounts": accounts,
    }
