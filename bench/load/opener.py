"""The server of the benchmark `loop`: one opening whose bids are large, released all at once, with its doors open.

Usage: python -m bench.load.opener BIDDERS MEBIBYTES DIRECTORY. It plays the opening up to the decrypt command and
prints {"base", "openings", "people", "seconds": to seal and deposit}; for the line "idle" {"lags"} of the time
since then, for the line "release" {"lags", "acks", "seconds", "cpu"} of the time until all bids are open.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

from bench.load.crowd import Crowd, crowd, doors
from bench.load.lag import LagMeter
from hall import tasks


async def release_all(hall: Crowd) -> dict[str, object]:
    """Release every bid within a moment; wait until each was opened, verified and put aside."""
    (opening,) = hall.openings
    began, cpu = time.monotonic(), time.process_time()
    acks = await asyncio.gather(*(acknowledged(hall, opening, bidder) for bidder in hall.bidders))
    await hall.opened(opening)
    return {"acks": acks, "seconds": time.monotonic() - began, "cpu": time.process_time() - cpu}


async def acknowledged(hall: Crowd, opening: str, bidder: str) -> float:
    """Release one bid; seconds until the hall has acknowledged it, which it does when it is journalled."""
    began = time.monotonic()
    await hall.release(opening, bidder)
    return time.monotonic() - began


async def main(bidders: int, mebibytes: int, directory: Path) -> None:
    meter = LagMeter()
    began = time.monotonic()
    async with crowd(directory, openings=1, bidders=bidders, bid_size=mebibytes << 20) as hall:
        with redirect_stdout(sys.stderr):
            await hall.until_commanded()
        measuring = tasks.start(meter.run(), "lag")
        async with doors(hall) as base:
            people = {one.id: [str(one.certificate), str(one.key)] for one in hall.pki.bidders}
            told = {"base": base, "openings": hall.openings, "people": people}
            print(json.dumps({**told, "seconds": time.monotonic() - began}), flush=True)
            while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
                found = await release_all(hall) if json.loads(line) == "release" else {}
                print(json.dumps({**found, "lags": meter.take()}), flush=True)
        await tasks.stop(measuring)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
