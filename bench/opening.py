"""A whole rehearsal: what one opening costs the server, all its processes, in CPU seconds and peak memory.

The robots are not counted: they stand for machines elsewhere. Two sizes are played; the cost of one more bidder is the
slope between them, the rest is the cost of the hall itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.table import Row, publish

SIZES = (3, 6)
SAMPLE_EVERY = 0.2
MEBIBYTE = 2**20


@dataclass
class Cost:
    """What the server's processes have used so far."""

    cpu: dict[int, float] = field(default_factory=dict)
    peak: int = 0

    def sample(self, server: psutil.Process) -> None:
        resident = 0
        for process in (server, *server.children(recursive=True)):
            try:
                times, memory = process.cpu_times(), process.memory_full_info()
            except psutil.Error:  # it ended between the listing and the reading
                continue
            self.cpu[process.pid] = times.user + times.system
            resident += memory.pss
        self.peak = max(self.peak, resident)


def server_of(rehearsal: psutil.Process) -> psutil.Process | None:
    """The `hall serve` that the rehearsal started, once it runs."""
    for process in rehearsal.children(recursive=True):
        try:
            if "serve" in process.cmdline():
                return process
        except psutil.Error:
            continue
    return None


def play(bidders: int, out: Path) -> tuple[Cost, float]:
    """Play one rehearsal and watch its server; gives the cost and the seconds recorded of all participants."""
    cost = Cost()
    with subprocess.Popen(
        ["hall", "rehearse", "--bidders", str(bidders), "--out", out], stdout=sys.stderr
    ) as running:
        rehearsal, server = psutil.Process(running.pid), None
        while running.poll() is None:
            server = server or server_of(rehearsal)
            if server is not None:
                try:
                    cost.sample(server)
                except psutil.NoSuchProcess:
                    pass
            time.sleep(SAMPLE_EVERY)
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    if running.returncode != 0 or not report["ok"]:
        sys.exit(f"the rehearsal with {bidders} bidders failed: {report['faults']}")
    seconds = sum(recording["seconds"] for recording in report["recordings"])
    return cost, seconds


def main() -> None:
    rows = []
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for bidders in SIZES:
            cost, recorded = play(bidders, Path(folder) / str(bidders))
            cpu, peak = sum(cost.cpu.values()), cost.peak / MEBIBYTE
            figures.append((cpu, peak))
            how = f"one rehearsal, {recorded:.0f} s recorded; server and media worker, by psutil; robots not counted"
            for label, value, unit in (("CPU", cpu, "s"), ("peak memory (PSS)", peak, "MiB")):
                rows.append(Row(case=f"{bidders} bidders: {label}", ours=round(value, 2), unit=unit, how=how))
                each = round(value / bidders, 2)
                rows.append(Row(case=f"{bidders} bidders: {label} per bidder", ours=each, unit=unit, how=how))
    more = SIZES[1] - SIZES[0]
    (cpu_few, peak_few), (cpu_many, peak_many) = figures
    how = f"difference of the runs with {SIZES[0]} and {SIZES[1]} bidders, over {more}"
    rows.append(
        Row(case="one more bidder: CPU", ours=round((cpu_many - cpu_few) / more, 2), unit="s", how=how)
    )
    rows.append(
        Row(case="one more bidder: memory", ours=round((peak_many - peak_few) / more, 1), unit="MiB", how=how)
    )
    publish("opening", rows)


if __name__ == "__main__":
    main()
