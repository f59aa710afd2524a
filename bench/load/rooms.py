"""The server of the benchmark `rooms`: many openings in their decryption windows, in one process.

Usage: python -m bench.load.rooms OPENINGS BIDDERS DIRECTORY. It plays all openings up to the decrypt command, opens
its doors and prints {"base", "openings", "people": {id: [certificate, key]}, "releases": {opening: {bidder: body}}};
then for each line of stdin {"cpu": seconds, "resident": bytes, "lags": those since the line before}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

import psutil

from bench.load.crowd import crowd, doors
from bench.load.lag import LagMeter
from bench.load.limits import raise_open_files
from hall import tasks

SMALL = 4096


async def main(openings: int, bidders: int, directory: Path) -> None:
    raise_open_files()
    meter = LagMeter()
    async with crowd(directory, openings=openings, bidders=bidders, bid_size=SMALL) as hall:
        with redirect_stdout(sys.stderr):
            await hall.until_commanded()
        measuring = tasks.start(meter.run(), "lag")
        async with doors(hall) as base:
            told = {
                "base": base,
                "openings": hall.openings,
                "people": {one.id: [str(one.certificate), str(one.key)] for one in hall.pki.bidders},
                "releases": {
                    opening: {bidder: hall.release_body(opening, bidder) for bidder in hall.bidders}
                    for opening in hall.openings
                },
            }
            print(json.dumps(told), flush=True)
            meter.take()
            while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
                look = {
                    "cpu": time.process_time(),
                    "resident": psutil.Process().memory_info().rss,
                    "lags": meter.take(),
                }
                print(json.dumps(look), flush=True)
        await tasks.stop(measuring)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
