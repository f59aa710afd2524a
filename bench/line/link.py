"""A link between this network namespace and another one: two TUN devices and a loop that hands packets on.

Loss and cut are set from outside at any time. It needs root and /dev/net/tun, and neither netem nor nftables.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import struct
import subprocess
from dataclasses import dataclass, field
from typing import Final

_TUNSETIFF: Final = 0x400454CA
_TUN_NO_INFO: Final = 0x0001 | 0x1000
_MTU: Final = 1400
_AT_ONCE: Final = 64


@dataclass
class Link:
    """Link `number`: 10.78.N.1 here, 10.78.N.2 there. `loss`: share of packets dropped each way, 1.0 is a cut."""

    number: int
    loss: float = 0.0
    passed: int = 0
    dropped: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    _ends: tuple[int, int] = (-1, -1)

    @property
    def here(self) -> str:
        return f"10.78.{self.number}.1"

    @property
    def there(self) -> str:
        return f"10.78.{self.number}.2"

    def open(self, pid: int) -> None:
        """Join this namespace with the one that process `pid` lives in."""
        names = f"here{self.number}", f"there{self.number}"
        self._ends = _tun(names[0]), _tun(names[1])
        _run("ip", "link", "set", names[1], "netns", str(pid))
        _run("ip", "addr", "add", self.here, "peer", self.there, "dev", names[0])
        _run("ip", "link", "set", names[0], "up", "mtu", str(_MTU))
        inside = "nsenter", "-t", str(pid), "-n", "ip"
        _run(*inside, "link", "set", "lo", "up")
        _run(*inside, "addr", "add", self.there, "peer", self.here, "dev", names[1])
        _run(*inside, "link", "set", names[1], "up", "mtu", str(_MTU))
        loop = asyncio.get_running_loop()
        for source, target in (self._ends, self._ends[::-1]):
            loop.add_reader(source, self._hand_on, source, target)

    def close(self) -> None:
        """Take the link down."""
        loop = asyncio.get_running_loop()
        for end in self._ends:
            if end >= 0:
                loop.remove_reader(end)
                os.close(end)
        self._ends = (-1, -1)

    def _hand_on(self, source: int, target: int) -> None:
        for _ in range(_AT_ONCE):
            try:
                packet = os.read(source, 65536)
            except BlockingIOError:
                return
            if self.chance.random() < self.loss:
                self.dropped += 1
                continue
            try:
                os.write(target, packet)
                self.passed += 1
            except OSError:  # the other end is down: whoever lived there has gone
                self.dropped += 1


def _tun(name: str) -> int:
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", name.encode("ascii"), _TUN_NO_INFO))
    return end


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
