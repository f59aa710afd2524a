"""The packet path is compiled: Python functions that become machine code when a worker starts, and the C functions
that they call.

What is compiled takes numbers, bytes and tables and touches no object. The code made is kept beside the source, or
where NUMBA_CACHE_DIR says. What may not live here: what a packet is. Indices are checked in compiled code as
everywhere: hostile bytes may end a connection, not a process.

Sources: recvmmsg(2), sendmmsg(2), libsrtp's srtp.h.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import numba
import numpy

log = logging.getLogger("hall.media")

_SOURCE: Final = Path(__file__).parent


def _place() -> Path | None:
    """Where compiled code is kept: a directory for exactly these sources, for a function is compiled with those that it
    calls, which the compiler's own cache does not look at. None where nothing may be written.
    """
    found = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_SOURCE.glob("*.py")):
        if b"@compiled" in (source := path.read_bytes()):
            found.update(
                f"{path.stat().st_mtime_ns}".encode() + source
            )  # the compiler's cache asks for the time
    name = found.hexdigest()[:16]
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    for base in (Path(chosen),) if chosen else (_SOURCE / "__pycache__", Path.home() / ".cache" / "hall"):
        place = base / f"hall-compiled-{name}"
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError:
            continue
        for other in base.glob("hall-compiled-*"):
            if other != place:  # of earlier sources
                shutil.rmtree(other, ignore_errors=True)
        return place
    return None


_config: Any = importlib.import_module("numba.core.config")
PLACE: Final = _place()
if PLACE is None:
    log.warning("compiled code can't be kept, media workers start slowly: set NUMBA_CACHE_DIR")
else:
    _config.CACHE_DIR = str(PLACE)

F = TypeVar("F", bound=Callable[..., Any])

_binding: Any = importlib.import_module("pylibsrtp._binding")  # compiled, without types
ffi, lib = _binding.ffi, _binding.lib
_llvm: Any = importlib.import_module("llvmlite.binding")
carray: Any = importlib.import_module("numba").carray
intrinsic: Any = importlib.import_module("numba.core.extending").intrinsic
types: Any = importlib.import_module("numba.core.types")
typing: Any = importlib.import_module("numba.core.typing")

_SRTP: Final = ("srtp_protect", "srtp_unprotect")


def compiled(function: F) -> F:
    """Have a function compiled. It keeps no lock on the interpreter while it runs."""
    made: F = numba.njit(function, cache=PLACE is not None, nogil=True, boundscheck=True)
    return made


def _external(name: str, *arguments: Any) -> Any:
    return types.ExternalFunction(name, typing.signature(types.int32, *arguments))


for _name in _SRTP:
    _address = int(ffi.cast("intptr_t", ffi.addressof(lib, _name)))
    _llvm.add_symbol(f"hall_{_name}", _address)

srtp_protect: Final = _external("hall_srtp_protect", types.intp, types.intp, types.intp)
srtp_unprotect: Final = _external("hall_srtp_unprotect", types.intp, types.intp, types.intp)
"""(session, packet, length): addresses; length is an int32 that holds the packet's and gets the new one. 0: done."""

recvmmsg: Final = _external("recvmmsg", types.int32, types.intp, types.uint32, types.int32, types.intp)
sendmmsg: Final = _external("sendmmsg", types.int32, types.intp, types.uint32, types.int32)
_memcpy: Final = types.ExternalFunction(
    "memcpy", typing.signature(types.intp, types.intp, types.intp, types.intp)
)

NOW: Final = 0x40  # MSG_DONTWAIT

MESSAGE: Final = numpy.dtype(
    [
        ("name", "i8"),
        ("name_length", "i8"),
        ("parts", "i8"),
        ("part_count", "i8"),
        ("control", "i8"),
        ("control_length", "i8"),
        ("flags", "i8"),
        ("length", "i8"),
    ]
)
"""struct mmsghdr of 64-bit Linux; its 32-bit members are followed by padding, so each field here has eight bytes."""

PART: Final = numpy.dtype([("at", "i8"), ("length", "i8")])
"""struct iovec."""


def address_of(handle: Any) -> int:
    """Of a C pointer that the libraries hold."""
    return int(ffi.cast("intptr_t", handle))


def _cast(context: Any, address: Any) -> Any:
    """A number as an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


_pointer: Final = intrinsic(_cast)


@compiled
def array(address: int, shape: Any, kind: Any) -> Any:
    """The array of so many elements of a kind that lies at an address. It has to outlive the call."""
    return carray(_pointer(address), shape, kind)


@compiled
def byte(data: Any, at: int) -> int:
    """The byte there, as a number with a sign: one without becomes a fraction where it meets others."""
    return int(numpy.int64(data[at]))


@compiled
def put(data: Any, start: int, stop: int, memory: int, room: int, at: int) -> bool:
    """Copy data[start:stop] to `at` of a piece of memory with so much room; False where it does not fit."""
    if at < 0 or start < 0 or stop < start or stop > data.size or at + stop - start > room:
        return False
    _memcpy(memory + at, data.ctypes.data + start, stop - start)
    return True


@compiled
def get(data: Any, memory: int, room: int, at: int, length: int) -> bool:
    """Copy so many bytes from `at` of a piece of memory to the start of data; False where there are not as many."""
    if at < 0 or length < 0 or length > data.size or at + length > room:
        return False
    _memcpy(data.ctypes.data, memory + at, length)
    return True
