"""Somebody's computer goes from one interface to another: in a network namespace of its own, Chromium has two, and the
one that it used goes down before the other comes up. Picture and sound go on over the same connection, and the
recording in its file.

The pages come by a way of their own (a local socket), so that what is seen is what media do; the hall's media are
reached over either interface alone. It needs root, as whoever makes namespaces does.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from hall import tasks
from hall.recording.manifest import verify_recording
from hall.rehearsal.stage import Scene, Stage
from tests.e2e.people import ARGUMENTS, CHROMIUM, Person
from tests.e2e.test_a_change_of_network_in_a_browser import _lines, _longest, _until

HALL = "10.99.0.1"
INSIDE = "HALL_TEST_NAMESPACE"
"""Set where the tests run in a namespace of their own."""

SHOWN = """than => {
  const video = document.querySelector(`[data-testid='watch-host'] video`)
  const shown = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0
  return shown > than + 15 && shown
}"""
"""How many pictures of the host were shown, if they are more than a few beyond `than`."""

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("HALL_MEDIA_HOST", HALL)
    return Scene("T-iface", "演招2026-013", "演示市第四小学围墙工程", bidders=1, lead_ms=30 * 60_000)


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)


@asynccontextmanager
async def elsewhere() -> AsyncIterator[list[object]]:
    """Another namespace with the interfaces `first` and `second` to this one, and how to run something in it."""
    there = await asyncio.create_subprocess_exec("unshare", "-n", "--", "sleep", "infinity")
    try:
        own = os.readlink("/proc/self/ns/net")
        await _until(lambda: os.readlink(f"/proc/{there.pid}/ns/net") != own)
        inside: list[object] = ["nsenter", "-t", there.pid, "-n"]
        for number, name in enumerate(("first", "second"), start=1):
            run("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", name, "netns", there.pid)
            run("ip", "addr", "add", f"10.78.{number}.1/30", "dev", f"to-{name}")
            run("ip", "link", "set", f"to-{name}", "up")
            run(*inside, "ip", "addr", "add", f"10.78.{number}.2/30", "dev", name)
        run(*inside, "ip", "link", "set", "lo", "up")
        move(inside, "", "first", "10.78.1.1")
        yield inside
    finally:
        there.kill()
        await there.wait()


def move(inside: list[object], left: str, to: str, gateway: str) -> None:
    """Leave one interface, and have only the other."""
    if left:
        run(*inside, "ip", "link", "set", left, "down")
    run(*inside, "ip", "link", "set", to, "up")
    run(*inside, "ip", "route", "replace", "default", "via", gateway)


async def hand_on(near: Ends, opened: Awaitable[Ends]) -> None:
    """Hand bytes on in both directions until either side ends."""
    far = await opened

    async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    await asyncio.gather(one_way(near[0], far[1]), one_way(far[0], near[1]))


async def serve_pages(port: int, socket: Path) -> None:
    """In the other namespace: the hall's own port, handed on to the socket."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hand_on((reader, writer), asyncio.open_unix_connection(socket))

    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        await server.serve_forever()


@asynccontextmanager
async def pages(inside: list[object], port: int, socket: Path) -> AsyncIterator[None]:
    """The hall's pages are to be had in the other namespace, at the address that they have here."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hand_on((reader, writer), asyncio.open_connection("127.0.0.1", port))

    code = (
        f"import asyncio; from {__name__} import *; asyncio.run(serve_pages({port}, Path({str(socket)!r})))"
    )
    async with await asyncio.start_unix_server(serve, socket) as server:
        serving = tasks.start(server.serve_forever(), "pages")
        far = await asyncio.create_subprocess_exec(*map(str, inside), sys.executable, "-c", code)
        try:
            yield
        finally:
            far.kill()
            await far.wait()
            await tasks.stop(serving)


async def walk(stage: Stage, tmp_path: Path) -> None:
    assert stage.pki is not None
    chromium = tmp_path / "chromium"
    async with (
        elsewhere() as inside,
        pages(inside, stage.port, tmp_path / "pages"),
        async_playwright() as play,
    ):
        chromium.write_text(f'#!/bin/sh\nexec {" ".join(map(str, inside))} {CHROMIUM} "$@"\n')
        chromium.chmod(0o755)
        expect.set_options(timeout=60_000)
        browser = await play.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        host = await Person.arrives(browser, "host", stage.port, stage.pki.by_role("host"))
        clerk = await Person.arrives(browser, "clerk", stage.port, stage.pki.by_role("clerk"))
        for person in (host, clerk):
            await person.log_in()
            await person.enters()
        folder = stage.directory / "data" / "recordings" / stage.scene.opening / "host"
        await host.starts_camera()
        await expect(clerk.see("watch-host")).to_have_attribute("data-state", "watching")
        await _until(lambda: len(_lines(folder)) > 6)

        move(inside, "first", "second", "10.78.2.1")
        written = len(_lines(folder))
        await clerk.page.wait_for_function(SHOWN, arg=await clerk.page.evaluate(SHOWN, 0))
        await _until(lambda: len(_lines(folder)) > written + 6)
        await expect(host.see("own-camera").first).to_have_attribute("data-send", "sending")

        [media] = sorted(folder.glob("*.mp4"))
        found = verify_recording(media.read_bytes(), media.with_suffix(".index.jsonl").read_bytes())
        assert found.ok, found.faults
        assert _longest(folder) < 15_000, "it took as long as a connection that is given up"
        await browser.close()


if INSIDE in os.environ:
    test_the_walk: Callable[..., Awaitable[None]] = pytest.mark.long(pytest.mark.timeout(240)(walk))
else:

    @pytest.mark.long
    @pytest.mark.timeout(300)
    def test_who_changes_the_interface_is_seen_and_recorded_on_in_the_same_file(tmp_path: Path) -> None:
        options = ("-q", "-m", "long", f"--basetemp={tmp_path / 'inside'}", __file__)
        namespace = f'ip link set lo up && ip addr add {HALL}/32 dev lo && exec "$@"'
        done = subprocess.run(
            ["unshare", "-n", "--", "sh", "-c", namespace, "sh", sys.executable, "-m", "pytest", *options],
            env={**os.environ, INSIDE: "1"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
