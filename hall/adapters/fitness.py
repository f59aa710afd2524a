"""Whether a hall may run as it is set up, in words for the operator; its TLS, and the limits of its process."""

from __future__ import annotations

import logging
import resource
import ssl
from typing import Final

from hall.adapters.faces import check_installed
from hall.adapters.trust import Trust
from hall.config import BadConfig, Config, is_loopback

log = logging.getLogger("hall")

_OPEN_FILES: Final = 20_000


def fit(config: Config) -> Trust:
    """Refuse what no hall may do, in words for the operator; give whom it trusts. Raises BadConfig."""
    server = config.server
    if not (server.tls_cert or server.trusted_proxies or is_loopback(server.host)):
        raise BadConfig(
            f"server.host {server.host} is not this machine alone, and plain http may not leave it: "
            "give server.tls_cert and server.tls_key, or name your TLS proxy in server.trusted_proxies"
        )
    if config.production and not config.signing.ca_roots:
        raise BadConfig(
            "signing.ca_roots is empty: nobody could log in; name the root certificates of your CA"
        )
    if config.faces.enabled:
        check_installed()
    trust = Trust(config.signing)
    if config.production and trust.is_demo:
        raise BadConfig("signing.ca_roots names the demo CA; a hall in production trusts a licensed CA only")
    return trust


def tls_of(config: Config) -> ssl.SSLContext | None:
    """The TLS that the settings ask for; None: plain http. Raises BadConfig."""
    server = config.server
    if server.tls_cert is None or server.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(server.tls_cert, server.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise BadConfig(f"server.tls_cert, server.tls_key: {error}") from None
    return context


def set_limits() -> None:
    """Take as many open files as the machine allows (each connection is one); leave no core dumps (they hold keys)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < _OPEN_FILES:
        log.warning("few open files are allowed", extra={"facts": {"limit": hard, "wanted": _OPEN_FILES}})
