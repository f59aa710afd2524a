"""Many Socket.IO clients in one process that cost next to nothing: each notes when an event arrived, and answers pings.

Usage: python -m bench.load.listeners PORT COUNT. It prints {"connected"}; each line of stdin, a number, makes it print
the arrivals since the line before, per connection, as monotonic ns; the number is how many are awaited.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bench.load.limits import raise_open_files

AT_A_TIME = 200
PATIENCE = 300  # tenths of a second
_REQUEST = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def _frame(text: str) -> bytes:
    """A masked frame of a client; the mask is zeros, which leaves the text as it is."""
    return bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text.encode()


class Listener(asyncio.Protocol):
    """One client. `ready` is done once the server has let it in."""

    def __init__(self, port: int) -> None:
        self.arrivals: list[int] = []
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._port = port
        self._rest = b""
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(_REQUEST.format(port=self._port).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("cut off"))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self._rest + data
        if not self._upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._upgraded = True
        at = 0
        while len(data) - at >= 2:
            size, start = data[at + 1] & 127, at + 2
            if size == 126:
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            if len(data) < start + size:
                break
            self._take(data[start : start + 2], now)
            at = start + size
        self._rest = data[at:]

    def _take(self, packet: bytes, now: int) -> None:
        match packet:
            case b"42":
                self.arrivals.append(now)
            case b"2":
                self._transport.write(_frame("3"))
            case b"0{":
                self._transport.write(_frame("40"))
            case b"40":
                self.ready.set_result(None)


async def main(port: int, count: int) -> None:
    raise_open_files()
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(AT_A_TIME)

    async def connect() -> Listener:
        async with gate:
            _, listener = await loop.create_connection(lambda: Listener(port), "127.0.0.1", port)
            await listener.ready
            return listener

    began = time.monotonic()
    listeners = await asyncio.gather(*(connect() for _ in range(count)))
    print(json.dumps({"connected": len(listeners), "seconds": time.monotonic() - began}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        for _ in range(PATIENCE):
            if all(len(one.arrivals) >= int(line) for one in listeners):
                break
            await asyncio.sleep(0.1)
        print(json.dumps([one.arrivals for one in listeners]), flush=True)
        for one in listeners:
            one.arrivals = []


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
