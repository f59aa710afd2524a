"""What one connection is still to be sent: packets become WebSocket frames once and go to the wire at once.

python-socketio pays a task and a queue per recipient per message, and its queue has no bound. Here everything that a
connection is told (messages, acknowledgements, farewells) passes through one `Outbox`, in order, and a reader that
falls too far behind is cut off: it comes back and asks for the state. What may not live here: who is told what.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, Final

from engineio.packet import MESSAGE, PING
from socketio.packet import EVENT

log = logging.getLogger("hall.channel")

MAX_WAITING: Final = 256
"""Packets that may wait for a reader."""

MAX_BYTES: Final = 1 << 20
"""Bytes that may wait for a reader."""


def frame(packet: str) -> bytes:
    """Give a packet as one WebSocket frame of a server (RFC 6455 section 5.2): text, final, unmasked, uncompressed."""
    data = packet.encode(
        errors="replace"
    )  # half a surrogate pair is no text; it must not stop the others' news
    size = len(data)
    if size < 126:
        return bytes((0x81, size)) + data
    if size < 1 << 16:
        return struct.pack("!BBH", 0x81, 126, size) + data
    return struct.pack("!BBQ", 0x81, 127, size) + data


def event(name: str, message: object) -> bytes:
    """Give a message as the frame of a Socket.IO event, the same bytes for whoever is told it."""
    return frame(f"{MESSAGE}{EVENT}{to_json([name, message])}")


def to_json(value: object, **options: Any) -> str:
    """Give JSON of plain values and of dataclasses, however deep they lie in them."""
    options = {"ensure_ascii": False, "separators": (",", ":"), **options}
    return json.dumps(value, default=_plain, **options)


def _plain(value: object) -> object:
    """One layer only: the encoder, which is written in C, comes back for what lies deeper."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


@lru_cache(maxsize=256)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


class Outbox(asyncio.Queue[Any]):
    """The queue that python-engineio asks for each connection, and the one way onto its wire.

    Before `open` packets wait. Afterwards they are written as they are put, so nothing can overtake anything. Two kinds
    still wait for the library's writer task: its pings, which tell it that the connection lives, and the None that ends
    it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.name = ""
        self._wire: asyncio.WriteTransport | None = None
        self._closed = False
        self._unsent: deque[int] = deque()  # sizes of the frames that the kernel has not taken whole
        self._unsent_bytes = 0

    def open(self, wire: asyncio.WriteTransport) -> None:
        """The WebSocket is there: write what has waited, and from now on at once."""
        self._wire = wire
        while not self.empty():
            packet = self.get_nowait()
            self.task_done()
            self.send(frame(packet.encode()))

    def close(self) -> None:
        """The WebSocket is ending: what follows is dropped."""
        self._closed = True

    async def put(self, packet: Any) -> None:
        """Take an Engine.IO packet. Never waits."""
        if packet is None:
            self.put_nowait(packet)
        elif self._closed:
            return
        elif self._wire is None or packet.packet_type == PING:
            self.put_nowait(packet)
        else:
            self.send(frame(packet.encode()))

    def send(self, data: bytes) -> None:
        """Write a frame. A reader with too much unread is dropped; one that is gone is no error."""
        wire = self._wire
        if wire is None or self._closed or wire.is_closing():
            return
        wire.write(data)
        if behind := wire.get_write_buffer_size():
            self._note(len(data), behind)
            if behind > MAX_BYTES or len(self._unsent) > MAX_WAITING:
                facts = {"sid": self.name, "packets": len(self._unsent), "bytes": behind}
                log.warning("a reader is too slow and is dropped", extra={"facts": facts})
                wire.abort()
        elif self._unsent:
            self._unsent.clear()
            self._unsent_bytes = 0

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self._wire is not None:
            self._wire.abort()

    def _note(self, size: int, behind: int) -> None:
        """Keep the sizes of the last frames, as many as it takes to make up what the transport still holds."""
        self._unsent.append(size)
        self._unsent_bytes += size
        while self._unsent_bytes - self._unsent[0] >= behind:
            self._unsent_bytes -= self._unsent.popleft()
