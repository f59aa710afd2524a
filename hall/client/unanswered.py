"""A client that the hall does not answer: its signed message, time-stamped elsewhere, as a file (clause 4.7).

Ten seconds after a deposit or release was sent without an answer, the authority that the hall names for its clients
(`tsa_url`) stamps the bytes that were signed and their signature. Where none is named or none answers, the file holds
the message alone. The body of a release holds a key and is never in it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import secrets
from pathlib import Path
from typing import Final

import aiohttp
from asn1crypto import tsp

from hall.errors import HallError, Refused
from hall.procurement.acts import SignedAct
from hall.signing import tokens

log = logging.getLogger("hall.client")

PATIENCE: Final = 10.0
"""Seconds that a deposit or release waits for its answer before it is stamped elsewhere."""

WATCHED: Final = frozenset({"deposit", "release"})

_ANSWER_S: Final = 10


def stamped(act: SignedAct) -> bytes:
    """What is stamped: the bytes that were signed, and the signature."""
    return act.signed_bytes() + act.signature_bytes()


async def keep_later(act: SignedAct, tsa_url: str, folder: Path) -> None:
    """`keep`, unless the answer comes in time and this is cancelled."""
    await asyncio.sleep(PATIENCE)
    await keep(act, tsa_url, folder)


async def keep(act: SignedAct, tsa_url: str, folder: Path) -> Path:
    """Write the file about a message that got no answer; give where it lies. Needs no word of the hall."""
    token = b""
    if tsa_url:
        try:
            token = await ask(tsa_url, stamped(act))
        except (HallError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("no authority stamped the message: %s", error)
    told = {
        "v": 1,
        "kind": "unanswered",
        "act": act.without_body().to_json(),
        "token": base64.b64encode(token).decode("ascii"),
    }
    file = folder / f"unanswered-{act.type}-{act.client_nonce[:8]}.json"
    text = json.dumps(told, ensure_ascii=False, indent=2)
    await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    log.warning("the hall did not answer; what proves it lies in %s: hand it to host and supervisor", file)
    return file


async def ask(url: str, data: bytes) -> bytes:
    """Have an authority stamp `data` (RFC 3161 over HTTP); give the token.

    Raises Refused("stamp_refused" | "stamp_malformed" | "stamp_does_not_fit"), aiohttp.ClientError, TimeoutError.
    """
    digest = hashlib.sha256(data).digest()
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
            "nonce": secrets.randbits(63),
            "cert_req": True,
        }
    )
    headers = {"Content-Type": "application/timestamp-query"}
    timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(url, data=bytes(request.dump()), headers=headers) as answer,
    ):
        if answer.status != 200:
            raise Refused("stamp_refused", status=str(answer.status))
        token = tokens.token_of(await answer.read())
    if tokens.imprint(token) != ("sha256", digest):
        raise Refused("stamp_does_not_fit")
    return token
