"""A process that marks some pages of one opened bid and ends: `python -m hall.signing.bid_pages_process`.

A question as JSON comes in through standard input; one line of JSON goes out, and behind it the marked pages as a PDF.
It confines itself as the look into a bid's signatures does (`bid_check_process`). What may not live here: who may read.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

from hall.signing.bid_check_process import confine


def main() -> None:
    """Read the question, mark, answer. Ends with a status other than 0 where the file was too much."""
    question: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    from hall.signing import bid_check, bid_container, bid_pages

    confine(question["memory"], question["seconds"])
    sys.setrecursionlimit(2_000)
    font, lines = base64.b64decode(question["font"]), tuple(question["mark"])
    with Path(question["path"]).open("rb") as file:
        found = bid_container.read_container(file)
        pages = bid_pages.marked_pages(bid_check.pdf_in(file, found), question["first"], lines, font)
    head = {"first": pages.first, "last": pages.last, "count": pages.count, "broken": pages.broken}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + pages.pdf)


if __name__ == "__main__":
    main()
