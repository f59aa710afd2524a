"""A process that looks into one opened bid's PDF and ends: `python -m hall.signing.bid_check_process`.

A question as JSON comes in through standard input, a report as JSON goes out. Before anything of the file is read
the process takes its own liberties away: memory, processor time, writing files, connections. A bomb ends this process
and nothing else. What may not live here: what a signature is worth (`bid_check`).
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from pathlib import Path
from typing import Any, Final


def main() -> None:
    """Read the question, look, answer. Ends with a status other than 0 where the file was too much."""
    question: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    from hall.procurement.bid_report import TOO_MUCH_MEMORY, UNREADABLE, BidReport
    from hall.signing import bid_check

    confine(question["memory"], question["seconds"])
    sys.setrecursionlimit(2_000)
    lists = [[base64.b64decode(item) for item in one] for one in question["anchors"]]
    try:
        report = bid_check.check_bid(
            Path(question["path"]), question["deposited_at"], bid_check.anchors_from_lists(lists)
        )
    except MemoryError:
        report = BidReport(TOO_MUCH_MEMORY, "")
    except Exception:  # what the file made of its reader is a finding and no failure of the hall
        report = BidReport(UNREADABLE, "")
    sys.stdout.buffer.write(report.to_json())


def confine(memory: int, seconds: int) -> None:
    """No more memory, time and files than a look needs, and no connection at all. memory: bytes of address space."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def refuse(event: str, _arguments: tuple[object, ...]) -> None:
        if event in _FORBIDDEN:
            raise PermissionError(event)

    sys.addaudithook(refuse)


_FORBIDDEN: Final = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen", "os.system",
     "os.exec", "os.fork", "os.posix_spawn", "urllib.Request"}
)  # fmt: skip


if __name__ == "__main__":
    main()
