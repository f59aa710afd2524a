"""Have the packet path compiled, or loaded where that was done before: a first packet would wait for it.

`python -m hall.media.warm` does it ahead, at set-up or by whoever installs a hall. Compiling takes memory that a
process never gives back, so what is not there yet is compiled by a process of its own.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy

from hall.media import assemble, exchange, forward, loudness, mail, rtp
from hall.media.compiled import PLACE
from hall.media.tables import OPUS, SIZE, Rows


def warm_up() -> None:
    """Return when a packet would wait for nothing. It may take half a minute."""
    if PLACE is not None and not (PLACE / "whole").exists():
        subprocess.run([sys.executable, "-m", "hall.media.warm"], check=True)
    _call_all()


def _call_all() -> None:
    """Call each compiled function that the interpreter calls, with the kinds of arguments that it will have."""
    rows = Rows(lambda: 0.0)
    line, places = rows.line(), mail.Places()
    rows.publishes(line, lambda how: None)
    t, data, one = rows.tables, numpy.zeros(SIZE, numpy.uint8), numpy.zeros(1, numpy.int32)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.setblocking(False)
        mail.fetch(own.fileno(), t, 1)
    places.enter(("127.0.0.1", 9), line)
    exchange.work(t, places.table, 0, 0, 0.0)
    exchange.take_sealed(t, line, data, one, 0.0)
    exchange.take(t, line, OPUS, 0, False, 0, data, 0, 1, 0.0)
    exchange.pass_time(t, 0.0)
    assemble.taken(t, line)
    assemble.missing(t, line, numpy.zeros(assemble.MAX_MISSING, numpy.int64), 0.0)
    forward.put_again(t, rows.outlet(line), 0)
    mail.post(t)
    rtp.report(rows.streams[0])
    voice: list[Callable[..., Any]] = [loudness.silenced, lambda one: loudness.passed(one, 0.0)]
    for call in voice:
        call(rows.lines[line])


if __name__ == "__main__":
    _call_all()
    if PLACE is not None:
        (PLACE / "whole").touch()
