"""A real OCSP responder and list server of the demo CA, on a port of its own; and a server that only listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from tests.demo_world import AT, world


@dataclass
class Responder:
    """Answers about every certificate of the demo CA; `revoked`: serial numbers. `asked`: all serials, in order."""

    address: str = ""
    revoked: set[int] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)
    down: bool = False
    key: str = "issuing"
    at: int = AT

    async def answer(self, request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=503)
        asked = ocsp.load_der_ocsp_request(await request.read())
        self.asked.append(asked.serial_number)
        return web.Response(body=self.signed(asked), content_type="application/ocsp-response")

    def signed(self, asked: ocsp.OCSPRequest) -> bytes:
        """The signed answer to a question."""
        bad = asked.serial_number in self.revoked
        now = datetime.fromtimestamp(self.at // 1000, UTC)
        issuing = x509.load_der_x509_certificate(world().issuing.read_bytes())
        key = serialization.load_pem_private_key(
            (world().directory / f"{self.key}.key.pem").read_bytes(), None
        )
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if bad else ocsp.OCSPCertStatus.GOOD,
            this_update=now - timedelta(minutes=1),
            next_update=now + timedelta(hours=1),
            revocation_time=now - timedelta(hours=1) if bad else None,
            revocation_reason=x509.ReasonFlags.key_compromise if bad else None,
        )
        signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuing).sign(key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)

    async def listed(self, request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=503)
        return web.Response(body=(world().directory / f"{request.match_info['ca']}.crl").read_bytes())


@asynccontextmanager
async def responding() -> AsyncIterator[Responder]:
    """A responder on 127.0.0.1, `address` without a path: POST / asks, GET /root.crl and /issuing.crl give lists."""
    responder = Responder()
    app = web.Application()
    app.router.add_post("/", responder.answer)
    app.router.add_get("/{ca}.crl", responder.listed)
    async with _served(app) as responder.address:
        yield responder


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that notes every request: (its address, the paths that were asked)."""
    heard: list[str] = []

    async def note(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", note)
    async with _served(app) as address:
        yield address, heard


@asynccontextmanager
async def _served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
