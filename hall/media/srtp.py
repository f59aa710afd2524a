"""SRTP in place: packets are decrypted where they were received, and encrypted where they were built.

pylibsrtp's own calls copy each packet in and out and allocate a length for each; here both are kept. What may not
live here: sockets, what is inside a packet. The names of pylibsrtp that are not public are used in this file alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from pylibsrtp import Session

_binding: Any = importlib.import_module("pylibsrtp._binding")  # compiled, without types
ffi, lib = _binding.ffi, _binding.lib
_protect, _unprotect = lib.srtp_protect, lib.srtp_unprotect

SIZE = 2048
TRAILER = 16 + 128 + 4  # the longest tag, key identifier and SRTCP index that libsrtp may append
LONGEST = SIZE - TRAILER


class Buffer:
    """Room for one packet; `view` is written to and read from."""

    def __init__(self) -> None:
        self.room: Any = ffi.new("char[]", SIZE)
        self.length: Any = ffi.new("int *")
        self.view = memoryview(ffi.buffer(self.room))


class Seal:
    """One peer's keys for what it sends, applied to a buffer that others use as well. The calls change the packet in
    place and give its new length, or 0 when it is not authentic or older than the window.
    """

    def __init__(self, buffer: Buffer, session: Session) -> None:
        self._room, self._length = buffer.room, buffer.length
        self._session = session  # kept, for the handle below is only valid while it lives
        self._handle = session._srtp[0]

    def open(self, length: int) -> int:
        """Check and decrypt the RTP packet of `length` bytes at the buffer's start."""
        size = self._length
        size[0] = length
        return 0 if _unprotect(self._handle, self._room, size) else size[0]

    def open_rtcp(self, length: int) -> int:
        """The same for an RTCP packet."""
        size = self._length
        size[0] = length
        return 0 if lib.srtp_unprotect_rtcp(self._handle, self._room, size) else size[0]


class Way:
    """The encrypted way to one peer. `address`: where it is; nothing is sent while that is None.

    sendto: of the socket; a full or closed way loses packets, as the network might.
    """

    def __init__(self, buffer: Buffer, session: Session, sendto: Callable[[memoryview, Any], object]) -> None:
        self._view, self._room, self._length = buffer.view, buffer.room, buffer.length
        self._session = session  # kept, for the handle below is only valid while it lives
        self._handle = session._srtp[0]
        self._sendto = sendto
        self.address: tuple[str, int] | None = None

    def send(self, head: bytes, payload: bytes) -> None:
        """Send an RTP packet given in its two halves."""
        start, stop = len(head), len(head) + len(payload)
        if self.address is None or stop > LONGEST:
            return
        view, length = self._view, self._length
        view[:start] = head
        view[start:stop] = payload
        length[0] = stop
        if not _protect(self._handle, self._room, length):
            try:
                self._sendto(view[: length[0]], self.address)
            except OSError:
                pass

    def send_rtcp(self, data: bytes) -> None:
        """Send a compound RTCP packet."""
        if self.address is None or len(data) > LONGEST:
            return
        self._view[: len(data)] = data
        self._length[0] = len(data)
        if not lib.srtp_protect_rtcp(self._handle, self._room, self._length):
            try:
                self._sendto(self._view[: self._length[0]], self.address)
            except OSError:
                pass


def missing_names() -> list[str]:
    """What this file uses and the installed pylibsrtp lacks."""
    calls = ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp")
    found = [f"pylibsrtp {name}" for name in calls if not hasattr(lib, name)]
    return found if hasattr(Session(), "_srtp") else [*found, "pylibsrtp Session._srtp"]
