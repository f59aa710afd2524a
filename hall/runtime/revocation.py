"""What is known about certificates on the opening day (clauses 4.8, 4.9): only a proven revocation refuses.

A source that can't be reached is put down once and asked again until the close; a certificate that expired while its
opening stood still goes on counting there. What may not live here: how a certificate is checked.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Final

from hall import tasks
from hall.errors import HallError, Refused
from hall.procurement.parties import Role
from hall.runtime.ports import Certificates, CertificateStatus
from hall.runtime.registry import Opening, Registry
from hall.session.commands import NoteIncident
from hall.session.rules import Stage
from hall.session.state import OpeningState

ASK_AGAIN: Final = 600.0
"""Seconds between two looks at all certificates of the openings in progress."""

UNKNOWN: Final = "revocation_unknown"
_DONE: Final = (Stage.NEW, Stage.LEAVING, Stage.CLOSED)


class Revocations:
    """Watches the certificates of all openings of this hall."""

    def __init__(self, registry: Registry, certificates: Certificates) -> None:
        self._registry = registry
        self._certificates = certificates
        self._revoked: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Ask again and again."""
        self._task = tasks.start(self._keep_asking(), "revocations")

    async def close(self) -> None:
        await tasks.stop(self._task)

    def check(self, certificate: str) -> None:
        """Raises Refused("certificate_revoked") for a certificate (SHA-256) whose revocation is proven."""
        if certificate in self._revoked:
            raise Refused("certificate_revoked")

    def learned(self, certificate: str, status: CertificateStatus) -> None:
        """A check said this of a certificate: what of it concerns an opening of today is put down there."""
        if status.code == "certificate_revoked":
            self._revoked.add(certificate)
        elif status.revocation == "good":
            self._revoked.discard(certificate)  # a hold was lifted
        for live in self._registry.openings.values():
            if self._today(live) and certificate in _of(live.room.state):
                if status.code == "certificate_revoked":
                    self._put_down(live, certificate)
                elif status.revocation == UNKNOWN and not status.code:
                    live.faults.once(UNKNOWN, "f", status.source)

    async def outlived(self, certificate: str, der: bytes) -> frozenset[str]:
        """The openings during whose standstill this expired certificate was still good: there it goes on counting."""
        found = set()
        for opening, live in self._registry.openings.items():
            state = live.room.state
            if state.stage in _DONE or certificate not in _of(state):
                continue
            for pause in state.suspensions:
                status = await self._certificates.status(der, pause.at)
                if not status.code and status.revocation != "revoked":
                    found.add(opening)
        return frozenset(found)

    async def ask_again(self) -> None:
        """Look at every certificate of the openings in progress."""
        known = self._registry.directory.state.certificates
        wanted: set[str] = set()
        for live in tuple(self._registry.openings.values()):
            if self._today(live):
                wanted |= _of(live.room.state) & known.keys()
        for certificate in sorted(wanted):
            der = base64.b64decode(known[certificate].certificate)
            try:
                status = await self._certificates.status(der, self._registry.clock.now())
            except HallError:
                continue
            self.learned(certificate, status)

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(ASK_AGAIN)
            await self.ask_again()

    def _today(self, live: Opening) -> bool:
        state = live.room.state
        day = state.plan is not None and state.plan.sign_in_from <= self._registry.clock.now()
        return day and state.stage not in _DONE

    def _put_down(self, live: Opening, certificate: str) -> None:
        """Whose certificate it is stands in the register: people decide what follows for acts made before."""
        state = live.room.state
        owner = next((f"bidder-{b}" for b, s in state.signed_in.items() if s.certificate == certificate), "")
        role = next((r for r, post in state.posts.items() if post.certificate == certificate), Role.BIDDER)
        subject = owner or role.value.replace("_", "-")
        kind = "certificate_revoked"
        if not any((i.kind, i.subject) == (kind, subject) for i in state.incidents):
            answer = live.room.submit(
                NoteIncident(kind, "", subject, certificate), received_at=self._registry.clock.now()
            )
            answer.add_done_callback(lambda done: done.cancelled() or done.exception())


def _of(state: OpeningState) -> set[str]:
    """SHA-256 of all certificates that act in an opening: of who signed in, and of who holds a post or may take one."""
    if state.plan is None:
        return set()
    posts = (*state.posts.values(), *state.plan.deputies)
    return {post.certificate for post in posts} | {s.certificate for s in state.signed_in.values()}
