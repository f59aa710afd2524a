"""Has the PDF of an opened bid looked at: in clear for a moment in the scratch directory, in a process of its own.

That process has limits of memory, time and size, and no connection; whatever the file does to it is a finding. The
server never parses a bid's PDF. What may not live here: when a bid may be looked at, and what follows from a report.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hall.adapters.trust import Trust
from hall.errors import HallError
from hall.procurement import canonical
from hall.procurement.bid_report import (
    NOT_CHECKED,
    OUTCOMES,
    TOO_LARGE,
    TOO_LONG,
    UNREADABLE,
    BidReport,
    PdfSignature,
)  # fmt: skip
from hall.storage.blobs import Blobs

log = logging.getLogger("hall.bid_checker")

MOST_BYTES: Final = 512 * 1024 * 1024
"""Bids larger than this are not looked into; their digest stands in the journal all the same."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one look: bytes of address space, seconds of processor time, seconds of real time on a busy machine."""

    memory: int = 1 << 30
    seconds: int = 30
    patience: float = 120.0


LIMITS: Final = Limits()

KILLED: Final = -9
ENDED: Final = (-24, KILLED, 152, 137)
"""How a process ends that took too long: SIGXCPU or SIGKILL, seen directly or through `nice`."""

Anchors = tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]


class BidChecker:
    """trust: whom the hall trusts, and what it knows of revocations now. scratch: empty between two looks."""

    def __init__(self, blobs: Blobs, scratch: Path, trust: Trust) -> None:
        self._blobs = blobs
        self._scratch = scratch
        self._trust = trust
        self._one = asyncio.Semaphore(1)

    async def check(self, opening: str, lot: str, bidder: str, deposited_at: int) -> BidReport:
        """The report about an opened bid's PDF. Never raises for what the file or the store is like."""
        async with self._one:
            with tempfile.TemporaryDirectory(dir=self._scratch) as directory:
                plain = Path(directory) / "bid"
                try:
                    await self._blobs.copy_secret(opening, f"{lot}/{bidder}/bid", plain)
                except (HallError, OSError) as error:
                    log.error("the opened bid of %s, lot %s, can't be read: %s", bidder, lot, error)
                    return BidReport(NOT_CHECKED, "")
                if plain.stat().st_size > MOST_BYTES:
                    return BidReport(TOO_LARGE, "")
                trust = self._trust
                anchors = (trust.roots, trust.tsa_roots, trust.intermediates, trust.crls)
                return await look(plain, deposited_at, anchors)


async def look(container: Path, deposited_at: int, anchors: Anchors, limits: Limits = LIMITS) -> BidReport:
    """Look into a container in a process of its own; deposited_at in ms UTC."""
    lists = [[base64.b64encode(item).decode() for item in one] for one in anchors]
    question: dict[str, object] = {
        "path": str(container),
        "deposited_at": deposited_at,
        "anchors": lists,
        "memory": limits.memory,
        "seconds": limits.seconds,
    }
    answer, status = await in_a_process("hall.signing.bid_check_process", question, limits.patience)
    return _read(answer, status)


async def in_a_process(module: str, question: dict[str, object], patience: float) -> tuple[bytes, int]:
    """What a process that confines itself answers to a question, and how it ended: KILLED where it took longer than
    `patience` seconds."""
    process = await asyncio.create_subprocess_exec(
        *_nice(),
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        async with asyncio.timeout(patience):
            answer, _ = await process.communicate(json.dumps(question).encode())
    except TimeoutError:
        return b"", KILLED
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return answer, process.returncode or 0


def _nice() -> tuple[str, ...]:
    return ("nice", "-n", "10") if shutil.which("nice") else ()


def _read(answer: bytes, status: int) -> BidReport:
    """The process's answer; one that was ended for its processor time (SIGXCPU, SIGKILL) took too long."""
    if status in ENDED:
        return BidReport(TOO_LONG, "")
    try:
        found = canonical.loads(answer)
        assert isinstance(found, dict) and found["outcome"] in OUTCOMES
        signatures = tuple(PdfSignature(**one) for one in found["signatures"])
        return BidReport(found["outcome"], found["pdf"], signatures)
    except Exception:  # a process that a hostile file broke says anything or nothing
        return BidReport(UNREADABLE, "")
