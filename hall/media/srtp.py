"""SRTP and SRTCP in place. RTP packets meet their keys in compiled code, by the addresses that this file knows
(`session_at`); RTCP, of which there is little, is encrypted and decrypted here.

pylibsrtp's own calls copy each packet in and out and allocate a length for each. What may not live here: sockets, what
is inside a packet. The names of pylibsrtp that are not public are used in this file and in `compiled` alone.
"""

from __future__ import annotations

from typing import Any

from pylibsrtp import Session

from hall.media.compiled import address_of, ffi, lib
from hall.media.tables import SIZE, TRAILER

LONGEST = SIZE - TRAILER

_room, _length = ffi.new("char[]", SIZE), ffi.new("int *")
_view = memoryview(ffi.buffer(_room))


def session_at(session: Session) -> int:
    """Where libsrtp keeps a session, for compiled code; valid while the session lives."""
    return address_of(session._srtp[0])


def open_rtcp(session: Session, data: bytes) -> bytes:
    """An RTCP packet as it was before it was encrypted; empty when it is not authentic or older than the window."""
    return _applied(lib.srtp_unprotect_rtcp, session, data) if len(data) <= SIZE else b""


def seal_rtcp(session: Session, data: bytes) -> bytes:
    """A compound RTCP packet, encrypted; empty when it is too long."""
    return _applied(lib.srtp_protect_rtcp, session, data) if len(data) <= LONGEST else b""


def _applied(call: Any, session: Session, data: bytes) -> bytes:
    _view[: len(data)] = data
    _length[0] = len(data)
    return b"" if call(session._srtp[0], _room, _length) else bytes(_view[: _length[0]])


def missing_names() -> list[str]:
    """What is used of pylibsrtp and the installed one lacks."""
    calls = ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp")
    found = [f"pylibsrtp {name}" for name in calls if not hasattr(lib, name)]
    return found if hasattr(Session(), "_srtp") else [*found, "pylibsrtp Session._srtp"]
