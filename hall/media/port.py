"""UDP sockets that many connections share: datagrams in, sorted by whom they come from; packets out.

One readable event drains a whole batch for all connections, and a firewall needs to know few ports. A datagram
belongs to the line whose peer was last authenticated at its source address; STUN requests, from which that is learned,
carry the line's name. What comes from an address that nobody proved to own is dropped unread. Media of open lines go
the compiled way (`exchange`); everything else is handed to its line here.

What lives here: sockets and sorting. What may not: ICE, DTLS, keys, what is inside a packet.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hall.clock import HallClock
from hall.media import tables
from hall.media.exchange import work
from hall.media.mail import Places, address_in, fetch
from hall.media.tables import AT, NONE, Rows

log = logging.getLogger("hall.media")

Address = tuple[str, int]

BATCH = tables.BATCH
"""Datagrams taken, of all ports together, before the loop has its turn: well below a millisecond."""

LEAST_BATCH = 8

UNHURRIED_S = 0.05
"""Between two looks while nobody watches: the recording alone is in no hurry, and each wake costs: what a packet needs
has left the processor's memory meanwhile.
"""

RECEIVE_BUFFER = 8 << 20
PER_LINE = 96 << 10
"""Bytes of a socket's buffer for each line: what one camera sends while the loop is held up for a third of a second
(Linux counts about twice a packet's length).
"""

ADDRESSES = 8
"""So many addresses one line may have proved: a peer that moves about, not one that collects."""

_USERNAME = 0x0006
_FORCE_RECEIVE_BUFFER = 33  # SO_RCVBUFFORCE (Linux), which Python has no name for


class Line(Protocol):
    """One connection behind a port. `row`: its row in the tables, NONE: it has none."""

    row: int

    def on_check(self, data: bytes, source: Address) -> None:
        """A STUN message."""

    def on_handshake(self, data: bytes) -> None:
        """A DTLS record of the line's peer."""

    def on_media(self, data: bytes) -> None:
        """An SRTCP packet of the line's peer, or an SRTP packet while the line is not open in the tables; still
        encrypted.
        """

    def on_failure(self) -> None:
        """What it was given could not be worked through: the line is to end, so that the others are not held up."""


class Port:
    """One socket. Lines are entered by the name that their peers' STUN requests carry.

    rows: the worker's tables. hurried: whether somebody waits for the packets; else they are fetched by and by, many at
    a time.
    """

    def __init__(
        self,
        host: str,
        port: int = 0,
        *,
        rows: Rows | None = None,
        hurried: Callable[[], bool] = lambda: True,
    ) -> None:
        self.rows = rows or Rows(HallClock().monotonic)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        for option in (_FORCE_RECEIVE_BUFFER, socket.SO_RCVBUF):
            try:
                self._socket.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER)
                break
            except OSError:
                continue  # forcing is the administrator's; without it the system's limit holds
        granted = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self.room = max(1, granted // PER_LINE)
        name = self._socket.getsockname()
        self.address: Address = (name[0], name[1])
        self.left = 0
        """So many lines have left."""
        self.batch = BATCH
        self._lines: dict[str, Line] = {}
        self._sources: dict[Address, Line] = {}
        self._places = Places()
        self._loop = asyncio.get_running_loop()
        self._hurried = hurried
        self._timer: asyncio.TimerHandle | None = None
        self._greeting = False
        self._loop.add_reader(self._socket, self._ready)

    def __len__(self) -> int:
        return len(self._lines)

    def enter(self, name: str, line: Line) -> None:
        """From now on STUN requests for `name` are the line's."""
        self._lines[name] = line

    def forget(self, name: str) -> None:
        """Nobody is to be found under this name any more; its line stays, under another one."""
        self._lines.pop(name, None)

    def leave(self, name: str) -> None:
        """The line is gone, and the addresses it has proved are nobody's."""
        line = self._lines.pop(name, None)
        self.left += line is not None
        if gone := [s for s, owner in self._sources.items() if owner is line]:
            self._disown(gone)

    def prove(self, source: Address, line: Line) -> None:
        """The line's peer was authenticated at this address: what comes from there is the line's."""
        if self._sources.get(source) is line:
            return
        own = [s for s, owner in self._sources.items() if owner is line]
        if len(own) >= ADDRESSES or source in self._sources:
            self._disown([source] if source in self._sources else own[:1])
        self._sources[source] = line
        if line.row != NONE:
            self._places.enter(source, line.row)

    def number(self) -> int:
        """The socket's, as compiled code takes it."""
        return self._socket.fileno()

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram as it is; a full or closed way loses it, as the network might."""
        try:
            self._socket.sendto(data, address)
        except OSError:
            pass

    def close(self) -> None:
        """Let go of the socket."""
        if self._timer is not None:
            self._timer.cancel()
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _ready(self) -> None:
        """Something has arrived."""
        self._drain()
        if not self._in_hurry():
            self._loop.remove_reader(self._socket)
            self._timer = self._loop.call_later(UNHURRIED_S, self._look)

    def _look(self) -> None:
        """Something may have arrived meanwhile. Nothing, or somebody in a hurry: wait for the socket again."""
        taken = self._drain()
        if taken and not self._in_hurry():
            pause = UNHURRIED_S if taken < self.batch else 0
            self._timer = self._loop.call_later(pause, self._look)
        else:
            self._timer = None
            self._loop.add_reader(self._socket, self._ready)

    def _in_hurry(self) -> bool:
        """Whether somebody waits for packets, or was just shaking hands: that goes to and fro a few times."""
        greeting, self._greeting = self._greeting, False
        return greeting or self._hurried()

    def _disown(self, sources: list[Address]) -> None:
        for source in sources:
            del self._sources[source]
        self._places.leave(sources)

    def _drain(self) -> int:
        """Take what has arrived, up to a batch, and send each datagram on its way; gives how many there were."""
        rows = self.rows
        taken = fetch(self._socket.fileno(), rows.tables, self.batch)
        now, at = rows.monotonic(), 0
        while at < taken:
            try:
                at = work(rows.tables, self._places.table, at, taken, now)
            except Exception:
                at = int(rows.counts[AT])
                self._fail(at)
            else:
                if at < taken:
                    self._hand_over(at)
            at += 1
        rows.look()
        return taken

    def _hand_over(self, at: int) -> None:
        """Give a datagram of the batch, no medium of an open line, to its line."""
        came = self.rows.came
        data = bytes(came.data[at, : came.messages["length"][at]])
        source = address_in(bytes(came.names[at]))
        first = data[0]
        line = self._sources.get(source)
        if first < 4:
            name = asked_name(data)
            line = line if name is None else self._lines.get(name)
        if line is None:
            return
        try:
            if 128 <= first < 192:
                line.on_media(data)
            elif first < 4:
                line.on_check(data, source)
            elif 20 <= first < 64:
                self._greeting = True
                line.on_handshake(data)
        except Exception:
            self._fail(at)

    def _fail(self, at: int) -> None:
        """A datagram of the batch could not be worked through: that is its line's end and nobody else's."""
        log.exception("a datagram could not be worked through")
        line = self._sources.get(address_in(bytes(self.rows.came.names[at])))
        if line is not None:
            line.on_failure()


@dataclass(frozen=True, slots=True)
class Numbers:
    """Which UDP port numbers may be bound, both ends included; 0: any that is free. share: how many of them one worker
    may take, so that each finds some."""

    first: int = 0
    last: int = 0
    share: int = 0


ANY_NUMBER = Numbers()


class Ports:
    """As many sockets as the lines need: each holds so many as its buffer can keep whole while the loop is busy. Where
    the numbers are used up, the lines share what there is.
    """

    def __init__(
        self,
        host: str,
        hurried: Callable[[], bool] = lambda: True,
        numbers: Numbers = ANY_NUMBER,
        rows: Rows | None = None,
    ) -> None:
        self.rows = rows or Rows(HallClock().monotonic)
        self._host, self._hurried, self._numbers = host, hurried, numbers
        self._ports: list[Port] = []

    def port(self) -> Port:
        """A port with room for one line more, or the one with the fewest lines. Raises OSError when the address is not
        this machine's, or every number is taken by others.
        """
        for port in self._ports:
            if len(port) < port.room:
                return port
        full = self._numbers.share and len(self._ports) >= self._numbers.share
        if not full and (fresh := self._bound()) is not None:
            self._ports.append(fresh)
            for port in self._ports:
                port.batch = max(LEAST_BATCH, BATCH // len(self._ports))
            return fresh
        if not self._ports:
            raise OSError(errno.EADDRINUSE, "every UDP port of the settings is taken")
        return min(self._ports, key=len)

    def _bound(self) -> Port | None:
        """A socket of its own; None where no number is free."""
        for number in range(self._numbers.first, self._numbers.last + 1):
            try:
                return Port(self._host, number, rows=self.rows, hurried=self._hurried)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        return None

    def left(self) -> int:
        """How many lines have left, in all."""
        return sum(port.left for port in self._ports)

    def close(self) -> None:
        """Close every socket; the lines are gone before."""
        for port in self._ports:
            port.close()
        self._ports.clear()


def asked_name(data: bytes | memoryview) -> str | None:
    """Whom a STUN binding request is for: the first half of its USERNAME (RFC 8445, 7.2.2); None for anything else."""
    if len(data) < 20 or data[0] or data[1] != 1:
        return None
    at = 20
    while at + 4 <= len(data):
        kind = int.from_bytes(data[at : at + 2], "big")
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if kind == _USERNAME:
            return bytes(data[at + 4 : at + 4 + length]).split(b":")[0].decode("ascii", "replace")
        at += 4 + (length + 3 & ~3)
    return None
