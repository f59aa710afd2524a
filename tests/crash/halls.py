"""A whole hall that dies: one opening is played once, and copied at every place where its process could have died.

Around every commit and around every side effect the data directory is copied, and noted beside it who had been told
yes, and who was waiting for an answer. `again` opens a hall on such a copy, some time later.
"""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from hall import app, wire
from hall.adapters.bid_opener import PooledOpener
from hall.adapters.record_office import Office
from hall.clock import HallClock
from hall.config import load
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk, Person
from hall.runtime.records import Records
from hall.storage.sealed_files import SealedFiles
from tests.crash.dying import around_each_commit
from tests.own_hall import OPENING, OwnHall
from tests.still_media import StillMedia

EFFECTS: tuple[tuple[type, str], ...] = (
    (SealedFiles, "begin"),
    (SealedFiles, "write"),
    (SealedFiles, "finish"),
    (SealedFiles, "rehash"),
    (PooledOpener, "open"),
    (PooledOpener, "columns"),
    (Office, "draft"),
    (Office, "prepare"),
    (Office, "embed"),
    (Office, "complete"),
    (StillMedia, "open_room"),
    (StillMedia, "close_room"),
)
"""What the hall does to the world outside its journal."""

TOLD = "after the acknowledgement"

# Recordings are the recorder's, which has crash tests of its own; the heartbeat is written by the minute.
_LEFT_OUT = ("recordings", "bundles")


@dataclass(frozen=True)
class Sent:
    """A signed act that its party sent: it sends the same again if it hears nothing."""

    act: SignedAct
    certificate: bytes
    actor: Actor


@dataclass(frozen=True)
class Handed:
    """A deposit act for an upload."""

    upload: str
    act: SignedAct
    certificate: bytes
    person: Person


@dataclass
class Said:
    """Who was told what, and who waits."""

    acks: list[tuple[Sent, wire.Ack]] = field(default_factory=list)
    receipts: list[wire.Receipt] = field(default_factory=list)
    revisions: list[str] = field(default_factory=list)
    waiting: list[Sent | Handed] = field(default_factory=list)

    def copy(self) -> Said:
        return Said(list(self.acks), list(self.receipts), list(self.revisions), list(self.waiting))


@dataclass(frozen=True)
class Death:
    """One place where the process died. `at`: hall time, ms UTC; `state`: of the opening, as it lived then."""

    number: int
    what: str
    place: str
    files: Path
    at: int
    state: Any
    said: Said

    def __str__(self) -> str:
        return f"{self.number}: {self.place} of {self.what}"


class Watch:
    """Looks on while an opening is played."""

    def __init__(self, hall: OwnHall, folder: Path, survives: Callable[[Path, Path], object]) -> None:
        folder.mkdir()
        self.deaths: list[Death] = []
        self._hall = hall
        self._folder = folder
        self._survives = survives
        self._said = Said()
        self._commit = 0

    @contextmanager
    def on(self) -> Iterator[None]:
        """Copy and note from here on."""
        with pytest.MonkeyPatch.context() as patch, around_each_commit(self._around_commit):
            for cls, name in EFFECTS:
                patch.setattr(cls, name, self._around(cls, name))
            patch.setattr(Desk, "act", self._heard_act(Desk.act))
            patch.setattr(Desk, "deposit", self._heard_deposit(Desk.deposit))
            patch.setattr(Records, "sign", self._heard_signature(Records.sign))
            yield

    def _die(self, what: str, place: str) -> None:
        files = self._folder / f"{len(self.deaths):04}"
        self._survives(self._hall.directory / "data", files)
        live = self._hall.core.registry.openings.get(OPENING)
        state = live.room.state if live else None
        self.deaths.append(
            Death(len(self.deaths), what, place, files, self._hall.clock.now(), state, self._said.copy())
        )

    def _around_commit(self, place: str) -> None:
        self._die("commit", place)

    def _around(self, cls: type, name: str) -> Callable[..., Awaitable[Any]]:
        effect = getattr(cls, name)

        @functools.wraps(effect)
        async def watched(one: Any, *args: Any, **kwargs: Any) -> Any:
            self._die(f"{cls.__name__}.{name}", "before")
            done = await effect(one, *args, **kwargs)
            self._die(f"{cls.__name__}.{name}", "after")
            return done

        return watched

    def _heard_act(self, send: Callable[..., Awaitable[wire.Ack]]) -> Callable[..., Awaitable[wire.Ack]]:
        async def heard(
            desk: Desk, opening: str, act: SignedAct, der: bytes, actor: Actor, at: int
        ) -> wire.Ack:
            sent = Sent(act, der, actor)
            self._said.waiting.append(sent)
            ack = await send(desk, opening, act, der, actor, at)
            self._said.waiting.remove(sent)
            self._said.acks.append((sent, ack))
            self._die(act.type, TOLD)
            return ack

        return heard

    def _heard_deposit(self, send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def heard(
            desk: Desk, tender: str, upload: str, act: SignedAct, der: bytes, person: Person, at: int
        ) -> Any:
            handed = Handed(upload, act, der, person)
            self._said.waiting.append(handed)
            receipt = await send(desk, tender, upload, act, der, person, at)
            self._said.waiting.remove(handed)
            self._said.receipts.append(receipt)
            self._die("deposit", TOLD)
            return receipt

        return heard

    def _heard_signature(self, sign: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
        async def heard(records: Records, opening: str, prepared: str, signature: bytes, actor: Actor) -> str:
            revision = await sign(records, opening, prepared, signature, actor)
            self._said.revisions.append(revision)
            self._die("sign_record", TOLD)
            return revision

        return heard


def killed(data: Path, to: Path) -> None:
    """SIGKILL: what was written is there, whether it was synced or not. Threads may still be at work on files."""
    to.mkdir(mode=0o700)
    for path in list(data.iterdir()):
        if path.name in _LEFT_OUT or path.suffix == ".lock" or path.name.endswith("-shm"):
            continue
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if path.is_dir():
                killed(path, to / path.name)
            else:
                shutil.copy2(path, to / path.name)


class SharedPool:
    """The hall's worker processes, kept from one hall to the next: starting them is not what is tested here."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, **settings: Any) -> SharedPool:
        self._pool = self._pool or ProcessPoolExecutor(**settings)
        return self

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        assert self._pool is not None
        return self._pool.submit(*args, **kwargs)

    def shutdown(self, **_: Any) -> None:
        """A hall has ended."""

    def close(self) -> None:
        """The last one has."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


@asynccontextmanager
async def again(death: Death, lay_out: Path, *, after_ms: int) -> AsyncIterator[OwnHall]:
    """Open a hall on what a death has left, `after_ms` later. `lay_out`: where hall.toml lies."""
    config = load(lay_out / "hall.toml", {})
    data = death.files
    storage = replace(config.storage, data=data)
    config = replace(config, storage=storage)
    clock = HallClock(start=death.at + after_ms)
    media = StillMedia(data / "recordings", clock)
    async with app.open_core(config, app.fit(config), clock, media) as core:
        yield OwnHall(core, media, clock, lay_out)
