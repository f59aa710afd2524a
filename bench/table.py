"""What every benchmark gives: rows that are printed as a table and written to bench/results/NAME.json."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure. `peer` is the same figure of `peer_name`, and `ratio` ours / peer; None without a peer."""

    case: str
    ours: float
    unit: str
    how: str
    peer: float | None = None
    peer_name: str | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.peer is None else round(self.ours / self.peer, 3)


def publish(name: str, rows: list[Row]) -> None:
    """Print the rows, and write them with the machine they were measured on."""
    width = max(len(row.case) for row in rows)
    for row in rows:
        beside = (
            "" if row.peer is None else f"   {row.peer_name} {row.peer:.3g} {row.unit}, ratio {row.ratio}"
        )
        print(f"{row.case:<{width}}  {row.ours:>9.3g} {row.unit}{beside}")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    found = {"machine": machine, "rows": [{**asdict(row), "ratio": row.ratio} for row in rows]}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"\n{machine}; written to {path.relative_to(RESULTS.parents[1])}")
