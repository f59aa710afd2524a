"""Only who knows the password is let in, and what follows him is nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aioice
import pytest
from aioice import stun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hall.media import ice
from hall.media.port import Address, Port
from tests.unit.media.test_port import Noted

HERE: Address = ("127.0.0.1", 40_000)


@dataclass
class Agreed:
    """An agent with its connection, and where it was told to send."""

    port: Port
    moved: list[Address] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = Noted(self.port)
        self.agent = ice.Agent(self.port, self.line, self.moved.append)
        self.connection = aioice.Connection(ice_controlling=False)
        self.agent.adopt(self.connection)

    def request(self, *, priority: bool = True, key: str = "") -> bytes:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.agent.name}:peer"
        if priority:
            message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 1
        message.add_message_integrity((key or self.connection.local_password).encode())
        return bytes(message)

    @property
    def proved(self) -> bool:
        return self.port._sources.get(HERE) is self.line


@pytest.fixture
async def agreed() -> AsyncIterator[Agreed]:
    port = Port("127.0.0.1")
    found = Agreed(port)
    found.connection.remote_username, found.connection.remote_password = "peer", "p" * 24
    await found.connection.gather_candidates()
    yield found
    await found.connection.close()
    found.agent.closed()
    port.close()


async def test_the_shared_port_is_the_only_candidate(agreed: Agreed) -> None:
    [candidate] = agreed.connection.local_candidates
    assert (candidate.host, candidate.port, candidate.type) == (*agreed.port.address, "host")
    assert agreed.connection.local_username == agreed.agent.name


async def test_who_knows_the_password_proves_his_address(agreed: Agreed) -> None:
    assert agreed.agent.check(agreed.request(), HERE)
    assert agreed.proved


async def test_who_does_not_know_it_proves_nothing(agreed: Agreed) -> None:
    assert not agreed.agent.check(agreed.request(key="guessed"), HERE)
    assert not agreed.agent.check(agreed.request(priority=False), HERE)
    assert not agreed.agent.check(agreed.request()[:-4], HERE)
    assert not agreed.proved


async def test_an_agent_that_is_closed_takes_nothing_with_it(agreed: Agreed) -> None:
    agreed.agent.check(agreed.request(), HERE)
    await agreed.connection.close()
    agreed.agent.closed()
    assert not agreed.proved
    assert len(agreed.port) == 0


@given(noise=st.binary(max_size=80), at=st.integers(0, 100))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
async def test_noise_is_let_in_by_nobody(agreed: Agreed, noise: bytes, at: int) -> None:
    good = agreed.request()
    proven = good[:-8]  # behind the proof of the password stands a checksum alone (RFC 8489, 14.7)
    for data in (noise, good[:at] + noise, good[:20] + noise):
        if not data.startswith(proven):
            assert not agreed.agent.check(data, HERE)


def test_the_pinned_library_has_what_is_used() -> None:
    assert ice.missing_names() == []


def named(name: str, password: str, *, chosen: bool) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{name}:moved"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 1
    if chosen:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


class There(asyncio.DatagramProtocol):
    """The peer in its new network: it answers the hall's checks."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.transport: asyncio.DatagramTransport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        message = stun.parse_message(data)
        if message.message_class == stun.Class.REQUEST:
            answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
            answer.attributes["XOR-MAPPED-ADDRESS"] = addr
            answer.add_message_integrity(b"q" * 24)
            self.transport.sendto(bytes(answer), addr)
            self.answered.set()


@pytest.fixture
async def there() -> AsyncIterator[There]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(There, local_addr=("127.0.0.1", 0))
    protocol.transport = transport
    yield protocol
    transport.close()


async def test_a_restart_moves_the_connection_when_the_peer_has_chosen_and_not_before(
    agreed: Agreed, there: There
) -> None:
    agreed.line.checked = agreed.agent.check
    name, password = await agreed.agent.restart("moved", "q" * 24)
    assert agreed.agent.check(agreed.request(), HERE), "the old way serves until then"
    for key in ("guessed" * 4, agreed.connection.local_password):
        assert not agreed.agent.check(named(name, key, chosen=True), HERE)

    there.transport.sendto(named(name, password, chosen=False), agreed.port.address)
    await there.answered.wait()
    assert agreed.moved == []
    there.transport.sendto(named(name, password, chosen=True), agreed.port.address)
    async with asyncio.timeout(5):
        while not agreed.moved:  # noqa: ASYNC110 - aioice tells nobody
            await asyncio.sleep(0.01)

    assert agreed.moved == [there.transport.get_extra_info("sockname")]
    assert not agreed.agent.check(agreed.request(), HERE), "the old name is void"
    assert len(agreed.port) == 1


async def test_a_restart_that_came_to_nothing_leaves_no_name_behind(agreed: Agreed) -> None:
    before = len(agreed.port)
    for _ in range(3):
        await agreed.agent.restart("moved", "q" * 24)
    assert len(agreed.port) == before + 1
    agreed.agent.closed()
    assert len(agreed.port) == 0
