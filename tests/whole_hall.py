"""A hall with its doors open, people with their offices in it, and no tender yet: a test plays one from its draft on.

All is real, save media. Before and after the opening people act in browsers or through the doors; the opening between
is played from inside.
"""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from hall import app
from hall.adapters.plan_file import load_plan
from hall.clock import HallClock
from hall.config import load
from hall.gateway.server import Gateway
from hall.rehearsal.stage import party_of, toml
from hall.runtime import faults
from hall.runtime.admin import import_plan
from tests import own_hall
from tests.demo_world import a_container, world
from tests.evaluation_hall import Evaluation, a_bid
from tests.laid_out import TENDER, lay_out
from tests.own_hall import OwnHall
from tests.still_media import StillMedia

OFFICES = {
    "agency": "procuring_entity",
    "regulator": "regulator",
    "trading_centre": "trading_centre",
    "deputy_host": "trading_centre",
}
"""Who holds which office in the whole hall; two at the trading centre, because some changes take two."""


@asynccontextmanager
async def whole_hall(directory: Path, web_root: Path | None = None) -> AsyncIterator[Evaluation]:
    """Open the hall in `directory`: 09:00, a hotline, everybody registered under the name of their certificate."""
    patched = pytest.MonkeyPatch()
    patched.setattr(
        own_hall, "a_container", lambda one, pdf, **said: a_container(one, a_bid(one.identity.id), **said)
    )
    # The bidders, the staff and the hall share one loop here: what a test's own work stalls is no fault of the hall's.
    patched.setattr(faults, "LONG", 3_600_000)
    lay_out(directory, {})
    settings = tomllib.loads((directory / "hall.toml").read_text(encoding="utf-8"))
    settings["hall"] |= {"name": "演示市公共资源交易中心", "hotline": "000-00000000"}
    settings["server"] = {"port": 0, "web_root": str(web_root or directory / "web")}
    (directory / "hall.toml").write_text(toml(settings), encoding="utf-8")
    people = (*world().bidders, *world().staff, *world().on_call, *world().experts)
    parties = [
        {
            "id": party_of(one),
            "name": one.name,
            "kind": "bidder" if one.role == "bidder" else "staff",
            "certificate": str(one.certificate),
            "office": [office]
            if (office := OFFICES.get(one.id, "evaluator" * (one in world().experts)))
            else [],
        }
        for one in people
    ]
    (directory / "plan.toml").write_text(toml({"party": parties}), encoding="utf-8")
    config = load(directory / "hall.toml", {})
    clock = HallClock(start=config.clock.start_ms)
    async with AsyncExitStack() as stack:
        stack.callback(patched.undo)
        media = StillMedia(config.storage.data / "recordings", clock)
        core = await stack.enter_async_context(app.open_core(config, app.fit(config), clock, media))
        await import_plan(core.registry, load_plan(directory / "plan.toml", config, core.trust.digest))
        gateway = Gateway(config, app.inside(core))
        await gateway.start(None)
        stack.push_async_callback(gateway.stop)
        inner = OwnHall(core, media, clock, directory, opening=f"{TENDER}-opening")
        found = Evaluation(f"http://localhost:{gateway.port}", gateway.port, inner)
        stack.push_async_callback(found.close)
        yield found
