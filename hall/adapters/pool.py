"""What a process of the server's pool does first: it gives way to the server's loop, and ends with it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from typing import Final

_NICE: Final = 10


def beside_the_server() -> None:
    """The pool's initializer."""
    os.nice(_NICE)  # a countdown on the server never waits for a core that opens a bid
    threading.Thread(target=_end_with_the_server, daemon=True).start()


def _end_with_the_server() -> None:
    """A server that is killed shuts no pool down, and each worker keeps the queue open that the others wait on."""
    server = multiprocessing.parent_process()
    assert server is not None
    server.join()
    os._exit(1)
