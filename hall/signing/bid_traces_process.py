"""A process that takes the traces of one opened bid's PDF and ends: `python -m hall.signing.bid_traces_process`.

A question as JSON comes in through standard input, the traces as JSON go out. It confines itself as the look into a
bid's signatures does (`bid_check_process`). What may not live here: what a likeness means.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any


def main() -> None:
    """Read the question, look, answer. Ends with a status other than 0 where the file was too much."""
    question: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    from hall.signing import bid_check, bid_container, bid_traces
    from hall.signing.bid_check_process import confine

    confine(question["memory"], question["seconds"])
    sys.setrecursionlimit(2_000)
    with Path(question["path"]).open("rb") as file:
        found = bid_container.read_container(file)
        traces = bid_traces.traces_of(bid_check.pdf_in(file, found), question.get("wanted", ()))
    sys.stdout.buffer.write(json.dumps(asdict(traces)).encode())


if __name__ == "__main__":
    main()
