"""A relay, Debian's coturn with the settings of deploy/coturn: with it alone a participant gets through, and to nobody
but the hall.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aioice import stun, turn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCIceServer, RTCPeerConnection
from aiortc.rtcconfiguration import RTCBundlePolicy, RTCIceTransportPolicy

from hall.clock import machine_time
from hall.gateway.ice import IceServers
from hall.media_settings import MediaSection
from hall.rehearsal.camera import Clip, Publication
from tests.house.repository import ROOT
from tests.integration.media.conftest import OPENING, Plane
from tests.integration.media.test_rtsp import free_port, heard_of, reachable

SETTINGS = ROOT / "deploy/coturn/turnserver.conf"
SECRET = "a secret that the relay shares with the hall"


class Relay:
    """A running coturn. Its one allowed peer is the hall of these tests."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        own = {
            "listening-ip": "127.0.0.1",
            "relay-ip": "127.0.0.1",
            "listening-port": str(self.port),
            "static-auth-secret": SECRET,
            "allowed-peer-ip": "127.0.0.1",
            "pidfile": str(directory / "turn.pid"),
            "userdb": str(directory / "turn.db"),
        }
        options = [part for key, value in own.items() for part in (f"--{key}", value)]
        flags = ["--allow-loopback-peers", "--no-tls", "--no-dtls", "--log-file", "stdout"]
        command = ["turnserver", "-c", str(SETTINGS), *options, *flags]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, **quiet)

    def send(self, number: int) -> None:
        """SIGSTOP: nothing is relayed any more; SIGCONT: it is again."""
        self._process.send_signal(number)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def credentials(self, *, ttl: int = 3600, secret: str = SECRET) -> tuple[str, str]:
        """What the hall gives to a person of an opening."""
        settings = MediaSection(turn_urls=(f"turn:127.0.0.1:{self.port}",), turn_secret=secret, turn_ttl=ttl)
        shown: Any = IceServers(settings, machine_time).of("O1 somebody")
        [server] = shown["ice_servers"]
        return server["username"], server["credential"]


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Relay]:
    relay = Relay(tmp_path)
    try:
        async with asyncio.timeout(30):
            while not reachable(relay.port):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        yield relay
    finally:
        relay.stop()


class RelayedPublication(Publication):
    """A robot that has nothing but the relay."""

    def __init__(self, relay: Relay) -> None:
        username, credential = relay.credentials()
        server = RTCIceServer(f"turn:127.0.0.1:{relay.port}?transport=udp", username, credential)
        self._pc = RTCPeerConnection(
            RTCConfiguration([server], RTCIceTransportPolicy.RELAY, RTCBundlePolicy.MAX_BUNDLE)
        )

    def _add(self, track: MediaStreamTrack, mime: str, address: str | None) -> None:
        """The library's policy hides its own addresses and uses them all the same: here it has none."""
        super()._add(track, mime, None)
        agent: Any = self._pc.getSenders()[-1].transport.transport.iceGatherer._connection
        gather = type(agent).get_component_candidates
        agent.get_component_candidates = lambda component, addresses, **options: gather(
            agent, component, [], **options
        )

    @property
    def ways(self) -> set[str]:
        """The kinds of its own candidates over which it was connected."""
        transport: Any = self._pc.getSenders()[0].transport.transport
        return {pair.local_candidate.type for pair in transport._connection._nominated.values()}


async def test_through_the_relay_alone_a_participant_is_recorded_and_without_it_nothing_comes(
    plane: Plane, relay: Relay, clip: Clip
) -> None:
    robot = RelayedPublication(relay)
    await robot.publish(lambda sdp: plane.publish("bidder-a", sdp), clip)
    await plane.recorded("bidder-a", 2)

    assert robot.ways == {"relay"}
    relay.send(signal.SIGSTOP)
    gap = await heard_of(plane.workers, "media_gap", "bidder-a")
    relay.send(signal.SIGCONT)
    assert gap.opening == OPENING
    await robot.close()


async def test_the_relay_leads_to_the_hall_and_nowhere_else(relay: Relay) -> None:
    username, credential = relay.credentials()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hall:
        hall.bind(("127.0.0.1", 0))
        hall.setblocking(False)
        transport, peer = await allocate(relay, username, credential)
        transport.sendto(b"to the hall", hall.getsockname())
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(hall, 100), 5) == b"to the hall"
        for denied in ("10.0.0.1", "192.168.1.1", "169.254.169.254", "127.0.0.2", "203.0.113.5", "224.0.0.1"):
            transport.sendto(b"to somebody else", (denied, 9))
            error = await asyncio.wait_for(peer.errors.get(), 5)
            assert isinstance(error, stun.TransactionFailed)
            assert error.response.attributes["ERROR-CODE"][0] == 403, denied
        transport.close()


class Peer(asyncio.DatagramProtocol):
    """Who uses an allocation; it keeps what the relay refuses."""

    def __init__(self) -> None:
        self.errors: asyncio.Queue[Exception] = asyncio.Queue()

    def error_received(self, exc: Exception) -> None:
        self.errors.put_nowait(exc)


@pytest.mark.parametrize(
    ("ttl", "secret"), [(-60, SECRET), (3600, "another secret altogether")], ids=["expired", "forged"]
)
async def test_expired_and_forged_credentials_open_nothing(relay: Relay, ttl: int, secret: str) -> None:
    username, credential = relay.credentials(ttl=ttl, secret=secret)
    with pytest.raises(stun.TransactionFailed, match="401"):
        await allocate(relay, username, credential)


async def allocate(relay: Relay, username: str, credential: str) -> tuple[turn.TurnTransport, Peer]:
    return await turn.create_turn_endpoint(Peer, ("127.0.0.1", relay.port), username, credential)
