"""A hall with its doors open on a free port, in this process: real journal, rooms and sockets, no media workers."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from hall import app
from hall.adapters.plan_file import load_plan
from hall.client.api import Hall
from hall.client.keys import Identity
from hall.clock import HallClock
from hall.config import Config, load
from hall.gateway.server import Gateway
from hall.rehearsal.demo_ca import DemoPki
from hall.rehearsal.stage import party_of, shanghai, toml
from hall.runtime.admin import import_plan
from tests.demo_world import AT, holder, world

MINUTE = 60_000
PAGE = "<!doctype html><title>hall</title>"


@dataclass(frozen=True, slots=True)
class Doors:
    """A running hall at `base`."""

    base: str
    config: Config
    core: app.Core
    gateway: Gateway

    def client(self, who: str) -> Hall:
        """A client of the hall for the holder of one of the demo's certificates."""
        one = holder(who)
        return Hall(self.base, Identity(one.certificate, one.key))


def settings(pki: DemoPki, **server: object) -> dict[str, object]:
    """Settings of a rehearsal on the demo CA."""
    return {
        "hall": {"name": "测试大厅", "origin": "hall.localhost", "mode": "rehearsal", "hotline": "000"},
        "server": {"port": 0, "web_root": "web", **server},
        "storage": {"data": "data"},
        "signing": {
            "ca_roots": [str(pki.root)],
            "ca_intermediates": [str(pki.issuing)],
            "crls": [str(path) for path in pki.crls],
            "tsa_cert": str(pki.tsa.certificate),
            "tsa_key": str(pki.tsa.key),
            "seal_cert": str(pki.seal.certificate),
            "seal_key": str(pki.seal.key),
            "tsa_roots": [str(pki.root)],
        },
        "clock": {"start": shanghai(AT), "movable": True},
    }


def plan(pki: DemoPki) -> dict[str, object]:
    """Three bidders and all staff; one tender, whose deadline is an hour away. b4 is certified and unknown here."""
    people = (*pki.bidders[:3], *pki.staff, pki.expired, pki.revoked)
    return {
        "party": [
            {
                "id": party_of(one),
                "name": one.organisation,
                "kind": "bidder" if one.role == "bidder" else "staff",
                "certificate": str(one.certificate),
            }
            for one in people
        ],
        "tender": [
            {
                "id": "T1",
                "name": "测试工程",
                "number": "TEST-1",
                "opening": "O1",
                "bid_deadline": shanghai(AT + 60 * MINUTE),
                "lot": [{"id": "1", "name": "一标段"}],
                "rules": {"custody": "hall"},
                "staff": [
                    {"role": one.role, "party": party_of(one), "name": one.name, "unit": one.organisation}
                    for one in pki.staff
                ],
            }
        ],
    }


def laid_out(directory: Path) -> Path:
    """Lay out settings, a plan and a built web client."""
    pki = world()
    (directory / "hall.toml").write_text(toml(settings(pki)), encoding="utf-8")
    (directory / "plan.toml").write_text(toml(plan(pki)), encoding="utf-8")
    assets = directory / "web" / "assets"
    assets.mkdir(parents=True)
    (directory / "web" / "index.html").write_text(PAGE)
    (assets / "main-1a2b.js").write_text("export {}")
    return directory


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory for a hall of the test's own."""
    return laid_out(tmp_path)


@contextlib.asynccontextmanager
async def opened(place: Path) -> AsyncIterator[Doors]:
    """Open the hall in `place`, import its plan, listen; close it again."""
    config = load(place / "hall.toml", {})
    clock = HallClock(start=config.clock.start_ms)
    media = app.media_plane(config, clock)
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(app.open_core(config, app.fit(config), clock, media))
        await import_plan(core.registry, load_plan(place / "plan.toml", config, core.trust.digest))
        gateway = Gateway(config, app.inside(core))
        tls = app.tls_of(config)
        await gateway.start(tls)
        stack.push_async_callback(gateway.stop)
        yield Doors(f"{'https' if tls else 'http'}://localhost:{gateway.port}", config, core, gateway)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """One hall for the tests of a module: they only knock, and change nothing that another would miss."""
    async with opened(laid_out(tmp_path_factory.mktemp("hall"))) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(doors: Doors) -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody without a login; it sends what it is told and no Origin of its own."""
    async with aiohttp.ClientSession(doors.base) as session:
        yield session
