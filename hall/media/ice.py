"""aioice on a shared port: one agent for each connection, as aioice has it, without a socket and timers of its own.

What lives here is all of aioice's inside that the hall relies on; `missing_names` says what another version lacks.
What may not: DTLS, media. The hall is always the controlled side: it answers its peer's checks and follows its choice.

Consent (RFC 7675): the peer's own authenticated checks, which every browser sends each few seconds, say that it is
there and wants what it gets. When they and everything else stop, the connection is over (`SILENT_S`); aioice's own
timer, a task and a transaction for each connection every five seconds, is not run.

A restart (RFC 8445, 9) gives the same connection new names and passwords: a second aioice connection does its checks,
and where its peer chooses, the first one sends from then on. Until then everything goes the old way.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
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
        self._first: Any = None
        self._sides: list[_Side] = []
        self.name = secrets.token_hex(8)
        self.address: Address | None = None

    def adopt(self, connection: Any) -> None:
        """Take over an aioice connection that has not begun to gather."""
        self._connection = connection
        side = self._side(connection, self.name, _Transport(self._port, self._end))
        self._first = side.protocol
        self._sides.append(side)

    def _side(self, connection: Any, name: str, transport: _Transport) -> _Side:
        connection._local_username = name
        side = _Side(name, connection, StunProtocol(connection))
        connection.query_consent = _never

        async def candidates(component: int, addresses: list[str], **options: Any) -> list[Candidate]:
            return [self._candidate(side, component)]

        connection.get_component_candidates = candidates
        side.protocol.connection_made(transport)
        self._port.enter(name, self._line)
        return side

    def _candidate(self, side: _Side, component: int) -> Candidate:
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
        side.protocol.local_candidate = candidate
        side.connection._protocols.append(side.protocol)
        return candidate

    async def restart(self, name: str, password: str) -> tuple[str, str]:
        """Let the peer, under a new name and password, come from elsewhere; gives the hall's new ones.

        A restart that came to nothing is forgotten with the next.
        """
        for side in self._sides[1:]:
            self._drop(side)
        connection: Any = aioice.Connection(ice_controlling=False)
        side = self._side(connection, secrets.token_hex(8), _Transport(self._port))
        self._sides.append(side)
        complete = connection.check_complete

        def completed(pair: Any) -> None:
            complete(pair)
            if connection._nominated:
                self._turn(side)

        connection.check_complete = completed
        await connection.gather_candidates()
        connection.remote_username, connection.remote_password = name, password
        # Its peer's checks alone drive it: aioice's own loop, which would look every 20 ms, is not begun.
        connection._early_checks_done = True
        return side.name, connection.local_password

    def _turn(self, side: _Side) -> None:
        """The peer has chosen a way of the restart: what is sent goes there, and the old names are void."""
        if side in self._sides[1:]:
            self._connection._nominated = side.connection._nominated
            for other in [s for s in self._sides if s is not side]:
                self._drop(other)
        self.settle()

    def _drop(self, side: _Side) -> None:
        self._sides.remove(side)
        self._port.forget(side.name)
        side.give_up()

    def check(self, data: bytes, source: Address) -> bool:
        """Take a STUN message; whether the peer was authenticated by it."""
        try:
            message = stun.parse_message(data)
        except (ValueError, KeyError, IndexError, struct.error):
            return False
        if message.message_class == stun.Class.REQUEST:
            asked = str(message.attributes.get("USERNAME", "")).split(":")[0]
            side = next((s for s in self._sides if s.name == asked), None)
            # Without PRIORITY aioice can't enter the address it comes from.
            if side is None or "PRIORITY" not in message.attributes:
                return False
            if not message.check_message_integrity(side.connection.local_password.encode()):
                return False
            self._port.prove(source, self._line)
            side.connection.request_received(message, source, side.protocol)
            self.settle()
            return True
        for side in self._sides:
            transaction = side.protocol.transactions.get(message.transaction_id)
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
        if not self._sides:
            return  # it never began
        for side in self._sides[1:]:
            self._drop(side)
        self._sides[0].give_up()
        self._port.leave(self._sides[0].name)

    def _end(self) -> None:
        """aioice closes its socket; that it is closed, it is told a moment later."""
        self.closed()
        asyncio.get_running_loop().call_soon(self._first.connection_lost, None)


@dataclass(slots=True, eq=False)
class _Side:
    """The hall's name in one round of checks, and aioice's two objects for it."""

    name: str
    connection: Any
    protocol: Any

    def give_up(self) -> None:
        """End the checks that still wait for an answer."""
        for pair in self.connection._check_list:
            if pair.task is not None:
                pair.task.cancel()


class _Transport:
    """Stands where aioice keeps its own socket."""

    def __init__(self, port: Port, end: Callable[[], None] = lambda: None) -> None:
        self._port, self._end = port, end

    def sendto(self, data: bytes, address: Address) -> None:
        self._port.send(data, address)

    def close(self) -> None:
        self._end()

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
        "check_complete",
        "_check_list",
        "_early_checks_done",
        "local_password",
    )
    found = [f"aioice Connection.{name}" for name in wanted if not hasattr(connection, name)]
    if "transactions" not in StunProtocol.__init__.__code__.co_names:
        found.append("aioice StunProtocol.transactions")
    return found
