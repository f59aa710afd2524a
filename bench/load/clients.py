"""Bidders on the wire: the hall's own client, one login per bidder, one connection per bidder and opening."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from hall import tasks
from hall.client.api import Hall
from hall.client.keys import Identity
from hall.client.live import Live
from hall.clock import HallClock
from hall.signing import suite
from hall.signing.certificates import load_certificate

PATIENCE = 120
"""Seconds."""

Connections = dict[tuple[str, str], Live]
"""By opening and bidder."""


async def log_in(stack: AsyncExitStack, base: str, people: Mapping[str, list[str]]) -> dict[str, Hall]:
    """Log everybody in. people: files of certificate and key by bidder."""
    halls = {}
    for bidder, files in people.items():
        halls[bidder] = await stack.enter_async_context(Hall(base, _identity(*files)))
        await halls[bidder].about()
        await halls[bidder].login()
    return halls


async def arrive(stack: AsyncExitStack, openings: Iterable[str], halls: Mapping[str, Hall]) -> Connections:
    """Connect and join, all at once; everybody leaves when the stack is left."""
    clock = HallClock()
    live = {
        (opening, bidder): Live(hall, opening, clock)
        for opening in openings
        for bidder, hall in halls.items()
    }
    running = [tasks.start(one.run(), "live") for one in live.values()]

    async def leave() -> None:
        await asyncio.gather(*(one.leave() for one in live.values()))
        await asyncio.gather(*running, return_exceptions=True)

    stack.push_async_callback(leave)
    await until(lambda: all(one.connection > 0 for one in live.values()))
    return live


async def until(reached: Callable[[], bool]) -> None:
    """Wait until something is so; end the benchmark if it does not come to that."""
    for _ in range(PATIENCE * 5):
        if reached():
            return
        await asyncio.sleep(0.2)
    sys.exit("the clients did not get so far")


def _identity(certificate: str, key: str) -> Identity:
    return Identity(
        load_certificate(Path(certificate).read_bytes()), suite.load_private_key(Path(key).read_bytes())
    )
