"""Tenders and the way of a sealed bid into the hall: announce, send slices, deposit, look again.

What may not live here: anything about deadlines or headers; the desk decides at the stamp it is given.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from hall.clock import Clock
from hall.gateway import messages
from hall.gateway.answers import answer
from hall.gateway.logins import Logins
from hall.runtime.desk import Desk
from hall.runtime.ports import SealedStore
from hall.runtime.seats import Person


class ReceiptPapers(Protocol):
    """Puts a bidder's own receipt on paper."""

    async def pdf(self, tender: str, lot: str, person: Person) -> bytes:
        """A PDF under the hall's seal. Raises NotPermitted, Refused("no_deposit")."""
        ...


class DepositPapers(Protocol):
    """Puts on paper what a bidder has in writing beside its receipts."""

    async def refusal(self, tender: str, number: int, person: Person) -> bytes:
        """A PDF under the hall's seal; number: from 0, in the viewer's list. Raises NotPermitted("no_such_paper")."""
        ...

    async def withdrawal(self, tender: str, number: int, person: Person) -> bytes:
        """The same for a withdrawal."""
        ...


@dataclass(slots=True)
class TenderRoutes:
    """Routes under /api/tenders and /api/uploads."""

    clock: Clock
    desk: Desk
    sealed: SealedStore
    logins: Logins
    receipts: ReceiptPapers
    written: DepositPapers
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get("/api/tenders/{tender}", self.card),
            web.post("/api/tenders/{tender}/lots/{lot}/uploads", self.begin),
            web.get("/api/tenders/{tender}/lots/{lot}/deposit", self.own_deposit),
            web.get("/api/tenders/{tender}/lots/{lot}/header", self.own_header),
            web.get("/api/tenders/{tender}/lots/{lot}/receipt.pdf", self.receipt),
            web.post("/api/tenders/{tender}/withdraw", self.withdraw),
            web.get("/api/tenders/{tender}/papers", self.papers),
            web.get("/api/tenders/{tender}/papers/{kind:refusals|withdrawals}/{number:[0-9]+}", self.paper),
            web.get("/api/uploads/{upload}", self.status),
            web.put("/api/uploads/{upload}", self.write),
            web.post("/api/uploads/{upload}/deposit", self.deposit),
            web.post("/api/tenders/{tender}/lots/{lot}/restorations", self.bring_again),
            web.post("/api/uploads/{upload}/restore", self.restore),
        ]

    async def card(self, request: web.Request) -> web.Response:
        """What anybody may know of a tender; a bidder also finds its own receipts."""
        login = self.logins.maybe(request)
        return answer(self.desk.tender_card(_part(request, "tender"), login.person if login else None))

    async def begin(self, request: web.Request) -> web.Response:
        """Announce a sealed bid, or take up an upload that broke off."""
        person = self.logins.of(request).person
        sent = await messages.message(request, "size", "sha256")
        sha256 = messages.digest(sent.text("sha256"), "sha256")
        upload, received = await self.desk.begin_upload(
            _part(request, "tender"), _part(request, "lot"), person, sent.integer("size"), sha256
        )
        # A client hands the name back as it is; so it finds its tender again after a restart too.
        return answer({"upload": f"{upload}.{_part(request, 'tender')}", "received": received})

    async def status(self, request: web.Request) -> web.Response:
        """Where to go on."""
        person = self.logins.of(request).person
        upload, tender = _upload(request)
        received, size = await self.sealed.status(upload, f"{tender}/{person.party}")
        return answer({"received": received, "size": size})

    async def write(self, request: web.Request) -> web.Response:
        """Take one slice."""
        person = self.logins.of(request).person
        offset = messages.natural(request, "offset")
        sha256 = messages.digest(request.headers.get("X-Slice-SHA256"), "X-Slice-SHA256")
        upload, tender = _upload(request)
        # One slice of a party at a time: whoever sends many slowly fills its own queue and not the hall's memory.
        async with self._turns[person.party]:
            data = await messages.body(request, messages.MAX_SLICE, messages.SLICE_PATIENCE)
            received = await self.sealed.write(upload, f"{tender}/{person.party}", offset, data, sha256)
        return answer({"received": received})

    async def deposit(self, request: web.Request) -> web.Response:
        """The deposit itself (clause 5.2.2). Its time is when the last byte of the act was here."""
        person = self.logins.of(request).person
        data = await messages.body(request, messages.MAX_JSON)
        received_at = self.clock.now()
        act = messages.parsed(data, "act").act()
        upload, tender = _upload(request)
        certificate = self.desk.own_certificate(person)
        return answer(await self.desk.deposit(tender, upload, act, certificate, person, received_at))

    async def bring_again(self, request: web.Request) -> web.Response:
        """Announce the kept file of a deposit whose copies the hall has damaged (clause 4.7 b)."""
        person = self.logins.of(request).person
        sent = await messages.message(request, "size", "sha256")
        sha256 = messages.digest(sent.text("sha256"), "sha256")
        tender = _part(request, "tender")
        upload, received = await self.desk.deposits.bring_again(
            tender, _part(request, "lot"), person, sent.integer("size"), sha256
        )
        return answer({"upload": f"{upload}.{tender}", "received": received})

    async def restore(self, request: web.Request) -> web.Response:
        """All bytes are here again."""
        person = self.logins.of(request).person
        upload, tender = _upload(request)
        sha256 = await self.desk.deposits.restore(tender, upload, person, self.clock.now())
        return answer({"sha256": sha256})

    async def withdraw(self, request: web.Request) -> web.Response:
        """Withdraw the own deposit before the deadline; gives the hall's signed word."""
        person = self.logins.of(request).person
        data = await messages.body(request, messages.MAX_JSON)
        received_at = self.clock.now()
        act = messages.parsed(data, "act").act()
        certificate = self.desk.own_certificate(person)
        tender = _part(request, "tender")
        return answer(await self.desk.withdraw(tender, act, certificate, person, received_at))

    async def receipt(self, request: web.Request) -> web.Response:
        """The receipt of the viewer's own bid as a sealed PDF, the signed receipt attached."""
        login = self.logins.of(request)
        # One at a time for each party: drawing takes a process of the pool.
        async with self._turns[login.person.party]:
            pdf = await self.receipts.pdf(_part(request, "tender"), _part(request, "lot"), login.person)
        return web.Response(body=pdf, content_type="application/pdf")

    async def paper(self, request: web.Request) -> web.Response:
        """One of the viewer's own refusals or withdrawals as a sealed PDF, what the hall signed attached."""
        draw = self.written.refusal if request.match_info["kind"] == "refusals" else self.written.withdrawal
        login = self.logins.of(request)
        async with self._turns[login.person.party]:
            number = int(request.match_info["number"])
            pdf = await draw(_part(request, "tender"), number, login.person)
        return web.Response(body=pdf, content_type="application/pdf")

    async def papers(self, request: web.Request) -> web.Response:
        """The viewer's own refusals and withdrawals, signed by the hall, as often as they are asked for."""
        party, tender = self.logins.of(request).person.party, _part(request, "tender")
        deposits = self.desk.deposits
        found = {
            "refusals": deposits.refusals(tender, party),
            "withdrawals": deposits.withdrawals(tender, party),
        }
        return answer(found)

    async def own_deposit(self, request: web.Request) -> web.Response:
        """The viewer's own deposit act as it was signed."""
        person = self.logins.of(request).person
        return answer({"act": self.desk.deposit_act(_part(request, "tender"), _part(request, "lot"), person)})

    async def own_header(self, request: web.Request) -> web.Response:
        """The viewer's own sealed header as deposited."""
        person = self.logins.of(request).person
        header = await self.desk.sealed_header(_part(request, "tender"), _part(request, "lot"), person)
        return web.Response(body=header, content_type="application/octet-stream")


def _part(request: web.Request, name: str) -> str:
    return request.match_info[name]


def _upload(request: web.Request) -> tuple[str, str]:
    """The store's own id of the upload, and its tender."""
    upload, _, tender = _part(request, "upload").partition(".")
    return upload, tender
