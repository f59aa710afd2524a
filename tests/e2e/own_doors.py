"""The doors of a hall that a test plays on from inside: some people sit at browsers, the others act by code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from hall import app, tasks
from hall.config import load
from hall.gateway.server import Gateway
from tests.demo_world import holder
from tests.e2e.people import Person
from tests.house.repository import ROOT
from tests.own_hall import OwnHall

_BETWEEN: Final = 1.0
"""Seconds between two fragments of the recording."""


@asynccontextmanager
async def doors(hall: OwnHall) -> AsyncIterator[int]:
    """The hall's doors with the built web client behind them; gives the port."""
    config = load(hall.directory / "hall.toml", {})
    pages = Path(os.environ.get("HALL_SERVER_WEB_ROOT", ROOT / "web/dist"))
    server = replace(config.server, port=0, web_root=pages)
    gateway = Gateway(replace(config, server=server), app.inside(hall.core))
    await gateway.start(None)
    recorder = tasks.start(_record(hall), "the recorder of a test's hall")
    try:
        yield gateway.port
    finally:
        await tasks.stop(recorder)
        await gateway.stop()


async def _record(hall: OwnHall) -> None:
    """Write the recording as it goes on while people sit at screens: where no act is sent by code, nothing else would,
    and acts of the agenda would be refused (clause 6.1)."""
    while True:
        written = max((tape.writer.until for tape in hall.media.tapes.values()), default=0)
        if hall.clock.now() - written > 1_000:
            hall.media.write()
        await asyncio.sleep(_BETWEEN)


async def enter(
    browser: Browser, port: int, who: str, *, phone: bool = False, file: Path | None = None
) -> Person:
    """Somebody logs in and goes into the room; `file`: another certificate file than the demo's."""
    person = await Person.arrives(browser, who, port, holder(who).identity, phone=phone)
    await person.log_in(certificate=file)
    await person.enters()
    return person
