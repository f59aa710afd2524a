"""The matters of a tender as a client sees them: views, signed acts, files. For people's programs and for robots.

What may not live here: what to say in an act; each part knows its own.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from hall import wire
from hall.client.api import Hall
from hall.client.decode import decode
from hall.client.keys import Context
from hall.errors import Refused


class Matters:
    """The matters of one tender, through one client's connection."""

    def __init__(self, hall: Hall, tender: str) -> None:
        self.hall, self.tender = hall, tender
        self._base = f"/api/tenders/{quote(tender)}"

    async def view(self, matter: str) -> Any:
        """A matter's view as JSON."""
        return await self.hall.get(f"{self._base}/{matter}")

    async def act(self, matter: str, kind: str, body: dict[str, object], *, lot: str = "") -> wire.Ack:
        """Sign an act and have it journalled. Raises what the hall answers."""
        context = Context(self.hall.origin, tender=self.tender, lot=lot)
        shown, act = await self.hall.signed(f"{self._base}/{matter}/acts", kind, context, body)
        ack = decode(wire.Ack, shown)
        if ack.body_digest != act.body_digest:
            raise Refused("receipt_mismatch")
        return ack

    async def hand_in(self, data: bytes) -> str:
        """Hand a file in that an act will name; gives its SHA-256."""
        shown = await self.hall.put(f"{self._base}/files", data)
        sha256 = hashlib.sha256(data).hexdigest()
        if shown["sha256"] != sha256:
            raise Refused("digest_mismatch")
        return sha256

    async def file(self, sha256: str) -> bytes:
        """A file by its digest; whatever the hall sends, it has it."""
        data = await self.hall.get_bytes(f"{self._base}/files/{sha256}")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Refused("digest_mismatch")
        return data
