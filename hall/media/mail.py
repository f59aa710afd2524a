"""Datagrams in and out, many with one call of the system, and who is at which address.

What lives here is compiled: sockets as numbers, tables. What may not: what is inside a datagram. Linux alone has these
calls.
"""

from __future__ import annotations

import socket
from typing import Any, Final

import numpy

from hall.media import tables
from hall.media.compiled import NOW, byte, compiled, put, recvmmsg, sendmmsg, srtp_protect
from hall.media.rtp import two
from hall.media.tables import BATCH, NAME, NONE, OUTGOING, SIZE, TRAILER, Tables

LONGEST: Final = SIZE - TRAILER

PLACE: Final = numpy.dtype([("high", "i8"), ("low", "i8"), ("port", "i8"), ("line", "i8")])
"""An address, as two halves of 128 bits and a port, and whose it is."""

_INET, _INET6 = int(socket.AF_INET), int(socket.AF_INET6)


def name_of(host: str, port: int) -> bytes:
    """An address as the system's calls take it (struct sockaddr_in, sockaddr_in6)."""
    if ":" in host:
        packed = socket.inet_pton(socket.AF_INET6, host.split("%")[0])
        scope = int(host.split("%")[1]) if "%" in host else 0
        return b"".join(
            (
                _INET6.to_bytes(2, "little"),
                port.to_bytes(2, "big"),
                bytes(4),
                packed,
                scope.to_bytes(4, "little"),
            )
        )
    return (
        _INET.to_bytes(2, "little")
        + port.to_bytes(2, "big")
        + socket.inet_pton(socket.AF_INET, host)
        + bytes(8)
    )


def address_in(name: bytes) -> tuple[str, int]:
    """Host and port of what `name_of` makes."""
    port = int.from_bytes(name[2:4], "big")
    if int.from_bytes(name[:2], "little") == _INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    return socket.inet_ntop(socket.AF_INET6, name[8:24]), port


class Places:
    """Whose packets come from where: lines' rows by address, as compiled code finds them."""

    def __init__(self) -> None:
        self.table = _places(64)
        self._lines: dict[tuple[str, int], int] = {}

    def enter(self, address: tuple[str, int], line: int) -> None:
        """What comes from there is this line's."""
        self._lines[address] = line
        if 2 * len(self._lines) > len(self.table):
            self._build()
        else:
            self._put(address, line)

    def leave(self, addresses: list[tuple[str, int]]) -> None:
        """What comes from there is nobody's."""
        for address in addresses:
            self._lines.pop(address, None)
        self._build()

    def _build(self) -> None:
        size = len(self.table)
        while size < 4 * len(self._lines):
            size *= 2
        self.table = _places(size)
        for address, line in self._lines.items():
            self._put(address, line)

    def _put(self, address: tuple[str, int], line: int) -> None:
        name = numpy.frombuffer(name_of(*address).ljust(NAME, b"\0"), numpy.uint8)
        place = self.table[_slot(self.table, *_place(name))]
        place["high"], place["low"], place["port"] = _place(name)
        place["line"] = line


def _places(size: int) -> Any:
    table = numpy.zeros(size, PLACE)
    table["line"] = NONE
    return table


@compiled
def _eight(data: Any, at: int) -> int:
    number = 0
    for n in range(8):
        number = number << 8 | byte(data, at + n)
    return number


@compiled
def _place(name: Any) -> tuple[int, int, int]:
    if name[0] == _INET:
        return 0, _eight(name, 0) & 0xFFFFFFFF, two(name, 2)
    return _eight(name, 8), _eight(name, 16), two(name, 2)


@compiled
def _slot(places: Any, high: int, low: int, port: int) -> int:
    """Where an address stands in the table, or would stand."""
    mask = places.size - 1
    at = (high * 0x9E3779B1 + low * 0x85EBCA6B + port * 0xC2B2AE35) >> 7 & mask
    while places[at].line != NONE:
        if places[at].low == low and places[at].port == port and places[at].high == high:
            break
        at = at + 1 & mask
    return int(at)


@compiled
def whose(places: Any, name: Any) -> int:
    """The line at an address, NONE where there is none."""
    high, low, port = _place(name)
    return int(places[_slot(places, high, low, port)].line)


@compiled
def fetch(number: int, t: Tables, most: int) -> int:
    """Take what has come to a socket, at most so many datagrams; gives how many."""
    _, _, _, messages = tables.came(t)
    for n in range(most):
        messages[n].name_length = NAME
    return int(max(recvmmsg(number, messages.ctypes.data, most, NOW, 0), 0))


@compiled
def enclose(
    t: Tables,
    line: int,
    payload_type: int,
    marker: bool,
    seq: int,
    timestamp: int,
    ssrc: int,
    data: Any,
    start: int,
    stop: int,
) -> None:
    """Encrypt an RTP packet for a line's peer and put it to what is to go out; data[start:stop]: its payload."""
    row = tables.lines(t)[line]
    if not row.way or not row.name_length or 12 + stop - start > LONGEST:
        return
    if tables.counts(t)[OUTGOING] == BATCH:
        post(t)
    n = tables.counts(t)[OUTGOING]
    goes, lengths, lines, _, _ = tables.goes(t)
    packet = goes[n]
    packet[0], packet[1] = 0x80, payload_type | 0x80 if marker else payload_type
    packet[2], packet[3] = seq >> 8 & 0xFF, seq & 0xFF
    for k in range(4):
        packet[4 + k] = timestamp >> 24 - 8 * k & 0xFF
        packet[8 + k] = ssrc >> 24 - 8 * k & 0xFF
    put(data, start, stop, packet.ctypes.data, SIZE, 12)
    lengths[n] = 12 + stop - start
    if srtp_protect(row.way, packet.ctypes.data, lengths[n:].ctypes.data) == 0:
        lines[n] = line
        tables.counts(t)[OUTGOING] = n + 1


@compiled
def post(t: Tables) -> None:
    """Send what is to go out. A full or closed way loses packets, as the network might."""
    count = tables.counts(t)[OUTGOING]
    tables.counts(t)[OUTGOING] = 0
    goes, lengths, lines, messages, parts = tables.goes(t)
    for first in range(count):
        if lines[first] == NONE:
            continue
        number, together = tables.lines(t)[lines[first]].socket, 0
        for n in range(first, count):
            line = lines[n]
            if line == NONE or tables.lines(t)[line].socket != number:
                continue
            message, part = messages[together], parts[together]
            message.name, message.name_length = (
                tables.names(t)[line].ctypes.data,
                tables.lines(t)[line].name_length,
            )
            part.at, part.length = goes[n].ctypes.data, lengths[n]
            lines[n] = NONE
            together += 1
        sent = 0
        while sent < together:
            sent += max(1, sendmmsg(number, messages[sent:].ctypes.data, together - sent, NOW))
