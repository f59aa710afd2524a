"""SRTP in place: packets are decrypted where they were received, and encrypted where they were built.

pylibsrtp's own calls copy each packet in and out and allocate a length for each; here both are kept. What may not
live here: sockets, what is inside a packet. The names of pylibsrtp that are not public are used in this file alone.
"""

from __future__ import annotations

import importlib
from typing import Any

from pylibsrtp import Session

_binding: Any = importlib.import_module("pylibsrtp._binding")  # compiled, without types
ffi, lib = _binding.ffi, _binding.lib

SIZE = 2048
TRAILER = 16 + 128 + 4  # the longest tag, key identifier and SRTCP index that libsrtp may append
LONGEST = SIZE - TRAILER


class Buffer:
    """Room for one packet. `view` is written to and read from; protect and unprotect change it in place.

    Both give the packet's new length, and 0 when it is not authentic, is older than the window, or fits not.
    """

    def __init__(self) -> None:
        self._room: Any = ffi.new("char[]", SIZE)
        self._length: Any = ffi.new("int *")
        self.view = memoryview(ffi.buffer(self._room))

    def unprotect(self, session: Session, length: int, rtcp: bool = False) -> int:
        """Check and decrypt the packet of `length` bytes at the buffer's start."""
        self._length[0] = length
        work = lib.srtp_unprotect_rtcp if rtcp else lib.srtp_unprotect
        return 0 if work(session._srtp[0], self._room, self._length) else self._length[0]

    def protect(self, session: Session, length: int, rtcp: bool = False) -> int:
        """Encrypt and sign the packet of `length` bytes at the buffer's start."""
        if length > LONGEST:
            return 0
        self._length[0] = length
        work = lib.srtp_protect_rtcp if rtcp else lib.srtp_protect
        return 0 if work(session._srtp[0], self._room, self._length) else self._length[0]


def missing_names() -> list[str]:
    """What this file uses and the installed pylibsrtp lacks."""
    calls = ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp")
    found = [f"pylibsrtp {name}" for name in calls if not hasattr(lib, name)]
    return found if hasattr(Session(), "_srtp") else [*found, "pylibsrtp Session._srtp"]
