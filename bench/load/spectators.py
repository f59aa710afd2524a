"""Many spectators of one broadcast, in a process of its own: each asks for what the public page asks for.

`python -m bench.load.spectators BASE OPENING PARTICIPANT`; each line in is {"viewers": n, "seconds": s}, each line out
what they saw.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

CARD = 2.0
PATIENCE = 3_000


@dataclass(slots=True)
class Seen:
    """What all spectators saw. late: ms from a fragment's end to its last byte here, by the hall's clock."""

    requests: int = 0
    bytes: int = 0
    failures: int = 0
    late: list[float] = field(default_factory=list)


async def spectator(session: aiohttp.ClientSession, base: str, who: str, seen: Seen, ahead: float) -> None:
    """Follow one participant as the page does. ahead: hall time minus this process's clock, ms."""
    looked, file, after = 0.0, "", 0
    while True:
        try:
            if time.monotonic() - looked > CARD:
                looked = time.monotonic()
                card = await told(session, f"{base}/index.json", seen)
                files = next(one for one in card["on_air"] if one["participant"] == who)["files"]
                if files[-1]["file"] != file:
                    file, after = files[-1]["file"], 0
            news = await told(session, f"{base}/{who}/{file}/index?after={after}&wait={PATIENCE}", seen)
            fragments = news["fragments"] if after else news["fragments"][-3:]
            for n, offset, length, utc, duration, _ in fragments:
                wanted = {"Range": f"bytes={offset}-{offset + length - 1}"}
                async with session.get(f"{base}/{who}/{file}", headers=wanted) as answer:
                    data = await answer.read()
                seen.requests += 1
                seen.bytes += len(data)
                seen.failures += answer.status != 206 or len(data) != length
                if after:
                    seen.late.append(time.monotonic() * 1000 + ahead - utc - duration)
                after = max(after, n)
        except (aiohttp.ClientError, KeyError, IndexError, StopIteration):
            seen.failures += 1
            await asyncio.sleep(0.5)


async def told(session: aiohttp.ClientSession, path: str, seen: Seen) -> Any:
    seen.requests += 1
    async with session.get(path) as answer:
        return await answer.json()


async def crowd(base: str, opening: str, who: str, viewers: int, seconds: float) -> dict[str, object]:
    seen = Seen()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(base, connector=connector) as session:
        path = f"/api/broadcast/{opening}"
        before = time.monotonic()
        async with session.get("/api/time") as answer:
            now = (await answer.json())["now"]
        ahead = now - (before + time.monotonic()) / 2 * 1000
        watching = [
            asyncio.get_running_loop().create_task(spectator(session, path, who, seen, ahead))
            for _ in range(viewers)
        ]
        await asyncio.sleep(seconds)
        for one in watching:
            one.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    late = sorted(seen.late)
    return {
        "requests": seen.requests,
        "bytes": seen.bytes,
        "failures": seen.failures,
        "fragments": len(late),
        "late_p50": late[len(late) // 2] if late else None,
        "late_p99": late[len(late) * 99 // 100] if late else None,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(asyncio.run(crowd(*sys.argv[1:4], order["viewers"], order["seconds"]))), flush=True)
