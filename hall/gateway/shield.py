"""What stands before every route: whence a request may come, what a page may do, and how an error leaves the house.

Plain http exists on this machine only, and behind a proxy that the settings trust. A write, and the handshake of a
socket, comes from a page of this very host or from no browser at all.
"""

from __future__ import annotations

import ipaddress
import logging
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hall.clock import Clock
from hall.config import is_loopback
from hall.errors import NotPermitted
from hall.gateway.answers import answer, failure, known, status_of
from hall.gateway.open_doors import CORS, is_open

log = logging.getLogger("hall.access")

SOCKET_PATH: Final = "/socket.io/"
HEALTH: Final = ("/healthz", "/readyz")

HEADERS: Final = {
    # Element Plus puts styles on elements; scripts are never inline, WebAssembly is the only thing compiled. What is
    # framed is made in the page itself: the marked pages of a bid, for the browser's own viewer (clause 5.4.2).
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
        "connect-src 'self' ws: wss:; img-src 'self' data: blob:; media-src 'self' blob:; "
        "frame-src blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_READS: Final = ("GET", "HEAD")
_QUIET: Final = ("/api/time", "/api/broadcast/", "/assets/", *HEALTH)
_SECURE: Final = web.RequestKey("hall.secure", bool)
_PEER: Final = web.RequestKey("hall.peer", str)


def is_secure(request: web.Request) -> bool:
    """Whether the browser spoke https, to the hall or to its trusted proxy."""
    secure: bool = request.get(_SECURE, False)
    return secure


def address_of(request: web.Request) -> str:
    """The address that the request comes from, as a trusted proxy says or else as the socket does."""
    address: str = request.get(_PEER, request.remote or "")
    return address


def network_of(request: web.Request) -> str:
    """The network that the request comes from, as a trusted proxy says or else as the socket does: a /24 of IPv4, a
    /48 of IPv6. Empty where the address is none.
    """
    try:
        address = ipaddress.ip_address(address_of(request))
    except ValueError:
        return ""
    bits = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, bits), strict=False))


class Shield:
    """The outermost middleware. trusted_proxies: networks whose X-Forwarded-* headers are believed."""

    def __init__(self, clock: Clock, trusted_proxies: tuple[str, ...]) -> None:
        self._clock = clock
        self._proxies = tuple(ipaddress.ip_network(one) for one in trusted_proxies)

    @property
    def middleware(self) -> Middleware:
        """What aiohttp is given."""

        @web.middleware
        async def shield(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._answer(request, handler)

        return shield

    def trusts(self, address: str | None) -> bool:
        """Whether the peer at this address is a trusted proxy."""
        try:
            peer = ipaddress.ip_address(address or "")
        except ValueError:
            return False
        return any(peer in network for network in self._proxies)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began = self._clock.monotonic()
        try:
            self._admit(request)
            response = await handler(request)
        except Exception as error:
            why = known(error)
            response = answer(failure(why), status_of(why))
            if response.status == 413:  # what is still on its way will not be read
                response.force_close()
        if not response.prepared:
            self._dress(request, response)
        self._note(request, response.status, self._clock.monotonic() - began)
        return response

    def _admit(self, request: web.Request) -> None:
        """Decide who may speak at all. Raises NotPermitted: "https_needed", "foreign_origin"."""
        trusted = self.trusts(request.remote)
        forwarded = request.headers.get("X-Forwarded-Proto", "") if trusted else ""
        request[_SECURE] = request.secure or forwarded == "https"
        # The last address is the one that the trusted proxy itself has seen; those before it anybody may have written.
        seen = request.headers.get("X-Forwarded-For", "") if trusted else ""
        request[_PEER] = seen.rpartition(",")[2].strip() or request.remote or ""
        if request.path in HEALTH:
            return
        host = request.headers.get("X-Forwarded-Host", request.host) if trusted else request.host
        if not is_secure(request) and not (
            is_loopback(_hostname(host)) and is_loopback(request.remote or "") and not forwarded
        ):
            raise NotPermitted("https_needed")
        if is_open(request):
            return
        if request.method not in _READS or request.path.startswith(SOCKET_PATH):
            self._from_own_page(request, host)

    def _from_own_page(self, request: web.Request, host: str) -> None:
        own = f"{'https' if is_secure(request) else 'http'}://{host}".lower()
        origin = request.headers.get("Origin")
        # Browsers always name the origin of a socket's handshake; a robot has no pages and may leave it out there.
        handshake = request.method in _READS and origin is None
        if not handshake and (origin is None or origin.lower() != own):
            raise NotPermitted("foreign_origin")
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise NotPermitted("foreign_origin")

    def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)  # a page may bring a stricter policy of its own
        if is_open(request):
            response.headers.update(CORS)
            if response.status == 401:
                response.headers["WWW-Authenticate"] = "Bearer"
        if is_secure(request):
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")

    def _note(self, request: web.Request, status: int, seconds: float) -> None:
        if status < 400 and request.method in _READS and request.path.startswith(_QUIET):
            return
        # The path only: a query may name a certificate.
        facts = {
            "method": request.method,
            "path": request.path,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        log.info("request", extra={"facts": facts | {"peer": request.remote}})


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
