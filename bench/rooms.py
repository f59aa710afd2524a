"""Many openings in one process: CPU, memory and loop lag of a server with 600 live sockets and 30 running countdowns.

The server is a real hall (journal, rooms, gateway) whose openings stand in their decryption windows; media are left
out, they live in other processes. The bidders are the hall's own client, all in one other process on the same machine:
they answer heartbeats and take updates. Three stretches are measured: everybody arrives, nothing happens but the
countdowns, bids are released.

Takes about three minutes, most of it to seal bids and to play the openings up to the decrypt command.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from bench.load.clients import Connections, arrive, log_in, until
from bench.load.crowd import LOT
from bench.load.lag import Lags, figures, lags_of
from bench.load.limits import raise_open_files
from bench.load.parts import Part, module, part
from bench.table import Row, publish
from hall import tasks
from hall.client.api import Hall

OPENINGS = 30
BIDDERS = 20
COUNTDOWN = 30.0
RELEASES = 150
EVERY = 0.2
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the server used over a stretch of time."""

    seconds: float
    cpu: float
    resident: int
    lags: Lags


class Bidders:
    """Everybody's clients."""

    def __init__(self, stack: AsyncExitStack, told: dict[str, Any], halls: dict[str, Hall]) -> None:
        self._stack = stack
        self._openings: list[str] = told["openings"]
        self._releases = told["releases"]
        self._halls = halls
        self._live: Connections = {}

    async def arrive(self) -> None:
        """Connect and join, all at once."""
        self._live = await arrive(self._stack, self._openings, self._halls)

    async def release(self) -> None:
        """Release bids one after the other, each time in the next opening, until everybody sees them opened."""
        bidders = list(self._halls)
        for n in range(RELEASES):
            opening, bidder = self._openings[n % OPENINGS], bidders[n // OPENINGS]
            tasks.start(self._release(opening, bidder), "release")
            await asyncio.sleep(EVERY)
        await until(lambda: self._opened() == RELEASES * BIDDERS)

    async def _release(self, opening: str, bidder: str) -> None:
        context = self._live[opening, bidder].context(LOT)
        await self._halls[bidder].act(opening, "release", context, self._releases[opening][bidder])

    def _opened(self) -> int:
        """How often a bid is seen opened, by all clients together."""
        views = [one.view for one in self._live.values()]
        return sum(line.release == "opened" for view in views if view for line in view.lots[0].bidders)


async def measure(server: Part, work: Awaitable[None]) -> Stretch:
    """What the server used while the work was done."""
    before, began = await asyncio.to_thread(server.ask, {}), time.monotonic()
    await work
    after = await asyncio.to_thread(server.ask, {})
    return Stretch(
        time.monotonic() - began, after["cpu"] - before["cpu"], after["resident"], lags_of(after["lags"])
    )


async def play(server: Part, told: dict[str, Any]) -> dict[str, Stretch]:
    async with AsyncExitStack() as stack:
        bidders = Bidders(stack, told, await log_in(stack, told["base"], told["people"]))
        return {
            "everybody arrives": await measure(server, bidders.arrive()),
            "countdowns run": await measure(server, asyncio.sleep(COUNTDOWN)),
            f"{1 / EVERY:.0f} releases a second": await measure(server, bidders.release()),
        }


def main() -> None:
    raise_open_files()
    with (
        tempfile.TemporaryDirectory() as folder,
        part(module("bench.load.rooms", OPENINGS, BIDDERS, folder)) as server,
    ):
        stretches = asyncio.run(play(server, server.hear()))
    how = (
        f"{OPENINGS} openings × {BIDDERS} bidders in one process, the clients in another on the same machine"
    )
    rows = []
    for name, one in stretches.items():
        used = (
            ("CPU of one core", 100 * one.cpu / one.seconds, "%"),
            ("resident memory", one.resident / MEBIBYTE, "MiB"),
            ("took", one.seconds, "s"),
            *((case, ms, "ms") for case, ms in figures(one.lags)),
        )
        rows += [Row(case=f"{name}: {case}", ours=round(x, 2), unit=unit, how=how) for case, x, unit in used]
    publish("rooms", rows)


if __name__ == "__main__":
    main()
