"""Somebody moves from one network to another, in real browsers: picture and sound find the hall again by themselves,
over the same connection, and the recording goes on in its file.

Each way to the hall is a relay of datagrams of its own; a network that is left is a relay that falls silent. Nothing of
the hall or of WebRTC is replaced.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, expect

from hall import tasks
from hall.clock import machine_time
from hall.recording.manifest import verify_recording
from hall.rehearsal.stage import Stage
from tests.e2e.people import Person

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

OVER_A_WAY: Final = """
const set = RTCPeerConnection.prototype.setRemoteDescription
RTCPeerConnection.prototype.setRemoteDescription = async function (answer) {
  const port = Number(/a=candidate:\\S+ 1 udp \\d+ \\S+ (\\d+) /.exec(answer.sdp)[1])
  const way = await window.wayTo(port)
  const sdp = answer.sdp.replaceAll(` ${port} typ host`, ` ${way} typ host`)
  return set.call(this, { type: answer.type, sdp })
}
"""


class Way(asyncio.DatagramProtocol):
    """One way to a port of the hall: each sender has a socket of its own on the far side, as behind a router."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._far: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self.near: asyncio.DatagramTransport | None = None
        self.silent = False

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        if self.silent:
            return
        if (far := self._far.get(source)) is not None:
            far.sendto(data)
        else:
            tasks.start(self._open(data, source), "a way")

    async def _open(self, data: bytes, source: tuple[str, int]) -> None:
        loop, hall = asyncio.get_running_loop(), ("127.0.0.1", self._port)
        far, _ = await loop.create_datagram_endpoint(lambda: _Back(self, source), remote_addr=hall)
        self._far[source] = far
        far.sendto(data)

    def close(self) -> None:
        for transport in (self.near, *self._far.values()):
            if transport is not None:
                transport.close()


class _Back(asyncio.DatagramProtocol):
    def __init__(self, way: Way, source: tuple[str, int]) -> None:
        self._way, self._source = way, source

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        if not self._way.silent and self._way.near is not None:
            self._way.near.sendto(data, self._source)


class Network:
    """The network that a person's computer is in; all its ways fall silent when it is left."""

    def __init__(self) -> None:
        self._ways: list[Way] = []

    async def way_to(self, port: int) -> int:
        """A new way to this port of the hall: the port at which it begins."""
        way = Way(port)
        loop = asyncio.get_running_loop()
        near, _ = await loop.create_datagram_endpoint(lambda: way, local_addr=("127.0.0.1", 0))
        way.near = near
        self._ways.append(way)
        found: int = near.get_extra_info("sockname")[1]
        return found

    def leave(self) -> None:
        """What there is leads nowhere any more; ways that are asked for from now on are those of another network."""
        for way in self._ways:
            way.silent = True

    def close(self) -> None:
        for way in self._ways:
            way.close()


@pytest.fixture
def networks() -> Iterator[tuple[Network, Network]]:
    found = Network(), Network()
    yield found
    for network in found:
        network.close()


async def test_who_moves_to_another_network_is_seen_and_recorded_again_in_the_same_file(
    stage: Stage, browser: Browser, networks: tuple[Network, Network]
) -> None:
    assert stage.pki is not None
    host = await Person.arrives(browser, "host", stage.port, stage.pki.by_role("host"), script=OVER_A_WAY)
    clerk = await Person.arrives(browser, "clerk", stage.port, stage.pki.by_role("clerk"), script=OVER_A_WAY)
    for person, network in zip((host, clerk), networks, strict=True):
        await person.context.expose_function("wayTo", network.way_to)
        await person.log_in()
        await person.enters()
    folder = stage.directory / "data" / "recordings" / stage.scene.opening / "host"
    await host.starts_camera()
    await expect(clerk.see("watch-host")).to_have_attribute("data-state", "watching")
    await _until(lambda: len(_lines(folder)) > 6)

    networks[0].leave()
    await _until(lambda: _longest(folder) > 1_500)
    missed = _longest(folder)

    await expect(host.see("own-camera").first).to_have_attribute("data-send", "sending")
    await expect(clerk.see("watch-host")).to_have_attribute("data-state", "watching")
    networks[1].leave()
    left = machine_time()
    await clerk.page.wait_for_function(SHOWS_ANEW, timeout=20_000)
    seen = machine_time() - left

    # In the same file, with the gap in it and in the register; verified to the last line.
    [media] = sorted(folder.glob("*.mp4"))
    found = verify_recording(media.read_bytes(), media.with_suffix(".index.jsonl").read_bytes())
    assert found.ok, found.faults
    with sqlite3.connect(stage.directory / "data" / "journal.db") as journal:
        rows = [json.loads(body) for (body,) in journal.execute("SELECT body FROM rows")]
    noted = [row for row in rows if row.get("kind") == "media_gap"]
    assert {row["subject"] for row in noted} == {"host"}
    assert max(missed, seen) < 15_000, "it took as long as a connection that is given up"
    (stage.directory / "measured.txt").write_text(f"not recorded {missed} ms, not seen {seen} ms\n")
    await host.context.close()
    await clerk.context.close()


SHOWS_ANEW: Final = """() => {
  const video = document.querySelector(`[data-testid='watch-host'] video`)
  if (!video) return false
  const shown = video.getVideoPlaybackQuality().totalVideoFrames
  const now = performance.now()
  const before = window.shownBefore ?? { shown, now }
  if (shown !== before.shown && now - before.now > 1500) return true
  if (shown !== before.shown || window.shownBefore === undefined) window.shownBefore = { shown, now }
  return false
}"""
"""Whether the picture moves again after it stood still for one and a half seconds."""


def _lines(folder: Path) -> list[dict[str, Any]]:
    """The index lines of the only file, without an unfinished last one."""
    files = sorted(folder.glob("*.index.jsonl"))
    if not files:
        return []
    return [json.loads(line) for line in files[0].read_bytes().split(b"\n")[:-1]]


def _longest(folder: Path) -> int:
    """The longest time between two fragments for which nothing is recorded, in ms."""
    found = [line for line in _lines(folder) if line["kind"] == "fragment"]
    return max((b["utc"] - a["utc"] - a["duration"] for a, b in pairwise(found)), default=0)


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come about")
