"""Where a browser may ask for a relay: short-lived TURN credentials after coturn's `use-auth-secret`.

The user name is an expiry and an opaque id, the password its HMAC: the relay checks it without asking the hall, and
learns no name. What may not live here: who may have them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from hall.clock import machine_time
from hall.media_settings import MediaSection


@dataclass(frozen=True, slots=True)
class _Server:
    urls: tuple[str, ...]
    username: str
    credential: str


class IceServers:
    """What clients are told about the way to the hall's media. `wall`: the machine's time in ms UTC, which is the
    relay's too (hall time may have been moved forward in a rehearsal)."""

    def __init__(self, settings: MediaSection, wall: Callable[[], int] = machine_time) -> None:
        self._settings, self._wall = settings, wall

    def of(self, whom: str) -> Mapping[str, object]:
        """The relays for one person of one opening; `whom` goes into the credentials as a keyed digest only.

        `relay_only`: nothing but the relay leads to the hall.
        """
        servers = [asdict(server) for server in self._servers(whom)]
        return {"ice_servers": servers, "relay_only": self._settings.relay_only}

    def links(self, whom: str) -> list[str]:
        """The same as values of the header `Link` (RFC 9725, section 4.6)."""
        return [
            f'<{url}>; rel="ice-server"; username="{server.username}"; credential="{server.credential}"; '
            'credential-type="password"'
            for server in self._servers(whom)
            for url in server.urls
        ]

    def _servers(self, whom: str) -> list[_Server]:
        settings = self._settings
        if not settings.turn_urls:
            return []
        secret = settings.turn_secret.encode()
        opaque = hmac.digest(secret, b"who " + whom.encode(), hashlib.sha256).hex()[:16]
        username = f"{self._wall() // 1000 + settings.turn_ttl}:{opaque}"
        password = hmac.digest(secret, username.encode(), hashlib.sha1)
        return [_Server(settings.turn_urls, username, base64.b64encode(password).decode("ascii"))]
