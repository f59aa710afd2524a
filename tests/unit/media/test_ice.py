"""Only who knows the password is let in, and what follows him is nobody else's."""

from __future__ import annotations

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
    for data in (noise, good[:at] + noise, good[:20] + noise):
        if data != good:
            assert not agreed.agent.check(data, HERE)


def test_the_pinned_library_has_what_is_used() -> None:
    assert ice.missing_names() == []
