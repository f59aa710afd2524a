"""Sealing and opening: a bid sealed in Chromium, one opened by the server beside `openssl speed`, 50 releases.

Takes about ten minutes and 7 GB of disk, which it gives back. `python -m bench.sealing BROWSER_MIB SERVER_MIB BIDDERS`
measures smaller cases; BROWSER_MIB is the larger one of two, the other is a tenth of it.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.load.crowd import identity_of
from bench.load.lag import figures, lags_of, quantile
from bench.load.large_pdf import large_pdf
from bench.load.parts import module, part
from bench.load.sealing_browser import Sealed, sealed_in_chromium
from bench.table import Row, publish
from hall.client.sealing import Columns, seal_bid_file
from hall.rehearsal.demo_ca import issue_demo
from hall.signing import sealed_bid

BROWSER_MIB, SERVER_MIB, BIDDERS = 1000, 2000, 50
MB = 1_000_000
MIB = 1 << 20
AT = 1_795_309_200_000
COLUMNS = Columns("1234567.80", "300 日历天", "合格", "周建国", "200000.00")

GOALS = {
    "sealing": (50.0, "sealing in Chromium, MB/s"),
    "flat": (1.5, "renderer memory, large beside small"),
    "server": (0.4, "server beside openssl"),
    "rss": (64.0, "server memory, MiB"),
    "acks": (1000.0, "acknowledgements, ms"),
    "lag": (50.0, "loop lag p99, ms"),
}


def browser_rows(small: Sealed, large: Sealed) -> list[Row]:
    """The steps' speeds, and the renderer's memory for both sizes."""
    rows = []
    for one in (small, large):
        how = f"the deposit page in Chromium, PDF of {one.size >> 20} MiB (a sparse file), steps by the page's clock"
        for step, what in (
            ("signing", "read and hash the PDF"),
            ("sealing", "encrypt, hash, write to OPFS"),
            ("testing", "read back, open every segment, compare"),
        ):
            rows.append(
                Row(
                    case=f"{one.size >> 20} MiB: {what}",
                    ours=round(one.size / MB / max(one.seconds.get(step, 0), 0.001), 1),
                    unit="MB/s",
                    how=how,
                )
            )
    how = "largest PSS of one renderer, by psutil each 0.1 s; page and worker together"
    rows.append(
        Row(
            case=f"renderer memory at most, {large.size >> 20} MiB",
            ours=round(large.peak / MIB, 1),
            unit="MiB",
            how=how,
            peer=round(small.peak / MIB, 1),
            peer_name=f"with {small.size >> 20} MiB",
        )
    )
    return rows


def openssl_speed() -> float:
    """SHA-256 by `openssl speed`, MB/s."""
    said = subprocess.run(
        ["openssl", "speed", "-seconds", "3", "-bytes", str(MIB), "-evp", "sha256"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    (found,) = re.findall(r"^sha256\s+([0-9.]+)k", said, re.IGNORECASE | re.MULTILINE)
    return float(found) / 1000


def server_rows(directory: Path, mebibytes: int) -> list[Row]:
    """Seal a bid by the command line's own code, and open it as the pool's process does."""
    one = identity_of(issue_demo(directory / "pki", bidders=2, now_ms=AT).bidders[0])
    pdf, sealed = directory / "server.pdf", directory / "server.bid"
    large_pdf(pdf, mebibytes * MIB)
    with pdf.open("rb") as file:
        made = seal_bid_file(file, COLUMNS, one, sealed, tender="T1", lot="1", bidder="b1", signed_at=AT)
    key = sealed_bid.unwrap(made.header, one.key, one.certificate)
    before = openssl_speed()
    command = module("bench.load.unsealer", sealed, key.hex(), made.receipt.sha256, directory / "plain")
    found = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    floor = (before + openssl_speed()) / 2
    for path in (pdf, sealed, directory / "plain"):
        path.unlink()
    size = made.receipt.size / MB
    how = f"a bid of {mebibytes} MiB, one process; openssl speed on 1 MiB before and after, mean"
    peer = {"peer": round(floor), "peer_name": "openssl speed sha256"}
    return [
        Row(
            case="commitment, hash, decrypt",
            ours=round(size / found["seconds"]),
            unit="MB/s",
            how=how,
            **peer,
        ),
        Row(
            case="the same, container written and read, both signatures' digests",
            ours=round(size / found["whole"]),
            unit="MB/s",
            how=how,
            **peer,
        ),
        Row(
            case="memory of that process",
            ours=round(found["rss"] / MIB, 1),
            unit="MiB",
            how="VmHWM of a process that does nothing else",
        ),
    ]


def release_rows(directory: Path, bidders: int) -> list[Row]:
    """All releases at once; each one's time to its acknowledgement, which the hall gives when it is journalled."""
    with part(module("bench.load.opener", bidders, 1, directory)) as server:
        server.hear()
        server.ask("idle")
        found = server.ask("release")
    how = f"{bidders} bids of 1 MiB released within one moment; signing them takes the same process"
    acks = sorted(found["acks"])
    rows = [
        Row(
            case=f"{bidders} releases: last acknowledgement", ours=round(acks[-1] * 1000), unit="ms", how=how
        ),
        Row(
            case=f"{bidders} releases: median acknowledgement",
            ours=round(acks[len(acks) // 2] * 1000),
            unit="ms",
            how=how,
        ),
    ]
    for case, ms in figures(lags_of(found["lags"])):
        rows.append(Row(case=f"{bidders} releases: {case}", ours=round(ms, 2), unit="ms", how=how))
    p99 = quantile(lags_of(found["lags"]).own, 0.99)
    rows.append(
        Row(case=f"{bidders} releases: p99 held against the goal", ours=round(p99, 2), unit="ms", how=how)
    )
    return rows


def main(browser: int, server: int, bidders: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        sizes = [browser * MIB // 10, browser * MIB]
        small, large = asyncio.run(
            sealed_in_chromium(directory, sizes, lambda what: print(what, file=sys.stderr))
        )
        rows = browser_rows(small, large)
        rows += server_rows(directory, server)
        (directory / "crowd").mkdir()
        rows += release_rows(directory / "crowd", bidders)
    publish("sealing", rows)
    if missed := [said for key, said in missed_goals(rows, large)]:
        sys.exit("; ".join(missed))


def missed_goals(rows: list[Row], large: Sealed) -> list[tuple[str, str]]:
    """The goals that were not reached, by name and in words."""
    by_case = {row.case: row for row in rows}
    memory = next(row for row in rows if row.case.startswith("renderer memory"))
    found = {
        "sealing": -(large.size / MB / max(large.seconds["sealing"], 0.001)),
        "flat": memory.ratio or 0.0,
        "server": -(by_case["commitment, hash, decrypt"].ratio or 0.0),
        "rss": by_case["memory of that process"].ours,
        "acks": next(row.ours for row in rows if "last acknowledgement" in row.case),
        "lag": next(row.ours for row in rows if "held against" in row.case),
    }
    missed = []
    for key, (goal, words) in GOALS.items():
        least = key in ("sealing", "server")
        if found[key] > (-goal if least else goal):
            missed.append((key, f"{words}: {abs(found[key]):.2f}, goal {goal}"))
    return missed


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:4] or (BROWSER_MIB, SERVER_MIB, BIDDERS)))
