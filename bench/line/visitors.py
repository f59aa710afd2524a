"""Bidders behind the line: the real client of the hall, one process for one or many, told over standard input.

    python -m bench.line.visitors BASE OPENING P12...

Says `{"who", "event", "mono"}` for each that joins (again) or ends; `leave` on standard input makes all of them leave.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from hall import tasks
from hall.client.api import Hall
from hall.client.keys import Identity, open_p12
from hall.client.live import Live
from hall.clock import HallClock
from hall.rehearsal.demo_ca import PASSWORD


def say(who: str, event: str) -> None:
    print(json.dumps({"who": who, "event": event, "mono": HallClock().monotonic()}), flush=True)


async def attend(base: str, opening: str, who: str, identity: Identity, lives: list[Live]) -> None:
    """Log in, come in, stay until told to leave."""
    async with Hall(base, identity) as hall:
        await hall.login()
        live = Live(hall, opening, HallClock())
        lives.append(live)
        running = tasks.start(live.run(), f"live {who}")
        joined = 0
        while not live.ended:
            live.news.clear()
            if live.connection > joined:
                joined = live.connection
                say(who, "joined")
            await live.news.wait()
        say(who, await running)


async def obey(lives: list[Live]) -> None:
    """Wait for the word to leave."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "leave":
            await asyncio.gather(*(live.leave() for live in lives))


async def main(base: str, opening: str, identities: dict[str, Identity]) -> None:
    lives: list[Live] = []
    obeying = tasks.start(obey(lives), "standard input")
    await asyncio.gather(*(attend(base, opening, *one, lives) for one in identities.items()))
    obeying.cancel()


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[3:]]
    keys = {file.stem: open_p12(file.read_bytes(), PASSWORD) for file in files}
    asyncio.run(main(sys.argv[1], sys.argv[2], keys))
