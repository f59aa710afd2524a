"""Registering for a tender and asking about its documents, as a bidder's program does it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from hall import wire
from hall.client.matters import Matters
from hall.errors import Refused

REGISTRATION = "registration"


async def fetch_document(matters: Matters, sha256: str) -> bytes:
    """Fetch one tender document whole. Raises Refused("digest_mismatch") and what the hall answers."""
    data = await matters.hall.get_bytes(f"/api/tenders/{quote(matters.tender)}/documents/{sha256}")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Refused("digest_mismatch")
    return data


async def register(matters: Matters, members: Sequence[dict[str, object]] = ()) -> wire.Ack:
    """Fetch all documents in force and acknowledge them: that is the registration (clause 5.2.1). members: name and
    code of those with whom it bids as the lead of a consortium. A registered bidder so takes what came later."""
    shown: dict[str, Any] = await matters.view(REGISTRATION)
    digests = sorted(str(one["sha256"]) for one in shown["documents"])
    for sha256 in digests:
        await fetch_document(matters, sha256)
    body: dict[str, object] = {"documents": digests, "members": list(members)}
    return await matters.act(REGISTRATION, "acknowledge_download", body)


async def ask(matters: Matters, text: str, document: str = "") -> wire.Ack:
    """Ask about the documents, or one of them (digest)."""
    return await matters.act(REGISTRATION, "ask_about_documents", {"text": text, "document": document})


async def answer(matters: Matters, number: int, text: str, *, substantial: bool = False) -> wire.Ack:
    """Answer a question, to all, as the procuring entity."""
    body: dict[str, object] = {"number": number, "text": text, "substantial": substantial}
    return await matters.act(REGISTRATION, "answer_about_documents", body)
