"""The server's working processes: behind its loop while it lives, and gone when it is."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil

SERVER = """
import multiprocessing, os
from concurrent.futures import ProcessPoolExecutor
from hall.adapters.pool import beside_the_server
if __name__ == "__main__":
    pool = ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), beside_the_server)
    work = [pool.submit(os.getpid) for _ in range(8)]
    print(*{one.result() for one in work}, flush=True)
    input()
"""


def test_workers_give_way_to_the_server_and_end_with_it_even_if_it_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in server.stdout.readline().split()]
        assert workers and all(one.nice() > psutil.Process(server.pid).nice() for one in workers)
        server.send_signal(signal.SIGKILL)
        server.wait(10)
    gone, alive = psutil.wait_procs(workers, timeout=30)
    assert (len(gone), alive) == (len(workers), [])
