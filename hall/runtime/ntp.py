"""What the machine's own time service says of its clock (clause 4.1): read from the kernel, never set.

Linux keeps there what chrony or ntpd last told it. What may not live here: a reading of the time itself.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from typing import Final

_UNSYNCHRONISED: Final = 0x0040  # STA_UNSYNC
_NANO: Final = 0x2000  # STA_NANO: `offset` is in nanoseconds, else in microseconds
_ERROR: Final = 5  # TIME_ERROR: the clock is not synchronised


@dataclass(frozen=True, slots=True)
class TimeService:
    """`synchronised`: whether a time service keeps the clock; `offset`, `bound`: last measured offset and the bound of
    the error, in microseconds."""

    synchronised: bool
    offset: int
    bound: int

    def __str__(self) -> str:
        state = "synchronised" if self.synchronised else "not synchronised"
        return f"{state}, offset {self.offset} us, error at most {self.bound} us"


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>, as far as it is read here; the kernel writes no more than the padding holds."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


def time_service() -> TimeService | None:
    """Ask the kernel; None where it does not tell (another system, a sandbox)."""
    try:
        found = _Timex()  # modes 0: only read
        state = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True).adjtimex(ctypes.byref(found))
    except (OSError, AttributeError):
        return None
    if state < 0:
        return None
    offset = found.offset // 1000 if found.status & _NANO else found.offset
    return TimeService(not (state == _ERROR or found.status & _UNSYNCHRONISED), offset, found.maxerror)
