"""What the journal's tests share: small events, keys, and both journals behind one fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hall.journal.codec import EventCodec
from hall.journal.memory import MemoryJournal
from hall.journal.store import SqlJournal
from hall.runtime.ports import NewEvent
from hall.storage.keys import HallKeys


@dataclass(frozen=True, slots=True)
class Noted:
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    n: int


CODECS = {"opening": EventCodec((Noted, Counted)), "tendering": EventCodec((Noted,))}
SETTINGS: dict[str, Any] = {"codecs": CODECS, "origin": "hall.example", "rehearsal": True}


def noted(text: str, nonce: str = "", actor: str = "host:a", at: int = 1000) -> NewEvent:
    """An event to append."""
    return NewEvent(at, actor, nonce, Noted(text))


@pytest.fixture
def note() -> Callable[..., NewEvent]:
    return noted


@pytest.fixture
def keys(tmp_path: Path) -> HallKeys:
    return HallKeys.load_or_create(tmp_path / "keys")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'data' / 'hall.db'}"


@pytest.fixture
def reopen(url: str, keys: HallKeys) -> Callable[..., Any]:
    """Open the journal on disk: `await reopen()`."""

    async def open_again(**changes: Any) -> SqlJournal:
        return await SqlJournal.open(url, changes.pop("keys", keys), **{**SETTINGS, **changes})

    return open_again


@pytest.fixture(params=["disk", "memory"])
async def journal(
    request: pytest.FixtureRequest, reopen: Callable[..., Any], keys: HallKeys
) -> AsyncIterator[SqlJournal | MemoryJournal]:
    """Either twin."""
    made = await reopen() if request.param == "disk" else MemoryJournal(keys.log, **SETTINGS)
    yield made
    await made.close()
