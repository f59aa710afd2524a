"""The faults that a rehearsal can play: what is struck when, who plays what, and what must have come of it.

`hall rehearse --list-faults` prints them. What may not live here: the play itself (`rehearse`), and what robots do
(`twists`, `reactions`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hall.rehearsal import endings
from hall.rehearsal.endings import Claims, Told
from hall.rehearsal.stage import Stage
from hall.runtime.faults import RECORDER_PATIENCE

PARTIES: Final = ("regulator", "trading_centre")
"""Who is consulted beside the project owner (clause 4.8)."""

Deposits = Mapping[str, str]
"""Bidder -> SHA-256 of what it deposited."""

Strike = Callable[[Stage, Deposits], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Plot:
    """One fault.

    when: the event at which `strike` is made; before_deadline: it is made so many seconds before the deadline instead.
    twists: player id -> what it does otherwise. expects: events that must stand in the journal; ends: what must be so
    in journal and record; incidents: kinds that the register must hold. without: bidders who may end without having
    released or confirmed. counts_pictures: what the cameras sent is held against what was recorded.
    """

    name: str
    clause: str
    says: str
    expects: tuple[str, ...]
    ends: Callable[[Told], Claims]
    bidders: int = 3
    on_call: tuple[str, ...] = ()
    twists: Mapping[str, str] = field(default_factory=dict)
    when: str = ""
    before_deadline: float = 0.0
    strike: Strike | None = None
    without: frozenset[str] = frozenset()
    incidents: tuple[str, ...] = ()
    counts_pictures: bool = False


async def _outage(stage: Stage, _: Deposits) -> None:
    await stage.restart(after=6.0)


async def _kill(stage: Stage, _: Deposits) -> None:
    await stage.restart(after=1.0)


async def _cut(stage: Stage, _: Deposits) -> None:
    """Freeze one bidder's process for longer than it takes to count as offline."""
    plan = str(stage.directory / "robots" / "b2.json")
    found = [pid for pid, words in _processes() if words[-1:] == [plan]]
    for pid in found:
        _signal(pid, signal.SIGSTOP)
    await asyncio.sleep(14.0)
    for pid in found:
        _signal(pid, signal.SIGCONT)


async def _damage(stage: Stage, deposits: Deposits) -> None:
    """Turn one byte in both stored copies of the last bidder's sealed bid."""
    victim = deposits[max(deposits)]
    copies = [
        path
        for path in sorted((stage.directory / "data").rglob("*.bid"))
        if hashlib.sha256(path.read_bytes()).hexdigest() == victim
    ]
    if len(copies) < 2:
        raise FileNotFoundError(f"{len(copies)} copies of {victim}")
    for path in copies:
        _flip(path)


async def _kill_workers(stage: Stage, _: Deposits) -> None:
    """End every media worker that records on the spot, as its own crash would; the hall puts its reserve in their
    place by itself."""
    for pid in [pid for pid in _workers(stage) if _writes(pid, stage.directory.resolve() / "data")]:
        _signal(pid, signal.SIGKILL)


async def _kill_workers_and_reserve(stage: Stage, _: Deposits) -> None:
    """End whoever records and whoever would take its place, at once: the hall has to start a worker from nothing."""
    for pid in _workers(stage):
        _signal(pid, signal.SIGKILL)


def _workers(stage: Stage) -> list[int]:
    ours = stage.children()
    return [pid for pid, words in _processes() if pid in ours and "hall.media_worker" in words]


def _writes(pid: int, below: Path) -> bool:
    """Whether a process has a file in this directory open."""
    with contextlib.suppress(OSError):
        return any(file.readlink().is_relative_to(below) for file in Path(f"/proc/{pid}/fd").iterdir())
    return False


async def _freeze_workers(stage: Stage, _: Deposits) -> None:
    """Stop every media worker, and each that takes its place, for longer than the hall waits for a proof of recording.

    The hall ends a worker that does not answer; the last ones are ended here, or they would take up where they stopped.
    """
    frozen: set[int] = set()
    for _look in range(int(_SILENT_FOR / _LOOK)):
        frozen &= set(stage.children())
        for pid in _workers(stage):
            if pid not in frozen:
                _signal(pid, signal.SIGSTOP)
                frozen.add(pid)
        await asyncio.sleep(_LOOK)
    for pid in frozen:
        _signal(pid, signal.SIGKILL)


_SILENT_FOR: Final = RECORDER_PATIENCE + 15.0
_LOOK: Final = 0.25


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _flip(path: Path) -> None:
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def _processes() -> Iterable[tuple[int, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                yield int(entry.name), [w for w in words if w]


PLOTS: Final = {
    plot.name: plot
    for plot in (
        Plot(
            "deadline-outage",
            "4.7",
            "the hall is down across the deadline; it is held, consulted about and set anew",
            ("DeadlineHeld", "ConsultationOpened", "ConsultationAnswered", "DeadlineMoved"),
            endings.deadline_outage,
            on_call=PARTIES,
            twists={"b3": "comes_after_the_hold"},
            before_deadline=5.0,
            strike=_outage,
            incidents=("server_restart",),
        ),
        Plot(
            "server-kill",
            "4.8 a",
            "the server is killed in the decryption window; suspended by itself, tested, resumed, time given back",
            ("Suspended", "ConsultationAnswered", "ReliableTestDone", "Resumed"),
            endings.server_kill,
            on_call=PARTIES,
            twists={"b2": "waits_for_the_pause"},
            when="ReleaseReceived",
            strike=_kill,
            incidents=("server_restart",),
        ),
        Plot(
            "network-cut",
            "4.6",
            "one bidder's line is dead for 14 seconds; it costs nothing, and its presence says so",
            ("PresenceChanged",),
            endings.network_cut,
            when="BiddersAnnounced",
            strike=_cut,
        ),
        Plot(
            "storage-damage",
            "4.7 b",
            "every stored copy of one bid is damaged; it is held and consulted about, the others go on",
            ("ConsultationOpened", "CauseDecided"),
            endings.storage_damage,
            bidders=4,
            on_call=PARTIES,
            when="DeadlinePassed",
            strike=_damage,
            without=frozenset({"b4"}),
            incidents=("ciphertext_damaged",),
        ),
        Plot(
            "recorder-loss",
            "6.1",
            "nothing is recorded for over a minute; suspended, until the recorder proves itself again",
            ("Suspended", "ReliableTestDone", "Resumed"),
            endings.recorder_loss,
            on_call=PARTIES,
            twists={"b2": "waits_for_the_pause"},
            when="DecryptionCommanded",
            strike=_freeze_workers,
            incidents=("recorder_silent",),
        ),
        Plot(
            "media-worker-kill",
            "6.1",
            "the media worker is killed in the decryption window; a second of picture is lost, and nothing else",
            ("WindowClosed",),
            endings.media_worker_kill,
            when="DecryptionCommanded",
            strike=_kill_workers,
            incidents=("media_worker_lost", "media_worker_back"),
            counts_pictures=True,
        ),
        Plot(
            "media-reserve-kill",
            "6.1",
            "the media worker and its reserve are killed at once; pictures until a third has started, and nothing else",
            ("WindowClosed",),
            endings.media_reserve_kill,
            when="DecryptionCommanded",
            strike=_kill_workers_and_reserve,
            incidents=("media_worker_lost", "media_worker_back"),
            counts_pictures=True,
        ),
        Plot(
            "over-3h",
            "4.8 b",
            "a fault is not solved within three hours; the undecrypted first, then the decrypted go on",
            ("Suspended", "SuspensionReasoned", "SplitDeclared", "Resumed", "ContinuationBegan"),
            endings.over_3h,
            on_call=PARTIES,
            twists={"b2": "waits_for_the_pause", "host": "suspends", "supervisor": "impatient"},
        ),
        Plot(
            "late-release",
            "5.3.4",
            "one bidder's release comes after the window; refused, put down, its cause decided",
            ("ActRefused", "CauseDecided"),
            endings.late_release,
            bidders=4,
            twists={"b3": "late"},
            without=frozenset({"b3"}),
        ),
        Plot(
            "takeover",
            "5.3.7",
            "a bidder goes on from another device; the first one's line is closed by a signed act",
            ("ConnectionTaken",),
            endings.takeover,
            twists={"b2": "moves"},
        ),
        Plot(
            "wrong-certificate",
            "5.3.3",
            "a bidder first takes another certificate; it is named before anything is unwrapped, and reported",
            ("IncidentRecorded",),
            endings.wrong_certificate,
            twists={"b2": "wrong_certificate"},
            incidents=("fault_reported",),
        ),
    )
}
"""Name → plot, each with the clause that says how it must end."""


def unplayed(told: Told, plot: Plot) -> list[str]:
    """What the fault should have left in journal and record and did not, in plain words."""
    kinds = {row["kind"] for row in told.rows}
    noted = {body["kind"] for body in told.of("IncidentRecorded")}
    missing = [*(k for k in plot.expects if k not in kinds), *(k for k in plot.incidents if k not in noted)]
    left = [f"{plot.name} left no {kind} in the journal" for kind in missing]
    return left + [f"{plot.name} should have ended so: {words}" for words in endings.unlike(plot.ends, told)]
