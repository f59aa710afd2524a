"""Datagrams reach the line whose peer proved to own their source, and no other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.media.port import ADDRESSES, Address, Numbers, Port, Ports, asked_name
from hall.media.tables import NONE

NAMED = bytes.fromhex("0001 0010 2112a442") + bytes(12) + b"\x00\x06\x00\x09" + b"left:them" + bytes(3)


class Noted:
    """A line that notes what it is given; proves each source that asks for it."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.row = NONE
        self.checks: list[Address] = []
        self.handshakes: list[bytes] = []
        self.media: list[bytes] = []
        self.failures = 0
        self.breaks = False
        self.checked: Callable[[bytes, Address], object] = lambda data, source: None

    def on_check(self, data: bytes, source: Address) -> None:
        self.checks.append(source)
        self.port.prove(source, self)
        self.checked(data, source)

    def on_handshake(self, data: bytes) -> None:
        self.handshakes.append(data)

    def on_media(self, data: bytes) -> None:
        if self.breaks:
            raise RuntimeError
        self.media.append(data)

    def on_failure(self) -> None:
        self.failures += 1


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    found = Port("127.0.0.1")
    yield found
    found.close()


class Peer:
    """A socket of somebody outside."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))

    async def say(self, *datagrams: bytes) -> None:
        for data in datagrams:
            self.socket.sendto(data, self.port.address)
        for _ in range(3):  # the loopback delivers at once; the loop has to look
            await asyncio.sleep(0)

    def close(self) -> None:
        self.socket.close()


async def test_nothing_is_taken_from_where_nobody_proved_to_be(port: Port) -> None:
    line, peer = Noted(port), Peer(port)
    port.enter("left", line)
    await peer.say(b"\x80media", b"\x16handshake", b"", b"\x00\x01\x00\x00no name")
    assert (line.checks, line.media, line.handshakes) == ([], [], [])
    await peer.say(NAMED, b"\x80media", b"\x16handshake", b"\xff?")
    assert len(line.checks) == 1
    assert (line.media, line.handshakes) == ([b"\x80media"], [b"\x16handshake"])
    port.leave("left")
    await peer.say(NAMED, b"\x80more")
    assert (len(line.checks), len(line.media)) == (1, 1)
    peer.close()


async def test_a_line_that_fails_ends_alone(port: Port) -> None:
    bad, good = Noted(port), Noted(port)
    first, second = Peer(port), Peer(port)
    port.enter("left", bad)
    port.enter("good", good)
    await first.say(NAMED)
    await second.say(NAMED.replace(b"left", b"good"))
    bad.breaks = True
    await first.say(b"\x80one")
    await second.say(b"\x80two")
    assert (bad.failures, good.failures, good.media) == (1, 0, [b"\x80two"])
    first.close()
    second.close()


async def test_what_nobody_waits_for_is_fetched_all_the_same() -> None:
    hurried = False
    port = Port("127.0.0.1", hurried=lambda: hurried)
    line, peer = Noted(port), Peer(port)
    port.enter("left", line)
    for number in range(3):
        await peer.say(NAMED, b"\x80%d" % number)
        async with asyncio.timeout(10):
            while len(line.media) <= number:  # noqa: ASYNC110 - a socket raises no event here
                await asyncio.sleep(0.005)
    await peer.say(b"\x16hello")
    while not line.handshakes:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.005)
    await peer.say(b"\x16finished")
    assert line.handshakes == [b"\x16hello", b"\x16finished"]  # hands are shaken without a pause
    hurried = True
    async with asyncio.timeout(10):
        while port._timer is not None:  # noqa: ASYNC110 - nor does the port's own timer
            await asyncio.sleep(0.005)
    await peer.say(b"\x80now")
    assert line.media == [b"\x800", b"\x801", b"\x802", b"\x80now"]
    peer.close()
    port.close()


async def test_a_line_keeps_few_addresses(port: Port) -> None:
    line = Noted(port)
    for number in range(ADDRESSES + 5):
        port.prove(("192.0.2.1", number + 1), line)
    assert len(port._sources) == ADDRESSES


async def test_full_ports_get_a_neighbour() -> None:
    ports = Ports("127.0.0.1")
    first = ports.port()
    assert ports.port() is first
    for number in range(first.room):
        first.enter(str(number), Noted(first))
    assert ports.port() is not first
    first.leave("0")
    assert ports.port() is first
    ports.close()


def test_whom_a_request_is_for_stands_in_its_username() -> None:
    assert asked_name(NAMED) == "left"
    assert asked_name(b"\x01\x01" + NAMED[2:]) is None
    assert asked_name(NAMED[:20]) is None


@given(st.binary(max_size=60), st.integers(0, 59))
def test_noise_asks_for_somebody_or_nobody(noise: bytes, at: int) -> None:
    for data in (noise, NAMED[:at] + noise, NAMED[:20] + noise):
        found = asked_name(data)
        assert found is None or isinstance(found, str)


async def test_only_the_numbers_of_the_settings_are_bound_and_lines_share_them_when_they_are_used_up() -> (
    None
):
    taken = Port("127.0.0.1")
    number = taken.address[1]
    own = Ports("127.0.0.1", numbers=Numbers(number, number, 1))
    with pytest.raises(OSError, match="every UDP port"):
        own.port()
    taken.close()
    found = own.port()
    assert found.address[1] == number
    for n in range(found.room + 1):
        found.enter(str(n), Noted(found))
    assert own.port() is found, "full, and there is no other"
    own.close()


async def test_one_worker_takes_no_more_numbers_than_its_share() -> None:
    own = Ports("127.0.0.1", numbers=Numbers(20_000, 40_000, 2))
    first = own.port()
    for port in (first, own.port()):
        for n in range(port.room):
            port.enter(str(n), Noted(port))
    second = own.port()
    for n in range(second.room + 1):
        second.enter(str(n), Noted(second))
    assert own.port() is first
    own.close()
