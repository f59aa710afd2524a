"""aioice on a shared port: one agent for each connection, as aioice has it, without a socket and timers of its own.

What lives here is all of aioice's inside that the hall relies on; `missing_names` says what another version lacks.
What may not: DTLS, media. The hall is always the controlled side: it answers its peer's checks and follows its choice.

Consent (RFC 7675): the peer's own authenticated checks, which every browser sends each few seconds, say that it is
there and wants what it gets. When they and everything else stop, the connection is over (`SILENT_S`); aioice's own
timer, a task and a transaction for each connection every five seconds, is not run.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import struct
from collections.abc import Callable
from typing import Any

import aioice
from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.ice import StunProtocol

from hall.media.port import Address, Line, Port

log = logging.getLogger("hall.media")


class Agent:
    """One connection's ICE agent behind a shared port. moved: told where the peer wants to be sent to, when that is
    known and each time it changes.
    """

    def __init__(self, port: Port, line: Line, moved: Callable[[Address], None]) -> None:
        self._port, self._line, self._moved = port, line, moved
        self._connection: Any = None
        self._protocol: Any = None
        self.name = secrets.token_hex(8)
        self.address: Address | None = None

    def adopt(self, connection: Any) -> None:
        """Take over an aioice connection that has not begun to gather."""
        self._connection = connection
        connection._local_username = self.name
        connection.get_component_candidates = self._candidates
        connection.query_consent = _never
        self._protocol = StunProtocol(connection)
        self._protocol.connection_made(_Transport(self, self._port))
        self._port.enter(self.name, self._line)

    async def _candidates(self, component: int, addresses: list[str], **options: Any) -> list[Candidate]:
        """The shared port is the only address there is."""
        host, port = self._port.address
        candidate = Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=component,
            transport="udp",
            priority=candidate_priority(component, "host"),
            host=host,
            port=port,
            type="host",
        )
        self._protocol.local_candidate = candidate
        self._connection._protocols.append(self._protocol)
        return [candidate]

    def check(self, data: bytes, source: Address) -> bool:
        """Take a STUN message; whether the peer was authenticated by it."""
        try:
            message = stun.parse_message(data)
        except (ValueError, KeyError, IndexError, struct.error):
            return False
        if message.message_class == stun.Class.REQUEST:
            key = self._connection.local_password.encode()
            # Without PRIORITY aioice can't enter the address it comes from.
            if "PRIORITY" not in message.attributes or not message.check_message_integrity(key):
                return False
            self._port.prove(source, self._line)
            self._connection.request_received(message, source, self._protocol)
            self.settle()
            return True
        transaction = self._protocol.transactions.get(message.transaction_id)
        if transaction is not None and message.message_class in (stun.Class.RESPONSE, stun.Class.ERROR):
            transaction.response_received(message, source)
        return False

    def handshake(self, data: bytes) -> None:
        """Hand a DTLS record on."""
        self._connection.data_received(data, 1)

    def settle(self) -> None:
        """Note where the peer wants to be sent to."""
        pair = self._connection._nominated.get(1)
        if pair is not None and pair.remote_addr != self.address:
            self.address = pair.remote_addr
            self._moved(self.address)

    def closed(self) -> None:
        """The connection is over: nothing is taken any more."""
        self._port.leave(self.name)

    def lost(self) -> None:
        """Tell aioice that its socket is closed."""
        self._protocol.connection_lost(None)


class _Transport:
    """Stands where aioice keeps its own socket."""

    def __init__(self, agent: Agent, port: Port) -> None:
        self._agent, self._port = agent, port

    def sendto(self, data: bytes, address: Address) -> None:
        self._port.send(data, address)

    def close(self) -> None:
        self._agent.closed()
        asyncio.get_running_loop().call_soon(self._agent.lost)

    def get_extra_info(self, name: str) -> Any:
        return self._port.address if name == "sockname" else None


async def _never() -> None:
    """Stands where aioice asks for consent by a timer."""


def missing_names() -> list[str]:
    """What this file uses and the installed aioice lacks."""
    connection = aioice.Connection(ice_controlling=False)
    wanted = (
        "_local_username",
        "_protocols",
        "_nominated",
        "get_component_candidates",
        "query_consent",
        "request_received",
        "data_received",
        "local_password",
    )
    found = [f"aioice Connection.{name}" for name in wanted if not hasattr(connection, name)]
    if "transactions" not in StunProtocol.__init__.__code__.co_names:
        found.append("aioice StunProtocol.transactions")
    return found
