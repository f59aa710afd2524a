"""The server's loop while large bids are opened: 20 released bids of 100 MB go through the process pool at once.

The server is a real hall in the decryption window, with every bidder connected over the wire; media are left out.
Opening a bid is to decrypt, verify and unpack it, and to put its parts aside encrypted. The same loop is measured
before, while nothing happens but heartbeats.

Takes about three minutes and 8 GB of disk, which it gives back: the bids are sealed and deposited in full size first.
`python -m bench.loop BIDDERS MEBIBYTES` measures another case.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from typing import Any

from bench.load.clients import arrive, log_in
from bench.load.lag import figures, lags_of, quantile
from bench.load.parts import Part, module, part
from bench.table import Row, publish

BIDDERS = 20
MEBIBYTES = 100
QUIET = 15.0
GOAL = 50.0


async def play(server: Part, told: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Connect everybody; what the server saw while it was quiet, and while it opened the bids."""
    async with AsyncExitStack() as stack:
        await arrive(stack, told["openings"], await log_in(stack, told["base"], told["people"]))
        await asyncio.to_thread(server.ask, "idle")
        await asyncio.sleep(QUIET)
        quiet = await asyncio.to_thread(server.ask, "idle")
        return quiet, await asyncio.to_thread(server.ask, "release")


def main(bidders: int, mebibytes: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        part(module("bench.load.opener", bidders, mebibytes, folder)) as server,
    ):
        told = server.hear()
        quiet, busy = asyncio.run(play(server, told))
    how = f"{bidders} bids of {mebibytes} MiB released at once, {bidders} clients connected; media left out"
    rows = []
    for name, found in (("quiet", quiet), ("bids are opened", busy)):
        for case, ms in figures(lags_of(found["lags"])):
            rows.append(Row(case=f"{name}: {case}", ours=round(ms, 2), unit="ms", how=how))
    rows += [
        Row(case="all bids opened after", ours=round(busy["seconds"], 1), unit="s", how=how),
        Row(case="CPU of the server process meanwhile", ours=round(busy["cpu"], 1), unit="s", how=how),
        Row(case="to seal and deposit them took", ours=round(told["seconds"], 1), unit="s", how=how),
    ]
    publish("loop", rows)
    if (p99 := quantile(lags_of(busy["lags"]).own, 0.99)) > GOAL:
        sys.exit(f"p99 {p99:.1f} ms, above {GOAL} ms")


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:3] or (BIDDERS, MEBIBYTES)))
