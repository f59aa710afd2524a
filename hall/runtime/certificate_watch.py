"""Whether each deposit can still be opened with the certificate that its bidder has now (clause 5.2.3).

Looked at when a bidder logs in, and once on each day of hall time. Who is concerned is told, with what to do about it;
nobody else learns anything, not even that somebody was told. What may not live here: how a certificate is checked.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Final

from hall import tasks
from hall.errors import HallError
from hall.notifying.owed import BIDDER, Addressee, Draft
from hall.procurement.tender import DAY, Deposit, start_of_day
from hall.runtime.ports import Certificates
from hall.runtime.registry import Registry
from hall.session import credentials

LOOK_AGAIN: Final = 60.0
"""Seconds between two looks at whether a new day has come."""

Tell = Callable[[str, Draft], Awaitable[None]]


class CertificateWatch:
    """Watches the deposits of all tenders until their deadlines."""

    def __init__(self, registry: Registry, certificates: Certificates, tell: Tell) -> None:
        """tell: owes the notices of a draft in a tender; raises LookupError while its mailroom is not open yet."""
        self._registry = registry
        self._certificates = certificates
        self._tell = tell
        self._looked: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Look at each deposit on each day."""
        self._task = tasks.start(self._keep_looking(), "certificate watch")

    async def close(self) -> None:
        await tasks.stop(self._task)

    async def logged_in(self, bidder: str, certificate: str) -> None:
        """A bidder logged in with this certificate (SHA-256): its deposits are compared with it."""
        for tender in tuple(self._registry.tenderings):
            try:
                await self._look_at(tender, bidder, certificate)
            except LookupError:
                self._looked.pop(tender, None)  # told as soon as its mailroom is open

    async def look(self) -> None:
        """Look at all deposits of the tenders that were not looked at on this day."""
        today = start_of_day(self._registry.clock.now())
        for tender in tuple(self._registry.tenderings):
            if self._looked.get(tender) == today:
                continue
            try:
                for bidder in sorted({d.bidder for d in self._active(tender)}):
                    await self._look_at(tender, bidder, self._newest(bidder))
            except LookupError:
                continue
            self._looked[tender] = today

    async def trouble(self, tender: str, deposit: Deposit, certificate: str) -> str:
        """What keeps the bidder from opening this deposit with `certificate`, or the deposit's own from lasting:
        replaced, revoked, expires, or "" for nothing."""
        plan = self._registry.tendering(tender).state.published
        known = self._registry.directory.state.certificates
        party = known.get(deposit.recipient)
        if party is None:
            return ""
        der, state = base64.b64decode(party.certificate), self._registry.opening(plan.opening).room.state
        if (await self._certificates.status(der, self._registry.clock.now())).code == "certificate_revoked":
            return "revoked"
        if certificate != deposit.recipient:
            opens = credentials.opens(state.credentials, deposit.bidder, deposit.recipient, certificate)
            return "" if opens else "replaced"
        # An opening may last, stand still, or be adjourned: a certificate that ends within a day of it is too short.
        last = await self._certificates.status(der, plan.bid_deadline + DAY)
        return "expires" if last.code == "certificate_expired" else ""

    async def _look_at(self, tender: str, bidder: str, certificate: str) -> None:
        for deposit in self._active(tender):
            if deposit.bidder != bidder or not certificate:
                continue
            if reason := await self.trouble(tender, deposit, certificate):
                deadline = self._registry.tendering(tender).state.published.bid_deadline
                facts = {
                    "reason": reason,
                    "deadline": deadline,
                    "needed": deposit.recipient[:16],
                    "sha256": deposit.sha256,
                }
                to = (Addressee(BIDDER, bidder),)
                await self._tell(tender, Draft("certificate_watch", to, facts, deposit.lot, deadline))

    def _active(self, tender: str) -> tuple[Deposit, ...]:
        """The deposits that still can be replaced."""
        state = self._registry.tendering(tender).state
        if state.closed is not None or self._registry.clock.now() >= state.published.bid_deadline:
            return ()
        return tuple(d for d in state.deposits if not d.superseded)

    def _newest(self, bidder: str) -> str:
        """The certificate that the bidder registered last: between logins it is the present one."""
        known = self._registry.directory.state.certificates.values()
        return next((p.sha256 for p in reversed(tuple(known)) if p.party == bidder), "")

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self.look()
            except HallError:
                self._looked.clear()  # the next look begins anew
            await asyncio.sleep(LOOK_AGAIN)
